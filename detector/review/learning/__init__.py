"""Learning: what decisions teach about pairs of pictures, references, scores."""
