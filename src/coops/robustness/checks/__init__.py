"""The checks of robustness, one a file: a file that is put here is a check of every study."""

import importlib
import pkgutil

from coops.robustness.check import Check


def checks() -> list[Check]:
    """Every check, in the order of their places: each module of this folder defines one class of them."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    classes = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Check) and value.__module__ == module.__name__
    ]
    return sorted((check() for check in classes), key=lambda check: (check.place, check.name))
