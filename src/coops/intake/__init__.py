"""Field data in: the study folder, its contract and its codebook; everything that can be wrong with them."""
