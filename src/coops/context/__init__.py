"""01: what is published about the programme and its place."""
