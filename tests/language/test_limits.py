"""Beyond its limits the language answers at once, with bounded memory and a TPLimitError."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from tpgraph.errors import TPError, TPLimitError
from tpgraph.language import format_text, from_json, load, parse, to_text

HEAD = "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"

TOO_MUCH = {
    "a loop": "for l in 1..10^9:\n    y[l] = u",
    "nested loops": "for l in 1..3000:\n    for k in 1..3000:\n        y[l,k] = u",
    "dependent loops": "for l in 1..5000:\n    for k in 1..l:\n        y[l,k] = u",
    "loops in a line": "for l in 1..3000: for k in 1..3000: y[l,k] = u",
    "empty inner loops": "for l in 1..10^8:\n    for k in 1..0:\n        y[l,k] = u",
    "a sum": "y = sum(u for k in 1..10^9)",
    "nested sums": "y = sum(sum(u * k for k in 1..5000) for l in 1..5000)",
    "a sum in a loop": "for l in 1..5000:\n    y[l] = sum(u for k in 1..l)",
    "a family": "matrix A[1..10^9] : n × n ~ N(0, 1)",
    "a family of two indices": "matrix A[1..10^5, 1..10^5] : n × n ~ N(0, 1)",
    "a family in a loop": "for l in 1..5000:\n    vector v[l, 1..5000] : n ~ N(0, 1)",
    "brackets": "y = " + "(" * 101 + "u" + ")" * 101,
    "very many brackets": "y = " + "(" * 10**6,
    "square brackets": "y" + "[" * 10**5,
    "calls": "y = " + "sin(" * 101 + "u" + ")" * 101,
    "signs": "y = " + "-" * 10**4 + "u",
    "products": "y = " + "W " * 10**4 + "u",
    "quotients": "y = u" + " / u" * 10**4,
    "powers": "y = u" + "^u" * 10**4,
    "roots": "y = " + "√" * 10**4 + "u",
    "loops in loops in a line": "for l in 1..2: " * 10**3 + "y = u",
    "blocks": "".join(" " * k + f"for l{k} in 1..1:\n" for k in range(300)) + " " * 300 + "y = u",
    "a name": "y = " + "x" * 201,
    "an indexed name": "y = " + "x" * 201 + "[1]",
    "an index": "y[10^9 + 1] = u",
    "a written index": "y[1000000001] = u",
    "an index of many digits": "y[" + "1" * 350 + "] = u",
    "digits": "y = " + "1" * 401 + " * u",
    "an exponent": "y = 1e999999999 * u",
    "a negative exponent": "y = 1e-999999999 * u",
    "a number": "y = 1e309 * u",
    "a tower": "const c = 10^10^10",
    "a tower of a fraction": "const c = (1/3)^10^9",
    "a product of constants": "const a = 10^300\nconst b = a * a",
    "digits of constants": "\n".join(
        ["const c0 = 1/3 + 10^-300", *(f"const c{k + 1} = c{k} * c{k} / 7" for k in range(20))]
    ),
    "quotients of numbers": "y = u * (1e300" + " / 1e-300" * 50 + ")",
    "functions of functions": "\n".join(
        ["fn f0(z) = z * z", *(f"fn f{k + 1}(z) = f{k}(f{k}(z))" for k in range(60))]
    ),
    "the number of an intermediate": "y~99999999999 = u",
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_too_much(text: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(TPError) as caught:
        parse(HEAD + text)
    assert any(isinstance(error, TPLimitError) for error in caught.value.errors)
    assert all(error.span is not None for error in caught.value.errors)
    assert len(str(caught.value)) < 20_000
    assert time.perf_counter() - begin < 60  # hours, were it unrolled


def test_what_is_not_too_much() -> None:
    deep = "y = " + "(" * 90 + "u" + ")" * 90 + "\n"
    long = "z = u" + " + u" * 20_000 + "\nw = " + "2 * " * 5_000 + "u\n"
    chain = "v = " + "W " * 90 + "u\n"
    loop = "for l in 1..10^9 - 10^9:\n    q[l] = u\n"
    program = parse(HEAD + deep + long + chain + loop + "a[-10^9] = u\n" + f"{'x' * 200} = u\n")
    assert parse(to_text(program)) == program
    assert format_text(format_text(deep)) == format_text(deep)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.tp"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    for name in ("large.tp", "large.json"):
        target = path.rename(tmp_path / name)
        path = target
        tracemalloc.start()
        with pytest.raises(TPLimitError, match="100 MB"):
            load(target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20


@pytest.mark.parametrize("action", [parse, format_text, from_json])
def test_a_large_text(action: object) -> None:
    assert callable(action)
    with pytest.raises(TPLimitError, match="100 MB"):
        action(" " * (100 * 2**20))


def test_a_file_without_end() -> None:
    device = Path("/dev/zero")
    if not device.exists():
        pytest.skip("no such device")
    with pytest.raises(TPLimitError):
        load(device)


def test_a_long_name_is_read_in_linear_time() -> None:
    with pytest.raises(TPLimitError, match="name of 100000 characters"):
        parse(HEAD + "y = " + "x_" * 50_000)
    with pytest.raises(TPError):
        parse(HEAD + "y = a.b" + "_" * 100_000 + "\n")
