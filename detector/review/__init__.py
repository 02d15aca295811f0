"""Review: cases, what people decide, what goes out, what comes back, and the record."""
