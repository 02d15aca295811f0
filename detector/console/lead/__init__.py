"""Pages of leads: thresholds, figures, references' records, the service's state."""
