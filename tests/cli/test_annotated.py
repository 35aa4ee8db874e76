"""`--draw` of limit and run: pictures with what the commands found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tpgraph as tp
from tpgraph_cli.main import app

FORMATS = ("svg", "pdf", "png", "tex", "dot", "json")


def tpgraph(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def program(folder: Path, name: str) -> str:
    path = folder / f"{name}.tp"
    path.write_text(tp.gallery.entry(name).text, encoding="utf-8")
    return str(path)


def notes(path: Path) -> dict[str, dict[str, object]]:
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    return {node["id"]: node["annotation"] for node in nodes if "annotation" in node}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_limit_is_drawn_in_every_format(tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"out.{kind}"
    done = tpgraph("limit", program(tmp_path, "layernorm"), "--draw", str(out))
    assert done.exit_code == 0, done.output
    assert out.stat().st_size > 1000


def test_a_limit_has_densities_and_the_numbers_of_json(tmp_path: Path) -> None:
    file, out = program(tmp_path, "wigner"), tmp_path / "out.json"
    done = tpgraph("limit", file, "--draw", str(out), "--json")
    limits = json.loads(done.stdout)
    found = notes(out)
    assert found["m[2]"]["quantities"][0]["limit"] == limits["scalars"]["m[2]"]["value"]  # type: ignore[index]
    for name in ("x[0]", "x[3]"):
        note = found[name]
        assert note["density"] is not None
        assert note["histogram"] is None
        kinds = {q["kind"]: q["limit"] for q in note["quantities"]}  # type: ignore[attr-defined]
        assert kinds["var"] == limits["vectors"][name]["var"]


def test_a_run_has_histograms_under_densities(tmp_path: Path) -> None:
    file, out = program(tmp_path, "wigner"), tmp_path / "out.json"
    done = tpgraph("run", file, "--width", "n=256", "--draw", str(out), "--json")
    values = json.loads(done.stdout)
    note = notes(out)["x[3]"]
    assert sum(note["histogram"]["counts"]) == 256  # type: ignore[index]
    assert note["histogram"]["var"] == values["vectors"]["x[3]"]["var"]  # type: ignore[index]
    assert note["density"] is not None
    assert note["quantities"] == []


@pytest.mark.parametrize("passes", ["backward", "sgd"])
@pytest.mark.parametrize("command", ["run", "limit"])
def test_passes_are_drawn(tmp_path: Path, command: str, passes: str) -> None:
    file, out = program(tmp_path, "one_hidden"), tmp_path / "out.json"
    more = ("--width", "n=64") if command == "run" else ()
    if (command, passes) == ("limit", "sgd"):
        more = ("--outputs", "sampled", "--form", "fluctuation")
    done = tpgraph(command, file, "--synthetic", "--pass", passes, *more, "--draw", str(out))
    assert done.exit_code == 0, done.output
    plots = [note for note in notes(out).values() if note["plot"] is not None]
    assert len(plots) >= 4
    kind = "histogram" if command == "run" else "density"
    assert all(note[kind] is not None for note in plots)


def test_a_run_without_a_limit_says_so_and_draws_the_rest(tmp_path: Path) -> None:
    file, out = program(tmp_path, "one_hidden"), tmp_path / "out.json"
    options = ("--synthetic", "--pass", "sgd", "--width", "n=64", "--draw", str(out))
    done = tpgraph("run", file, *options)
    assert done.exit_code == 0
    assert "no limit is drawn" in done.stderr
    assert all(note["density"] is None for note in notes(out).values())


def test_chosen_numbers(tmp_path: Path) -> None:
    file, out = program(tmp_path, "wigner"), tmp_path / "out.json"
    done = tpgraph("limit", file, "--numbers", "hat, dot,size", "--draw", str(out))
    assert done.exit_code == 0
    kinds = {q["kind"] for note in notes(out).values() for q in note["quantities"]}  # type: ignore[attr-defined]
    assert kinds == {"value", "hat", "dot", "size"}
    tpgraph("limit", file, "--numbers", "none", "--draw", str(out))
    assert notes(out)["x[3]"]["quantities"] == []


def test_mistakes_are_said(tmp_path: Path) -> None:
    file, out = program(tmp_path, "wigner"), str(tmp_path / "out.svg")
    refused = tpgraph("limit", file, "--numbers", "median", "--draw", out)
    assert "median is none of mean, var, hat, dot, size" in refused.output
    assert tpgraph("limit", file, "--numbers", "var").exit_code == 2
    assert tpgraph("limit", file, "--draw", str(tmp_path / "out.bmp")).exit_code == 2
    assert tpgraph("limit", file, "--draw", "-").exit_code == 2
    assert isinstance(tpgraph("limit", file, "--draw", file).exception, SystemExit | tp.TPError)
    assert Path(file).read_text(encoding="utf-8") == tp.gallery.entry("wigner").text
    missing = tpgraph("limit", file, "--draw", str(tmp_path / "no" / "out.svg"))
    assert isinstance(missing.exception, tp.TPError)
