"""What annotations say is what runs and limits say; densities agree with histograms."""

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.compiler import finite_values
from tpgraph.errors import TPDataError, TPNameError

PROGRAMS = ("mlp", "rnn", "layernorm", "attention", "first_step", "wigner")
KS = 0.05
N = 4096


@cache
def case(name, passes="forward"):
    """A program of the gallery, one sample of its data, its limit, its annotations at n = 4096."""
    program = tp.gallery.entry(name).program()
    program = tp.backward(program) if passes == "backward" else program
    row = tp.synthetic_data(program, 1).row(0) if program.data else None
    widths = {width.name: N for width in program.base_widths}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        limit = tp.limit(program, data=row, samples=2**14)
    return program, row, widths, limit


@cache
def notes_of(name, passes="forward"):
    program, row, widths, limit = case(name, passes)
    return tp.annotate(program, limit=limit, widths=widths, data=row)


def atoms_and_mass(density):
    """The mass of all atoms, and the integral of the curve."""
    atoms = sum(atom.mass for atom in density.atoms)
    z, p = np.array(density.points).T if density.points else np.zeros((2, 1))
    return atoms, float(np.trapezoid(p, z))


def distribution(density, places):
    """P(Z ≤ z) at these places, by the curve and the atoms."""
    total = np.zeros(len(places))
    if density.points:
        z, p = np.array(density.points).T
        steps = np.diff(z) * (p[1:] + p[:-1]) / 2
        total += np.interp(places, z, np.concatenate([[0.0], np.cumsum(steps)]))
    for atom in density.atoms:
        total += atom.mass * (places >= atom.at - 1e-9)
    return total


def distance(values, density):
    """The Kolmogorov–Smirnov distance of coordinates from the law of Z."""
    places = np.unique(values)
    places = places[:: max(1, len(places) // 2000)]
    empirical = np.searchsorted(np.sort(values), places, side="right") / len(values)
    before = np.searchsorted(np.sort(values), places, side="left") / len(values)
    law = distribution(density, places)
    law_before = distribution(density, places - 2e-9)
    return max(np.abs(empirical - law).max(), np.abs(before - law_before).max())


CASES = [(name, "forward") for name in PROGRAMS] + [("mlp", "backward"), ("rnn", "backward")]


@pytest.mark.parametrize(("name", "passes"), CASES)
def test_histograms_agree_with_densities(name, passes):
    program, row, widths, _ = case(name, passes)
    notes = notes_of(name, passes)
    compared = 0
    for vector, values in finite_values(program, widths, 0, row):
        note = notes.get(vector)
        if note is None or note.histogram is None or note.density is None:
            continue
        compared += 1
        assert distance(values, note.density) < KS, vector
    assert compared > 1


@pytest.mark.parametrize(("name", "passes"), CASES)
def test_counts_sum_to_n_and_densities_to_one(name, passes):
    program, row, widths, _ = case(name, passes)
    values = dict(finite_values(program, widths, 0, row))
    for vector, note in notes_of(name, passes).items():
        if note.histogram is not None:
            shape = note.histogram
            assert len(shape.counts) == 24
            assert sum(shape.counts) == N == len(values[vector])
            assert (shape.low, shape.high) == (values[vector].min(), values[vector].max())
            assert (shape.mean, shape.var) == (values[vector].mean(), values[vector].var())
        if note.density is not None:
            atoms, mass = atoms_and_mass(note.density)
            assert atoms + mass == pytest.approx(1.0, abs=0.01), vector


def test_a_corrupted_density_is_noticed():
    program, row, widths, _ = case("mlp")
    density = notes_of("mlp")["x[2]"].density
    values = dict(finite_values(program, widths, 0, row))["x[2]"]
    assert distance(values, density) < KS
    shifted = tuple((z + 0.5, p) for z, p in density.points)
    halved = tuple((z, p / 2) for z, p in density.points)
    for corrupted in (
        replace(density, points=shifted),
        replace(density, points=halved),
        replace(density, atoms=()),
        replace(density, atoms=tuple(replace(atom, mass=0.4) for atom in density.atoms)),
        replace(density, atoms=tuple(replace(atom, at=0.3) for atom in density.atoms)),
    ):
        assert distance(values, corrupted) > KS
    assert sum(atoms_and_mass(replace(density, points=halved))) < 0.8


def test_relu_has_half_its_mass_at_0():
    for note in (notes_of("mlp")["x[1]"], notes_of("mlp", "backward")["x[3]"]):
        (atom,) = note.density.atoms
        assert (atom.at, atom.mass) == (0.0, pytest.approx(0.5, abs=0.005))
        (finite,) = note.histogram.atoms
        assert (finite.at, finite.mass) == (0.0, pytest.approx(0.5, abs=0.05))


def limit_of(text, **options):
    program = tp.parse(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        return program, tp.limit(program, **options)


HEAD = "width n\nvector u : n ~ N(0, 1)\nvector v : n ~ N(1, 4)\nmatrix W : n × n ~ N(0, 1)\n"


def test_gaussian_vectors_have_the_density_of_a_formula():
    text = HEAD + "g = W u\nh = 2 * g + v\nx = tanh(h)\nk = W' x\n"
    program, limit = limit_of(text)
    notes = tp.annotate(program, limit=limit)
    for name, mean, var in (("u", 0, 1), ("v", 1, 4), ("g", 0, 1), ("h", 1, 8)):
        for z, p in notes[name].density.points:
            exact = np.exp(-((z - mean) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)
            assert p == pytest.approx(exact, rel=1e-6)
    gaussian = np.exp(-(notes["x"].density.points[32][0] ** 2) / 2)
    assert notes["x"].density.points[32][1] != pytest.approx(gaussian, rel=1e-3)
    # k = W'x has a Ż of u, so its law is a sum, but here of Gaussians.
    assert set(limit.dot("k")) >= {"u"}


def test_densities_of_known_laws():
    """Exponentials, uniforms and squares: a kernel density stays within the support."""
    program, limit = limit_of(HEAD + "a = erf(u / sqrt(2))\nb = u^2\nc = relu(u) + relu(v) * 0\n")
    notes = tp.annotate(program, limit=limit)
    uniform = np.array(notes["a"].density.points)
    assert abs(uniform[:, 0]).max() <= 1.0
    assert np.allclose(uniform[:, 1], 0.5, atol=0.03)
    z, p = np.array(notes["b"].density.points).T
    assert z.min() >= 0.0
    far = z > 0.6
    chi = np.exp(-z[far] / 2) / np.sqrt(2 * np.pi * z[far])
    assert np.allclose(p[far], chi, atol=0.06)


def test_discrete_and_constant_vectors_are_atoms():
    text = HEAD + "a = sign(u)\nθ = mean(tanh(u)^2)\nb = θ + 0 * u\nc = sign(u) * θ + θ\n"
    program, limit = limit_of(text, engine="sampled", samples=2**14)
    notes = tp.annotate(program, limit=limit, widths={"n": 500})
    theta = limit.scalar("θ")
    signs, constant, two = (notes[name].density for name in "abc")
    assert [atom.at for atom in signs.atoms] == [-1.0, 1.0]
    assert [atom.mass for atom in signs.atoms] == pytest.approx([0.5, 0.5], abs=0.01)
    assert [(atom.at, atom.mass) for atom in constant.atoms] == [(pytest.approx(theta), 1.0)]
    assert [atom.at for atom in two.atoms] == pytest.approx([0.0, 2 * theta], abs=1e-6)
    assert [signs.points, constant.points, two.points] == [(), (), ()]
    assert sum(atom.mass for atom in notes["a"].histogram.atoms) == 1.0


@pytest.mark.parametrize("name", PROGRAMS)
def test_numbers_are_those_of_limit_and_run(name):
    program, row, widths, limit = case(name)
    run = tp.run(program, widths, 0, row)
    kinds = ("mean", "var", "hat", "dot", "size")
    seen = set()
    for variable, note in tp.annotate(
        program, limit=limit, widths=widths, data=row, numbers=kinds
    ).items():
        for quantity in note.quantities:
            seen.add(quantity.kind)
            expected = {
                "value": lambda v=variable: limit.scalar(v),
                "mean": lambda v=variable: limit.mean(v),
                "var": lambda v=variable: limit.var(v),
                "hat": lambda v=variable: limit.hat_var(v),
                "size": lambda v=variable: np.sqrt(limit.mean(v) ** 2 + limit.var(v)),
            }
            if quantity.kind == "dot":
                assert quantity.limit in limit.dot(variable).values()
            elif quantity.limit is not None:
                assert quantity.limit == expected[quantity.kind]()
            if quantity.kind == "value":
                output = run["vectors"].get(variable, {}).get("mean")
                assert quantity.finite == run["scalars"].get(variable, output)
            elif quantity.kind in ("mean", "var") and quantity.finite is not None:
                assert quantity.finite == run["vectors"][variable][quantity.kind]
    assert {"var", "size"} <= seen


def test_scalars_go_from_finite_width_to_the_limit():
    program, limit = limit_of(HEAD + "m = mean(tanh(u)^2)\n", engine="sampled", samples=2**14)
    (quantity,) = tp.annotate(program, limit=limit, widths={"n": 1024})["m"].quantities
    assert quantity.finite == tp.run(program, {"n": 1024})["scalars"]["m"]
    assert (quantity.limit, quantity.error) == (limit.scalar("m"), limit.error("m"))


def test_a_run_alone_and_a_limit_alone():
    program, row, _, limit = case("mlp")
    ran = tp.annotate(program, widths={"n": 64}, data=row)
    assert ran["x[1]"].histogram is not None
    assert all(note.density is None for note in ran.values())
    found = tp.annotate(program, limit=limit, data=row)
    assert all(note.histogram is None for note in found.values())
    assert found["x[1]"].density is not None
    assert set(found) <= set(program.variables) - {"ξ", "y"}


def test_training_in_the_limit_is_annotated():
    program = tp.unroll_sgd(tp.gallery.entry("one_hidden").program(), steps=1, form="fluctuation")
    row = tp.synthetic_data(program, 1).row(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        limit = tp.limit(program, data=row, outputs="sampled", samples=2**14)
    notes = tp.annotate(program, limit=limit, data=row)
    drawn = tp.draw(program, annotations=notes).scene
    assert sum(node.note is not None for node in drawn.nodes) > 8


def test_what_cannot_be_is_said():
    program, row, _, limit = case("mlp")
    with pytest.raises(TPDataError, match="nothing to annotate with"):
        tp.annotate(program)
    with pytest.raises(TPNameError, match="no number 'median'"):
        tp.annotate(program, limit=limit, data=row, numbers=("median",))
    with pytest.raises(TPDataError):
        tp.annotate(program, widths={"m": 3}, data=row)
