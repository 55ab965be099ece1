"""What a study folder says, checked against itself: schema, codebook, scorecard, lock of the plan, findings."""
