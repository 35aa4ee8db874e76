"""What a run and a limit say of every variable, as annotations for its picture."""

from tpgraph.annotations.annotate import NUMBERS, annotate

__all__ = ["NUMBERS", "annotate"]
