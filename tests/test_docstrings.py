"""Everything public is documented."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("tpgraph", "cli") for path in (ROOT / room).rglob("*.py"))
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def undocumented(text):
    """Names of public modules, classes, functions and methods without a docstring.

    Special methods, overloads and the pieces inside of functions speak for themselves; a method
    that is documented in a base class of the same module is documented, and so are the methods of
    a lark Transformer, which the grammar explains.
    """
    tree = ast.parse(text)
    if not ast.get_docstring(tree) and tree.body:
        yield "the module"
    inherited = {
        method.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, DEFINITIONS) and ast.get_docstring(method)
    }
    yield from _undocumented(tree, "", inherited)


def _undocumented(parent, prefix, inherited):
    for node in parent.body:
        if not isinstance(node, DEFINITIONS) or node.name.startswith("_"):
            continue
        name = prefix + node.name
        known = bool(prefix) and node.name in inherited
        if not ast.get_docstring(node) and not _is_overload(node) and not known:
            yield name
        if isinstance(node, ast.ClassDef) and not _is_transformer(node):
            yield from _undocumented(node, f"{name}.", inherited)


def _is_transformer(node):
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return any(getattr(base, "id", None) == "Transformer" for base in bases)


def _is_overload(node):
    return any(getattr(d, "id", None) == "overload" for d in node.decorator_list)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_definitions_have_docstrings(path):
    assert list(undocumented(path.read_text(encoding="utf-8"))) == []


def test_a_missing_docstring_is_seen():
    text = '"""M."""\nclass A:\n    """A."""\n    def f(self): ...\ndef g(): ...\ndef _h(): ...\n'
    assert list(undocumented(text)) == ["A.f", "g"]
    assert list(undocumented("x = 1\n")) == ["the module"]
    assert list(undocumented("")) == []
