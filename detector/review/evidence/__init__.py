"""Evidence: all of a case in one file that can be checked, and how long it stays."""
