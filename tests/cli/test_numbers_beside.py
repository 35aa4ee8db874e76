"""`draw --numbers`: values of the limit beside marks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app


def drawn(line: str, into: Path) -> dict[str, dict[str, float]]:
    done = CliRunner().invoke(app, ["draw", *line.split(), "-o", str(into)])
    assert done.exit_code == 0, done.output
    nodes = json.loads(into.read_text())["nodes"]
    notes = {n["id"]: n["annotation"] for n in nodes if "annotation" in n}
    assert all(note["density"] is None for note in notes.values())
    return {name: {q["kind"]: q["limit"] for q in n["quantities"]} for name, n in notes.items()}


def test_numbers_are_those_of_the_limit(tmp_path: Path) -> None:
    found = drawn("layernorm --numbers mean,var", tmp_path / "a.json")
    limit = tp.limit(tp.gallery.entry("layernorm").program())
    scalars = [name for name, kinds in found.items() if "value" in kinds]
    vectors = [name for name, kinds in found.items() if "var" in kinds]
    assert scalars
    assert vectors
    assert all(found[n]["value"] == pytest.approx(limit.scalar(n)) for n in scalars)
    assert all(found[n]["var"] == pytest.approx(limit.cov(n, n)) for n in vectors)


def test_a_network_is_taken_on_a_sample(tmp_path: Path) -> None:
    one = drawn("one_hidden --numbers var --synthetic", tmp_path / "a.json")
    other = drawn("one_hidden --numbers var --synthetic --sample 1", tmp_path / "b.json")
    assert one.keys() == other.keys()
    assert one != other


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("one_hidden --synthetic", "are for --numbers"),
        ("one_hidden --numbers var --synthetic --fold", "no --frames, no --fold"),
        ("one_hidden --numbers var", "give a sample"),
        ("one_hidden --numbers colour --synthetic", "colour is none of mean, var"),
        ("one_hidden --show io,size", "unknown show 'size'"),
    ],
)
def test_what_is_refused(line: str, said: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["draw", *line.split(), "-o", str(tmp_path / "a.svg")])
    assert done.exit_code != 0
    assert said in " ".join((done.output + str(done.exception)).split())
