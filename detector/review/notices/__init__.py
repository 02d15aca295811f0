"""Notices: claims about listings, and what became of each."""
