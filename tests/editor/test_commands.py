"""Every command, by its key, from the palette and from its menu: each does what its title says."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from editor.pages import Editor, having
from editor.serving import MLP, serving
from playwright.sync_api import expect

import tpgraph as tp

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

SMALL = "width n\nvector u : n ~ N(0, 1)\ny = tanh(u)\n"
DEEP = MLP.replace("const L = 3", "const L = 8")
TRAINED = tp.gallery.entry("mlp").text
READ = SMALL + "matrix V : 1 × n ~ N(0, 1)\nf = V y\noutput f\n"
COUNTED = """program counted
width n
vector u : n ~ N(0, 1)
x_1 = tanh(u)
x_2 = tanh(x_1)
x_3 = tanh(x_2)
"""


@dataclass(frozen=True)
class Case:
    """What is selected before a command, and what is to be seen after it."""

    marks: tuple[str, ...]
    seen: Callable[[Editor], None]
    before: Callable[[Editor], object] = lambda editor: None
    text: str = MLP


def writes(words, *keys):
    """The text has these words, maybe after keys that answer what is asked."""

    def seen(editor):
        editor.settled().press(*keys)
        expect(editor.page.locator("textarea")).to_have_value(re.compile(re.escape(words)))

    return seen


def says(words):
    return lambda editor: expect(editor.page.locator(".status")).to_contain_text(words)


def shows(selector, words=""):
    return lambda editor: expect(editor.page.locator(selector).first).to_contain_text(words)


def beside(editor):
    """Another window has the guide, with its pictures, as it is meant to look."""
    context = editor.page.context
    while len(context.pages) < 2:
        editor.page.wait_for_timeout(20)
    guide = next(page for page in context.pages if page != editor.page)
    expect(guide.locator("h1")).to_have_text("Start in five minutes")
    assert guide.evaluate("getComputedStyle(document.body).fontFamily") == "sans-serif"
    guide.wait_for_load_state("load")
    assert guide.evaluate("[...document.images].every((one) => one.naturalWidth > 0)")
    guide.close()


def holds(script, wanted=True):
    """What a script finds on the page."""

    def seen(editor):
        editor.until(f"(wanted) => ({script}) === wanted", arg=wanted)

    return seen


def box(value):
    return lambda editor: expect(editor.page.locator(".line-box input")).to_have_value(value)


def root(name):
    return lambda editor: expect(editor.page.locator(".tpgraph-editor")).to_have_class(having(name))


def keys(*names):
    return lambda editor: editor.press(*names)


def zoomed(editor):
    editor.zoom = editor.page.evaluate("tpgraph.canvas.view.k")


def zoom(sign):
    def seen(editor):
        larger = "([was, sign]) => (tpgraph.canvas.view.k - was) * sign > 0"
        editor.until(larger, arg=[editor.zoom, sign])

    return seen


U, GATE = ("variables/u",), ("gates/x[1]:gate",)
FOCUSED = "document.activeElement.tagName.toLowerCase()"

CASES = {
    "declare": Case((), writes("vector u_1 : n ~ N(0, 1)")),
    "declare-data": Case((), writes("data ξ : d")),
    "declare-target": Case((), writes("target y : 1")),
    "declare-matrix": Case((), writes("matrix W_1 : n × n ~ N(0, 1)")),
    "declare-trained": Case((), writes("param b_1 : n ~ N(0, 1)")),
    "declare-trained-matrix": Case((), writes("param W_1 : n × n ~ N(0, 1)")),
    "declare-scalar": Case((), writes("scalar s = 1")),
    "declare-dim": Case((), shows(".inspector", "dim d")),
    "declare-const": Case((), shows(".inspector", "const L_1")),
    "declare-fn": Case((), shows(".inspector", "φ(z)")),
    "multiply": Case(U, writes("h = W_1 u", "Enter")),
    "gate": Case(("variables/u", "variables/b[1]"), writes("x_1 = tanh(u + b[1])")),
    "bargate": Case(("variables/u", "variables/b[1]"), writes("mean(u * b[1])")),
    "connect": Case(U, writes("tanh(W[1] u + b[1] + u)", "a")),
    "replace": Case(U, writes("x[1] = tanh(W[1] u + u)", "b")),
    "disconnect": Case(GATE, writes("x[1] = tanh(W[1] u)", "b")),
    "readout": Case(("variables/x[3]",), writes("f = V x[3]\noutput f")),
    "loss": Case((), box("(f - y_1)^2 / 2"), text=READ),
    "trained": Case(U, writes("param u : n ~ N(0, 1)")),
    "train-all": Case((), writes("param W[1..L] : n × n ~ N(0, 1)")),
    "edit": Case(GATE, box("tanh(W[1] u + b[1])")),
    "rename": Case(U, box("u")),
    "name": Case(("variables/x[1]~1",), writes("h = W[1] u")),
    "delete": Case(U, shows("dialog", "What is made of it goes too: x[1]")),
    "repeat": Case(("variables/x_2", "variables/x_3"), writes("for l in 2..3:"), text=COUNTED),
    "write-out": Case(("variables/x[2]",), writes("x[2] = tanh(W[2] x[1] + b[2])")),
    "move": Case(U, writes("matrix W[1..L] : n × n ~ N(0, 1)\nvector u", "Enter")),
    "output": Case(("variables/x[3]",), writes("output x[3]")),
    "inspector": Case(U, shows(".inspector h2", "u")),
    "copy": Case(U, says("copied u")),
    "cut": Case(U, shows("dialog", "What is made of it goes too: x[1]")),
    "paste": Case(U, writes("u_1"), keys("Control+c", "Escape")),
    "duplicate": Case(U, writes("u_1")),
    "select-all": Case((), holds("document.querySelectorAll('.mark.selected').length", 13)),
    "undo": Case((), holds("tpgraph.text", MLP), keys("d")),
    "redo": Case((), writes("vector u_1"), keys("d", "Control+z")),
    "find": Case((), shows(".picker", "x[1]")),
    "paths": Case((), shows("div.paths", "isomorphic paths"), text=TRAINED),
    "tidy": Case((), says("laid out from scratch")),
    "view": Case((), says("view")),
    "fold": Case((), holds("document.querySelectorAll('[data-key^=plates]').length", 1), text=DEEP),
    "show-all": Case((), zoom(-1), lambda e: (keys("+", "+")(e), zoomed(e))),
    "zoom-in": Case((), zoom(1), zoomed),
    "zoom-out": Case((), zoom(-1), zoomed),
    "full-screen": Case((), holds("document.fullscreenElement === tpgraph.parts.root")),
    "run": Case((), shows(".runs", "Hide"), text=SMALL),
    "histograms": Case((), shows(".runs", "Hide"), text=SMALL),
    "cancel": Case((), says("cancelled")),
    "step": Case((), shows(".steps .count", "0 / 6")),
    "step-back": Case((), shows(".steps .count", "0 / 6"), keys("]", "]")),
    "pass-forward": Case((), says("the program")),
    "pass-backward": Case((), says("Backward pass: to be read"), text=TRAINED),
    "pass-sgd": Case((), says("SGD steps: to be read"), text=TRAINED),
    "pass-ntk": Case((), says("Tangent kernel: to be read"), text=TRAINED),
    "pass-reduced": Case((), says("Reduced program: to be read"), text=TRAINED),
    "present": Case((), root("presenting")),
    "dark": Case((), root("dark")),
    "save": Case((), says("saved mlp.tp")),
    "save-as": Case((), shows("dialog", "in the folder")),
    "export": Case((), shows("dialog", "Download")),
    "open": Case((), shows('.card:has-text("mlp.tp")')),
    "palette": Case((), shows(".picker", "New vector")),
    "keys": Case((), root("show-keys")),
    "guide": Case((), lambda editor: beside(editor)),
    "to-text": Case((), holds(FOCUSED, "textarea")),
    "next-pane": Case((), holds(FOCUSED, "button")),
}
"""What each command does; one that is missing here fails."""


@pytest.fixture(scope="module")
def editor(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    (folder / "mlp.tp").write_text(MLP)
    with serving(folder, "mlp.tp") as server:
        found = Editor(browser, server).shown().settled()
        found.commands = {
            command["id"]: command
            for command in found.page.evaluate(
                "import('/web/commands.js').then((m) => m.COMMANDS.map((c) => ({ ...c })))"
            )
        }
        yield found
        assert found.faults == []
        found.close()


def begin(editor, case):
    """The page as it was opened, the text of the case, and its marks selected by the mouse."""
    page = editor.page
    if page.locator(".card").count():
        page.locator(".card", has_text="mlp.tp").click()
        editor.shown()
    page.evaluate(
        """async (text) => {
            const app = tpgraph;
            document.querySelectorAll("dialog").forEach((box) =>
                box.dispatchEvent(new Event("cancel", { cancelable: true })));
            await app.later();
            if (app.presentation.isOn) await app.presentation.toggle();
            app.session.cancel("run");
            app.session.cancel("views");
            if (document.fullscreenElement) await document.exitFullscreen();
            app.parts.root.classList.remove("dark", "show-keys");
            app.inspector.element.hidden = true;
            Object.assign(app.options, { view: "editing", fold: "auto" });
            app.runs.left();
            app.pane.show(text, [0, 0]);
            app.steps.pass = "forward";
            app.steps.stop();
            app.revision = null;
            await app.open();
            app.select([]);
            app.say("");
            app.canvas.element.focus();
        }""",
        case.text,
    )
    expect(page.locator(".line-box, .picker, dialog")).to_have_count(0)
    if case.marks:
        editor.click(*case.marks)
    case.before(editor)


def pressed(key):
    """A key of the table, as the browser is told of it."""
    *held, last = key.split("-") if len(key) > 1 else [key]
    names = ["Control" if one == "Ctrl" else one for one in held]
    return "+".join([*names, last.lower() if held and len(last) == 1 else last])


def test_every_command_is_tried_here_has_a_menu_and_stands_in_the_palette(editor):
    assert set(CASES) == set(editor.commands)
    menu = editor.page.evaluate(
        "[...document.querySelectorAll('[data-menu]')].map((b) => [b.dataset.menu, b.textContent])"
    )
    shown = {i: c["title"] + c.get("key", "") for i, c in editor.commands.items()}
    assert dict(menu) == shown
    begin(editor, CASES["palette"])
    editor.page.keyboard.press("Control+k")
    titles = editor.page.locator(".picker .title").all_inner_texts()
    assert sorted(titles) == sorted(c["title"] for c in editor.commands.values())
    keys_shown = [c["key"] for c in editor.commands.values() if "key" in c]
    assert len(set(keys_shown)) == len(keys_shown)


@pytest.mark.parametrize("name", CASES)
def test_a_command_by_key_palette_and_menu(editor, name):
    case, command = CASES[name], editor.commands[name]
    begin(editor, case)
    if "key" in command:
        editor.page.keyboard.press(pressed(command["key"]))
        case.seen(editor)
        begin(editor, case)
    if name != "palette":
        editor.choose(command["title"])
        case.seen(editor)
        begin(editor, case)
    editor.menu(name)
    case.seen(editor)
