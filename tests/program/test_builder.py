"""Statements cut into equations, outputs, the loss, and what only the whole program shows."""

from dataclasses import replace
from fractions import Fraction

import pytest
from program.objects import (
    SPAN,
    TANH,
    XI,
    A,
    D,
    N,
    Q,
    T,
    U,
    W,
    X,
    Y,
    Z,
    explained,
    new_builder,
)

from tpgraph.errors import TPErrorGroup, TPNameError, TPTypeError
from tpgraph.functions import ADD, Apply, Argument, Defined, number
from tpgraph.program import (
    Call,
    Constant,
    MatMul,
    Mean,
    Moment,
    Nonlin,
    Product,
    Ref,
    Target,
    Variable,
    check,
)
from tpgraph.types import Vector


@pytest.fixture
def builder():
    return new_builder()


class TestBind:
    """A statement's term is cut into equations."""

    def test_intermediates_are_numbered_in_the_order_of_evaluation(self, builder):
        inner = Call(TANH, (Product(W, False, Ref(X)),))
        term = Call(ADD, (Product(W, True, inner), Mean(Ref(Y)), Product(W, False, Ref(Y))))
        h = builder.bind("h", term, SPAN)
        found = builder.build().equations
        assert [e.out.name for e in found] == ["h~1", "h~2", "h~3", "h~4", "h~5", "h"]
        assert [type(e) for e in found] == [MatMul, Nonlin, MatMul, Moment, MatMul, Nonlin]
        assert [a.name for a in found[-1].arguments] == ["h~3", "h~4", "h~5"]
        assert h == Variable("h", Vector(N))
        assert all(e.span == SPAN for e in found)

    def test_arguments_stand_in_the_order_of_appearance_and_once(self, builder):
        term = Call(ADD, (Ref(Y), Ref(T), Ref(X), Ref(Y)))
        builder.bind("h", term)
        (equation,) = builder.build().equations
        assert equation.arguments == (Y, T, X)
        assert equation.vectors == (Y, X)
        assert equation.scalars == (T,)
        assert equation.function == Apply(ADD, (Argument(0), Argument(1), Argument(2), Argument(0)))

    def test_a_lone_product_or_mean_is_the_target_itself(self, builder):
        builder.bind("h", Product(A, False, Ref(X)))
        builder.bind("s", Mean(Call(TANH, (Ref(X),))))
        assert [e.out.name for e in builder.build().equations] == ["h", "s"]

    def test_scalars_among_themselves_make_a_moment(self, builder):
        builder.bind("s", Call(ADD, (Ref(T), Constant(Fraction(1, 2)))))
        builder.bind("c", Constant(Fraction(3)))
        builder.bind("y2", Ref(Y))
        assert [type(e) for e in builder.build().equations] == [Moment, Moment, Nonlin]

    def test_equal_functions_are_one_object(self, builder):
        for i in range(3):
            builder.bind(f"h[{i}]", Call(TANH, (Ref(X),)))
        functions = {id(e.function) for e in builder.build().equations}
        assert len(functions) == 1

    def test_nothing_is_added_where_a_part_is_ill_typed(self, builder):
        bad = Call(ADD, (Product(W, False, Ref(X)), Product(A, False, Ref(Y)), Ref(Q), Ref(X)))
        scope = dict(builder.scope)
        with pytest.raises(TPTypeError, match="widths mix"):
            builder.bind("h", bad, SPAN)
        assert builder.scope == scope
        assert builder.build().equations == ()
        builder.bind("h", Product(W, False, Ref(X)))
        assert builder.build().equations[0].out.name == "h"

    def test_a_taken_name(self, builder):
        builder.bind("h", Ref(X), SPAN)
        with pytest.raises(TPNameError, match="h is bound twice") as caught:
            builder.bind("h", Ref(Y))
        explained(caught.value, TPNameError, "h", "a new name", "bound before at case.tp:1:6")

    def test_matrices_are_no_values(self, builder):
        with pytest.raises(TPTypeError, match="W is a matrix"):
            builder.bind("h", Ref(W))


class TestWhole:
    """Outputs, the loss, and what only the whole program shows."""

    def test_outputs(self, builder):
        builder.output(X)
        for variable, message in ((X, "an output already"), (W, "W is a matrix"), (Z, "z is not")):
            with pytest.raises((TPNameError, TPTypeError)) as caught:
                builder.output(variable, SPAN)
            assert message in caught.value.message
            assert caught.value.span == SPAN

    def test_loss(self, builder):
        for variable, message in ((X, "the loss is a vector of n"), (Z, "z is not bound")):
            with pytest.raises((TPNameError, TPTypeError)) as caught:
                builder.loss(variable, SPAN)
            assert message in caught.value.message
        builder.loss(T)
        with pytest.raises(TPNameError, match="has a loss already"):
            builder.loss(XI)
        assert builder.build().loss == T

    def test_the_loss_leaves_nothing_behind_where_it_is_refused(self, builder):
        with pytest.raises(TPTypeError, match="the loss is a vector of n"):
            builder.bind_loss(Call(TANH, (Product(W, False, Ref(X)),)))
        assert builder.build().equations == ()
        assert builder.bind_loss(Mean(Ref(X))).name == "loss"

    def test_functions_have_one_definition(self, builder):
        builder.define(Defined("φ", ("z",), Argument(0)))
        with pytest.raises(TPNameError, match="function φ is defined twice"):
            builder.define(Defined("φ", ("z",), number(1)), SPAN)

    def test_parameters_need_a_parametrization(self, builder):
        builder.parametrization = None
        with pytest.raises(TPTypeError) as caught:
            builder.build()
        explained(
            caught.value,
            TPTypeError,
            "U is a param, but the program has no parametrization",
            "ntk, mup, standard or abc",
            "parametrization ntk",
        )

    def test_outputs_do_not_depend_on_targets(self, builder):
        y = Variable("answer", Vector(D))
        builder.declare(Target(y))
        h = builder.bind("h", Product(U, False, Ref(y)), SPAN)
        s = builder.bind("s", Mean(Ref(h)))
        builder.output(h)
        builder.output(s)
        with pytest.raises(TPErrorGroup) as caught:
            builder.build()
        assert len(caught.value.errors) == 2
        assert "output h depends on the target answer" in str(caught.value)
        assert "output s depends on the target answer" in str(caught.value)
        assert "targets used in the loss alone" in str(caught.value)

    def test_check_accepts_what_the_builder_made_and_nothing_else(self, builder):
        builder.bind("h", Product(W, False, Ref(X)))
        builder.bind("g", Call(TANH, (Ref(builder.scope["h"]),)))
        builder.output(builder.scope["g"])
        program = builder.build()
        assert check(program) is program
        with pytest.raises(TPNameError, match="h is not bound before its use"):
            check(replace(program, equations=program.equations[::-1]))
        with pytest.raises(TPNameError, match="g is not bound before its use"):
            check(replace(program, equations=program.equations[:1]))
        with pytest.raises(TPNameError, match="width n of W is not declared"):
            check(replace(program, widths=()))
        with pytest.raises(TPTypeError, match="no parametrization"):
            check(replace(program, parametrization=None))
