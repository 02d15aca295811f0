"""Brands and their reference pictures: imports, and the index kept in step."""
