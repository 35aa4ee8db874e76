"""The fields of the inspector by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tpgraph.language.editing.comments import set_comment
from tpgraph.language.editing.definitions import (
    set_output,
    set_parametrization,
    set_program,
    set_ratio,
    set_value,
)
from tpgraph.language.editing.edit import Edit, name_refusal
from tpgraph.language.editing.formulas import set_formula, set_function, set_loss
from tpgraph.language.editing.label_lines import set_label
from tpgraph.language.editing.setters import (
    set_as_x,
    set_kind,
    set_mean,
    set_scale,
    set_shape,
    set_variance,
)
from tpgraph.language.editing.trainable import set_loss_of, set_trained
from tpgraph.language.readings import Reading

__all__ = ["FIELDS", "set_field"]


def _parametrization(reading: Reading, name: str, value: str | None) -> Edit:
    return set_parametrization(reading, value)


def _program(reading: Reading, name: str, value: str | None) -> Edit:
    return set_program(reading, value)


def _loss(reading: Reading, name: str, value: str | bool | None) -> Edit:
    return set_loss_of(reading, name) if isinstance(value, bool) else set_loss(reading, value)


FIELDS: Mapping[str, Callable[[Reading, str, Any], Edit]] = MappingProxyType(
    {
        "kind": set_kind,
        "shape": set_shape,
        "mean": set_mean,
        "variance": set_variance,
        "scale": set_scale,
        "as": set_as_x,
        "label": set_label,
        "output": set_output,
        "loss": _loss,
        "trained": set_trained,
        "const": set_value,
        "formula": set_formula,
        "function": set_function,
        "ratio": set_ratio,
        "parametrization": _parametrization,
        "program": _program,
        "comment": set_comment,
    }
)
"""What the inspector sets, by the name of the field; each takes a reading, a name and a value."""


def set_field(reading: Reading, name: str, field: str, value: Any) -> Edit:
    """A field of the inspector set for a name. Raises TPNameError for a field that is none.

    Loss, parametrization and the program's own name are the program's: for them `name` is of no
    account, unless the loss is set to True, which makes it that of `name`.
    """
    setter = FIELDS.get(field)
    if setter is None:
        raise name_refusal(f"{field!r} is no field", None, f"choose of {', '.join(FIELDS)}")
    return setter(reading, name, value)
