"""Fuzzing of the language: any input ends in a program or a TPError.

    pip install atheris
    python tests/fuzz/fuzz_parser.py -runs=1000000

The first byte of an input chooses what is fed: text to `parse`, text to `format_text`, a document
to `from_json`. A program that is read must be well typed, print to a text that reads back equal,
and format to a text that means the same.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

SEEDS = (
    "program mlp\nwidth n\ndim d = 4\nconst L = 3\nparametrization ntk\nfn φ(z) = tanh(z)\n"
    "data ξ : d\ntarget y : 1\nparam W[1] : n × d ~ N(0, 1) scale sqrt(2)\n"
    "param W[2..L] : n × n ~ N(0, 1)\nparam b[1..L] : n ~ N(0, 1) scale 0.1\n"
    "param V : 1 × n ~ N(0, 1)\nh[1] = W[1] ξ\nx[1] = φ(h[1] + b[1])\nfor l in 2..L:\n"
    "    h[l] = W[l] x[l-1]\n    x[l] = φ(h[l] + b[l])\nf = V x[L]\noutput f\nloss (f - y)^2 / 2\n",
    "width n\nwidth m = 1/2 n\nmatrix A : m x n ~ N(0, 2)\nvector u, v : n ~ N([0, 1], [[1, .5],"
    " [.5, 1]]) as X\nscalar eps -> 0 = 1/sqrt(n)\ny = A' tanh(A (u - v)^2) * eps\n"
    'th = mean(y * sum(u^k for k in 1..3))\nlabel y = "\\tilde y"\noutput y, th\n',
    "width n\nvector u : n ~ N(0, 1)\ny = W' u^2",
    "dim d = 3\nmatrix W[1..d] : d x 2 ~ N(0, .5)\nfor k in 1..2: y[k] = W[k]' u",
    "scalar s -> 0 = 2\nz = s * mean(-s / 3)\nloss z",
    'fn f(z) = relu\'(z)\nscalar a = √2\nb = f(a) # c\nlabel b = "b"\noutput b',
    "width n\nwidth m = n/2\nparam P, Q : n × m ~ N(0, 1)\nparametrization mup",
    "parametrization abc(a=[0, 1/2, 1/2], b=[0, 0, 0], c=-1)\n",
    "width n\nvector x[0] : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
    "for i in 1..2: for j in 1..2: x[i,j] = Wᵀ x[0] # c\nx~1 = (fn(a, b) = b - a)(x[0], x[1,1])\n",
    "width n\nvector u : n ~ N(0, 1)\nz = relu'(u) + leaky_relu(u, √2) / max(u, -1e-3)\n"
    "loss mean(z)\n",
    '{"schema": "tpgraph.program/1", "name": "p", "widths": [{"name": "n"}], "declarations": ['
    '{"kind": "vector", "names": ["u"], "dim": "n", "mean": [0], "covariance": [[1]]}], '
    '"equations": [{"kind": "nonlin", "out": "z", "function": "tanh(z1)", "arguments": ["u"]}]}',
    "for l in 1..10^9:\n\ty = ((((u))))\n \tz = W @ u ** 2\n",
    'width n\nvector u : n ~ N(0, 1)\ny = x_tilde^T + u~1 ; "a""b" 1..2 .5e400 \u0303',
)
WORDS = (
    "program", "parametrization", "width", "dim", "const", "fn", "data", "target", "param",
    "matrix", "vector", "scalar", "output", "loss", "label", "for", "in", "mean", "sum", "scale",
    "as X", "N(0, 1)", "~", "->", "..", "^T", "√", "×", "ξ", "tanh", "sqrt", "\\x0a    ", "[", "]",
)  # fmt: skip
SMALL = 2_000
"""Terms that a fuzzed program may unroll to, so that inputs stay fast."""


def one_input(data: bytes) -> None:
    """Feed one input; anything but a program or a TPError is a crash."""
    from tpgraph.errors import TPError
    from tpgraph.language import format_text, from_json, parse, to_json, to_text
    from tpgraph.program import check

    text = data[1:].decode("utf-8", "replace")
    mode = data[0] % 4 if data else 0
    try:
        if mode == 3:
            program = from_json(text)
            assert from_json(to_json(program)) == program
            return
        program = parse(text)
        formatted = format_text(text, ascii=mode == 2)
    except TPError as error:
        str(error)
        return
    check(program)
    assert parse(formatted) == program, "fmt changes the program"
    if mode == 1:
        assert format_text(formatted) == formatted, "fmt is not idempotent"
        assert parse(to_text(program)) == program, "the printed text reads otherwise"
    if mode == 2:
        assert from_json(to_json(program)) == program, "the document reads otherwise"


def limit_unrolling() -> None:
    """Lower the limit of unrolling, which is millions, to what one input may cost."""
    from tpgraph.bounds import TERMS

    os.environ[TERMS.variable] = str(SMALL)


def main() -> None:
    """Run atheris with the arguments of libFuzzer."""
    import atheris

    with atheris.instrument_imports(include=["tpgraph.language", "tpgraph.program"]):
        import tpgraph.language  # noqa: F401  (instrumented by its import)
    limit_unrolling()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(SEEDS):  # libFuzzer cuts the long ones
            for mode in range(4):
                Path(corpus, f"{number}-{mode}").write_bytes(bytes([mode]) + seed.encode())
        words = Path(folder, "words")
        words.write_text("".join(f'"{word}"\n' for word in _escaped(WORDS)), "ascii")
        arguments = [*sys.argv, f"-dict={words}", "-max_len=200", "-timeout=60", str(corpus)]
        atheris.Setup(arguments, one_input)
        atheris.Fuzz()


def _escaped(words: tuple[str, ...]) -> list[str]:
    """Words as libFuzzer's dictionary writes them: bytes beyond ASCII as \\xAB."""
    found = []
    for word in words:
        if word.startswith("\\x"):
            found.append(word)
            continue
        found.append("".join(chr(b) if b < 128 else f"\\x{b:02x}" for b in word.encode()))
    return found


if __name__ == "__main__":
    main()
