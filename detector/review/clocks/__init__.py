"""Clocks: regimes, calendars, and deadlines that fire once."""
