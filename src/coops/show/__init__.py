"""Tables, figures, languages, and the store of results and exhibits."""
