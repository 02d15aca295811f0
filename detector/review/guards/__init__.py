"""What is asked before a step of a case; each says what is in the way, if anything."""
