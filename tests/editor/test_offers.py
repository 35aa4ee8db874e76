"""What a drag offers is taken: what loops and sums do not allow goes out while one drags."""

from __future__ import annotations

import pytest
from editor.page_of_session import Data, Page
from editor.pages import having
from playwright.sync_api import expect

import tpgraph as tp
from tpgraph.editor.sifting import tried
from tpgraph.language.readings import read

CONVOLUTION, ATTENTION = (tp.gallery.entry(name).text for name in ("conv1d", "attention"))


def sifted(page: Page, mark: str) -> tuple[Data, Data]:
    """What is offered a mark after all of it was tried, and the offers that went out."""
    offers = page.ask("accept", mark=mark)["targets"]
    left, verdicts = [offer["do"] for offer in offers.values()], []
    while left:
        verdicts += page.ask("try", edits=left)["tried"]
        left = [offer["do"] for offer in offers.values()][len(verdicts) :]
    found = dict(zip(offers, verdicts, strict=True))
    out = {key: no for key, no in found.items() if no is not None and not no["here"]}
    return {key: (offers[key]["do"], no) for key, no in found.items() if key not in out}, out


@pytest.mark.parametrize("name", ["conv1d", "attention", "cnn", "layernorm_mlp"])
def test_what_stays_offered_is_taken_in_loops_and_sums(name: str) -> None:
    page = Page(tp.gallery.entry(name).text)
    gone = 0
    for mark in [key for key in page.shown if key.startswith("variables/")][::3]:
        if "~" in mark:
            continue
        stay, out = sifted(page, mark)
        gone += len(out)
        for do, no in stay.values():
            scope = "all" if no is None else "here"
            assert "refused" not in page.ask("edit", do=do, scope=scope, dry=True), (mark, do)
        assert all(no["why"]["message"] for no in out.values())
    assert gone or name == "attention"


def test_a_member_goes_before_another_one_written_by_itself() -> None:
    """Of a family that is written one by one, l[2] is not made of l[1]: it may stand above."""
    page = Page(ATTENTION)
    do = {"edit": "connect", "vector": "l[3]", "gate": "l[1]"}
    found = page.ask("edit", do=do, scope="here")
    assert "l[3] = mean(q * K[3])\nl[1] = mean(q * K[1] * l[3])\n" in found["text"]
    do = {"edit": "connect", "vector": "w[1]", "gate": "l[1]"}
    assert "circle" in page.ask("edit", do=do, scope="here")["refused"]["message"]


def test_trying_ends_in_time() -> None:
    do = {"edit": "connect", "vector": "x[1]", "gate": "y[3]"}
    reading = read(CONVOLUTION, "p")
    assert len(tried(reading, [do] * 50, seconds=0)) == 1
    assert len(tried(reading, [do] * 5, seconds=60)) == 5


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_a_term_of_a_sum_is_not_lit(page):
    editor = page.afresh(CONVOLUTION)
    line = editor.page.locator('[data-key="edges/y[1]~1→y[1]:gate"]')
    editor.hold("variables/x[1]", "edges/y[1]~1→y[1]:gate")
    expect(line).to_have_class(having("refuses"))
    expect(line).not_to_have_class(having("accepts"))
    gate = editor.page.locator('[data-key="gates/y[1]:gate"]')
    expect(gate).to_have_class(having("accepts"))
    expect(editor.page.locator(".status")).to_contain_text("stands in a sum over k")
    editor.page.mouse.up()
    assert editor.settled().text == CONVOLUTION


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_what_is_taken_only_here_says_so_while_one_drags(page):
    editor = page.afresh(ATTENTION)
    editor.hold("variables/l[1]", "gates/l[2]:gate")
    status = editor.page.locator(".status")
    expect(status).to_contain_text("with Shift or a second finger it is taken, only here")
    expect(status).to_have_class(having("wrong"))
    editor.page.keyboard.down("Shift")
    expect(
        editor.page.locator(".preview .becomes", has_text="l[2] = mean(q * K[2] * l[1])")
    ).to_be_visible()
    expect(status).to_have_text("connect l[1] to l[2], only here")
    editor.page.mouse.up()
    editor.page.keyboard.up("Shift")
    assert "l[2] = mean(q * K[2] * l[1])\n" in editor.settled().text
    editor.page.keyboard.press("Escape")


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_letters_stand_only_at_what_takes_it(page):
    editor = page.afresh(CONVOLUTION)
    editor.click("variables/x[1]").press("x")
    expect(editor.page.locator(".status")).to_contain_text("stands in a sum over k")
    expect(editor.page.locator(".letters")).to_have_count(0)
