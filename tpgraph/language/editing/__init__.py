"""Edits of texts, as gestures on the picture make them: pure functions Reading × arguments → Edit.

The result parses; lines that are not concerned stay as they are, and so does the layout; comments
go only with the statement that they stand behind or directly above. What cannot be done is refused
by a TPError that says why.
"""

from tpgraph.language.editing.clipboard import copy, duplicate, paste
from tpgraph.language.editing.comments import comment_of, set_apart, set_comment
from tpgraph.language.editing.connect import connect, disconnect, replace
from tpgraph.language.editing.definitions import (
    no_output,
    set_output,
    set_parametrization,
    set_program,
    set_ratio,
    set_value,
)
from tpgraph.language.editing.delete import delete, dependants
from tpgraph.language.editing.delete_alone import delete_alone
from tpgraph.language.editing.edit import Edit, Patch, appearing
from tpgraph.language.editing.everywhere import ChangedLine, changed_lines, many, only_here
from tpgraph.language.editing.fields import FIELDS, set_field
from tpgraph.language.editing.formulas import name, set_formula, set_function, set_loss, unname
from tpgraph.language.editing.label_lines import set_label
from tpgraph.language.editing.loop_ends import last_of_many
from tpgraph.language.editing.mend import mend
from tpgraph.language.editing.move import move
from tpgraph.language.editing.new_statements import bargate, declare, gate, multiply
from tpgraph.language.editing.rename import rename
from tpgraph.language.editing.repeat import repeat
from tpgraph.language.editing.setters import (
    set_as_x,
    set_kind,
    set_mean,
    set_scale,
    set_shape,
    set_variance,
)
from tpgraph.language.editing.trainable import readout, set_loss_of, set_trained, train
from tpgraph.language.editing.write_out import write_out

__all__ = [
    "FIELDS",
    "ChangedLine",
    "Edit",
    "Patch",
    "appearing",
    "bargate",
    "changed_lines",
    "comment_of",
    "connect",
    "copy",
    "declare",
    "delete",
    "delete_alone",
    "dependants",
    "disconnect",
    "duplicate",
    "gate",
    "last_of_many",
    "many",
    "mend",
    "move",
    "multiply",
    "name",
    "no_output",
    "only_here",
    "paste",
    "readout",
    "rename",
    "repeat",
    "replace",
    "set_apart",
    "set_as_x",
    "set_comment",
    "set_field",
    "set_formula",
    "set_function",
    "set_kind",
    "set_label",
    "set_loss",
    "set_loss_of",
    "set_mean",
    "set_output",
    "set_parametrization",
    "set_program",
    "set_ratio",
    "set_scale",
    "set_shape",
    "set_trained",
    "set_value",
    "set_variance",
    "train",
    "unname",
    "write_out",
]
