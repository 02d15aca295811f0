"""Web pages, each a template with its own style and script; nothing from elsewhere."""
