"""The public names of tpgraph and where each of them is made; what is not here is not public."""

# Groups: what belongs to one subject.
from . import bounds as bounds
from . import bridges as bridges
from . import gallery as gallery
from . import guide as guide
from . import kernels as kernels
from . import language as language
from . import lessons as lessons
from . import notation as notation
from . import progress as progress
from . import shell as shell
from . import study as study
from . import training as training
from .annotations import (
    annotate as annotate,
)
from .bounds import (
    Bound as Bound,
)
from .bridges import (
    copy_weights as copy_weights,
)
from .bridges import (
    from_torch as from_torch,
)
from .compiler import (
    ForeignModule as ForeignModule,
)
from .compiler import (
    Machine as Machine,
)
from .compiler import (
    Module as Module,
)
from .compiler import (
    StepCost as StepCost,
)
from .compiler import (
    compile as compile,
)
from .compiler import (
    measured_machine as measured_machine,
)
from .compiler import (
    run as run,
)
from .compiler import (
    step_cost as step_cost,
)
from .editor.launch import (
    edit as edit,
)
from .editor.notebook import (
    Editor as Editor,
)
from .embedded import (
    extract_program as extract_program,
)
from .embedded import (
    is_picture as is_picture,
)
from .errors import (
    Span as Span,
)
from .errors import (
    TextEdit as TextEdit,
)
from .errors import (
    TPArgumentError as TPArgumentError,
)
from .errors import (
    TPDataError as TPDataError,
)
from .errors import (
    TPError as TPError,
)
from .errors import (
    TPErrorGroup as TPErrorGroup,
)
from .errors import (
    TPLimitError as TPLimitError,
)
from .errors import (
    TPRandomError as TPRandomError,
)
from .errors import (
    TPWarning as TPWarning,
)
from .interpreter import (
    interpret as interpret,
)
from .interpreter import (
    sample as sample,
)
from .kernels import (
    Kernel as Kernel,
)
from .kernels import (
    empirical_kernel as empirical_kernel,
)
from .kernels import (
    kernel as kernel,
)
from .kernels import (
    mean_kernel as mean_kernel,
)
from .kernels import (
    parameter_kernels as parameter_kernels,
)
from .kernels import (
    path_kernels as path_kernels,
)
from .kernels.dynamics import (
    KernelDynamics as KernelDynamics,
)
from .kernels.dynamics import (
    kernel_dynamics as kernel_dynamics,
)
from .kernels.dynamics import (
    largest_rate as largest_rate,
)
from .kernels.ensemble import (
    KernelSolution as KernelSolution,
)
from .kernels.ensemble import (
    gaussian_ensemble as gaussian_ensemble,
)
from .kernels.ensemble import (
    kernel_solution as kernel_solution,
)
from .kernels.heat_map import (
    kernel_figure as kernel_figure,
)
from .language import (
    editing as editing,
)
from .language import (
    format_text as format_text,
)
from .language import (
    from_json as from_json,
)
from .language import (
    load as load,
)
from .language import (
    parse as parse,
)
from .language import (
    read_program as read_program,
)
from .language import (
    text_of as text_of,
)
from .language import (
    to_json as to_json,
)
from .language import (
    to_text as to_text,
)
from .language.latex import (
    latex_listing as latex_listing,
)
from .limits import (
    Limit as Limit,
)
from .limits import (
    limit as limit,
)
from .notation import (
    Annotation as Annotation,
)
from .notation import (
    Drawing as Drawing,
)
from .notation import (
    Frames as Frames,
)
from .notation import (
    draw as draw,
)
from .notation import (
    draw_frames as draw_frames,
)
from .notation import (
    source_of as source_of,
)
from .program import (
    Program as Program,
)
from .program import (
    check as check,
)
from .program.listing import (
    listing as listing,
)
from .program.operators import (
    builder as builder,
)
from .program.report import (
    report as report,
)
from .program.strict import (
    strict_text as strict_text,
)

# Names that stood here before their group did, and go on to work; new ones stand in `study` alone.
from .study import (
    Comparison as Comparison,
)
from .study import (
    CoordinateCheck as CoordinateCheck,
)
from .study import (
    Dispersion as Dispersion,
)
from .study import (
    DispersionSettings as DispersionSettings,
)
from .study import (
    DriftGrid as DriftGrid,
)
from .study import (
    DriftPreset as DriftPreset,
)
from .study import (
    DriftResult as DriftResult,
)
from .study import (
    FixedPoint as FixedPoint,
)
from .study import (
    Kappas as Kappas,
)
from .study import (
    PhaseDiagram as PhaseDiagram,
)
from .study import (
    VarianceGrid as VarianceGrid,
)
from .study import (
    VariancePreset as VariancePreset,
)
from .study import (
    VarianceResult as VarianceResult,
)
from .study import (
    border as border,
)
from .study import (
    chi as chi,
)
from .study import (
    compare as compare,
)
from .study import (
    compare_figure as compare_figure,
)
from .study import (
    coordinate_check as coordinate_check,
)
from .study import (
    coordinate_figure as coordinate_figure,
)
from .study import (
    depth_scales as depth_scales,
)
from .study import (
    dispersion_settings as dispersion_settings,
)
from .study import (
    drift_figure as drift_figure,
)
from .study import (
    drift_preset as drift_preset,
)
from .study import (
    drift_program as drift_program,
)
from .study import (
    drift_samples as drift_samples,
)
from .study import (
    drift_study as drift_study,
)
from .study import (
    figure_bytes as figure_bytes,
)
from .study import (
    fixed_point as fixed_point,
)
from .study import (
    function_variance as function_variance,
)
from .study import (
    kappa_panels as kappa_panels,
)
from .study import (
    kappas as kappas,
)
from .study import (
    kappas_csv as kappas_csv,
)
from .study import (
    kappas_figure as kappas_figure,
)
from .study import (
    phase_diagram as phase_diagram,
)
from .study import (
    program_settings as program_settings,
)
from .study import (
    study_dispersion as study_dispersion,
)
from .study import (
    trained_variance as trained_variance,
)
from .study import (
    variance_figure as variance_figure,
)
from .study import (
    variance_preset as variance_preset,
)
from .study import (
    with_function as with_function,
)
from .study import (
    with_loss as with_loss,
)
from .training import (
    evaluate as evaluate,
)
from .training import (
    load_data as load_data,
)
from .training import (
    load_run as load_run,
)
from .training import (
    predict as predict,
)
from .training import (
    synthetic_data as synthetic_data,
)
from .training import (
    train as train,
)
from .transform import (
    backward as backward,
)
from .transform import (
    count_classes as count_classes,
)
from .transform import (
    count_paths as count_paths,
)
from .transform import (
    gradients as gradients,
)
from .transform import (
    isomorphism_classes as isomorphism_classes,
)
from .transform import (
    ntk as ntk,
)
from .transform import (
    paths as paths,
)
from .transform import (
    reduce as reduce,
)
from .transform import (
    select_paths as select_paths,
)
from .transform import (
    simplify as simplify,
)
from .transform import (
    staged as staged,
)
from .transform import (
    unroll_sgd as unroll_sgd,
)

__version__: str
