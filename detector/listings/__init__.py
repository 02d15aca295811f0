"""Listing pictures: scans and their reports."""
