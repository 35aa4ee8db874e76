"""Commands as they are registered: each with two examples under its help.

All examples are executed by the tests.

They are of programs of the gallery (`tpgraph gallery rnn > rnn.tp`), and run as they stand in a
folder that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import typer

from tpgraph_cli.samples import SamplesCommand

__all__ = ["EXAMPLES", "add_commands"]

EXAMPLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "draw": (
            "tpgraph draw rnn.tp -o rnn.pdf",
            "tpgraph draw rnn.tp --pass backward -o back.svg --theme teaching",
        ),
        "gallery": ("tpgraph gallery", "tpgraph gallery rnn > rnn.tp"),
        "guide": ("tpgraph guide language", "tpgraph guide -o guide"),
        "lesson": ("tpgraph lesson forward -o forward.html", "tpgraph lesson net.tp -o net.pdf"),
        "check": ("tpgraph check rnn.tp", "tpgraph check rnn.tp --json"),
        "fmt": ("tpgraph fmt rnn.tp", "tpgraph fmt rnn.tp --ascii -o -"),
        "show": ("tpgraph show rnn.tp", "tpgraph show rnn.tp --pass sgd --steps 2 --latex"),
        "compile": (
            "tpgraph compile rnn.tp -o rnn.py",
            "tpgraph compile rnn.tp --explain --width n=256 --batch 4",
        ),
        "run": (
            "tpgraph run wigner.tp --width n=500",
            "tpgraph run net.tp --width n=500 --synthetic --draw run.svg",
        ),
        "train": (
            "tpgraph train net.tp --data net.csv --width n=64 --steps 100 --lr 0.2 --out run",
            "tpgraph train net.tp --data net.csv --width n=64 --steps 50 --batch 4 --out small"
            " --optimizer adam --lr 0.01 --schedule cosine --validation 0.2",
        ),
        "evaluate": (
            "tpgraph evaluate trained --data net.csv",
            "tpgraph evaluate trained --data net.csv --plot predictions.svg",
        ),
        "predict": (
            "tpgraph predict trained --data net.csv",
            "tpgraph predict trained --data net.csv -o predictions.csv",
        ),
        "edit": ("tpgraph edit", "tpgraph edit rnn.tp --no-browser --port 8700"),
        "limit": (
            "tpgraph limit wigner.tp",
            "tpgraph limit net.tp --synthetic --draw limit.svg",
        ),
        "kernel": (
            "tpgraph kernel net.tp --synthetic 20 -o limit.npz",
            "tpgraph kernel net.tp --synthetic 20 --width n=256 --kind ntk -o finite.npz",
        ),
        "import": (
            "tpgraph import model.py:Model --width n=64 --input x=2,3 -o model.tp",
            "tpgraph import model.py:Model --width n=64 --input x=2,3 --parametrization ntk -o -",
        ),
        "compare": (
            "tpgraph compare net.tp --synthetic 40 --widths 16,32,64 --steps 2 --out compared",
            "tpgraph compare net.tp --data net.csv --widths 16,32,64 --steps 2 --out of_data",
        ),
        "coordcheck": (
            "tpgraph coordcheck net.tp --synthetic 40 --widths 16,32,64",
            "tpgraph coordcheck net.tp --data net.csv --widths 16,32,64 -o sizes.svg",
        ),
        "man": ("tpgraph man", "tpgraph man -o tpgraph.1"),
        "grammar": ("tpgraph grammar", "tpgraph grammar -o tp.tmLanguage.json"),
        "compare-parametrizations": (
            "tpgraph compare-parametrizations net.tp --synthetic 40 --widths 16,32",
            "tpgraph compare-parametrizations net.tp --in ntk,mup --data net.csv --widths 16,32"
            " --base 16 -o sides.html",
        ),
        "study phase": ("tpgraph study phase tanh --at 1.5,1", "tpgraph study phase relu --at 2,0"),
        "study dispersion": (
            "tpgraph study dispersion --preset fig2 --quick --widths 16 --inits 4 --out fig2",
            "tpgraph study dispersion --program net.tp --widths 8,16 --inits 4 --out of_net",
        ),
        "study drift": (
            "tpgraph study drift --quick --widths 8 --depths 2 --steps 5 --out drift",
            "tpgraph study drift --preset fig3 --quick --widths 8 --depths 2 --steps 5 --out fig3",
        ),
        "study function-variance": (
            "tpgraph study function-variance --preset fig5 --out fig5",
            "tpgraph study function-variance --preset fig6 --out fig6",
        ),
    }
)
"""By the name of the command, behind `tpgraph`."""


def add_commands(app: typer.Typer, *commands: Callable[..., None], group: str = "") -> None:
    """Register commands under the names of their functions: `compile_` is `compile`.

    `group` is the word between `tpgraph` and these names.
    """
    for command in commands:
        name = command.__name__.rstrip("_").replace("_", "-")
        lines = [f"  {example}" for example in EXAMPLES[f"{group} {name}".strip()]]
        app.command(name, cls=SamplesCommand, epilog="\n".join(["\b", "Examples:", *lines]))(
            command
        )
