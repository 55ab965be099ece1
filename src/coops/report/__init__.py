"""From results to what a reader holds: filled words, tables, figures and the page."""
