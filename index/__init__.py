"""Nearest neighbours of vectors and of local descriptors; nothing about brands."""
