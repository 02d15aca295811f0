"""The HTTP service: thin routers, wire schemas, authentication."""
