"""The picture under fingers, on a telephone: taps, drags, and a second finger for "only here"."""

from __future__ import annotations

import pytest
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

LOOP = "    x[l] = tanh(W[l] x[l-1] + b[l])"


class Fingers:
    """What fingers do on a page, as the browser hears it."""

    def __init__(self, editor):
        self.editor = editor
        self.session = editor.context.new_cdp_session(editor.page)

    def send(self, kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def tap(self, place):
        self.send("touchStart", place)
        self.send("touchEnd")
        self.editor.settled()

    def hold(self, source, target):
        (x, y), (u, v) = source, target
        self.send("touchStart", source)
        for step in range(1, 9):
            self.send("touchMove", (x + (u - x) * step / 8, y + (v - y) * step / 8))

    def let_go(self):
        self.send("touchEnd")
        self.editor.settled()


@pytest.fixture
def telephone(browser, tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP, encoding="utf-8")
    with serving(tmp_path, "mlp.tp") as server:
        found = Editor(browser, server, (390, 844), has_touch=True, is_mobile=True)
        yield found.shown().settled()
        assert not found.faults
        found.close()


@pytest.mark.parametrize("beside", [0, 12, 23])
def test_a_tap_selects_what_is_within_24_pixels(telephone, beside):
    x, y = telephone.middle("variables/u")
    Fingers(telephone).tap((x, y - beside))
    assert telephone.page.evaluate("[...tpgraph.canvas.selected]") == ["variables/u"]


def test_a_vector_and_a_matrix_are_dragged_by_a_finger(telephone):
    fingers = Fingers(telephone)
    fingers.hold(telephone.middle("variables/u"), telephone.middle("gates/x[2]:gate"))
    expect(telephone.page.locator(".preview")).to_contain_text("connect u to x[2]")
    fingers.let_go()
    assert LOOP.replace("b[l]", "b[l] + u") in telephone.text
    telephone.afresh(MLP)
    sample = telephone.page.locator(".sample").first.bounding_box()
    fingers.hold(telephone.middle_of(sample), telephone.middle("variables/u"))
    fingers.let_go()
    assert "h = W[1] u\n" in telephone.text


@pytest.mark.parametrize("taps", [1, 2])
def test_a_tap_by_a_second_finger_is_shift(telephone, taps):
    """It stays so when the finger has gone; the picture is not moved, and another tap undoes it."""
    fingers, view = Fingers(telephone), "[tpgraph.canvas.view.k, tpgraph.canvas.view.x]"
    target, preview = telephone.middle("gates/x[2]:gate"), telephone.page.locator(".preview")
    before = telephone.page.evaluate(view)
    fingers.hold(telephone.middle("variables/u"), target)
    expect(preview).to_contain_text("tap by a second finger: only here")
    for _ in range(taps):
        fingers.send("touchStart", target, (200, 480))
        fingers.send("touchMove", target, (230, 520))
        points = [{"x": 230, "y": 520, "id": 1}]
        released = {"type": "touchEnd", "touchPoints": points}
        fingers.session.send("Input.dispatchTouchEvent", released)
    only = taps == 1
    if only:
        expect(preview).to_contain_text("connect u to x[2], only here")
    else:
        expect(preview).to_contain_text(": only here")
    assert telephone.page.evaluate(view) == before
    fingers.let_go()
    assert ("x[2] = tanh(W[2] x[1] + b[2] + u)" in telephone.text) is only
    assert (LOOP.replace("b[l]", "b[l] + u") in telephone.text) is not only
