"""The page in a browser, as somebody uses it: what is seen, what is said, what is on disk."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from editor.pages import SECONDS, Editor, edited, having
from editor.serving import MLP, SLOW, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    return tmp_path


@pytest.fixture
def editor(browser, folder):
    with edited(browser, folder, MLP) as found:
        yield found


def test_text_and_picture_stand_beside_each_other(editor):
    assert editor.text == MLP
    assert {"variables/x[3]", "gates/x[2]:gate", "variables/b[1]"} <= editor.keys
    assert editor.page.title() == "mlp – tpgraph"


def test_typing_is_drawn(editor):
    editor.write("y = tanh(x[L])\n")
    assert "variables/y" in editor.keys
    assert editor.page.title() == "• mlp – tpgraph"


def test_nothing_is_asked_for_before_a_letter_is_seen(editor):
    editor.page.evaluate(
        """() => {
            const { session } = tpgraph, { transport } = session;
            window.order = [];
            session.transport = (...what) => { order.push("asked"); return transport(...what); };
            document.querySelector("textarea.text-area").addEventListener("input", () => {
                order.push("typed");
                requestAnimationFrame(() => {
                    const channel = new MessageChannel();
                    channel.port1.onmessage = () => order.push("seen");
                    channel.port2.postMessage(0);
                });
            }, { once: true });
        }"""
    )
    editor.write("q")
    order = editor.page.evaluate("order")
    assert order.index("typed") < order.index("seen") < order.index("asked")


def test_a_mistake_has_a_squiggle_and_a_mend(editor):
    before = editor.keys
    editor.write("vector v : n\n")
    expect(editor.page.locator(".error")).to_contain_text("distribution is missing")
    expect(editor.page.locator(".text-line .fault").first).to_be_attached()
    assert editor.keys == before  # the last good picture stays, and is said to be that
    lack = editor.page.locator(".lack")
    expect(lack).to_have_text("picture without what is mistaken")
    picture = editor.page.locator("svg.canvas")
    expect(picture).to_have_attribute("aria-label", re.compile("without what is mistaken"))
    editor.page.locator("button.mend").first.click()
    expect(editor.page.locator(".error")).to_have_count(0)
    expect(lack).to_be_hidden()
    expect(picture).to_have_attribute("aria-label", "Picture of the program")
    assert editor.settled().text.endswith("vector v : n ~ N(0, 1)\n")
    assert "variables/v" in editor.keys


def test_an_old_picture_is_said_to_be_old(editor):
    show = "(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }"
    editor.page.evaluate(show, MLP.replace("u + b[1])", "u + )"))
    lack, picture = editor.page.locator(".lack"), editor.page.locator("svg.canvas")
    expect(lack).to_have_text("picture of the text before: the text has mistakes")
    expect(picture).to_have_attribute("aria-label", re.compile("picture of the text before"))
    assert float(editor.page.locator(".world").evaluate("(g) => getComputedStyle(g).opacity")) < 1
    editor.page.evaluate(show, MLP)
    expect(lack).to_be_hidden()


def test_a_slider_changes_the_text_and_strikes_its_hint_off(editor):
    hint = editor.page.locator(".hint", has_text="Alt-drag")
    expect(hint).not_to_have_class(having("struck"))
    at = MLP.index("3\nvector")
    editor.page.locator(".text textarea").focus()
    editor.page.evaluate("(at) => tpgraph.pane.select(at, at)", at)
    editor.page.keyboard.press("Alt+ArrowUp")
    expect(hint).to_have_class(having("struck"))
    assert "const L = 4\n" in editor.settled().text
    assert "variables/x[4]" in editor.keys
    editor.press("Control+z")
    assert editor.said == "undo slider: L = 4"
    assert editor.text == MLP


def test_a_broken_first_line_keeps_the_picture(editor):
    before = editor.keys
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.press("Control+Home")
    editor.page.keyboard.type("prog ")
    expect(editor.page.locator(".error").first).to_be_visible()
    assert editor.settled().keys == before


def test_a_mark_selects_its_line_and_a_line_its_marks(editor):
    editor.page.mouse.click(*editor.middle("variables/x[2]"))
    expect(editor.page.locator('[data-key="variables/x[2]"]')).to_have_class(having("selected"))
    start, end = editor.page.evaluate("tpgraph.pane.selection")
    assert editor.text[start:end] == "x[l] = tanh(W[l] x[l-1] + b[l])"
    at = MLP.index("b[1..L]")
    editor.page.evaluate("(at) => { tpgraph.pane.select(at, at); tpgraph.textSelected(); }", at)
    expect(editor.page.locator('[data-key="variables/b[2]"]')).to_have_class(having("lit"))


def test_a_drag_connects_and_undo_takes_it_back(editor):
    x, y = editor.middle("variables/u")
    to = editor.middle("gates/x[3]:gate")
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x + 15, y - 15, steps=3)
    expect(editor.page.locator(".mark.accepts").first).to_be_attached()
    editor.page.mouse.move(*to, steps=4)
    expect(editor.page.locator(".preview .becomes")).to_contain_text("+ u)")
    expect(editor.page.locator(".preview .detail")).to_have_text("Shift: only here")
    assert editor.text == MLP  # nothing is written before the button is released
    editor.page.mouse.up()
    expect(editor.page.locator(".line-box")).to_be_visible()
    editor.page.keyboard.press("Escape")
    after = editor.settled().text
    assert "x[l] = tanh(W[l] x[l-1] + b[l] + u)" in after
    editor.page.keyboard.press("Control+z")
    assert editor.settled().text == MLP
    editor.page.keyboard.press("Control+Shift+z")
    assert editor.settled().text == after


def test_a_drop_that_is_refused_says_why(editor):
    x, y = editor.middle("variables/x[3]")
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x - 15, y + 15, steps=3)
    expect(editor.page.locator(".mark.accepts, .mark.refuses").first).to_be_attached()
    editor.page.mouse.move(*editor.middle("gates/x[1]:gate"), steps=4)
    expect(editor.page.locator(".status")).to_contain_text("circle")
    editor.page.mouse.up()
    assert editor.settled().text == MLP


def test_a_double_click_opens_a_formula(editor):
    editor.page.mouse.dblclick(*editor.middle("gates/x[1]:gate"))
    box = editor.page.locator(".line-box input")
    expect(box).to_have_value("tanh(W[1] u + b[1])")
    box.fill("relu(W[1] u)")
    box.press("Enter")
    expect(editor.page.locator(".line-box")).to_have_count(0)
    assert "x[1] = relu(W[1] u)\n" in editor.settled().text


def test_save(editor, folder):
    editor.write("y = tanh(x[L])\n")
    editor.page.keyboard.press("Control+s")
    expect(editor.page.locator(".status")).to_have_text("saved mlp.tp")
    assert (folder / "mlp.tp").read_text() == MLP + "y = tanh(x[L])\n"
    assert editor.page.title() == "mlp – tpgraph"


@pytest.mark.parametrize(
    ("button", "there", "here"),
    [
        ("Write mine", "mine", "mine"),
        ("Take theirs", "theirs", "theirs"),
        ("Keep both", "theirs", "mine"),
    ],
)
def test_a_conflict(editor, folder, button, there, here):
    editor.write("# mine\n")
    (folder / "mlp.tp").write_text(MLP + "# theirs\n")
    editor.page.keyboard.press("Control+s")
    expect(editor.page.locator(".diff")).to_contain_text("-# theirs")
    assert (folder / "mlp.tp").read_text() == MLP + "# theirs\n"
    editor.page.get_by_role("button", name=button).click()
    expect(editor.page.locator("dialog")).to_have_count(0)
    expect(editor.page).to_have_title("mlp – tpgraph")
    assert (folder / "mlp.tp").read_text() == f"{MLP}# {there}\n"
    assert editor.text == f"{MLP}# {here}\n"
    assert (folder / "mlp.mine.tp").exists() == (there != here)


def test_a_text_that_would_take_minutes(editor):
    editor.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", SLOW)
    expect(editor.page.locator(".status")).to_contain_text("longer than 2 s")
    expect(editor.page.locator(".lack")).to_contain_text("the new one could not be drawn")
    editor.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    assert "variables/x[3]" in editor.settled().keys


def test_what_was_late_by_chance_is_drawn_again(editor):
    """A request that was refused is made anew by a button, beside the picture of before."""
    late = '{"refused": {"message": "this takes longer than 2 s, and was ended"}}'
    editor.page.route("**/api/sync", lambda route: route.fulfill(body=late), times=1)
    show = "(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }"
    editor.page.evaluate(show, MLP + "y = tanh(x[L])\n")
    expect(editor.page.locator(".status")).to_contain_text("takes longer than 2 s")
    editor.page.get_by_role("button", name="Draw again").click()
    expect(editor.page.locator('[data-key="variables/y"]')).to_be_attached()
    expect(editor.page.locator(".lack")).to_be_hidden()
    expect(editor.page.locator(".status")).to_have_text("")


def test_a_picture_that_is_waited_for_says_so(editor):
    held = []
    editor.page.route("**/api/sync", lambda route: held.append(route), times=1)
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.press("Control+End")
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".lack")).to_contain_text("the new one is being drawn")
    held[0].continue_()
    expect(editor.page.locator(".lack")).to_be_hidden()


@pytest.mark.parametrize("took", [0, 600])
def test_a_picture_that_is_late_waits_for_a_pause(editor, took):
    """Others are asked for between letters, in the frame after one, and again with all of them."""
    requests = []
    editor.page.on("request", lambda r: requests.append(r.url) if "/api/sync" in r.url else None)
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.press("Control+End")
    editor.page.evaluate(
        """async (took) => {
            tpgraph.asking.took = took;
            for (const letter of "# abc") {
                document.execCommand("insertText", false, letter);
                await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 60)));
            }
        }""",
        took,
    )
    assert editor.settled().text == MLP + "# abc"
    assert (len(requests) == 1) == (took > 500)


def test_what_is_said_is_of_the_text_that_is_there(editor):
    editor.press("F6", "t")
    expect(editor.page.locator(".status")).to_have_text("laid out from scratch")
    editor.write("# more\n")
    expect(editor.page.locator(".status")).to_have_text("")


def test_an_empty_program_is_begun_behind_its_lines(browser, folder):
    with serving(folder) as server:
        editor = Editor(browser, server)
        editor.page.locator(".card", has_text="Empty").click()
        expect(editor.page.locator(".text textarea")).to_be_focused()
        editor.page.keyboard.type("vector u : n ~ N(0, 1)")
        assert editor.settled().text.splitlines()[-2:] == ["width n", "vector u : n ~ N(0, 1)"]
        assert editor.faults == []
        editor.close()


def test_cards_to_begin_with(browser, folder):
    with serving(folder) as server:
        editor = Editor(browser, server)
        expect(editor.page.locator(".card img").first).to_be_visible(timeout=SECONDS * 1000)
        assert _serious(editor.page) == []
        editor.page.locator(".card", has_text="mlp.tp").click()
        assert editor.shown().settled().text == MLP
        assert editor.faults == []
        editor.close()


def test_every_command_has_a_button_and_ends_well(editor):
    """None is without an answer, whatever is selected."""
    commands = editor.page.evaluate(
        "import('/web/commands.js').then((m) => m.COMMANDS.map((c) => c.id))"
    )
    menu = set(
        editor.page.evaluate(
            "[...document.querySelectorAll('[data-menu]')].map((b) => b.dataset.menu)"
        )
    )
    assert menu == set(commands)
    quiet = {"open", "save", "present", "full-screen", "export", "run", "histograms"}
    for command in [c for c in commands if c not in quiet]:
        editor.page.mouse.click(*editor.middle("variables/u"))
        editor.page.evaluate("(id) => { tpgraph.command(id); }", command)
        editor.settled()
        editor.page.keyboard.press("Escape")
        editor.page.keyboard.press("Escape")
        editor.page.evaluate("(text) => tpgraph.pane.show(text, [0, 0])", MLP)
        editor.page.evaluate("tpgraph.command('pass-forward')")
        expect(editor.page.locator('[data-key="variables/u"]')).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (640, 400)])
def test_what_it_is_to_those_who_do_not_see_it(browser, folder, size):
    with serving(folder, "mlp.tp") as server:
        editor = Editor(browser, server, size).shown().settled()
        assert _serious(editor.page) == []
        names = editor.page.evaluate("tpgraph.canvas.marks.map((f) => f.title)")
        assert any("made from" in n and "used by" in n for n in names)
        wide = editor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        editor.close()


def _serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
