"""Actions: commands to the marketplace, and what it says became of them."""
