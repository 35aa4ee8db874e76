"""A network that is trained, and SGD of it: by mouse alone, and by keyboard alone."""

import pytest
from editor.pages import Editor
from editor.serving import serving
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")

WANTED = """program mine
width n
dim   d = 64
parametrization ntk
data   ξ : d
target y : 1
param  b : n     ~ N(0, 1)
param  W : n × d ~ N(0, 1)
param  V : 1 × n ~ N(0, 1)

h = W ξ
x = tanh(h + b)
f = V x
output f
loss (f - y)^2 / 2
"""


@pytest.fixture
def editor(browser, tmp_path):
    with serving(tmp_path) as server:
        found = Editor(browser, server)
        found.page.locator(".card", has_text="Empty").click()
        expect(found.page.locator("textarea")).to_be_focused()
        yield found
        assert found.faults == []
        found.close()


def lines(text):
    """What a text says, in whatever order and spaces."""
    return sorted(" ".join(line.split()) for line in text.splitlines() if line.strip())


def test_by_mouse_alone(editor):
    page = editor.page
    said = page.locator(".status")
    editor.menu("declare-data").drag("variables/ξ", editor.empty)
    page.locator('[data-matrix="W"]').click()
    editor.menu("trained")
    page.locator('[data-command="inspector"]').click()
    page.locator('[data-command="declare"]').click()
    expect(page.locator(".inspector h2")).to_have_text("u")
    page.locator(".inspector label", has_text="param (trained)").click()
    editor.settled().menu("rename").tap("b")
    page.locator('[data-command="show-all"]').click()
    editor.drag("variables/h", "variables/b")
    page.locator(".line-box").get_by_role("button", name="Accept").click()
    editor.click("variables/x").menu("loss")
    expect(said).to_contain_text("x is a vector of n")
    expect(said).to_contain_text("read an output out of it first")
    editor.menu("readout").menu("loss")
    box = page.locator(".line-box")
    expect(box.locator("input")).to_have_value("(f - y)^2 / 2")
    box.get_by_role("button", name="Accept").click()
    assert lines(editor.text) == lines(WANTED)
    page.locator(".shows").select_option("sgd")
    expect(said).to_contain_text("SGD steps: to be read")
    page.locator('[data-command="step"]').click()
    expect(page.locator(".steps .count")).to_contain_text("0 /")
    page.locator('[data-command="step"]').click()
    expect(page.locator(".steps .count")).to_contain_text("1 /")


def test_by_keyboard_alone(editor):
    page = editor.page
    said, empty = page.locator(".status"), editor.text
    editor.press("F6").choose("new input").press("m")
    editor.find("W").press("a")
    expect(said).to_contain_text("W is a param")
    editor.choose("new trained vector")
    editor.find("h").press("g").type("tanh(h + b)")
    editor.find("x").press("l")
    expect(said).to_contain_text("read an output out of it first")
    editor.press("e", "l").type("(f - y)^2 / 2")
    assert lines(editor.text) == lines(WANTED)
    editor.choose("SGD steps")
    expect(said).to_contain_text("SGD steps: to be read")
    editor.press("]")
    expect(page.locator(".steps .count")).to_contain_text("0 /")
    editor.press("]")
    expect(page.locator(".steps .count")).to_contain_text("1 /")
    editor.choose("Program")
    for _ in range(12):
        editor.press("Control+z")
    assert editor.text == empty


def test_only_matrices_that_fit_multiply(editor):
    page = editor.page
    editor.begin(
        "width n\ndim d = 4\nmatrix A : n × d ~ N(0, 1)\nmatrix B : n × n ~ N(0, 1)\ndata ξ : d\n"
    )
    editor.press("F6").find("ξ").press("m")
    rows = page.locator(".picker li")
    expect(rows).to_have_text(
        [
            "a new matrix n × d ~ N(0, 1)",
            "A n × d ~ N(0, 1)",
            "B n × n does not fit ξ, a vector of d",
        ],
        use_inner_text=True,
    )
    editor.press("ArrowDown", "ArrowDown", "Enter")
    expect(page.locator(".status")).to_contain_text("B: n × n does not fit ξ, a vector of d")
    editor.press("m", "ArrowDown", "Enter")
    assert "h = A ξ" in editor.text
    editor.press("m")
    expect(rows.locator(".title")).to_have_text(["a new matrix", "Aᵀ", "B", "Bᵀ"])
    editor.press("ArrowDown", "Enter")
    assert "h_1 = A' h" in editor.text
    assert "h_1" in editor.text
