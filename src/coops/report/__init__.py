"""From results to what a reader holds: filled words, the page and its formats."""
