"""Long work is heard while it goes on, as numbers that add up, and ends where the hearer says."""

import pytest

import tpgraph as tp
from tpgraph.editor.numbers import numbers_at
from tpgraph.progress import Stage, counted, counting, heard_by, one_more

NETWORK = tp.gallery.entry("one_hidden").text


def heard(work):
    """Everything that is told of some work."""
    told = []
    with heard_by(told.append):
        work()
    return told


def test_stages_stand_in_each_other_and_go_when_they_are_done():
    def work():
        for _ in counted("widths", [16, 64]):
            with counting("draws", 2):
                one_more()

    assert heard(work)[:4] == [
        (Stage("widths", 0, 2),),
        (Stage("widths", 0, 2), Stage("draws", 0, 2)),
        (Stage("widths", 0, 2), Stage("draws", 1, 2)),
        (Stage("widths", 1, 2),),
    ]


def test_what_is_left_in_the_middle_is_not_under_way_any_more():
    def work():
        for _ in counted("lines", "abc"):
            break
        with counting("steps", 1):
            one_more()

    assert heard(work)[-1] == (Stage("steps", 1, 1),)


def test_nobody_hears_what_is_done_elsewhere():
    told = heard(lambda: None)
    assert list(counted("lines", "ab")) == ["a", "b"]
    one_more()
    assert told == []


LONG = {
    "run": (lambda p: numbers_at(p, (8, 16), 0, False), {"widths", "draws", "instructions"}),
    "limit": (lambda p: tp.limit(p, data={"ξ": [1.0] * 8}), {"limits", "vectors"}),
    "sampled": (
        lambda p: tp.limit(p, data={"ξ": [1.0] * 8}, engine="sampled", samples=4096),
        {"limits", "vectors"},
    ),
    "sgd": (lambda p: tp.unroll_sgd(p, steps=3), {"steps"}),
    "picture": (lambda p: tp.draw(tp.backward(p)), {"passes", "lines"}),
}


@pytest.mark.parametrize("name", LONG)
def test_long_work_counts_its_steps(name):
    work, kinds = LONG[name]
    program = tp.parse(NETWORK)
    told = heard(lambda: work(program))
    assert kinds <= {stage.what for stages in told for stage in stages}
    for stages in told:
        assert all(0 <= stage.done <= stage.of for stage in stages)
    last = {stage.what: stage for stages in told for stage in stages}
    assert all(last[kind].done == last[kind].of for kind in kinds)


@pytest.mark.parametrize("name", LONG)
def test_a_hearer_ends_the_work(name):
    work, _ = LONG[name]
    program = tp.parse(NETWORK)

    def hearer(stages):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), heard_by(hearer):
        work(program)
    work(program)  # and nothing is left of it
