"""Training of the compact embedder: edits, loss, loop."""
