"""What was just made is seen, wherever the window is; what stood in it whole stays so."""

import pytest
from editor.pages import edited, having
from editor.serving import MLP
from playwright.sync_api import expect

import tpgraph as tp

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

OUTSIDE = """(keys) => {
  const { left, top, right, bottom } = tpgraph.canvas.element.getBoundingClientRect();
  return keys.filter((key) => {
    const box = document.querySelector(`[data-key="${CSS.escape(key)}"]`).getBoundingClientRect();
    return box.left < left || box.top < top || box.right > right || box.bottom > bottom;
  });
}"""


@pytest.fixture
def editor(browser, tmp_path):
    with edited(browser, tmp_path, MLP) as found:
        yield found


def zoom(editor):
    return editor.page.evaluate("tpgraph.canvas.view.k")


def test_a_drawing_that_grows_stays_whole(editor):
    before = zoom(editor)
    for last, name in zip("u abcdefgh".replace(" ", ""), "abcdefghi", strict=True):
        editor.write(f"{name} = tanh(W[1] {last})\n")
        assert editor.page.evaluate(OUTSIDE, sorted(editor.keys)) == []
    assert 0.7 <= zoom(editor) < before


def test_a_drawing_is_as_large_again_where_there_is_room_again(editor):
    def toggle():
        editor.page.evaluate("tpgraph.command('inspector')")
        return editor.settled()

    before = zoom(editor)
    toggle().until("(k) => tpgraph.canvas.view.k < k", before)
    toggle().until("(k) => tpgraph.canvas.view.k === k", before)
    editor.page.evaluate("tpgraph.canvas.zoom(0.9)")
    by_hand = zoom(editor)
    toggle()
    toggle().until("(k) => tpgraph.canvas.view.k === k", by_hand)


def test_what_is_declared_far_away_comes_into_view_and_the_zoom_stays(editor):
    editor.page.evaluate("tpgraph.canvas.zoom(3, 0, 0)")
    before = zoom(editor)
    known = editor.keys
    editor.press("F6", "d").settled()
    come = sorted(key for key in editor.keys - known if key.startswith("variables/"))
    assert come == ["variables/u_1"]
    assert editor.page.evaluate(OUTSIDE, come) == []
    assert zoom(editor) == before


MISTAKES = "z = tanh(nothing)\nw = tanh(nobody)\n"


@pytest.mark.parametrize("size", [(640, 400), (390, 844)])
@pytest.mark.parametrize(
    "made", [["vector k : n ~ N(0, 1)\n" + MISTAKES], ["vector k : n ~ N(0, 1)\n", MISTAKES]]
)
def test_no_bar_of_mistakes_covers_what_was_just_made(editor, size, made):
    """It comes with the mark or after it, and takes its room away; then the viewport stays."""
    editor.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    editor.settled().page.evaluate("tpgraph.canvas.zoom(2.5, 0, 0)")
    lowest = "Math.max(...tpgraph.canvas.marks.map((f) => f.y))"
    down = f"tpgraph.canvas.window.height - 70 - tpgraph.canvas.view.k * {lowest}"
    editor.page.evaluate(f"tpgraph.canvas.pan(0, {down} - tpgraph.canvas.view.y)")
    known = editor.keys
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.press("Control+End")
    for words in made:
        editor.settled().page.keyboard.insert_text(words)
    expect(editor.settled().page.locator(".error")).to_have_count(2)
    come = sorted(key for key in editor.keys - known if key.startswith("variables/"))
    assert come
    room = "tpgraph.canvas.element.getBoundingClientRect().height"
    editor.until(f"{room} === tpgraph.canvas.window.height")
    before = editor.page.evaluate("tpgraph.canvas.view")
    assert editor.page.evaluate(OUTSIDE, come) == []
    editor.write("# nothing new\n")
    assert editor.page.evaluate("tpgraph.canvas.view") == before


def test_a_shelf_that_comes_covers_nothing(editor):
    text = "width n\n" + "".join(f"vector u_{k} : n ~ N(0, 1)\n" for k in range(12))
    editor.page.evaluate("(text) => tpgraph.replaceText(text, 'another')", text)
    editor.settled().press("F6", "0")
    editor.choose("New matrix")
    shelf = editor.page.locator(".shelf").bounding_box()
    canvas = editor.page.locator("svg.canvas").bounding_box()
    assert canvas["x"] + canvas["width"] <= shelf["x"] + 1
    assert editor.page.evaluate(OUTSIDE, sorted(editor.keys)) == []


def test_plots_that_go_with_an_edit_are_told_of_and_come_again(editor):
    editor.page.keyboard.press("Control+Enter")
    plots = editor.page.locator(".annotations > g")
    expect(plots.first).to_be_attached()
    panel = editor.page.locator(".runs")
    expect(panel).not_to_contain_text("of the text before")
    editor.write("y = tanh(x[L])\n")
    expect(plots).to_have_count(0)
    expect(panel.locator("span[role=status]")).to_contain_text(
        "the histograms were of the text before"
    )
    panel.get_by_role("button", name="Run again").click()
    expect(editor.page.locator('.annotations [data-key$="/y"]')).to_be_attached()
    expect(panel).not_to_contain_text("of the text before")
    editor.press("F6", "t")
    expect(plots.first).to_be_attached()


def test_of_a_mark_its_classes_of_paths_are_told(editor):
    tip = editor.page.locator(".tip")
    editor.page.mouse.move(*editor.middle("variables/x[2]"))
    expect(tip).to_contain_text("x[2]: 3 of 6 classes of isomorphic paths")
    rows = tip.inner_text().splitlines()[1:]
    assert rows == ["W[3] × 1", "W[2],W[3] × 1", "W[1],W[2],W[3] × 1"]
    editor.page.mouse.move(*editor.empty)
    expect(tip).to_be_hidden()
    editor.press("F6").choose("Paths")
    editor.page.mouse.move(*editor.middle("variables/x[1]"))
    told = editor.page.locator(".paths summary.told")
    expect(told).to_have_text(["W[2] × 1", "W[1],W[2] × 1", "W[2],W[3] × 1", "W[1],W[2],W[3] × 1"])


def test_derived_programs_are_shown_by_a_switch(editor):
    switch = editor.page.get_by_label("What the picture shows")
    switch.select_option("Reduced program")
    expect(editor.page.locator(".status")).to_contain_text("Reduced program: to be read")
    expect(editor.page.locator(".status")).to_contain_text("step through the program that it is of")
    switch.select_option("Backward pass")  # there is none of what trains nothing
    expect(editor.page.locator(".status.wrong")).to_be_visible()
    expect(switch).to_have_value("reduced")
    switch.select_option("Program")
    expect(editor.page.locator(".status")).to_contain_text("the program")
    switch.select_option("Reduced program")
    expect(editor.page.locator(".tpgraph-editor.derived")).to_be_attached()
    editor.write("# an edit is of the program\n")
    expect(switch).to_have_value("forward")


def test_what_would_change_a_derived_program_says_that_it_is_to_be_read(editor):
    editor.page.get_by_label("What the picture shows").select_option("Reduced program")
    expect(editor.page.locator(".tpgraph-editor.derived")).to_be_attached()
    before, status = editor.settled().text, editor.page.locator(".status")
    mark = next(key for key in sorted(editor.keys) if key.startswith("variables/x"))

    def by_keys(key):
        return lambda: editor.click(mark).press(key)

    for gesture in (
        *map(by_keys, ("Delete", "m", "g", "F2", "n", "o", "c")),
        lambda: editor.drag(mark, editor.empty),
        lambda: editor.page.mouse.dblclick(*editor.middle(mark)),
    ):
        editor.page.evaluate("tpgraph.say('')")
        gesture()
        expect(status).to_contain_text("to be read, not changed")
        expect(status).to_have_class(having("wrong"))
    assert editor.settled().text == before


def test_a_long_picture_is_shown_whole(editor):
    """However small it gets, and what is small may be zoomed."""
    editor.begin(MLP.replace("const L = 3", "const L = 60")).press("F6", "0")
    assert editor.page.evaluate("tpgraph.canvas.isWhole")
    small = zoom(editor)
    assert small < 0.2
    assert zoom(editor.press("+")) > small
    assert zoom(editor.press("-")) == pytest.approx(small)


def test_plots_are_all_in_view_where_the_picture_was(editor):
    """Also those that are too small to be read, and with a panel of numbers that takes room."""
    wide = tp.gallery.entry("transformer").text
    editor.begin(wide).press("F6", "0", "Control+Enter")
    whole = "tpgraph.canvas.isWhole"
    expect(editor.page.locator(".annotations > g").first).to_be_attached()
    expect(editor.page.locator(".runs .scalar").first).to_be_visible()
    editor.settled().until(whole)
    assert zoom(editor) < 0.7
    editor.press("i").page.wait_for_timeout(300)
    assert editor.page.evaluate(whole)


def test_what_is_selected_is_beside_the_inspector(editor):
    editor.begin(MLP.replace("const L = 3", "const L = 9")).press("F6", "0")
    editor.click("variables/x[9]").press("i")
    editor.until("tpgraph.canvas.window.width < 500")
    assert editor.page.evaluate(OUTSIDE, ["variables/x[9]"]) == []


def test_a_picture_comes_back_whole_from_another_one(editor):
    editor.press("F6", "]")
    expect(editor.page.locator(".steps .count")).to_contain_text("0 /")
    editor.write("y = tanh(x[L])\n")
    drawn = "tpgraph.canvas.fragments.some((f) => f.key === 'variables/y')"
    editor.until(drawn)  # the steps may still be on their way out
    assert editor.settled().page.evaluate("tpgraph.canvas.isWhole")


PLACE = "(key) => tpgraph.canvas.handle(key)"


@pytest.mark.parametrize("selected", [True, False])
def test_plots_do_not_move_what_is_looked_at(editor, selected):
    """They take room beside every vector: what is selected, else in the middle, is where it was."""
    mark = "variables/x[2]"
    middle = "[tpgraph.canvas.window.width / 2, tpgraph.canvas.window.height / 2]"
    editor.page.evaluate("tpgraph.canvas.zoom(2.5)")
    editor.page.evaluate(
        f"""(key) => {{
            const [x, y] = tpgraph.canvas.handle(key);
            tpgraph.canvas.pan({middle}[0] - x, {middle}[1] - y);
        }}""",
        mark,
    )
    if selected:
        mark = "gates/x[2]:gate"
        editor.click(mark)
    before, box = editor.page.evaluate(PLACE, mark), editor.page.evaluate("tpgraph.canvas.box")
    editor.page.evaluate("tpgraph.canvas.element.focus()")
    editor.press("Control+Enter")
    expect(editor.page.locator(".annotations > g").first).to_be_attached()
    assert editor.settled().page.evaluate("tpgraph.canvas.box") != box
    assert editor.page.evaluate(PLACE, mark) == pytest.approx(before)
    editor.press("h").until("tpgraph.canvas.fragments.every((f) => f.layer !== 'annotations')")
    assert editor.page.evaluate(PLACE, mark) == pytest.approx(before)


def test_a_box_covers_nothing_of_its_mark_low_in_the_window(editor):
    gate = "gates/x[2]:gate"
    low = "tpgraph.canvas.window.height - 60 - tpgraph.canvas.handle(key)[1]"
    editor.page.evaluate(f"(key) => tpgraph.canvas.pan(0, {low})", gate)
    editor.page.mouse.dblclick(*editor.middle(gate))
    box = editor.page.locator(".line-box")
    expect(box.locator("input")).to_be_focused()
    shape = editor.page.locator(f'[data-key="{gate}"]').bounding_box()
    editor.until(
        "(top) => document.querySelector('.line-box').getBoundingClientRect().bottom <= top",
        shape["y"],
    )
    assert box.bounding_box()["y"] >= 0
