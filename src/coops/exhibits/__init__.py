"""Results, tables, figures and words: what a page may quote and show."""
