"""07: what changed because of the programme, as far as the design can say."""
