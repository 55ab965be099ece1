"""06: what was delivered, when, to whom, at what cost."""
