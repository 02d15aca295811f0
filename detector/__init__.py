"""What a match means, and what people do with it."""
