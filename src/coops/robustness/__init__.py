"""08: what would overturn that."""
