"""An edit touches what it changes, and nothing else: the viewport stays, and so do other marks."""

import pytest
from editor.pages import Editor
from editor.serving import serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

GRAPH = """program graph
width n
matrix W : n × n ~ N(0, 1)
vector u : n ~ N(0, 1)
vector v : n ~ N(0, 1)
a = tanh(W u)
b = sin(v)
c = tanh(a + b)
d = relu(W c)
e = tanh(d + u)
"""

WATCH = """() => {
  window.touched = [];
  const canvas = document.querySelector("svg.canvas");
  const key = (node) => {
    const mark = (node.nodeType === 1 ? node : node.parentElement)?.closest?.("[data-key]");
    return mark?.dataset.key ?? null;
  };
  const told = ({ type, target, attributeName, addedNodes, removedNodes }) => {
    if (type === "childList" && !key(target)) {
      for (const node of [...addedNodes, ...removedNodes]) touched.push(key(node) ?? node.tagName);
    } else touched.push(key(target) ?? `${target.tagName}.${attributeName}`);
  };
  window.watching = new MutationObserver((all) => all.forEach(told));
  const everything = { subtree: true, childList: true, attributes: true, characterData: true };
  watching.observe(canvas, everything);
}"""
STATE = """(() => {
  const { canvas } = tpgraph, { width, height } = canvas.size;
  return { view: { ...canvas.view }, window: [width, height],
    marks: Object.fromEntries(canvas.marks.map((f) => [f.key, [f.x, f.y]])) };
})()"""
PLACES = (
    "Object.fromEntries(tpgraph.canvas.fragments.map((f) => [f.key, [f.x, f.y, f.svg, f.title]]))"
)


@pytest.fixture
def editor(browser, tmp_path):
    (tmp_path / "graph.tp").write_text(GRAPH)
    with serving(tmp_path, "graph.tp") as server:
        found = Editor(browser, server).shown().settled()
        box = found.page.locator("svg.canvas").bounding_box()
        found.page.mouse.move(box["x"] + 200, box["y"] + 300)
        found.page.mouse.wheel(0, -240)  # somewhere else than where it was fitted
        found.page.evaluate("tpgraph.canvas.pan(-37, 21)")
        found.page.locator(".text textarea").focus()
        yield found
        assert found.faults == []
        found.close()


def changed(editor, act):
    """The keys that an edit touched, those that it may touch, and both viewports."""
    before, places = editor.page.evaluate(STATE), editor.page.evaluate(PLACES)
    editor.page.evaluate(WATCH)
    act()
    editor.settled()
    touched = set(editor.page.evaluate("(watching.takeRecords().forEach(() => 0), touched)"))
    editor.page.evaluate("watching.disconnect()")
    after, now = editor.page.evaluate(STATE), editor.page.evaluate(PLACES)
    come = [place for key, place in after["marks"].items() if key not in before["marks"]]
    if all(is_seen(place, before) for place in come):
        assert after["view"] == before["view"], "the viewport never moves by itself"
    else:
        assert after["view"]["k"] == before["view"]["k"], "it follows what is new, and no more"
        assert all(is_seen(place, after) for place in come)
    differ = {k for k in places.keys() | now.keys() if places.get(k) != now.get(k)}
    return {k for k in touched if "/" in k}, differ, {k for k in touched if "/" not in k}


def is_seen(place, state):
    view = state["view"]
    ends = zip(place, (view["x"], view["y"]), state["window"], strict=True)
    return all(24 <= view["k"] * at + by <= size - 24 for at, by, size in ends)


def write(editor, was, becomes):
    """Replace a part of the text as somebody who types it would."""
    start = editor.text.index(was)
    span = [start, start + len(was)]
    editor.page.evaluate("([a, b]) => tpgraph.pane.select(a, b)", span)
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.insert_text(becomes)


STATES = {"svg.aria-activedescendant", "svg.aria-label"}
FOLLOWS = {"g.style", "svg.style", "g.class"}


@pytest.mark.parametrize(
    ("was", "becomes", "least"),
    [
        ("e = tanh(d + u)\n", "e = tanh(d + u)\nf = sin(e)\n", {"variables/f"}),
        ("relu(W c)", "sin(W c)", {"gates/d:gate"}),
        ("# nothing", "# nothing", set()),
        ("b = sin(v)\n", "b = sin(v)\nz = tanh(b)\n", {"variables/z"}),
        ("d + u)", "d)", {"gates/e:gate"}),
        ("vector v : n ~ N(0, 1)", "vector v : n ~ N(0, 2)", {"variables/v"}),
    ],
)
def test_only_what_changes_is_touched(editor, was, becomes, least):
    if was.startswith("#"):
        was, becomes = "width n\n", "width n\n# a comment that moves every line below\n"
    touched, differ, others = changed(editor, lambda: write(editor, was, becomes))
    assert least - {"variables/v"} <= touched
    assert touched <= differ | least, touched - differ
    assert others <= {"path", "path.id", "path.d"} | STATES | FOLLOWS, others


def test_a_mistake_and_its_mend_touch_nothing(editor):
    """The marks of lines that do not hold fade, and return; no other is drawn anew."""
    counts = "Object.fromEntries([...tpgraph.canvas.shown].map(([k, e]) => [k, e.id]))"
    before = editor.page.evaluate(counts)
    for was, becomes in [("tanh(a + b)", "tanh(a + "), ("tanh(a + ", "tanh(a + b)")]:
        _, differ, _ = changed(editor, lambda w=was, b=becomes: write(editor, w, b))
        assert differ == set()
        assert editor.page.evaluate(counts) == before, "every element is the one that it was"
    expect(editor.page.locator(".mark.faded")).to_have_count(0)


def test_undo_touches_what_the_edit_touched(editor):
    touched, _, _ = changed(editor, lambda: write(editor, "d + u)", "d)"))
    back, _, _ = changed(editor, lambda: editor.page.keyboard.press("Control+z"))
    assert back <= touched | {k for k in back if k.startswith("edges/u")}
    assert editor.text == GRAPH


def test_panning_and_zooming_draw_nothing_anew(editor):
    def move():
        editor.page.evaluate("tpgraph.canvas.pan(10, 5); tpgraph.canvas.pan(-10, -5)")

    touched, differ, others = changed(editor, move)
    assert touched == differ == set()
    assert others <= {"g.style", "svg.style"}
