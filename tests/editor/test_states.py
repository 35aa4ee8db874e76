"""Every state of the page, for those who do not see it as others do: names, contrast, sizes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

import tpgraph as tp
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.program.text import distribution

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

NETWORK = tp.gallery.entry("one_hidden").text


def command(editor, id):
    editor.page.evaluate("(id) => void tpgraph.command(id)", id)


def editing(editor, folder):
    editor.page.mouse.click(*editor.middle("variables/x"))


def wrong(editor, folder):
    editor.write("vector v : n\n")
    expect(editor.page.locator(".error")).to_be_visible()


def stepping(editor, folder):
    command(editor, "step")
    expect(editor.page.locator(".steps .count")).to_contain_text("0 / ")
    command(editor, "step")
    expect(editor.page.locator(".steps .count")).to_contain_text("1 / ")


def conflict(editor, folder):
    editor.write("# mine\n")
    (folder / "p.tp").write_text(NETWORK + "# theirs\n")
    command(editor, "save")
    expect(editor.page.locator("dialog .diff")).to_be_visible()


def inspecting(editor, folder):
    editing(editor, folder)
    command(editor, "inspector")
    expect(editor.page.locator(".inspector input").first).to_be_visible()


def asked(id, shown):
    """What a command shows."""

    def state(editor, folder):
        command(editor, id)
        expect(editor.page.locator(shown).first).to_be_visible()

    return state


def presenting(editor, folder):
    asked("present", ".steps .count")(editor, folder)
    editor.page.keyboard.press("ArrowRight")


def choosing(editor, folder):
    editor.page.locator("summary", has_text="Make").click()
    expect(editor.page.locator(".menu:visible")).to_be_visible()


def searching(editor, folder):
    inspecting(editor, folder)
    asked("palette", ".picker input:focus")(editor, folder)


STATES = {
    "editing": editing,
    "wrong": wrong,
    "running": asked("run", ".annotations > g"),
    "stepping": stepping,
    "derived": asked("pass-sgd", ".tpgraph-editor.derived"),
    "exporting": asked("export", ".export-preview img"),
    "presenting": presenting,
    "conflict": conflict,
    "saving": asked("save-as", "dialog .file-name"),
    "palette": asked("palette", ".picker input:focus"),
    "inspecting": inspecting,
    "choosing": choosing,
    "searching": searching,
    "paths": asked("paths", ".paths strong"),
}
SIZES = {"wide": (1280, 800, 1), "narrow": (390, 844, 3), "zoomed": (640, 400, 2)}


def serious(page):
    """What axe finds serious."""
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("states")


@pytest.fixture(scope="module")
def server(folder):
    (folder / "p.tp").write_text(NETWORK)
    with serving(folder, "p.tp") as running:
        yield running


def opened(browser, server, size="wide", **look):
    """A page of its own on the program, whatever was left of the last one."""
    (server.folder / "p.tp").write_text(NETWORK)
    width, height, scale = SIZES[size]
    found = Editor(browser, server, (width, height), device_scale_factor=scale, **look)
    expect(found.page.locator("dialog, g[data-key]").first).to_be_visible()
    leave = found.page.get_by_role("button", name="Leave it")
    if leave.count():
        leave.click()
    return found.shown().settled()


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_serious(browser, server, folder, name):
    editor = opened(browser, server)
    STATES[name](editor, folder)
    assert serious(editor.page) == []
    editor.page.evaluate("document.querySelector('.tpgraph-editor').classList.add('dark')")
    assert serious(editor.page) == []
    assert [f for f in editor.faults if "409" not in f] == []
    editor.close()


CROWDED = """() => {
  const open = ".menu button, .picker li, .picker input, .line-box input, dialog input, "
    + "dialog select, .inspector input:not([type=radio])";
  const seen = [...document.querySelectorAll(open)].filter((e) => e.checkVisibility());
  const told = (e) => `${e.tagName} ${e.getAttribute("aria-label") ?? e.textContent}`;
  return seen.filter((e) => {
    const { left, right, top, bottom, width } = e.getBoundingClientRect();
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const covered = e === document.activeElement && !e.contains(over);
    const narrow = !["checkbox", "radio"].includes(e.type) && width < 60;
    return left < 0 || right > innerWidth || covered || narrow;
  }).map(told);
}"""
"""What is open, and is outside of the window, behind something, or too narrow to be read."""


@pytest.mark.parametrize("name", STATES)
def test_nothing_is_wider_than_the_window(browser, server, folder, name):
    for size in ("narrow", "zoomed"):
        editor = opened(browser, server, size)
        STATES[name if name != "editing" else "wrong"](editor, folder)
        wide = editor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, size
        assert editor.page.evaluate(CROWDED) == [], size
        picture = editor.page.locator("svg.canvas").bounding_box()
        assert picture["height"] > 60, "the picture has room"
        editor.close()


@pytest.mark.parametrize("text", [MLP, NETWORK, tp.gallery.entry("transformer").text])
def test_every_mark_says_what_it_is(browser, tmp_path, text):
    """Kind and formula, what it is made from, what uses it."""
    (tmp_path / "p.tp").write_text(text)
    program = tp.parse(text)
    titles = Titles(program)
    with serving(tmp_path, "p.tp") as server:
        editor = Editor(browser, server).shown().settled()
        found = editor.page.evaluate(
            "[...document.querySelectorAll('.mark[role=img]')].map((g) => [g.dataset.key,"
            " tpgraph.canvas.fragment(g.dataset.key).name, g.getAttribute('aria-label')])"
        )
        assert len(found) == editor.page.evaluate("tpgraph.canvas.marks.length") > 5
        for key, name, label in found:
            equation = program.equation_of.get(name)
            assert label.strip()
            if equation is not None:
                made_by = titles.line(equation)
                formula = titles.spelled(name) if equation.out.is_temporary else made_by
                assert formula in label, "its formula"
                inputs = dict.fromkeys(titles.spelled(v.name) for v in equation.inputs)
                assert f"; made from {', '.join(inputs)}" in label, key
            elif key.startswith("variables/"):
                declared = program.declaration_of[name]
                assert distribution(declared, program.variables[name]) in label, key
            uses = dict.fromkeys(titles.spelled(e.out.name) for e in program.uses.get(name, ()))
            if uses and key.startswith("variables/"):
                assert f"; used by {', '.join(uses)}" in label, key
        editor.close()


def test_forced_colours(browser, server, folder):
    """A palette of the system's: the picture, what is selected and what has the focus are seen."""
    editor = opened(browser, server, forced_colors="active", color_scheme="dark")
    assert editor.page.evaluate("matchMedia('(forced-colors: active)').matches")
    editor.page.mouse.click(*editor.middle("variables/x"))
    seen = """(key) => {
      const style = getComputedStyle(document.querySelector(`[data-key="${key}"] > .hit-vector`));
      return style.fill;
    }"""
    assert editor.page.evaluate(seen, "variables/x") != editor.page.evaluate(seen, "variables/h")
    ground = editor.page.evaluate(
        "getComputedStyle(document.querySelector('.canvas')).backgroundColor"
    )
    assert ground == "rgb(255, 255, 255)", "black marks stand on white"
    turned = "getComputedStyle(document.querySelector('.layer')).filter"
    assert editor.page.evaluate(turned) == "none", "and are not turned over, as in the dark"
    area = """() => {
      const text = getComputedStyle(document.querySelector(".text-line"));
      const ground = getComputedStyle(document.querySelector(".text"));
      return [text.color, ground.backgroundColor];
    }"""
    letters, paper = editor.page.evaluate(area)
    assert letters != paper
    editor.close()
