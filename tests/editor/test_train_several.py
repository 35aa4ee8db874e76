"""What is trained, by one key: of lines, of the shelf, of all; and by the button of a view."""

import pytest
from editor.pages import edited
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

TEXT = """width n
dim d = 4
data ξ : d
matrix W : n × d ~ N(0, 1)
matrix U : n × n ~ N(0, 1)
matrix V : 1 × n ~ N(0, 1)
x = tanh(W ξ)
y = tanh(U x)
f = V y
output f
"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    with edited(browser, tmp_path_factory.mktemp("trained"), TEXT) as found:
        yield found


@pytest.fixture
def editor(page):
    return page.afresh(TEXT)


def trained(editor):
    return [
        line.split()[1]
        for line in editor.settled().text.splitlines()
        if line.split()[:1] == ["param"]
    ]


def test_a_line_and_a_matrix_of_the_shelf_are_the_matrix(editor):
    page = editor.page
    page.locator('[data-matrix="U"]').click()
    editor.press("a")
    assert trained(editor) == ["U"]
    key = page.evaluate("tpgraph.canvas.fragments.find((f) => f.matrix === 'W').key")
    page.evaluate("(key) => { tpgraph.select([key]); tpgraph.canvas.element.focus(); }", key)
    editor.press("a")
    assert trained(editor) == ["W", "U"]
    editor.press("a")
    assert trained(editor) == ["U"]


def test_several_of_the_shelf(editor):
    page = editor.page
    page.locator('[data-matrix="W"]').click()
    page.locator('[data-matrix="V"]').click(modifiers=["Shift"])
    expect(page.locator('[data-matrix][aria-pressed="true"]')).to_have_count(2)
    editor.press("a")
    assert trained(editor) == ["W", "V"]
    expect(page.locator(".status")).to_contain_text("W, V are trained")
    editor.press("Control+z")
    assert trained(editor) == []


def test_all_that_is_selected_trains_its_matrices_alone(editor):
    editor.page.evaluate("tpgraph.canvas.element.focus()")
    editor.press("Control+a").press("a")
    assert trained(editor) == ["W", "U", "V"]
    assert editor.text.startswith("width n\n")
    editor.press("Control+a").press("a")
    assert trained(editor) == []


@pytest.mark.parametrize("view", ["backward", "ntk", "sgd"])
def test_a_view_of_a_network_that_is_not_trained_says_so_with_its_mend(editor, view):
    page = editor.page
    page.locator(".shows").select_option(view)
    said = page.locator(".status.wrong")
    expect(said).to_contain_text("param" if view != "sgd" else "loss")
    expect(page.locator(".shows")).to_have_value("forward")
    said.get_by_role("button", name="Train all matrices").click()
    assert trained(editor) == ["W", "U", "V"]
    if view != "sgd":
        page.locator(".shows").select_option(view)
        expect(page.locator(".status")).to_contain_text("to be read, not changed")


def test_what_was_wrong_is_not_said_on_of_another_mark(editor):
    editor.page.locator(".shows").select_option("sgd")
    expect(editor.page.locator(".status.wrong")).to_contain_text("loss")
    editor.page.evaluate("tpgraph.select(['variables/x'])")
    expect(editor.page.locator(".status")).to_have_text("")


def test_what_the_paper_view_does_not_draw_is_shown_by_a_button(editor):
    editor.page.evaluate("tpgraph.command('view')")
    expect(editor.page.locator(".status")).to_have_text("paper view")
    editor.page.evaluate("void tpgraph.command('declare-data')")
    editor.page.locator(".status").get_by_role("button", name="Show it").click()
    assert "variables/ξ_1" in editor.settled().keys
