"""The value of a notebook's widget, in hosts that send back what the page wrote.

They do so late, twice, in any order. Nothing that is typed is lost, nothing goes round in circles.
"""

from __future__ import annotations

import random
from contextlib import contextmanager

import pytest
from editor.serving import MLP

import tpgraph as tp

WORDS = "# abcdefghijklmnopqrstuvwxyz"

HOST = """async ([value, views]) => {
    const { default: widget } = await import("/web/notebook.js");
    const state = { value, name: "mine", _signed: [":0", ""] };
    const heard = {};
    let dirty = {};
    const host = window.host = {
        state,
        sent: [],
        set(name, found) {
            const is = JSON.stringify(found) === JSON.stringify(state[name]);
            state[name] = found;
            if (!is) for (const hear of heard[`change:${name}`] ?? []) hear();
        },
        arrives(update) { for (const name in update) host.set(name, update[name]); },
    };
    const model = {
        get: (name) => state[name],
        set(name, found) { dirty[name] = found; host.set(name, found); },
        save_changes() { host.sent.push(dirty); dirty = {}; },
        on: (name, hear) => (heard[name] ??= []).push(hear),
        off: (name, hear) => (heard[name] = heard[name].filter((other) => other !== hear)),
        send() {},
    };
    document.body.replaceChildren();
    host.ends = Array.from({ length: views }, () => {
        const el = document.createElement("div");
        document.body.append(el);
        return widget.render({ model, el });
    });
}"""


class Notebook:
    """A host of widgets, whose messages come when a test says so."""

    def __init__(self, page, views):
        self.page = page
        page.evaluate(HOST, [MLP, views])
        self.areas = page.locator("textarea.text-area")

    def type(self, words, view=0, at=("Control+End",)):
        self.areas.nth(view).focus()
        for key in at:
            self.page.keyboard.press(key)
        self.page.keyboard.type(words)
        return self

    def arrives(self, **update):
        self.page.evaluate("(update) => host.arrives(update)", update)
        return self

    @property
    def sent(self):
        """What the page has sent, with what it is about to send."""
        self.page.wait_for_timeout(60)
        return self.page.evaluate("host.sent")

    @property
    def texts(self):
        return self.areas.evaluate_all("(areas) => areas.map((area) => area.value)")

    @property
    def text(self):
        assert len(set(self.texts)) == 1
        return self.texts[0]


@pytest.fixture
def hosted(page):
    @contextmanager
    def opened(views=1):
        found = Notebook(page.page, views)
        yield found
        page.page.evaluate("host.ends.forEach((end) => end())")

    yield opened
    page.page.reload()
    page.shown()


@pytest.mark.needs("chromium")
@pytest.mark.slow
@pytest.mark.parametrize("names", [("value", "_signed"), ("_signed", "value"), ("value",)])
@pytest.mark.parametrize("views", [1, 2])
def test_older_values_take_nothing_of_what_is_typed(hosted, names, views):
    draw = random.Random(0)
    with hosted(views) as host:
        for count, letter in enumerate(WORDS, 1):
            host.type(letter, view=count % views)
            assert len(host.sent) == count, "each is sent once"
            for old in draw.choices(host.sent, k=draw.randrange(3)):
                host.arrives(**{name: old[name] for name in names})
        for old in draw.sample(host.sent, len(host.sent)):
            host.arrives(**{name: old[name] for name in names})
        assert host.text == MLP + WORDS
        assert host.sent[-1]["value"] == MLP + WORDS
        assert len(host.sent) == len(WORDS)


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_a_value_is_sent_before_one_goes_elsewhere(hosted):
    """What runs in another cell then reads what was typed."""
    with hosted() as host:
        host.type("# a")
        host.page.evaluate("document.activeElement.blur()")
        assert host.page.evaluate("host.sent.at(-1).value") == MLP + "# a"


@pytest.mark.needs("chromium")
@pytest.mark.slow
class TestWhatTheKernelSets:
    """It is no echo, whatever its text; what was typed before it came stays."""

    def test_is_shown_though_the_page_wrote_it_before(self, hosted):
        with hosted() as host:
            last = host.type("# a").sent[-1]
            now = host.type("b").sent[-1]
            count = len(host.sent)
            host.arrives(value=last["value"], _signed=[":1", now["_signed"][0]])
            assert host.text == MLP + "# a"
            host.arrives(**now)
            assert host.text == MLP + "# a"
            host.arrives(value=MLP, _signed=[":2", ":1"])
            assert host.text == MLP
            assert len(host.sent) == count

    def test_is_joined_with_what_it_did_not_know(self, hosted):
        """Both are sent: the kernel may have heard of the one after it set the other."""
        with hosted() as host:
            host.type("# late")
            other = MLP.replace("tanh", "relu")
            host.arrives(value=other, _signed=[":1", ":0"])
            assert host.text == other + "# late"
            assert host.sent[-1]["value"] == other + "# late"
            assert host.sent[-1]["_signed"][1] == ":1"
            assert len(host.sent) <= len("# late") + 1

    def test_is_sent_again_where_it_takes_the_place_of_what_it_did_not_know(self, hosted):
        with hosted() as host:
            host.type("# late\n", at=("Control+Home", "ArrowDown"))
            mine = host.text
            host.arrives(value="program other\n", _signed=[":1", ":0"])
            assert host.text == "program other\n"
            assert host.sent[-1]["value"] == "program other\n"
            host.page.keyboard.press("Control+z")
            assert host.text == mine


@pytest.fixture
def widget(monkeypatch):
    made = tp.Editor(MLP)
    sent = []
    monkeypatch.setattr(made, "_send", lambda message, buffers=None: sent.append(message))
    yield made, sent
    made.close()


def updates(sent):
    return [message["state"] for message in sent if message["method"] == "update"]


def test_what_a_cell_sets_is_signed_in_one_message(widget):
    made, sent = widget
    first = made._signed[0]
    made.value = "width n\n"
    assert updates(sent) == [{"value": "width n\n", "_signed": [made._signed[0], first]}]
    assert made._signed[0] != first


def test_what_the_page_sets_keeps_its_signature(widget):
    made, sent = widget
    made.set_state({"value": "width m\n", "_signed": ["page:1", ":1"]})
    assert (made.value, made._signed) == ("width m\n", ["page:1", ":1"])
    assert updates(sent) == []
    made.value = "width n\n"
    (found,) = updates(sent)
    assert found["_signed"][1] == "page:1"


def test_what_a_cell_makes_of_the_page_s_value_is_its_own(widget):
    made, sent = widget
    made.observe(lambda change: setattr(made, "value", change["new"].lower()), "value")
    made.set_state({"value": "WIDTH n\n", "_signed": ["page:1", ":1"]})
    assert made.value == "width n\n"
    (found,) = updates(sent)
    assert found == {"value": "width n\n", "_signed": [made._signed[0], "page:1"]}
    assert made._signed[0].startswith(":")


def test_a_value_that_nobody_signed_is_signed_here(widget):
    made, sent = widget
    made.set_state({"value": "width m\n"})
    assert made.value == "width m\n"
    assert made._signed[0] in [state["_signed"][0] for state in updates(sent)]
