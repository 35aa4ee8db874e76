"""tpgraph: write a Tensor Program, see it, run it, take its infinite-width limit.

    import tpgraph as tp
    p = tp.load("mlp.tp")
    tp.draw(p, "mlp.svg")
    m = tp.compile(p)

Names are loaded when they are first used, so that `import tpgraph` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tpgraph import gallery
    from tpgraph.compiler import Module, compile, run
    from tpgraph.embedded import extract_program, is_picture
    from tpgraph.errors import Span, TPDataError, TPError, TPErrorGroup
    from tpgraph.files import make_directory, write_bytes
    from tpgraph.interpreter import interpret, sample
    from tpgraph.kernels import (
        Kernel,
        empirical_kernel,
        kernel,
        mean_kernel,
        parameter_kernels,
        path_kernels,
    )
    from tpgraph.kernels.dynamics import KernelDynamics, kernel_dynamics
    from tpgraph.kernels.ensemble import KernelSolution, gaussian_ensemble, kernel_solution
    from tpgraph.kernels.plot import kernel_figure
    from tpgraph.language import (
        format_text,
        from_json,
        load,
        parse,
        read_program,
        text_of,
        to_json,
        to_text,
    )
    from tpgraph.language.latex import latex_listing
    from tpgraph.limits import Limit, limit
    from tpgraph.notation import Drawing, Frames, draw, draw_frames, source_of
    from tpgraph.program import Program, check
    from tpgraph.program.listing import listing
    from tpgraph.program.operators import builder
    from tpgraph.program.report import error_entry, report
    from tpgraph.program.strict import strict_text
    from tpgraph.study.coordinates import CoordinateCheck, coordinate_check
    from tpgraph.study.figures import figure_bytes
    from tpgraph.study.phase import FixedPoint, border, chi, depth_scales, fixed_point
    from tpgraph.study.phase_diagram import PhaseDiagram, phase_diagram
    from tpgraph.training import load_data, train
    from tpgraph.transform import (
        backward,
        gradients,
        ntk,
        paths,
        reduce,
        select_paths,
        simplify,
        staged,
        unroll_sgd,
    )

    __version__: str

_HOME = {
    "CoordinateCheck": "study.coordinates",
    "Drawing": "notation",
    "FixedPoint": "study.phase",
    "Frames": "notation",
    "Kernel": "kernels",
    "KernelDynamics": "kernels.dynamics",
    "KernelSolution": "kernels.ensemble",
    "Limit": "limits",
    "Module": "compiler",
    "PhaseDiagram": "study.phase_diagram",
    "Program": "program",
    "Span": "errors",
    "TPDataError": "errors",
    "TPError": "errors",
    "TPErrorGroup": "errors",
    "backward": "transform",
    "border": "study.phase",
    "builder": "program.operators",
    "check": "program",
    "chi": "study.phase",
    "compile": "compiler",
    "coordinate_check": "study.coordinates",
    "depth_scales": "study.phase",
    "draw": "notation",
    "draw_frames": "notation",
    "empirical_kernel": "kernels",
    "error_entry": "program.report",
    "extract_program": "embedded",
    "figure_bytes": "study.figures",
    "fixed_point": "study.phase",
    "format_text": "language",
    "from_json": "language",
    "gaussian_ensemble": "kernels.ensemble",
    "gradients": "transform",
    "interpret": "interpreter",
    "is_picture": "embedded",
    "kernel": "kernels",
    "kernel_figure": "kernels.plot",
    "kernel_dynamics": "kernels.dynamics",
    "kernel_solution": "kernels.ensemble",
    "latex_listing": "language.latex",
    "limit": "limits",
    "listing": "program.listing",
    "load": "language",
    "load_data": "training",
    "make_directory": "files",
    "mean_kernel": "kernels",
    "ntk": "transform",
    "parameter_kernels": "kernels",
    "parse": "language",
    "path_kernels": "kernels",
    "paths": "transform",
    "phase_diagram": "study.phase_diagram",
    "read_program": "language",
    "reduce": "transform",
    "report": "program.report",
    "run": "compiler",
    "sample": "interpreter",
    "select_paths": "transform",
    "simplify": "transform",
    "source_of": "notation",
    "staged": "transform",
    "strict_text": "program.strict",
    "text_of": "language",
    "to_json": "language",
    "to_text": "language",
    "train": "training",
    "unroll_sgd": "transform",
    "write_bytes": "files",
}
_MODULES = ("gallery",)

__all__ = [
    "CoordinateCheck",
    "Drawing",
    "FixedPoint",
    "Frames",
    "Kernel",
    "KernelDynamics",
    "KernelSolution",
    "Limit",
    "Module",
    "PhaseDiagram",
    "Program",
    "Span",
    "TPDataError",
    "TPError",
    "TPErrorGroup",
    "backward",
    "border",
    "builder",
    "check",
    "chi",
    "compile",
    "coordinate_check",
    "depth_scales",
    "draw",
    "draw_frames",
    "empirical_kernel",
    "error_entry",
    "extract_program",
    "figure_bytes",
    "fixed_point",
    "format_text",
    "from_json",
    "gallery",
    "gaussian_ensemble",
    "gradients",
    "interpret",
    "is_picture",
    "kernel",
    "kernel_dynamics",
    "kernel_figure",
    "kernel_solution",
    "latex_listing",
    "limit",
    "listing",
    "load",
    "load_data",
    "make_directory",
    "mean_kernel",
    "ntk",
    "parameter_kernels",
    "parse",
    "path_kernels",
    "paths",
    "phase_diagram",
    "read_program",
    "reduce",
    "report",
    "run",
    "sample",
    "select_paths",
    "simplify",
    "source_of",
    "staged",
    "strict_text",
    "text_of",
    "to_json",
    "to_text",
    "train",
    "unroll_sgd",
    "write_bytes",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("tpgraph")
    if name in _MODULES:
        return import_module(f"tpgraph.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'tpgraph' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"tpgraph.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
