"""04: what the experts found, and where the survey agrees."""
