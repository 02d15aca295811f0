"""Standing: who has earned trust, and who has lost it, by figures."""
