"""Marketplaces' listings on their way in: events, what they change, and lists."""
