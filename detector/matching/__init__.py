"""Picture in, matches out: no database, no HTTP."""
