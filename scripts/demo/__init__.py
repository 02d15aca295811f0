"""The drawn demo: invented products, photographs of them, and what became of those."""
