"""Statements of reasons: the text for the seller, the record for the register."""
