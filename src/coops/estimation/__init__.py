"""Samples and designs, estimators, errors by cluster, bootstrap, permutation: used by several questions."""
