"""Figure 1's perceptron from an empty program: by mouse alone, and by keyboard alone."""

import re

import pytest
from editor.pages import Editor
from editor.serving import serving
from playwright.sync_api import expect

import tpgraph as tp

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

GALLERY = tp.gallery.entry("mlp")


@pytest.fixture
def editor(browser, tmp_path):
    with serving(tmp_path) as server:
        found = Editor(browser, server)
        yield found
        assert found.faults == []
        found.close()


def exported(editor, press):
    """The bytes of the picture that is downloaded."""
    expect(editor.page.get_by_role("button", name="Download")).to_be_enabled()
    with editor.page.expect_download() as found:
        press()
    return found.value.path().read_text("utf-8")


def without_text(svg):
    """A picture without the program that it carries."""
    return re.sub(r"<metadata.*?</metadata>", "", svg, flags=re.DOTALL)


def test_by_mouse_alone(editor):
    """Comments are no matter of the mouse: the bytes are equal but for the text inside."""
    page = editor.page
    inspector = page.locator(".inspector")

    def write(label, words):
        inspector.get_by_label(label, exact=True).click(click_count=3)
        editor.tap(words, ".inspector")

    def of(title):
        expect(inspector.locator("h2")).to_have_text(title)

    def rename(words, done="Done"):
        page.locator(".line-box").wait_for()
        editor.tap(words, done=done)
        expect(page.locator(".line-box")).to_have_count(0)

    def name(mark, words):
        page.mouse.dblclick(*editor.middle(f"variables/{mark}"))
        rename(words)

    def show_all():
        page.locator('[data-command="show-all"]').click()

    def choose(label):
        inspector.locator("label", has_text=re.compile(f"^{label}$")).click()
        editor.settled()

    page.locator(".card", has_text="Empty").click()
    page.locator('[data-command="inspector"]').click()
    write("name", "mlp")
    choose("ntk")
    editor.menu("declare-data").menu("declare-target").menu("declare-dim")
    expect(inspector.get_by_label("dim d_1", exact=True)).to_be_focused()
    inspector.get_by_role("button", name="dim d_1").click()
    rename("k")
    write("dim k", "10")
    show_all()
    editor.click("variables/y")
    of("y")
    write("dimension", "k")
    editor.menu("declare-const")
    expect(inspector.get_by_label("const L", exact=True)).to_be_focused()
    editor.menu("declare-fn")
    write("φ(z)", "relu(z)")

    for layer in (1, 2, 3):
        show_all()
        editor.drag("variables/ξ" if layer == 1 else f"variables/x[{layer - 1}]", editor.empty)
        if layer > 1:
            page.locator(".picker li", has_text="a new matrix").click()
            expect(page.locator(f'[data-matrix="W[{layer}]"]')).to_be_visible()
        page.locator("[data-matrix]").last.click()
        of("W" if layer == 1 else f"W[{layer}]")
        write("scale", "sqrt(2)")
        if layer == 1:
            inspector.locator("h2 button").click()
            rename("W[1]")
            page.locator('[data-command="declare"]').click()
            of("u")
            choose(r"param \(trained\)")
            write("scale", "0.1")
        else:
            editor.click(f"variables/b[{layer - 1}]")
            editor.menu("duplicate")
        show_all()
        name("u" if layer == 1 else f"b_1[{layer - 1}]", f"b[{layer}]")
        editor.drag("variables/h", f"variables/b[{layer}]")
        show_all()
        if layer == 1:
            name("x", "x[1]")
        editor.click("variables/h")
        editor.menu("name")

    show_all()
    editor.drag("variables/x[3]", editor.empty)
    page.locator(".picker li", has_text="a new matrix").click()
    page.locator('[data-matrix="W[4]"]').click()
    of("W[4]")
    write("shape", "k × n")
    inspector.locator("h2 button").click()
    rename("V", done="only here")
    show_all()
    name("h", "f")
    editor.click("variables/f")
    editor.menu("output")
    editor.click("variables/x[2]", "variables/x[3]")
    editor.menu("repeat")
    editor.click("variables/b[1]")
    editor.menu("move")
    page.locator(".picker li", has_text="behind W[2]").click()
    page.mouse.click(*editor.empty)
    of("Program")
    write("loss", "(f - y)^2 / 2")

    assert tp.parse(editor.text) == tp.parse(GALLERY.text)
    page.locator('[data-command="view"]').click()
    expect(page.locator(".status")).to_have_text("paper view")
    page.locator('[data-command="export"]').click()
    svg = exported(editor, page.get_by_role("button", name="Download").click)
    assert svg == tp.draw(tp.parse(editor.text), source=editor.text).svg
    assert without_text(svg) == without_text(GALLERY.draw(source=GALLERY.text).svg)


def test_by_keyboard_alone(editor):
    """With the comments of its text too: the bytes of the gallery's picture."""
    page = editor.page

    def write(label, words, title=None):
        editor.field(label, title)
        page.keyboard.press("Control+a")
        page.keyboard.type(words)
        editor.press("Enter")
        expect(page.locator(".inspector input:focus")).to_have_attribute("value", words)

    def back():
        page.keyboard.press("Escape")
        expect(page.locator("svg.canvas")).to_be_focused()

    page.locator(".card").first.wait_for()
    while "Empty" not in page.evaluate("document.activeElement.textContent").split("\n")[0][:20]:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    editor.press("F6", "i")
    write("name", "mlp")
    editor.field("parametrization").press("ArrowRight", "ArrowRight")
    back()
    editor.choose("new input").choose("new target").choose("new dimension")
    write("dim d_1", "10")
    editor.press("Shift+Tab", "Enter").type("k")
    editor.find("y")
    write("dimension", "k", "y")
    back()
    editor.choose("new number").press("Escape").choose("new function")
    write("φ(z)", "relu(z)")
    back()

    for layer in (1, 2, 3):
        editor.find("ξ" if layer == 1 else f"x[{layer - 1}]").press("m")
        if layer > 1:
            editor.type("", ".picker")
        matrix = "W" if layer == 1 else f"W[{layer}]"
        editor.find(matrix)
        write("scale", "sqrt(2)", matrix)
        back()
        if layer == 1:
            editor.press("F2").type("W[1]").press("d")
            editor.field("kind", "u").press("ArrowRight")
            write("scale", "0.1")
            back()
        else:
            editor.find(f"b[{layer - 1}]").press("Control+d")
        editor.press("F2").type(f"b[{layer}]").find("h").press("g")
        page.locator(".line-box").wait_for()
        editor.press("Escape")
        editor.find(f"b[{layer}]").press("c").press("a" if layer == 1 else "abc"[layer - 1])
        page.locator(".line-box").wait_for()
        editor.press("Escape").find("x" if layer == 1 else f"x[{layer}]")
        if layer == 1:
            editor.press("F2").type("x[1]")
        editor.find("h").press("n")

    editor.find("x[3]").press("m").type("", ".picker").find("W[4]")
    write("shape", "k × n", "W[4]")
    back()
    page.keyboard.press("F2")
    page.locator(".line-box").wait_for()
    page.keyboard.type("V")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".line-box")).to_have_count(0)
    editor.find("h").press("F2").type("f").press("o")
    editor.find("x[2]").press("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "r")
    editor.find("b[1]").choose("move in the text").type("behind W[2]", ".picker").press("Escape")
    write("loss", "(f - y)^2 / 2", "Program")
    back()
    editor.find("f")
    write("formula", "V x[L]", "f")
    back()
    editor.press("Escape")

    editor.press("Escape")
    expect(page.locator("textarea")).to_be_focused()
    lines = GALLERY.text.split("\n")
    for number, line in enumerate(lines):
        place = "Control+Home" if number == 0 else "ArrowDown"
        editor.press(place, "Home")
        if editor.text.split("\n")[number] != line:
            page.keyboard.type(line)
            editor.press("Enter", "ArrowUp")
    assert editor.settled().text == GALLERY.text
    editor.press("F6", "v")
    expect(page.locator(".status")).to_have_text("paper view")
    page.keyboard.press("Control+e")
    page.get_by_role("button", name="Download").wait_for()

    def press():
        while page.evaluate("document.activeElement.textContent") != "Download":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    assert exported(editor, press) == GALLERY.draw(source=GALLERY.text).svg
