"""Every lesson is made; its numbers are those of closed forms; its pages ask for nothing."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from math import asin, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPError
from tpgraph.lessons import Sheet, lesson, lesson_html, lesson_pdf, lessons, sheet_of
from tpgraph.lessons.ready import read_lesson
from tpgraph.lessons.sheet import pieces
from tpgraph_cli.main import app

NAMES = [one.name for one in lessons()]


@pytest.fixture(scope="module")
def sheets() -> dict[str, Sheet]:
    return {one.name: sheet_of(one) for one in lessons()}


def square(p: float, q: float | None = None, c: float | None = None) -> float:
    """E erf(u) erf(v) of Gaussians with variances p, q and covariance c (Williams 1997)."""
    q, c = p if q is None else q, p if c is None else c
    return 2 / pi * asin(2 * c / sqrt((1 + 2 * p) * (1 + 2 * q)))


def slope(p: float, q: float | None = None, c: float | None = None) -> float:
    """E erf′(u) erf′(v)."""
    q, c = p if q is None else q, p if c is None else c
    return 4 / pi / sqrt((1 + 2 * p) * (1 + 2 * q) - 4 * c * c)


def mup_step() -> dict[str, float]:
    """The limits after a step of the network of lesson mup, over h, v and what is left of h̃.

    h̃_1 = h̃ + k φ′(h) v, f_1 = E v φ(h̃_1) + E φ(h) φ(h̃_1), with k = ξ·ξ̃ / d and χ = −1; of h̃
    given h, erf has the mean erf(m / √(1 + 2 s²)).
    """
    k, q = 2.0, 2.5
    t = np.linspace(-9, 9, 361)
    w = np.exp(-(t**2) / 2)
    w /= w.sum()
    h, v = sqrt(q) * t[:, None], t
    shift, rest = k * 2 / sqrt(pi) * np.exp(-(h**2)) * v, q - k * k / q
    inside = erf((k / q * h + shift) / sqrt(1 + 2 * rest))
    f = w @ ((v + erf(h)) * inside) @ w
    normal = np.random.default_rng(0).standard_normal((3, 2**20))
    h1, h2 = sqrt(q) * normal[0], sqrt(q) * k / q * normal[0] + sqrt(rest) * normal[1]
    moved = erf(h2 + k * 2 / sqrt(pi) * np.exp(-(h1**2)) * normal[2]) - erf(h2)
    return {"f1": float(f), "moved": float(sqrt(np.mean(moved**2)))}


def closed_forms() -> dict[str, dict[str, float | str]]:
    q, c = 2.5, 2.0
    x, xc = square(q), square(q, q, c)
    z, zc = square(x), square(x, x, xc)
    theta1 = x + slope(q) * q
    theta1c = xc + slope(q, q, c) * c
    one = square(1.0)
    dot = 2 / sqrt(pi) / sqrt(1 + 2 * one)
    k = 0.48
    return {
        "forward": {"g": q, "x": x, "h": x, "z": z, "f": z},
        "backward": {"dz": 1.0, "dh": slope(x), "dx": slope(x), "dg": slope(x) * slope(q)},
        "sgd": {"before": 0.0, "chi": -1.0, "after": 2 * k, "moved": k},
        "master": {
            "x": one, "h": one, "theta": square(one), "dot": dot, "kappa": dot * one,
            "g": square(one) + dot**2 * one,
        },
        "ntk": {
            "nngp00": z, "nngp01": zc, "ntk00": z + slope(x) * theta1,
            "ntk01": zc + slope(x, x, xc) * theta1c, "change": -0.5, "regime": "kernel",
        },
        "mup": {
            **mup_step(), "ntk": "kernel", "mup": "feature learning", "standard": "unstable",
            "change_ntk": -0.5, "change_mup": 0.0, "size_ntk": 0.0, "size_mup": -0.5,
            "moved_ntk": 0.0,
        },
    }  # fmt: skip


SAMPLED = {("mup", "f1"), ("mup", "moved"), ("sgd", "moved")}


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_closed_forms(name: str, sheets: dict[str, Sheet]) -> None:
    found = sheets[name].numbers
    for key, value in closed_forms()[name].items():
        if isinstance(value, str):
            assert found[key] == value
        else:
            rel = 0.02 if (name, key) in SAMPLED else 1e-6
            assert found[key] == pytest.approx(value, rel=rel, abs=1e-9), key


@pytest.mark.parametrize(
    ("name", "wide", "limit"),
    [
        ("forward", "g4096", "g"), ("forward", "z4096", "z"), ("backward", "dx2048", "dx"),
        ("sgd", "after4096", "after"), ("master", "kappa4096", "kappa"),
        ("ntk", "large", "ntk01"), ("mup", "f4096", "f1"),
    ],
)  # fmt: skip
def test_wide_networks_are_near(name: str, wide: str, limit: str, sheets: dict[str, Sheet]) -> None:
    found = sheets[name].numbers
    assert found[wide] == pytest.approx(found[limit], rel=0.1)
    assert found[wide] != found[limit]


class Checked(HTMLParser):
    """Whether elements close in order, what a page asks for, and what stands in no <details>."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.seen: list[str] = []
        self.plain = self.hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.asked += [v or "" for k, v in attrs if k in ("src", "href", "action", "data")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "details" in self.open:
            self.hidden += data
        else:
            self.plain += data


def checked(sheet: Sheet) -> Checked:
    page = Checked()
    page.feed(lesson_html(sheet))
    assert not page.open
    return page


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_one_file_with_hidden_answers(name: str, sheets: dict[str, Sheet]) -> None:
    sheet = sheets[name]
    page = checked(sheet)
    assert "script" not in page.seen
    assert "link" not in page.seen
    assert page.asked
    assert all(place.startswith("data:image/svg+xml;base64,") for place in page.asked)
    assert page.seen.count("details") == len(sheet.questions) >= 3
    assert "«" not in page.plain
    assert "$" not in page.plain
    for part in sheet.questions:
        answer = "".join(text for text, is_formula in pieces(part.text) if not is_formula)
        assert answer in page.hidden
        assert answer not in page.plain
    assert "url(" not in lesson_html(sheet)


def test_what_a_lesson_says_is_data(sheets: dict[str, Sheet]) -> None:
    hostile = replace(sheets["mup"], title="<script>x</script>", source="</pre><img src=x>")
    page = checked(hostile)
    assert "script" not in page.seen
    assert all(place.startswith("data:") for place in page.asked)


@pytest.mark.parametrize("name", NAMES)
def test_the_pdf_ends_with_the_answers(name: str, sheets: dict[str, Sheet]) -> None:
    content = lesson_pdf(sheets[name])
    assert content.startswith(b"%PDF")
    assert content == lesson_pdf(sheets[name])
    assert 2 <= content.count(b"/Type /Page ") <= 5


TOML = """
title = "t"
summary = "s «a»"
[data]
"ξ" = [[1, 2], [2, 1]]
y = [[1], [0]]
[numbers]
a = {}
[[steps]]
heading = "h"
text = "x"
[[questions]]
ask = "q"
answer = "a"
"""


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("{ of = 'nothing' }", "of is unknown"),
        ("{ of = 'limit' }", "there is no 'var'"),
        ("{ of = 'feature', change = 'q' }", "is not understood"),
        ("{ of = 'kernel', pair = [0, 5] }", "is not understood"),
        ("{ of = 'regime', parametrization = 'nkt' }", "there is no 'nkt'"),
    ],
)
def test_numbers_that_are_not_understood(facts: str, message: str) -> None:
    made = read_lesson("l", TOML.replace("a = {}", f"a = {facts}"), lesson("mup").source)
    with pytest.raises(TPDataError, match=message):
        sheet_of(made)


def test_texts_that_are_no_lesson() -> None:
    source = lesson("mup").source
    for text in ("title = 1 2", "title = 't'", TOML.replace("heading", "head")):
        with pytest.raises(TPDataError, match="lesson l is not understood"):
            read_lesson("l", text, source)
    with pytest.raises(TPDataError, match="shows 'film'"):
        read_lesson("l", TOML.replace('text = "x"', 'text = "x"\npicture = "film"'), source)
    made = read_lesson("l", TOML.replace("a = {}", "b = { of = 'regime' }"), source)
    with pytest.raises(TPDataError, match="names a number «a» that it does not define"):
        sheet_of(made)


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert [line.split()[0] for line in run(app, ["lesson"]).stdout.splitlines()] == NAMES
    place = tmp_path / "l.pdf"
    done = run(app, ["lesson", "master", "-o", str(place)], catch_exceptions=False)
    assert done.exit_code == 0
    assert f"wrote {place}" in done.stderr
    assert place.read_bytes().startswith(b"%PDF")
    for line in (["master", "-o", "a.txt"], ["-o", "a.html"], ["ntk", "--all", "folder"]):
        assert run(app, ["lesson", *line]).exit_code == 2
    error = run(app, ["lesson", "nkt"]).exception
    assert isinstance(error, TPError)
    assert error.mend == "did you mean ntk?"


def test_all_lessons_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sheets: dict[str, Sheet]
) -> None:
    monkeypatch.setattr(tp.lessons, "sheet_of", lambda one: sheets[one.name])
    done = CliRunner().invoke(app, ["lesson", "--all", str(tmp_path / "all")])
    assert done.exit_code == 0, done.output
    made = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert made == sorted(f"{name}.{ending}" for name in NAMES for ending in ("html", "pdf"))
