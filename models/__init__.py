"""What a picture looks like, as numbers."""
