"""Schema changes, oldest first; they run when a data directory is opened."""
