"""Labels as LaTeX that every engine sets."""

from __future__ import annotations

import pytest

from tpgraph.program.tex import closing, portable


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("h^{1}", "h^{1}"),
        ("ξᵀφ₁²", r"\xi ^{\top}\phi _{1}^{2}"),
        ("x̃ξ̂é≠", r"\tilde{x}\hat{\xi}\acute{e}\neq "),
        (r"\text{50\% of #1 & a_b}", r"\text{50\% of \#1 \& a\_b}"),
        (r"\text{naïve ξ < $x_ξ$}", r"\text{naïve $\xi $ $<$ $x_{\xi }$}"),
        (r"\hbox{a}\transpose\coloneqq", r"\mbox{a}\top \mathrel{:=}"),
        (r"x^\sqrt{2}_\frac{a}{b}c", r"x^{\sqrt{2}}_{\frac{a}{b}}c"),
        (r"x^ξ̃", r"x^{\tilde{\xi}}"),
        (r"x^\top y", r"x^\top y"),
        (r"\big x\big(", r"x\big("),
        ("a&b%#$", r"a\&b\%\#\$"),
        ("", ""),
    ],
)
def test_labels(label: str, expected: str) -> None:
    found = portable(label)
    assert found.lines == (expected,)
    assert not found.foreign


def test_lines_break_outside_braces() -> None:
    assert portable(r"a\\\text{b}\\c").lines == ("a", r"\text{b}", "c")
    assert len(portable(r"\substack{a\\b}").lines) == 1


@pytest.mark.parametrize(
    ("label", "foreign", "shown"),
    [
        (r"\QED\QED", (r"\QED",), r"\QED\QED"),
        ("ж中", ("ж", "中"), r"\mathrm{zhe}\mathrm{U4E2D}"),
        (r"\text{ж \alpha}", ("ж", "\\"), r"\text{zhe $\backslash$alpha}"),
        (r"\'e", (r"\'",), r"\'e"),
        ("x\u0334", ("\u0334",), "x"),
    ],
)
def test_what_latex_does_not_know_is_named(
    label: str, foreign: tuple[str, ...], shown: str
) -> None:
    found = portable(label)
    assert found.foreign == foreign
    assert found.lines == (shown,)


def test_closing_braces() -> None:
    assert closing(r"{a\}{b}}c", 0) == 7
    assert closing("{a", 0) == 2
