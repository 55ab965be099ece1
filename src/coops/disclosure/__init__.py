"""What may be shown: :func:`released` decides it, from the rules that stand in the modules of this folder."""

from coops.disclosure.release import OPEN, Behind, hidden_rows, released

__all__ = ["OPEN", "Behind", "hidden_rows", "released"]
