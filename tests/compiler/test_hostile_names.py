"""Generated code with the gate off: names that no gate has seen execute nothing.

The programs here are put together without the checks of `Program`; whatever stands in their names,
the modules that are made of them run as they would with other names.
"""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tpgraph as tp
from tpgraph.compiler import compile
from tpgraph.compiler.code_lines import Lines, in_docstring, quoted
from tpgraph.errors import TPError, on_one_line
from tpgraph.program import Program

TEXT = """
program net
width n
width m = 1/2 n
dim d = 2
dim k = 3
parametrization mup
fn φ(z, t) = tanh(z) + t^2
data ξ : d
target y : k
param W : n × d ~ N(0, 1)
param U : m × n ~ N(0, 1)
param b : n ~ N(0, 1)
param V : k × m ~ N(0, 1)
scalar ε -> 0 = 1 / sqrt(n)
vector u, v : n ~ N([0, 1], [[1, .5], [.5, 1]])
x = φ(W ξ + b, ε) + u * v
s = mean(x)
f = V (s * tanh(U x))
g = V (U x)
output f, g
loss (f - y)^2 / 2
"""
RAW = """
program raw
width n
width m = 3/7 n
fn φ(z, t) = tanh(z) + t^2
matrix W : n × n ~ N(0, 1)
vector u, v : n ~ N([0, 1], [[1, .5], [.5, 1]])
scalar ε -> 0 = φ(1 / n, 2)
x = φ(W u, ε) + v
s = mean(x)
"""
NAMES = ("n", "m", "d", "k", "φ", "z", "t", "ξ", "y", "W", "U", "b", "V", "ε", "u", "v", "x", "s",
         "f", "g", "net", "raw")  # fmt: skip
PWN = "pwned(1)"
HOSTILE = [
    f'h"+str({PWN})+"',
    f"h'+str({PWN})+'",
    f"h\n    {PWN}\n    #",
    f"h\n{PWN}\n",
    f"h\r{PWN}\r",
    f"h\r\n{PWN}\r\n",
    f"h\x0c{PWN}\x0c",
    f"h\u2028{PWN}\u2029\x85",
    f'"""\n{PWN}\n"""',
    f"'''\n{PWN}\n'''",
    f'h"""+{PWN}+"""',
    f"{{{PWN}}}",
    f"{{0.__class__}}{PWN}",
    f'\\"+str({PWN})+\\"',
    f'\\\\"+str({PWN})#',
    f"h) or {PWN} or (",
    f"h, {PWN}",
    f"h={PWN}",
    f"# coding: utf-7\n+AAo-{PWN}",
    f"h\x00{PWN}",
    f"h\ud800{PWN}",
    f"\u202e{PWN}",
    f"lambda: {PWN}",
    f"ª0ª {PWN}",
    f"\\N{{LATIN SMALL LETTER A}}{PWN}",
]


def forged(program: Program, names: dict[str, str]) -> Program:
    """The program under other names, without any check of them."""

    def renamed(value):
        if isinstance(value, str):
            return names.get(value, value)
        if isinstance(value, tuple):
            return tuple(renamed(item) for item in value)
        if dataclasses.is_dataclass(value) and type(value).__name__ not in ("Primitive", "Span"):
            made = object.__new__(type(value))
            for field in dataclasses.fields(value):
                object.__setattr__(made, field.name, renamed(getattr(value, field.name)))
            return made
        return value

    made = object.__new__(Program)
    for field in dataclasses.fields(Program):
        value = getattr(program, field.name)
        value = value if field.name == "labels" else renamed(value)
        object.__setattr__(made, field.name, value)
    return made


@pytest.fixture
def pwned(monkeypatch):
    """What would be called if a name were code."""
    calls = []
    monkeypatch.setattr(builtins, "pwned", calls.append, raising=False)
    return calls


def exercised(program: Program) -> int:
    """Everything that a compiled module does, and its source as a file of its own."""
    done = 0
    for dtype in ("float64", "float32"):
        module = compile(program, dtype)
        namespace: dict[str, object] = {}
        exec(builtins.compile(module.source, "module.py", "exec"), namespace)
        json.dumps(namespace["WIDTHS"])
        widths = {program.widths[0].name: 14}
        if not program.is_network:
            assert set(module.run(widths)) == set(program.variables) - {
                d.variable.name
                for d in program.declarations
                if len(d.variables) == 1 and d.variable.is_matrix
            }
            done += 1
            continue
        params = module.init(widths, 0)
        arrays = [np.ones((4, v.variable.dim.size({}))) for v in (*program.data, *program.targets)]
        module.forward(params, arrays[0])
        module.backward(params, *arrays)
        module.sgd_step(params, *arrays, lr=0.1)
        dict(module.variables(params, *arrays))
        dict(module.variables(params, arrays[0]))
        done += 1
    return done


@pytest.mark.parametrize("text", [TEXT, RAW], ids=["network", "raw"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_of_a_program_is_executed(pwned, text, hostile):
    program = tp.parse(text)
    for name in NAMES:
        with contextlib.suppress(TPError):
            exercised(forged(program, {name: hostile}))
        assert pwned == [], name


@pytest.mark.parametrize("text", [TEXT, RAW], ids=["network", "raw"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_do_as_others_do(pwned, text, hostile):
    """All names at once, each with a number behind it: the module runs."""
    names = {name: f"{hostile}{i}" for i, name in enumerate(NAMES)}
    assert exercised(forged(tp.parse(text), names)) == 2
    assert pwned == []


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_a_quoted_text_is_a_literal_of_itself(text):
    assert eval(quoted(text), {"__builtins__": {}}) == text
    assert "\n" not in quoted(text)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("a \"'\\\n\r\x0c\x00\x85\u2028\ud800x#+0"), max_size=40))
def test_comments_and_docstrings_hold_what_they_are_given(text):
    lines = Lines(0)
    lines.add("x = 1", text)
    lines.assign("y", [quoted(text), "+", quoted("b" * 90)], text)
    namespace: dict[str, object] = {}
    exec(f'"""{in_docstring(on_one_line(text))}\n"""\n{lines.text}', namespace)
    assert namespace["x"] == 1
    assert namespace["y"] == text + "b" * 90
    assert namespace["__doc__"] == on_one_line(text).replace('"""', "'''") + "\n"
    assert set(namespace) == {"__builtins__", "__doc__", "x", "y"}


def test_the_harness_sees_what_is_executed(pwned):
    exec(f'"h"+str({PWN})+""', {})
    assert pwned == [1]
