"""What pictures of training say comes of data: names and captions may look like anything."""

import re
from dataclasses import replace

import pytest

import tpgraph as tp
from tpgraph.notation.drawn.signals import signals_once
from tpgraph.notation.drawn.steps import generic_step
from tpgraph.notation.drawn.times import Letters, Times
from tpgraph.program import Pass, Place

NETWORK = """
program odd
width n
dim d = 3
parametrization mup
data {data} : d
target y : 1
param U : n × d ~ N(0, 1)
param W[2..4] : n × n ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
{hidden}[1] = tanh(U {data})
for {loop} in 2..4:
    {hidden}[{loop}] = tanh(W[{loop}] {hidden}[{loop}-1])
f = v {hidden}[4]
output f
loss (f - y)^2 / 2
"""


def network(data="ξ", hidden="x", loop="l"):
    return tp.parse(NETWORK.format(data=data, hidden=hidden, loop=loop))


def draw(program, **options):
    return tp.draw(program, fold=True, **options)


def labels(scene):
    return [node.label.text for node in scene.nodes if node.label is not None]


def fold_steps(program):
    once = signals_once(program)
    return generic_step(once, once.body)


@pytest.mark.parametrize("hidden", ["x_12", "x_t", "δx", "dx_0", "x_1_2"])
def test_a_numbered_name_is_no_time(hidden):
    """A vector called x_12 is x_12 at time t, not x at time 12."""
    program = tp.unroll_sgd(network(hidden=hidden), 4)
    assert str(program.equation_of[f"{hidden}_3[2]"].place.timed.of) == f"{hidden}[2]"
    step = fold_steps(program)
    letter = step.letter
    generic = step.passes.program.equation_of
    assert f"{hidden}_{letter}[2]" in generic
    plain = fold_steps(tp.unroll_sgd(network(), 4)).passes.program
    assert len(generic) == len(plain.equations)
    assert {c.tint for c in draw(program).scene.contexts} == {"grey", "blue"}


def test_data_with_a_number_in_its_name():
    """The test example of ξ_1 is the same at every time: its 1 is not a time."""
    program = tp.unroll_sgd(network(data="ξ_1"), 4)
    place = {d.variable.name: d.place for d in program.data}
    assert place["ξ̃_1"].timed.time is None
    assert place["ξ_1_2"].timed.time == 2
    times = Times(program, frozenset(e.place.context for e in program.equations) - {None})
    assert "ξ̃_1" not in times.own
    assert times.lettered("ξ̃_1", 1, 0, Letters("t", "s")) == "ξ̃_1"
    assert times.lettered("ξ_1_2", 2, 1, Letters("t", "s")) == "ξ_1_t"


def test_letters_for_times_are_none_that_loops_have():
    assert fold_steps(tp.unroll_sgd(network(loop="l"), 4)).letter == "t"
    assert fold_steps(tp.unroll_sgd(network(loop="t"), 4)).letter == "k"


def test_two_variables_that_one_letter_would_make_one():
    """δx is a variable of the network, and the change of x."""
    program = tp.unroll_sgd(network(hidden="δx"), 2, form="fluctuation")
    assert len({e.out.name for e in program.equations}) == len(program.equations)
    times = Times(program, frozenset())
    twins = [name for name, timed in program.timed.items() if timed.at("").name == "δx_[2]"]
    assert len({times.written(name, "t") for name in program.timed}) >= len(twins)
    keys = {timed.at("") for timed in program.timed.values() if timed.time is not None}
    assert len({times._apart[key].at("t").name for key in keys}) == len(keys)


def test_labels_get_the_letter_at_their_own_place():
    """A label y_{3} has a 3 of its own, which is no time."""
    text = NETWORK.format(data="ξ", hidden="x", loop="l") + 'label x[2] = "y_{3}"\n'
    scene = draw(tp.unroll_sgd(tp.parse(text), 4)).scene
    assert (
        "{y_{3}}_{t}" in fold_steps(tp.unroll_sgd(tp.parse(text), 4)).passes.program.labels.values()
    )
    assert not any("y_{t}" in label for label in labels(scene))


def staged(train, test):
    """A pass and one that only goes forward, under these captions."""
    program = tp.backward(network())
    equations = [
        replace(e, place=replace(e.place, context=Pass("train", caption=(train,))))
        for e in program.equations
    ]
    forward = network(hidden="z")
    others = [
        replace(e, place=Place("forward", Pass("test", caption=(test,)))) for e in forward.equations
    ]
    others = [e for e in others if e.out.name.startswith("z")]
    return replace(program, equations=(*equations, *others))


def test_captions_say_nothing():
    """The tint of a pass is that of its kind, whatever words its caption has."""
    scene = tp.draw(staged("seen", "train the trainer, element 3 at initialization")).scene
    train, test = scene.contexts
    assert (train.tint, test.tint) == ("grey", "blue")
    assert train.id == "seen"
    swapped = staged("seen", "x")
    equations = tuple(
        replace(e, place=replace(e.place, context=replace(e.place.context, kind="train")))
        for e in swapped.equations
    )
    wrong = tp.draw(replace(swapped, equations=equations)).scene
    assert {context.tint for context in wrong.contexts} == {"grey"}


def test_elements_of_a_batch_stand_in_their_order():
    """Element 10 stands below element 9, not between 1 and 2."""
    program = tp.unroll_sgd(tp.parse(SMALL), 1, 11)
    scene = tp.draw(program).scene
    train = [c for c in scene.contexts if c.id.startswith("step")]
    heights = {int(re.search(r"element (\d+)", c.id).group(1)): c.top for c in train}
    assert sorted(heights, key=lambda k: -heights[k]) == list(range(1, 12))


SMALL = """
program small
width n
dim d = 3
parametrization mup
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
x = tanh(U ξ)
f = v x
output f
loss (f - y)^2 / 2
"""


def outcome(program):
    """The generic step of a program; None where there is none."""
    try:
        return fold_steps(program).passes.program
    except tp.TPError:
        return None


def test_the_picture_follows_the_data():
    """A wrong time, kind or name in the data is seen: the steps are no instances of one."""
    program = tp.unroll_sgd(network(), 4)
    good = outcome(program)
    assert good is not None

    def corrupted(change):
        equations = [
            replace(e, place=change(e.place)) if e.out.name == "x_3[2]" else e
            for e in program.equations
        ]
        return replace(program, equations=tuple(equations))

    for change in (
        lambda place: replace(place, timed=replace(place.timed, time=2)),
        lambda place: replace(place, timed=replace(place.timed, of="x[3]")),
        lambda place: replace(place, context=replace(place.context, time=1)),
    ):
        assert outcome(corrupted(change)) != good


def test_loop_letters_are_those_of_the_statement():
    """A comment with a loop in it, and a loop on the line above that is over, give no letter."""
    text = NETWORK.format(data="ξ", hidden="x", loop="j")
    commented = text.replace("for j in", "# for q in 1..2:\nfor j in")
    for fold in (text, commented):
        assert [plate.id for plate in draw(tp.parse(fold)).scene.plates] == ["j"]
