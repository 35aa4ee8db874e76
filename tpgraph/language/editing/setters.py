"""What the inspector sets of a declaration: kind, shape, mean, variance, scale, `as X`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tpgraph.errors import TPError
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change
from tpgraph.language.editing.definitions import training_patches
from tpgraph.language.editing.edit import Edit, Patch, made, refusal
from tpgraph.language.editing.statement_places import statement_of
from tpgraph.language.editing.substitution import full_names
from tpgraph.language.editing.wording import Value, entry, expression, shape
from tpgraph.language.readings import Reading, Statement
from tpgraph.sentences import sentence

__all__ = ["set_as_x", "set_kind", "set_mean", "set_scale", "set_shape", "set_variance"]

_LAWLESS = ("data", "target")
_KINDS = ("data", "target", "param", "matrix", "vector")


def set_kind(reading: Reading, name: str, kind: str) -> Edit:
    """Another kind of declaration, with a distribution where it needs one and none where not.

    The first param of a text comes with `parametrization ntk`. `kind` is data, target, param,
    matrix or vector. Raises TPTypeError for a scalar, TPError where the program does not hold
    with it.
    """
    statement, node = _declaration(reading, name)
    if kind not in _KINDS:
        raise refusal(f"nothing is declared by {kind!r}", None, f"choose of {', '.join(_KINDS)}")
    if node.kind == "scalar":
        raise refusal(
            sentence("{} is a scalar", name), statement.span, "declare a vector beside it"
        )
    changes = [Change(node.word.start, node.word.end, kind)]
    end = node.law.end if node.law is not None else node.shape[-1].end
    if kind in _LAWLESS:
        changes.append(Change(node.shape[-1].end, node.end, ""))
    elif node.law is None:
        changes.append(Change(end, end, " ~ N(0, 1)"))
    elif kind != node.kind:
        changes.append(Change(end, node.end, ""))
    more = training_patches(reading) if kind == "param" else []
    return _changed(reading, name, changes, sentence("{} is a ", name) + kind, more)


def set_shape(reading: Reading, name: str, value: Value) -> Edit:
    """Another shape: `n`, `n × d`."""
    statement, node = _declaration(reading, name)
    if not node.shape:
        raise refusal(
            sentence("{} is a scalar, which has no shape", name), statement.span, "choose a vector"
        )
    change = Change(node.shape[0].start, node.shape[-1].end, shape(value))
    return _changed(reading, name, [change], sentence("{} : ", name) + str(value))


def set_mean(reading: Reading, name: str, value: Value) -> Edit:
    """Another mean of the distribution: a number, or a list for jointly Gaussian vectors."""
    mean = _law(reading, name).mean
    change = Change(mean.start, mean.end, entry(value))
    return _changed(reading, name, [change], sentence(f"mean {value} of {{}}", name))


def set_variance(reading: Reading, name: str, value: Value) -> Edit:
    """Another variance: a number, or a covariance in brackets for jointly Gaussian vectors."""
    variance = _law(reading, name).variance
    change = Change(variance.start, variance.end, entry(value))
    return _changed(reading, name, [change], sentence(f"variance {value} of {{}}", name))


def set_scale(reading: Reading, name: str, value: Value | None) -> Edit:
    """Another scale of a param; None takes it away."""
    statement, node = _declaration(reading, name)
    if node.kind != "param" or node.law is None:
        raise refusal(
            sentence("{} is no param, which alone has a scale", name), statement.span, "scale a use"
        )
    end = node.extra.end if node.extra is not None else node.law.end
    text = "" if value is None else f" scale {expression(value)}"
    title = sentence("no scale of {}" if value is None else f"scale {value} of {{}}", name)
    return _changed(reading, name, [Change(node.law.end, end, text)], title)


def set_as_x(reading: Reading, name: str, value: bool) -> Edit:
    """Whether a vector stands for an activation from outside: `as X`."""
    statement, node = _declaration(reading, name)
    if node.kind != "vector" or node.law is None:
        raise refusal(
            sentence("{} is no declared vector, which alone can stand for an activation", name),
            statement.span,
            "choose a vector",
        )
    end = node.as_x.end if node.as_x is not None else node.law.end
    text = " as X" if value else ""
    title = sentence("{} as X", name) if value else sentence("{} not as X", name)
    return _changed(reading, name, [Change(node.law.end, end, text)], title)


def _declaration(reading: Reading, name: str) -> tuple[Statement, s.Declare]:
    statement = statement_of(reading, name)
    if not isinstance(statement.node, s.Declare):
        raise refusal(
            sentence("{} is computed, not declared", name), statement.span, "change its formula"
        )
    return statement, statement.node


def _law(reading: Reading, name: str) -> s.Gaussian:
    statement, node = _declaration(reading, name)
    if node.law is None:
        raise refusal(
            sentence("{} is a ", name) + f"{node.kind}, which has no distribution",
            statement.span,
            "make it a vector or a param first",
        )
    return node.law


def _changed(
    reading: Reading,
    name: str,
    changes: Iterable[Change],
    title: str,
    more: Sequence[Patch] = (),
) -> Edit:
    """The declaration of a name changed; taken out of its list, if it stands in one with others.

    Jointly Gaussian vectors stay together, and so do the members of a family.
    """
    statement, node = _declaration(reading, name)
    parts = list(changes)
    joint = node.law is not None and isinstance(node.law.mean, s.List)
    own = [one for one in node.names if name in _members(reading, statement, one)]
    if len(node.names) == 1 or joint or not own:
        patches = [Patch(node.origin + a, node.origin + b, text) for a, b, text, _ in parts]
    else:
        patches = _taken_out(reading, statement, node, own[0], parts)
    return made(reading, [*more, *patches], title, select=name)


def _members(reading: Reading, statement: Statement, name: s.Name) -> list[str]:
    values = [o.values for o in reading.origin.values() if o.statement == statement.number]
    try:
        return [full for one in values[:1] or [{}] for full in full_names(reading, name, one)]
    except TPError:
        return []


def _taken_out(
    reading: Reading, statement: Statement, node: s.Declare, own: s.Name, parts: list[Change]
) -> list[Patch]:
    """The patches that give one name of a list a declaration of its own, below, with changes."""
    text, origin = reading.source.text, node.origin
    names = Change(
        node.names[0].start, node.names[-1].end, text[origin + own.start : origin + own.end]
    )
    position, pieces = statement.span.start, [""]
    for change in sorted([*parts, names]):
        pieces += [text[position : origin + change.start], change.text]
        position = origin + change.end
    line = "".join([*pieces, text[position : statement.span.end]])
    stop = text.find("\n", max(statement.line.end, statement.line.comment))
    stop = len(text) if stop < 0 else stop
    place = node.names.index(own)
    if place:
        gone = Patch(origin + node.names[place - 1].end, origin + own.end, "")
    else:
        gone = Patch(origin + own.start, origin + node.names[1].start, "")
    return [gone, Patch(stop, stop, f"\n{statement.line.indent}{line}")]
