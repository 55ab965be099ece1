"""Files as people send them, read as text with places: csv, Excel, Stata, KoboToolbox, ODK."""
