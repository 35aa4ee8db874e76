"""Programs compiled for torch or JAX: their source, and what it defines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from tpgraph.compiler.backends import Backend
from tpgraph.compiler.checking import check_widths, limited, loaded
from tpgraph.compiler.foreign import foreign_source
from tpgraph.compiler.module_text import Dtype
from tpgraph.compiler.plan import make_plan
from tpgraph.errors import TPError, on_one_line
from tpgraph.functions import inline
from tpgraph.program import InitialScalar, Program

__all__ = ["ForeignModule"]


class ForeignModule:
    """A program for torch or JAX. `source` stands alone and imports nothing of tpgraph.

    `load()` gives what it defines: of a network `init(widths, seed)` (numpy arrays by source
    name), the pure functions `forward(params, …)` and `loss(params, …)` on the library's arrays,
    for torch the class `Model(widths, seed, dtype)`, for JAX `backward(params, …)` and
    `sgd_step(params, …, lr)`, which returns new parameters; of a raw program `init` and `run`.
    """

    def __init__(self, program: Program, dtype: Dtype, backend: Backend) -> None:
        self.program = program
        self.dtype = dtype
        self.backend = backend.name
        with limited():
            plan = make_plan(program, backend)
            self.source = foreign_source(plan, make_plan(_with_plain_scalars(program)), dtype)

    def __repr__(self) -> str:
        return f"<ForeignModule {self.program.name}, {self.backend}, {self.dtype}>"

    def load(self) -> SimpleNamespace:
        """What the source defines, by name. Raises TPError where the library is not installed."""
        return self._loaded

    def module(self, widths: Mapping[str, int], seed: int = 0) -> Any:
        """The network as a torch.nn.Module. Raises TPError for JAX, which has none."""
        if self.backend != "torch" or not self.program.is_network:
            raise TPError(
                f"{self} has no module", mend="take the functions that load() gives instead"
            )
        return self.load().Model(check_widths(self.program, widths), seed)

    def outputs(self, params: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by source name as the library's arrays, as `Module.outputs` gives numpy's.

        Torch computes on a GPU where there is one, JAX where it computes by default.
        """
        made = self.load()
        arrays = [data[d.variable.name] for d in self.program.data]
        if self.backend == "jax":
            found = made.jax.jit(made.forward)(dict(params), *arrays)
        else:
            device = "cuda" if made.torch.cuda.is_available() else "cpu"
            placed = {
                name: made.torch.as_tensor(value, device=device, dtype=self._torch_dtype(made))
                for name, value in params.items()
            }
            with made.torch.no_grad():
                found = made.forward(placed, *arrays)
        return found if isinstance(found, dict) else {self.program.outputs[0].name: found}

    def _torch_dtype(self, made: SimpleNamespace) -> Any:
        return getattr(made.torch, self.dtype)

    @cached_property
    def _loaded(self) -> SimpleNamespace:
        name = f"<tpgraph {on_one_line(self.program.name)} {self.backend} {id(self):x}>"
        try:
            return SimpleNamespace(**loaded(self.source, name))
        except ModuleNotFoundError as error:
            raise TPError(
                f"code for {self.backend} needs {error.name}, which is not installed",
                mend=f"install it: pip install {self.backend}",
            ) from None


def _with_plain_scalars(program: Program) -> Program:
    """The program whose scalars are given without functions of its own, for `init` in numpy."""
    declarations = tuple(
        replace(d, value=inline(d.value)) if isinstance(d, InitialScalar) else d
        for d in program.declarations
    )
    return replace(program, declarations=declarations)
