"""What `tpgraph` offers of this bridge; torch is loaded when it is called."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tpgraph import bounds
from tpgraph.errors import TPArgumentError, TPDataError, TPError, on_one_line
from tpgraph.files import as_path, unreadable
from tpgraph.program.near_names import did_you_mean

if TYPE_CHECKING:
    from tpgraph.bridges.torch_in.imported import Imported

__all__ = ["copy_weights", "from_torch", "load_module", "with_torch"]


def from_torch(
    make: Callable[..., Any],
    example: Any,
    n: int | Mapping[str, int] = 64,
    *,
    parametrization: str = "standard",
    base: int | None = None,
    train: bool = False,
    loss: str | Callable[..., Any] | None = None,
    roll: bool = True,
) -> Imported:
    """The Tensor Program of a PyTorch module.

        i = tp.from_torch(lambda n: Model(n), torch.randn(1, 5), n=64)
        i.program, i.text, i.notes
        params = tp.copy_weights(module, i)
        tp.compile(i.program).forward(params, *i.data(x))

    `make` builds the module at a width; it is called at n and 2 n, and what differs is a width or
    a power of it. With `n={"n": 64, "m": 32}` it is called with these names. `example` is the
    module's argument, a tuple of them or a dict by name (tensors or arrays), with the batch in
    front: one sample for the program of a network, more where the samples of a batch meet (batch
    normalization, with `train`).

    In `parametrization` "standard" the trained w is W itself; "ntk" and "mup" divide W by their
    multipliers. A factor that grows with the width, as attention with 1/√d leaves, is refused, or
    frozen at its value at the width `base`. `loss`, "mse", "cross_entropy" or a function of output
    and target, becomes the program's; of a function the target is the last of the examples.
    `roll=False` leaves loops unrolled.

    Raises TPError with module, operation and line of the source for what is no Tensor Program.
    """
    _require_factory(make)
    _require("parametrization", parametrization, ("standard", "ntk", "mup"))
    if isinstance(loss, str):
        _require("loss", loss, ("mse", "cross_entropy"))
    widths = {"n": n} if isinstance(n, int) else dict(n)
    for name, size in (*widths.items(), ("base", base or 2)):
        if size < 2:
            raise TPArgumentError(f"the width {name} = {size} is too small", expected="2 or more")
        bounds.IMPORTED.require(size, f"the width {name} = {size} is too large")

    def built(sizes: Mapping[str, int]) -> Any:
        return make(*sizes.values()) if isinstance(n, int) else make(**sizes)

    found: Imported = with_torch().translated(
        built, example, widths, parametrization, base, train, loss, roll
    )
    return found


def _require_factory(make: Any) -> None:
    """Raise TPError for a module that is built already, and for what builds none."""
    if callable(make) and (isinstance(make, type) or not hasattr(make, "state_dict")):
        return
    name = type(make).__name__
    what = "a module that is built already" if callable(make) else f"{make!r} of type {name}"
    raise TPError(
        f"from_torch was given {what}",
        expected="a function of the width that builds the module, which tells what is a width",
        mend=f"tp.from_torch(lambda n: {name if callable(make) else 'Model'}(n), …)",
    )


def _require(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise TPError(f"unknown {what} {given!r}", expected=" or ".join(known))


def copy_weights(
    module: Any, imported: Imported, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The module's parameters as `params` of the compiled program; with `params`, the other way.

    The module may have another width than it was imported at; in a parametrization with
    multipliers M the trained w = W / M are given. With `params`, the module's parameters are
    overwritten by them. Raises TPDataError where the module's shapes are not those imported.
    """
    copied: dict[str, Any] = with_torch().copy_weights(module, imported, params)
    return copied


def with_torch() -> Any:
    """The part of this bridge that needs torch. Raises TPError where torch is missing."""
    try:
        return import_module("tpgraph.bridges.torch_in.two_widths")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "torch":
            raise
        raise TPError(
            "the import of PyTorch modules needs torch, which is not installed",
            mend="install it: pip install 'tpgraph[torch]'",
        ) from None


def load_module(path: str | Path, name: str, settings: Mapping[str, Any] | None = None) -> Any:
    """A factory of the class (or function) `name` in a Python file, which is run.

    The factory is called with widths, by name or not, and hands `settings` on besides. Raises
    TPError where the file cannot be read, where it fails, or has no such name.
    """
    file = as_path(path)
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise unreadable(file, error) from None
    namespace = _run(file)
    made = namespace.get(name)
    if not callable(made):
        own = [k for k, v in namespace.items() if callable(v) and not k.startswith("_")]
        raise TPArgumentError(
            f"{file} has no class or function {name}",
            expected=", ".join(own) or None,
            mend=did_you_mean(name, own),
        )
    if not isinstance(made, type) and hasattr(made, "state_dict"):
        raise TPArgumentError(
            f"{name} of {file} is a module that is built already",
            expected="a class, or a function of the width that builds the module",
            mend=f"write def make(n): return {type(made).__name__}(…), and name make",
        )
    chosen = dict(settings or {})

    def factory(*widths: Any, **named: Any) -> Any:
        try:
            return made(*widths, **named, **chosen)
        except TypeError as error:
            own = _arguments(made)
            if own is None or not {*named, *chosen} - set(own):
                raise
            raise TPArgumentError(
                f"the module cannot be built: {on_one_line(str(error))}",
                expected=f"arguments of {name}: {', '.join(own)}",
                mend=f"--width {own[0]}=…" if own else None,
            ) from None

    return factory


def _arguments(made: Callable[..., Any]) -> list[str] | None:
    """The names that it takes; None where it takes any, or they are unknown."""
    try:
        found = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in found) else [p.name for p in found]


def _run(file: Path) -> dict[str, Any]:
    """The names of a Python file after it has run, beside which its own imports are found."""
    folder = str(file.resolve().parent)
    spec = spec_from_file_location(f"model_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise TPDataError(f"{file} is no Python file", expected="a name that ends in .py")
    module = sys.modules[spec.name] = module_from_spec(spec)  # dataclasses look themselves up there
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script that ends itself makes no module
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = on_one_line(f"{type(error).__name__}: {error}")
        raise TPDataError(
            f"{file} fails when it is run: {said} ({last.filename}, line {last.lineno})"
        ) from error
    finally:
        sys.path.remove(folder)
    return vars(module)
