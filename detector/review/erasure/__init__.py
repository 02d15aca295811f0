"""Erasure of what is kept of a seller, a listing or a brand; two people decide it."""
