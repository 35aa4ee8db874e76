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
    from tpgraph import bounds, gallery
    from tpgraph.bounds import Bound
    from tpgraph.compiler import Module, compile, run
    from tpgraph.embedded import extract_program, is_picture
    from tpgraph.errors import Span, TPDataError, TPError, TPErrorGroup, TPWarning
    from tpgraph.files import make_directory, require_file, require_folder, write_bytes
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
    from tpgraph.study.compare.compare import COMPARISON_FILES, compare
    from tpgraph.study.compare.figure import compare_figure
    from tpgraph.study.compare.result import Comparison
    from tpgraph.study.coordinates.check import CoordinateCheck, coordinate_check
    from tpgraph.study.coordinates.figure import coordinate_figure
    from tpgraph.study.dispersion.settings import (
        DispersionSettings,
        dispersion_settings,
        program_settings,
    )
    from tpgraph.study.dispersion.study import Dispersion, study_dispersion
    from tpgraph.study.drift.figure import drift_figure
    from tpgraph.study.drift.grid import DriftGrid
    from tpgraph.study.drift.network import with_function, with_loss
    from tpgraph.study.drift.presets import DriftPreset, drift_preset, drift_program, drift_samples
    from tpgraph.study.drift.study import DriftResult, drift_study
    from tpgraph.study.figures import figure_bytes
    from tpgraph.study.function_variance.figure import (
        kappa_panels,
        kappas_csv,
        kappas_figure,
        variance_figure,
    )
    from tpgraph.study.function_variance.presets import VariancePreset, variance_preset
    from tpgraph.study.function_variance.study import (
        VarianceGrid,
        VarianceResult,
        function_variance,
    )
    from tpgraph.study.function_variance.theory import Kappas, kappas, trained_variance
    from tpgraph.study.phase.diagram import PhaseDiagram, phase_diagram
    from tpgraph.study.phase.fixed_points import FixedPoint, border, chi, depth_scales, fixed_point
    from tpgraph.training import TRAINING_FILES, load_data, synthetic_data, train
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
    "Bound": "bounds",
    "COMPARISON_FILES": "study.compare.compare",
    "Comparison": "study.compare.result",
    "CoordinateCheck": "study.coordinates.check",
    "Dispersion": "study.dispersion.study",
    "DispersionSettings": "study.dispersion.settings",
    "Drawing": "notation",
    "DriftGrid": "study.drift.grid",
    "DriftPreset": "study.drift.presets",
    "DriftResult": "study.drift.study",
    "FixedPoint": "study.phase.fixed_points",
    "Frames": "notation",
    "Kappas": "study.function_variance.theory",
    "Kernel": "kernels",
    "KernelDynamics": "kernels.dynamics",
    "KernelSolution": "kernels.ensemble",
    "Limit": "limits",
    "Module": "compiler",
    "PhaseDiagram": "study.phase.diagram",
    "Program": "program",
    "Span": "errors",
    "TPDataError": "errors",
    "TPError": "errors",
    "TPErrorGroup": "errors",
    "TPWarning": "errors",
    "TRAINING_FILES": "training",
    "VarianceGrid": "study.function_variance.study",
    "VariancePreset": "study.function_variance.presets",
    "VarianceResult": "study.function_variance.study",
    "backward": "transform",
    "border": "study.phase.fixed_points",
    "builder": "program.operators",
    "check": "program",
    "chi": "study.phase.fixed_points",
    "compare": "study.compare.compare",
    "compare_figure": "study.compare.figure",
    "compile": "compiler",
    "coordinate_check": "study.coordinates.check",
    "coordinate_figure": "study.coordinates.figure",
    "depth_scales": "study.phase.fixed_points",
    "dispersion_settings": "study.dispersion.settings",
    "draw": "notation",
    "draw_frames": "notation",
    "drift_figure": "study.drift.figure",
    "drift_preset": "study.drift.presets",
    "drift_program": "study.drift.presets",
    "drift_samples": "study.drift.presets",
    "drift_study": "study.drift.study",
    "empirical_kernel": "kernels",
    "error_entry": "program.report",
    "extract_program": "embedded",
    "figure_bytes": "study.figures",
    "fixed_point": "study.phase.fixed_points",
    "format_text": "language",
    "from_json": "language",
    "function_variance": "study.function_variance.study",
    "gaussian_ensemble": "kernels.ensemble",
    "gradients": "transform",
    "interpret": "interpreter",
    "is_picture": "embedded",
    "kappa_panels": "study.function_variance.figure",
    "kappas": "study.function_variance.theory",
    "kappas_csv": "study.function_variance.figure",
    "kappas_figure": "study.function_variance.figure",
    "kernel": "kernels",
    "kernel_dynamics": "kernels.dynamics",
    "kernel_figure": "kernels.plot",
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
    "phase_diagram": "study.phase.diagram",
    "program_settings": "study.dispersion.settings",
    "read_program": "language",
    "reduce": "transform",
    "report": "program.report",
    "require_file": "files",
    "require_folder": "files",
    "run": "compiler",
    "sample": "interpreter",
    "select_paths": "transform",
    "simplify": "transform",
    "source_of": "notation",
    "staged": "transform",
    "strict_text": "program.strict",
    "synthetic_data": "training",
    "study_dispersion": "study.dispersion.study",
    "text_of": "language",
    "to_json": "language",
    "to_text": "language",
    "train": "training",
    "trained_variance": "study.function_variance.theory",
    "unroll_sgd": "transform",
    "variance_figure": "study.function_variance.figure",
    "variance_preset": "study.function_variance.presets",
    "with_function": "study.drift.network",
    "with_loss": "study.drift.network",
    "write_bytes": "files",
}
_MODULES = ("bounds", "gallery")

__all__ = [
    "COMPARISON_FILES",
    "TRAINING_FILES",
    "Bound",
    "Comparison",
    "CoordinateCheck",
    "Dispersion",
    "DispersionSettings",
    "Drawing",
    "DriftGrid",
    "DriftPreset",
    "DriftResult",
    "FixedPoint",
    "Frames",
    "Kappas",
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
    "TPWarning",
    "VarianceGrid",
    "VariancePreset",
    "VarianceResult",
    "backward",
    "border",
    "bounds",
    "builder",
    "check",
    "chi",
    "compare",
    "compare_figure",
    "compile",
    "coordinate_check",
    "coordinate_figure",
    "depth_scales",
    "dispersion_settings",
    "draw",
    "draw_frames",
    "drift_figure",
    "drift_preset",
    "drift_program",
    "drift_samples",
    "drift_study",
    "empirical_kernel",
    "error_entry",
    "extract_program",
    "figure_bytes",
    "fixed_point",
    "format_text",
    "from_json",
    "function_variance",
    "gallery",
    "gaussian_ensemble",
    "gradients",
    "interpret",
    "is_picture",
    "kappa_panels",
    "kappas",
    "kappas_csv",
    "kappas_figure",
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
    "program_settings",
    "read_program",
    "reduce",
    "report",
    "require_file",
    "require_folder",
    "run",
    "sample",
    "select_paths",
    "simplify",
    "source_of",
    "staged",
    "strict_text",
    "study_dispersion",
    "synthetic_data",
    "text_of",
    "to_json",
    "to_text",
    "train",
    "trained_variance",
    "unroll_sgd",
    "variance_figure",
    "variance_preset",
    "with_function",
    "with_loss",
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
