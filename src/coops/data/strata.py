"""Strata that are told together, as ``[release]`` merges them."""


def merged(name: str, merge: dict) -> str:
    """Name of a stratum once the values of its variables are shown together; several variables are joined by ``|``."""
    names = {value: new for new, values in merge.items() for value in values}
    return "|".join(names.get(part, part) for part in name.split("|"))
