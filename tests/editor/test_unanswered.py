"""Questions of the page that find no answer: asked again, and said where none comes at all."""

import pytest
from editor.pages import Editor, having
from editor.serving import MLP, serving
from playwright.sync_api import expect

LATE = '{"refused": {"message": "this takes longer than 2 s, and was ended", "again": true}}'
FAILS = {
    "unavailable": lambda route: route.fulfill(status=503),
    "cut off": lambda route: route.abort(),
    "late": lambda route: route.fulfill(body=LATE),
}


@pytest.fixture(scope="module")
def one(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unanswered")
    (folder / "mlp.tp").write_text(MLP)
    with serving(folder, "mlp.tp") as server:
        found = Editor(browser, server).shown().settled()
        yield found
        found.close()


@pytest.fixture
def editor(one):
    yield one.afresh(MLP)
    one.page.unroute_all()


def failing(editor, op, how="unavailable", times=1):
    editor.page.route(f"**/api/{op}", FAILS[how], times=times)


@pytest.fixture
def inspector(editor):
    if not editor.page.locator(".inspector").is_visible():
        editor.press("i")
    yield editor.page.locator(".inspector")
    editor.page.evaluate("tpgraph.command('inspector')")


@pytest.mark.parametrize("how", FAILS)
def test_the_inspector_is_asked_again(editor, inspector, how):
    failing(editor, "select", how)
    editor.click("variables/x[2]")
    expect(inspector.locator("h2")).to_have_text("x[2]")
    expect(inspector.get_by_label("formula")).to_have_value("tanh(W[l] x[l-1] + b[l])")
    expect(editor.page.locator(".status.wrong")).to_have_count(0)


def test_what_the_inspector_does_not_learn_is_said(editor, inspector):
    editor.click("variables/u")
    editor.page.route("**/api/select", FAILS["unavailable"])
    editor.page.mouse.click(*editor.middle("variables/x[2]"))
    expect(inspector.locator("h2")).to_have_text("x[2]")
    expect(inspector.locator("input")).to_have_count(0)
    expect(inspector.locator(".refusal")).to_contain_text("answers 503")
    editor.page.unroute_all()
    inspector.get_by_role("button", name="Ask again").click()
    expect(inspector.get_by_label("formula")).to_be_visible()


def test_the_inspector_does_not_ask_on_about_what_was_left(editor, inspector):
    asked = []
    editor.page.on("request", lambda r: asked.append(r.post_data) if "select" in r.url else None)
    failing(editor, "select")
    with editor.page.expect_response("**/api/select"):
        editor.page.mouse.click(*editor.middle("variables/x[2]"))
    editor.click("variables/u")
    expect(inspector.locator("h2")).to_have_text("u")
    editor.page.wait_for_timeout(600)
    assert sum("x[2]" in words for words in asked) == 1


def test_the_inspector_is_answered_by_a_process_that_was_begun_anew(editor):
    """It has no picture yet, by which marks are known."""
    editor.click("variables/x[2]")
    name = editor.page.evaluate("tpgraph.chosen[0].name")
    editor.server.post("open", text="width n\n")
    with editor.page.expect_request("**/api/select") as asked:
        editor.press("i")
    assert f'"name":"{name}"' in asked.value.post_data
    editor.press("i")


@pytest.mark.parametrize("how", FAILS)
def test_a_picture_comes_though_it_was_not_answered_once(editor, how):
    failing(editor, "sync", how)
    editor.write("y = tanh(x[L])\n")
    expect(editor.page.locator('[data-key="variables/y"]')).to_have_count(1)
    expect(editor.page.locator(".gone")).to_have_count(0)


def test_a_picture_that_does_not_come_is_asked_for_by_a_button(editor):
    failing(editor, "sync", times=None)
    editor.write("y = tanh(x[L])\n")
    expect(editor.page.locator(".lack")).to_contain_text("could not be drawn")
    editor.page.unroute_all()
    editor.page.get_by_role("button", name="Draw again").click()
    expect(editor.page.locator('[data-key="variables/y"]')).to_have_count(1)
    expect(editor.page.locator(".gone")).to_have_count(0)


def test_what_is_drawn_again_of_no_program_is_said_to_be_the_picture_before(editor):
    """Of a text that became none while nothing was answered, by a session that had forgotten."""
    failing(editor, "sync", times=None)
    editor.page.evaluate("tpgraph.pane.show('no program', [0, 0]); tpgraph.sync()")
    expect(editor.page.locator(".lack")).to_contain_text("could not be drawn")
    editor.page.unroute_all()
    editor.page.evaluate("tpgraph.asking.open()")
    lack = editor.page.locator(".lack")
    expect(lack).to_have_text("picture of the text before: the text has mistakes")
    assert "variables/u" in editor.settled().keys
    editor.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    expect(lack).to_be_hidden()


def test_an_edit_is_made_though_it_was_not_answered_once(editor):
    failing(editor, "edit", "late")
    editor.press("d")
    assert editor.said == "declare u_1"
    assert "vector u_1 : n ~ N(0, 1)\n" in editor.text


def test_what_takes_a_mark_is_known_though_it_was_not_answered_once(editor):
    failing(editor, "accept")
    editor.hold("variables/u", "gates/x[2]:gate")
    expect(editor.page.locator('[data-key="gates/x[2]:gate"]')).to_have_class(having("accepts"))
    editor.page.keyboard.press("Escape")
    editor.page.mouse.up()


def test_what_an_edit_would_write_is_foreseen_though_it_was_not_answered_once(editor):
    editor.hold("variables/u", "gates/x[2]:gate")
    editor.settled()
    failing(editor, "edit")
    editor.page.mouse.move(*editor.middle("gates/x[3]:gate"))
    editor.page.mouse.move(*editor.middle("gates/x[2]:gate"))
    expect(editor.page.locator(".preview")).to_be_visible()
    editor.page.keyboard.press("Escape")
    editor.page.mouse.up()


@pytest.mark.parametrize(
    ("op", "command", "shown"),
    [
        ("walk", "step", ".steps .count"),
        ("derive", "pass-reduced", ".derived"),
        ("annotate", "run", ".layer.annotations > g"),
        ("classes", "paths", ".paths details"),
    ],
)
def test_long_work_is_asked_for_again(editor, op, command, shown):
    failing(editor, op)
    editor.page.evaluate("(id) => void tpgraph.command(id)", command)
    expect(editor.page.locator(shown).first).to_be_attached()
    editor.page.evaluate("tpgraph.command('pass-forward')")
    editor.settled()


def test_a_run_without_an_answer_can_be_begun_again(editor):
    failing(editor, "annotate", times=4)
    editor.page.evaluate("void tpgraph.command('run')")
    expect(editor.page.locator(".status.wrong")).to_contain_text("answers 503")
    editor.page.locator(".runs").get_by_role("button", name="Run again").click()
    expect(editor.page.locator(".layer.annotations > g").first).to_be_attached()


def test_a_preview_of_an_export_is_made_again(editor):
    failing(editor, "export", times=5)
    editor.page.evaluate("void tpgraph.command('export')")
    dialog = editor.page.get_by_role("dialog", name="Export")
    expect(dialog.get_by_role("alert")).to_contain_text("answers 503")
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog.get_by_role("img", name="Preview of mlp.svg")).to_be_visible()
    expect(dialog.locator(".refusal")).to_be_empty()
    editor.page.keyboard.press("Escape")


def test_completions_and_hovers_come_though_they_were_not_answered_once(editor):
    failing(editor, "complete")
    failing(editor, "hover")
    editor.write("vec")
    expect(editor.page.locator(".completion")).to_be_visible()
    editor.page.keyboard.press("Escape")
    editor.page.evaluate(
        """(at) => {
            const box = document.querySelector("textarea").getBoundingClientRect();
            tpgraph.hoverText(at, box);
        }""",
        MLP.index("u : n"),
    )
    expect(editor.page.locator(".tip")).to_contain_text("u")
    editor.page.evaluate("tpgraph.hoverText(null)")


def test_completions_that_were_asked_for_are_missed_aloud(editor):
    editor.page.locator(".text textarea").focus()
    failing(editor, "complete", times=4)
    editor.page.keyboard.press("Control+Space")
    expect(editor.page.locator(".status.wrong")).to_contain_text("answers 503")


def test_a_text_is_journalled_though_it_was_not_answered_once(editor):
    failing(editor, "journal")
    with editor.page.expect_response(lambda r: r.url.endswith("journal") and r.ok):
        editor.write("# kept\n")


@pytest.fixture
def cards(browser, tmp_path):
    (tmp_path / "mine.tp").write_text(MLP)
    with serving(tmp_path) as server:
        context = browser.new_context()
        page = context.new_page()
        page.server = server
        yield page
        context.close()


@pytest.mark.parametrize("op", ["start", "files", "gallery"])
def test_cards_come_though_they_were_not_answered_once(cards, op):
    cards.route(f"**/api/{op}", FAILS["unavailable"], times=1)
    cards.goto(cards.server.url)
    expect(cards.locator(".card", has_text="mine.tp")).to_be_visible(timeout=30_000)
    expect(cards.locator(".card", has_text="rnn").first).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("op", ["files", "gallery", "card"])
def test_cards_without_an_answer_are_asked_for_by_a_button(cards, op):
    cards.route(f"**/api/{op}", FAILS["cut off"], times=4)
    cards.goto(cards.server.url)
    cards.get_by_role("button", name="Ask again").click(timeout=30_000)
    expect(cards.locator(".card", has_text="mine.tp")).to_have_count(1)
    expect(cards.locator('.card img[src^="data:"]').first).to_be_visible(timeout=30_000)


def test_a_conflict_that_is_left_is_said_and_comes_back(browser, tmp_path):
    path = tmp_path / "mlp.tp"
    path.write_text(MLP)
    with serving(tmp_path, "mlp.tp") as server:
        editor = Editor(browser, server).shown().settled()
        editor.write("# mine\n")
        path.write_text(MLP + "# theirs\n")
        editor.page.keyboard.press("Control+s")
        dialog = editor.page.get_by_role("dialog", name="mlp.tp has changed on disk")
        expect(dialog).to_be_visible()
        editor.page.keyboard.press("Escape")
        status = editor.page.locator(".status.wrong")
        expect(status).to_contain_text("nothing is written: mlp.tp has changed on disk")
        assert path.read_text() == MLP + "# theirs\n"
        status.get_by_role("button", name="Settle it").click()
        expect(dialog).to_be_visible()
        editor.page.keyboard.press("Escape")
        editor.page.locator(".text textarea").focus()
        editor.page.keyboard.press("Control+s")
        dialog.get_by_role("button", name="Write mine").click()
        expect(editor.page.locator(".status")).to_have_text("saved mlp.tp")
        assert path.read_text() == MLP + "# mine\n"
        assert editor.faults == []
        editor.close()
