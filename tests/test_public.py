"""The public names: all there, loaded when they are used, and a program that shows itself."""

import subprocess
import sys

import pytest

import tpgraph as tp
from tpgraph import viewer


def output_of(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("module", [tp, tp.study], ids=lambda module: module.__name__)
def test_every_name_is_there(module):
    for name in module.__all__:
        assert getattr(module, name) is not None
    assert sorted(module.__all__) == dir(module)


def test_old_names_are_those_of_their_group():
    shared = set(dir(tp)) & set(dir(tp.study))
    assert {"compare", "drift_study", "Kappas"} <= shared
    for name in shared:
        assert getattr(tp, name) is getattr(tp.study, name)


def test_functions_named_like_their_folder_stay_functions():
    code = (
        "import tpgraph.study.compare.comparison, tpgraph as tp; print(callable(tp.study.compare))"
    )
    assert output_of(code) == ["True"]


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="nothing"):
        _ = tp.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["error_entry", "make_directory", "write_bytes"])
def test_old_names_of_the_command_line_resolve_but_are_not_listed(name):
    assert getattr(tp, name) is getattr(tp.shell, name)
    assert name not in dir(tp)


def test_importing_loads_nothing():
    code = "import sys, tpgraph; print(*(m for m in sys.modules if m.startswith('tpgraph.')))"
    assert output_of(code) == ["tpgraph.reader", "tpgraph.viewer"]


def test_a_notebook_shows_a_program_whatever_was_imported():
    code = (
        "import sys\n"
        "from tpgraph.language import parse\n"
        f"p = parse({tp.gallery.entry('mlp').text!r})\n"
        "print('tpgraph.notation' in sys.modules, p._repr_svg_()[:4])"
    )
    assert output_of(code) == ["False", "<svg"]


def test_a_notebook_shows_what_draw_draws(monkeypatch):
    program = tp.gallery.entry("mlp").program()
    assert program._repr_svg_() == tp.draw(program).svg
    monkeypatch.setattr(viewer, "_viewers", [])
    assert program._repr_svg_() is None
    viewer.set_viewer(lambda shown: shown.name)
    assert program._repr_svg_() == program.name
