"""Pure functions from frames to frames: no file is read here and nothing is drawn."""
