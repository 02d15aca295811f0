"""What a listing shows of a brand: raised, explained, suppressed, withdrawn."""
