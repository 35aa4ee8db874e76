"""A run of samples that were read before: it knows how, and reads others alike."""

from pathlib import Path

import numpy as np
import pytest

import tpgraph as tp

PROGRAM = """width n
parametrization ntk
data x : 2
target y : 2
param W : n × 2 ~ N(0, 1)
param V : 2 × n ~ N(0, 1)
f = V tanh(W x)
output f
loss (f - y)^2 / 2
"""
COLUMNS = {"x": ["len", "area"], "y": ["kind"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = ["id,len,area,kind"]
    for i in range(60):
        cat = i % 2
        a, b = 100 + 5 * rng.standard_normal() + 20 * cat, 3 + 0.1 * rng.standard_normal()
        rows.append(f"{i},{a},{b},{('dog', 'cat')[cat]}")
    path = tmp_path / "pets.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def trained(data: object, out: Path, **options: object) -> None:
    tp.train(PROGRAM, data, widths={"n": 16}, steps=60, lr=0.3, out=out, **options)  # type: ignore[arg-type]


def test_a_run_of_samples_that_were_read_is_that_of_their_file(file: Path, tmp_path: Path) -> None:
    samples = tp.load_data(file, PROGRAM, columns=COLUMNS, standardize="data")
    trained(samples, tmp_path / "read")
    trained(file, tmp_path / "file", columns=COLUMNS, standardize="data")
    one, other = (tp.load_run(tmp_path / name) for name in ("read", "file"))
    assert one.manifest == other.manifest
    found = one.predict(file)
    assert found.csv() == other.predict(file).csv()
    assert one.evaluate(file) == other.evaluate(file)
    assert one.evaluate(file)["accuracy"] > 0.9
    assert one.predict(samples).csv() == found.csv()  # not standardized twice


def test_samples_that_were_standardized_are_so_once(file: Path, tmp_path: Path) -> None:
    samples = tp.load_data(file, PROGRAM, columns=COLUMNS, standardize="data")
    trained(samples, tmp_path / "again", standardize="data", validation=0.2)
    run = tp.load_run(tmp_path / "again")
    assert run.manifest["mean"]["x"][0] == pytest.approx(110, abs=5)
    plain = tp.load_data(file, PROGRAM, columns=COLUMNS)
    assert np.allclose(run.samples(plain).arrays["x"], run.samples(samples).arrays["x"])


def test_columns_of_samples_that_were_read_are_refused(file: Path, tmp_path: Path) -> None:
    samples = tp.load_data(file, PROGRAM, columns=COLUMNS)
    for data in (samples, samples.arrays):
        with pytest.raises(tp.TPError, match="columns are those of a file"):
            tp.train(PROGRAM, data, widths={"n": 4}, steps=1, columns=COLUMNS)
