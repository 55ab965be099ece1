"""The clean tables as one tidy panel a level; derived variables."""
