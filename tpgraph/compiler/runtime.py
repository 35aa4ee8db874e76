"""The runtime of generated code: `compile` a program, get its functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import as_rows, plain_array
from tpgraph.compiler.backends import NUMPY, Backend, backend_named
from tpgraph.compiler.checking import check_widths, limited, loaded
from tpgraph.compiler.foreign_module import ForeignModule
from tpgraph.compiler.module_text import Dtype, argument_names, module_source, variables_source
from tpgraph.compiler.optimized import SCIPY, optimized_source
from tpgraph.compiler.optimizers import OPTIMIZER_NAMES, optimizer_functions, optimizer_named
from tpgraph.compiler.plan import Plan, inputs_of, make_plan, multiplier
from tpgraph.errors import TPDataError, TPError, on_one_line
from tpgraph.hyperparameters import require_step_rate
from tpgraph.program import Program, Variable
from tpgraph.program.any_program import AnyProgram, as_program
from tpgraph.progress import counting, one_more
from tpgraph.seeds import require_seed

__all__ = ["Array", "Module", "Params", "check_widths", "compile"]

Array: TypeAlias = npt.NDArray[np.floating]
Params: TypeAlias = dict[str, Array]

_DTYPES = ("float64", "float32")


@overload
def compile(
    program: AnyProgram,
    dtype: str = "float64",
    backend: Literal["numpy"] = "numpy",
    *,
    optimize: bool = False,
    optimizer: str | None = None,
) -> Module: ...


@overload
def compile(
    program: AnyProgram, dtype: str = "float64", *, backend: Literal["torch", "jax"]
) -> ForeignModule: ...


@overload
def compile(
    program: AnyProgram,
    dtype: str = "float64",
    backend: str = "numpy",
    *,
    optimize: bool = False,
    optimizer: str | None = None,
) -> Module | ForeignModule: ...


def compile(
    program: AnyProgram,
    dtype: str = "float64",
    backend: str = "numpy",
    *,
    optimize: bool = False,
    optimizer: str | None = None,
) -> Module | ForeignModule:
    """The program as a module of numpy, torch or JAX; it is loaded at its first use.

    `dtype` is "float64" or "float32"; in float32 every array of the module is float32.
    `optimize` gives the module of numpy a training step that allocates nothing, multiplies
    stacked operands at once and writes large weights every 32 updates: after it `params` holds
    every w once `flush(params)` was called. It needs scipy. A program without a loss has no
    step, and its module is the plain one. `optimizer` ("sgd", "momentum", "nesterov", "adam" or
    "adamw") gives the module of numpy `init_state` and `optimizer_step` besides, with weight decay.
    Raises TPError for another dtype, backend or optimizer, TPLimitError where functions nest
    deeper than Python recurses.
    """
    library = backend_named(backend)
    if optimizer is not None:
        _require_optimizer(optimizer, library, optimize)
    if optimize and library is not NUMPY:
        raise TPError(
            f"code for {backend} is optimized by its own compiler",
            mend="torch.compile or jax.jit, or backend numpy",
        )
    program = as_program(program)
    match dtype:
        case "float64" | "float32":
            if library is NUMPY:
                return Module(program, dtype, optimize, optimizer)
            return ForeignModule(program, dtype, library)
        case _:
            raise TPError(f"unknown dtype {dtype!r}", expected=" or ".join(_DTYPES))


def _require_optimizer(name: str, library: Backend, optimize: bool) -> None:
    """Raise TPError for an optimizer that there is no code for."""
    optimizer_named(name)
    if optimize:
        raise TPError(
            "an optimized training step is that of sgd_step",
            mend="compile without optimize for another optimizer",
        )
    if library is not NUMPY:
        raise TPError(
            f"{library.name} has optimizers of its own",
            mend="model.parameter_groups(lr, optimizer) of the torch module has their rates",
        )


class Module:
    """Generated code, loaded.

    For a network: `init`, `forward` (if it has outputs), `backward` and `sgd_step` (if it has a
    loss); for a raw program: `init` and `run`. Data and targets are arrays (batch, d), by position
    in the order of the declarations or by name. All raise TPDataError for arrays and widths that
    do not fit. `source` is the standalone module's text, which needs numpy alone, and scipy where
    it is optimized.
    """

    def __init__(
        self, program: Program, dtype: Dtype, optimize: bool = False, optimizer: str | None = None
    ) -> None:
        self.program = program
        self.dtype = dtype
        self.optimizer = optimizer
        self._optimized = optimize and program.loss is not None
        if optimizer is not None:
            self._require_loss()
        with limited():
            self._plan: Plan = make_plan(program, self._library())
            self.source = self._written()

    def _library(self) -> Backend:
        """numpy, with the names that this module's code has besides."""
        if self._optimized:
            return SCIPY
        return NUMPY if self.optimizer is None else replace(NUMPY, names=OPTIMIZER_NAMES)

    def _written(self) -> str:
        """The text of the module."""
        if self._optimized:
            return optimized_source(self._plan, self.dtype)
        if self.optimizer is None:
            return module_source(self._plan, self.dtype)
        more = optimizer_functions(self._plan, optimizer_named(self.optimizer))
        return module_source(self._plan, self.dtype, more)

    def __repr__(self) -> str:
        return f"<Module {self.program.name}, {self.dtype}>"

    @property
    def trainable(self) -> tuple[str, ...]:
        """The names of what is trained."""
        return tuple(p.variable.name for p in self.program.parameters)

    @cached_property
    def arguments(self) -> Mapping[str, str]:
        """The identifiers of data and targets in calls, by source name."""
        return {d.variable.name: self._plan.name(d.variable) for d in inputs_of(self.program)}

    def init(self, widths: Mapping[str, int], seed: int = 0) -> Params:
        """Everything random, by source name; float64 draws, rounded to the dtype."""
        sizes = check_widths(self.program, widths)
        require_seed(seed)
        with counting("draws", len(self.program.declarations) - len(self.arguments)):
            made: Params = self._function("init")(sizes, seed)
        return made

    def forward(self, params: Params, *data: Any, **named: Any) -> Any:
        """The output (batch, k), or a dict of several outputs by source name."""
        if not self.program.outputs:
            raise TPError("the program has no output", mend="declare one: output f")
        arrays = self._bind(data, named, targets=False)
        return self._function("forward")(params, *arrays)

    def outputs(self, params: Params, data: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by source name, of data by source name that are taken as they are.

        Data are (…, d) with axes before the last that broadcast against each other: what depends on
        an input has its axes alone.
        """
        arrays = [data[d.variable.name] for d in self.program.data]
        found = self._function("forward")(params, *arrays)
        return found if isinstance(found, dict) else {self.program.outputs[0].name: found}

    def backward(self, params: Params, *data: Any, **named: Any) -> tuple[Any, Params]:
        """(loss, gradients with respect to every trained w, by source name)."""
        self._require_loss()
        arrays = self._bind(data, named, targets=True)
        result: tuple[Any, Params] = self._function("backward")(params, *arrays)
        return result

    def sgd_step(self, params: Params, *data: Any, lr: float | None = None, **named: Any) -> Any:
        """One step of gradient descent in place; `lr` is the last argument. The loss before it."""
        self._require_loss()
        if lr is None:
            if not data or np.ndim(data[-1]):
                raise TPDataError(
                    "sgd_step needs a learning rate, its last argument", mend="add lr=0.1"
                )
            *data_list, lr = data
            data = tuple(data_list)
        arrays = self._bind(data, named, targets=True)
        return self._function("sgd_step")(params, *arrays, require_step_rate(lr))

    def loss(self, params: Params, *data: Any, **named: Any) -> float:
        """The loss of a batch, without its gradients."""
        self._require_loss()
        arrays = self._bind(data, named, targets=True)
        self.flush(params)
        return float(next(self._function("_gradients")(params, *arrays, 1.0)))

    def init_state(self, params: Params) -> Params:
        """What the optimizer keeps between steps, by name, as arrays."""
        self._require_state()
        made: Params = self._function("init_state")(params)
        return made

    def optimizer_step(
        self, params: Params, state: Params, *data: Any, lr: float, **named: Any
    ) -> Any:
        """One step of the optimizer, of `params` and `state` in place; the loss before it.

        `weight_decay`, and what the optimizer has of momentum, beta1, beta2, eps, go by name.
        """
        self._require_state()
        known = ("weight_decay", *optimizer_named(self.optimizer or "").numbers)
        numbers = {name: float(named.pop(name)) for name in known if name in named}
        arrays = self._bind(data, named, targets=True)
        step = self._function("optimizer_step")
        return step(params, state, *arrays, require_step_rate(lr), **numbers)

    def _require_state(self) -> None:
        if self.optimizer is None:
            raise TPError(
                "the module was compiled without an optimizer",
                mend='compile(program, optimizer="adam")',
            )

    def flush(self, params: Params) -> None:
        """Make what an optimized `sgd_step` has kept, so that `params` holds every w as it is."""
        if self._optimized:
            self._function("flush")(params)

    def run(self, widths: Mapping[str, int], seed: int = 0) -> dict[str, Any]:
        """Every vector's and scalar's value by source name, of a raw program."""
        if self.program.is_network:
            raise TPError(
                "run is for programs without data and params",
                mend="use init and forward, or variables",
            )
        result: dict[str, Any] = self._function("run")(check_widths(self.program, widths), seed)
        return result

    def variables(self, params: Params, *data: Any, **named: Any) -> Iterator[tuple[str, Array]]:
        """(name, value) of every variable in program order; targets may be left out.

        What depends on the targets is left out with them. Parameters come as their trained w.
        """
        inputs = len(data) + len(named)
        targets = bool(self.program.targets) and inputs > len(self.program.data)
        arrays = self._bind(data, named, targets)
        found: Iterator[tuple[str, Array]] = self._tracer(targets)(params, *arrays)
        return found

    def multipliers(self, params: Params) -> dict[str, float]:
        """M of every param's W = M w, from the shapes of w."""
        program = self.program
        return {
            p.variable.name: multiplier(p, program.parametrization, params[p.variable.name].shape)
            for p in program.parameters
            if program.parametrization is not None
        }

    def first_nonfinite(self, params: Params, *data: Any, **named: Any) -> str | None:
        """The first variable in program order with an entry that is nan or infinite."""
        with np.errstate(all="ignore"):
            for name, value in self.variables(params, *data, **named):
                if not np.isfinite(value).all():
                    return name
        return None

    def _require_loss(self) -> None:
        if self.program.loss is None:
            raise TPError("the program has no loss", mend="declare one: loss (f - y)^2 / 2")

    def _function(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = self._namespace[name]
        return function

    @cached_property
    def _namespace(self) -> dict[str, Any]:
        name = f"<tpgraph {on_one_line(self.program.name)} {self.dtype} {id(self):x}>"
        found = loaded(self.source, name)
        if "_normal" in found:
            found["_normal"] = _counted(found["_normal"])
        return found

    def _tracer(self, targets: bool) -> Callable[..., Any]:
        tracer = self._tracers.get(targets)
        if tracer is None:
            header = f"import numpy as np\n\nDTYPE = np.{self.dtype}\n\n\n"
            text = header + variables_source(self._plan, targets)
            kind = "loss" if targets else "values"
            name = f"<tpgraph {on_one_line(self.program.name)} {kind} {id(self):x}>"
            tracer = loaded(text, name)["variables"]
            self._tracers[targets] = tracer
        return tracer

    @cached_property
    def _tracers(self) -> dict[bool, Callable[..., Any]]:
        return {}

    @cached_property
    def _inputs(self) -> dict[bool, tuple[list[str], list[Variable], list[int]]]:
        """Without and with targets: the names of the arguments, what they are, their dimensions."""
        found = {}
        for targets in (False, True):
            declared = inputs_of(self.program) if targets else self.program.data
            variables = [d.variable for d in declared]
            dims = [v.dim.size({}) for v in variables]
            found[targets] = argument_names(self._plan, targets), variables, dims
        return found

    def _bind(self, data: Sequence[Any], named: Mapping[str, Any], targets: bool) -> list[Array]:
        """The data arrays (and targets) in order, checked."""
        names, variables, dims = self._inputs[targets]
        if len(data) > len(names):
            raise TPDataError(
                f"{len(data)} arrays were given", expected=f"{len(names)}: {', '.join(names)}"
            )
        given = dict(zip(names, data, strict=False))
        for name, value in named.items():
            if name not in names or name in given:
                what = "given twice" if name in given else "not an input of the program"
                raise TPDataError(f"{name} is {what}", expected=f"arrays {', '.join(names)}")
            given[name] = value
        missing = [name for name in names if name not in given]
        if missing:
            raise TPDataError(
                f"no array was given for {', '.join(missing)}",
                expected=f"arrays {', '.join(names)}",
            )
        arrays = [
            _checked(given[name], variable, dim)
            for name, variable, dim in zip(names, variables, dims, strict=True)
        ]
        if len({len(a) for a in arrays}) > 1:
            sizes = ", ".join(f"{n}: {len(a)}" for n, a in zip(names, arrays, strict=True))
            raise TPDataError(f"the arrays have different numbers of samples ({sizes})")
        return arrays


def _counted(draw: Callable[..., Array]) -> Callable[..., Array]:
    """Draws of which each is counted."""

    def drawn(*arguments: Any) -> Array:
        found = draw(*arguments)
        one_more()
        return found

    return drawn


def _checked(value: Any, variable: Variable, size: int) -> Array:
    try:
        array = plain_array(variable.name, value)
    except ValueError:
        raise TPDataError(
            f"{variable} has rows of different lengths", expected=f"(batch, {size})"
        ) from None
    if array.ndim != 2 or array.shape[1] != size or not len(array):
        raise TPDataError(
            f"{variable} has shape {array.shape}",
            expected=f"(batch, {size}) with batch ≥ 1",
            mend=as_rows(array, size),
        )
    if array.dtype.kind not in "fiub":
        raise TPDataError(f"{variable} has entries of type {array.dtype}", expected="real numbers")
    return array
