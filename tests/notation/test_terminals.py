"""Terminals beside gates leave every mark of the picture with its lines."""

import pytest

import tpgraph as tp
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.diagram.terminals import input_kinds, with_terminals
from tpgraph.notation.drawn.signals import signals_once
from tpgraph.notation.layout.passes.staging import stage


def drawn_products(program, diagram):
    """The results of the products that the parts of a staged picture draw."""
    parts = stage(program, diagram).parts
    return {product.target for part in parts for product in part.diagram.products}


@pytest.mark.parametrize("name", ["mlp", "rnn", "transformer"])
def test_products_stay_in_their_context_when_gates_read_terminals_of_them(name):
    program = signals_once(tp.unroll_sgd(tp.gallery.entry(name).program(), steps=1))
    diagram = diagram_of(program, brief=True)
    kinds = set(input_kinds(diagram).values())
    products = drawn_products(program, diagram)
    made = {e.out.name for e in program.equations if e.place.row == "between"}
    assert products & made
    assert drawn_products(program, with_terminals(diagram, kinds, {})) == products
