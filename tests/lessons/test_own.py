"""A lesson of any program: its numbers are the program's own, its TOML is that of ready ones."""

from __future__ import annotations

from dataclasses import replace
from math import asin, pi, sqrt
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPError
from tpgraph.lessons import lesson, lesson_of, lesson_text, lessons, sheet_of
from tpgraph.lessons.ready import read_lesson
from tpgraph_cli.main import app

PROGRAM = """\
width n
dim d = 2
parametrization ntk
fn φ(z) = erf(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
g = U ξ
x = φ(g)
h = W x
m = mean(x * x)
z = φ(h)
f = V z
output f
loss (f - y)^2 / 2
"""


def run(*line: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(line))
    if isinstance(done.exception, TPError):
        return 1, str(done.exception)
    return done.exit_code, done.output


def erf_square(p: float, q: float, c: float) -> float:
    """E erf(u) erf(v) of Gaussians with variances p, q and covariance c (Williams 1997)."""
    return 2 / pi * asin(2 * c / sqrt((1 + 2 * p) * (1 + 2 * q)))


def test_numbers_and_questions_are_the_programs() -> None:
    made = lesson_of(PROGRAM, name="mine")
    sheet = sheet_of(made)
    (a, b), (c, d) = made.data["ξ"]
    p, q, cross = (a * a + b * b) / 2, (c * c + d * d) / 2, (a * c + b * d) / 2
    x, xc = erf_square(p, p, p), erf_square(p, q, cross)
    assert sheet.numbers["g var"] == pytest.approx(p)
    assert sheet.numbers["m"] == pytest.approx(x)
    assert sheet.numbers["x at 1024"] == pytest.approx(x, rel=0.1)
    second = erf_square(q, q, q)
    assert sheet.numbers["nngp 01"] == pytest.approx(erf_square(x, second, xc), rel=1e-6)
    assert sheet.numbers["change z"] == -0.5
    answers = {part.heading: part.text for part in sheet.questions}
    rule = next(text for ask, text in answers.items() if "instruction makes $h$" in ask)
    assert rule.startswith("A MatMul: $h = W x$. A MatMul multiplies $x$ by the matrix $W$.")
    assert answers["What is computed from $x$ directly?"].startswith("$h$ and $m$: each reads")
    tends = next(text for ask, text in answers.items() if "tend" in ask)
    assert tends == f"To {sheet.numbers['m']:.4g}."
    pictures = [part.heading for part in sheet.steps if part.pictures]
    assert pictures == ["The program", "Instruction by instruction", "The backward pass"]


def test_what_a_program_has_not_is_left_out() -> None:
    sheet = sheet_of(lesson_of("width n\nvector x : n ~ N(0, 1)\ny = tanh(x)\n"))
    assert [part.heading for part in sheet.steps][-1].startswith("$y = ")
    assert not any("kernel" in part.heading.lower() for part in sheet.steps)
    assert sheet.questions


def test_a_long_program_is_drawn_folded() -> None:
    layers = "h[1] = W x\nx[1] = φ(h[1])\nfor l in 2..20:\n  h[l] = W x[l-1]\n  x[l] = φ(h[l])\n"
    text = PROGRAM.replace("h = W x\n", layers).replace("φ(h)", "φ(h[20])")
    made = lesson_of(text)
    assert made.steps[0].picture == "folded"
    assert not any(step.picture == "frames" for step in made.steps)


@pytest.mark.parametrize("made", [*lessons(), lesson_of(PROGRAM)], ids=lambda one: one.name)
def test_a_lesson_is_read_back_from_its_texts(made: tp.lessons.Lesson) -> None:
    again = read_lesson(made.name, lesson_text(made), made.source)
    assert again == replace(made, made=None)


def test_texts_that_only_escapes_can_write() -> None:
    made = replace(lessons()[0], title="it's '''quoted''' \\x", summary="ends with '")
    assert read_lesson(made.name, lesson_text(made), made.source) == made


def test_own_words_stand_beside_the_program(tmp_path: Path) -> None:
    place, page = tmp_path / "mine.tp", tmp_path / "page.html"
    place.write_text(PROGRAM, encoding="utf-8")
    texts = tmp_path / "mine.toml"
    assert run("lesson", str(place), "-o", str(texts))[0] == 0
    words = texts.read_text(encoding="utf-8")
    assert "The program mine" in words
    texts.write_text(words.replace("The program mine", "Two erfs"), encoding="utf-8")
    code, said = run("lesson", str(place), "-o", str(page))
    assert code == 0, said
    assert f"in the words of {texts}" in said
    assert "<h1>Two erfs</h1>" in page.read_text(encoding="utf-8")
    texts.write_text("title = 1 2", encoding="utf-8")
    assert "lesson mine is not understood" in run("lesson", str(place), "-o", str(page))[1]


def test_texts_without_data_get_made_up_ones() -> None:
    words = 'title = "t"\nsummary = "«g»"\nsteps = []\nquestions = []\n'
    words += '[numbers]\ng = { of = "limit", var = "g" }\n'
    a, b = lesson_of(PROGRAM).data["ξ"][0]
    assert sheet_of(lesson_of(PROGRAM, words)).numbers["g"] == pytest.approx((a * a + b * b) / 2)
    with pytest.raises(TPDataError, match="is not understood"):
        lesson_of(PROGRAM, "title = 't'")


def test_programs_that_a_command_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("lesson", "mlp", "--set", "L=3", "-o", "mlp.toml")[0] == 0
    assert "x^{3}" in Path("mlp.toml").read_text(encoding="utf-8")
    for line in (["ntk", "--set", "L=3"], ["nkt"], ["--all", "f", "--set", "L=3"]):
        assert run("lesson", *line)[0] != 0
    assert "did you mean ntk" in run("lesson", "nkt")[1]
    assert "cannot be read" in run("lesson", "nowhere.tp")[1]


def test_words_are_kept_and_found_for_what_the_package_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, title in (("rnn", "The program rnn"), ("ntk", lesson("ntk").title)):
        words = Path(f"{name}.toml")
        assert run("lesson", name, "-o", str(words))[0] == 0
        changed = words.read_text(encoding="utf-8").replace(title, "Said anew")
        words.write_text(changed, encoding="utf-8")
        code, said = run("lesson", name, "-o", str(words))
        assert code == 2
        assert "holds words already" in said
        assert words.read_text(encoding="utf-8") == changed
        code, said = run("lesson", name, "-o", f"{name}.html")
        assert code == 0
        assert f"in the words of {words}" in said
        assert "<h1>Said anew</h1>" in Path(f"{name}.html").read_text(encoding="utf-8")
        code, said = run("lesson", str(words))
        assert code == 2
        assert f"Name its program: tpgraph lesson {name}" in said


def test_a_misspelt_key_is_named_with_what_was_meant() -> None:
    for words, what, meant in (
        ("titel = 't'", "lesson program is not understood: it has no 'titel'", "title"),
        ("[[steps]]\nheadding = 'a'", "step 1 of lesson program", "heading"),
        ("[[questions]]\nask = 'a'\nanswr = 'b'", "question 1 of lesson program", "answer"),
    ):
        with pytest.raises(TPDataError, match=what) as caught:
            lesson_of(PROGRAM, words, "program")
        assert caught.value.mend == f"did you mean {meant}?"
