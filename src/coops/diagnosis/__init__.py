"""03: the state of every unit, and how firm its classification is."""
