"""Pages of a brand: its catalogue, and its side of cases."""
