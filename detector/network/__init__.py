"""Connections to hosts that somebody else names."""
