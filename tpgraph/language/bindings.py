"""What a statement binds."""

from __future__ import annotations

from tpgraph.language import syntax as s

__all__ = ["bound_bases"]


def bound_bases(node: s.Statement) -> tuple[str, ...]:
    """The names that a statement defines, without their indices; none of a loop itself."""
    match node:
        case s.Equate(target):
            return (target.base,)
        case s.Declare(_, names):
            return tuple(name.base for name in names)
        case s.DefineWidth(name) | s.DefineDim(name) | s.DefineConst(name):
            return (name.base,)
        case s.DefineFunction(name):
            return (name.base,)
        case _:
            return ()
