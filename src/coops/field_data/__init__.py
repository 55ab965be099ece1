"""02: what was received, refused, corrected; who is in the data."""
