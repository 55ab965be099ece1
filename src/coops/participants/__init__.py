"""05: who was surveyed; balance; who was lost and what that could do."""
