"""The public names of the studies and where each of them is made."""

from .compare.compare import (
    COMPARISON_FILES as COMPARISON_FILES,
)
from .compare.compare import (
    compare as compare,
)
from .compare.comparison import (
    Comparison as Comparison,
)
from .compare.comparison_figure import (
    compare_figure as compare_figure,
)
from .coordinates.check import (
    CoordinateCheck as CoordinateCheck,
)
from .coordinates.check import (
    coordinate_check as coordinate_check,
)
from .coordinates.coordinate_figure import (
    coordinate_figure as coordinate_figure,
)
from .dispersion.dispersion_figures import (
    require_colors as require_colors,
)
from .dispersion.settings import (
    DispersionSettings as DispersionSettings,
)
from .dispersion.settings import (
    dispersion_settings as dispersion_settings,
)
from .dispersion.settings import (
    program_settings as program_settings,
)
from .dispersion.study import (
    Dispersion as Dispersion,
)
from .dispersion.study import (
    study_dispersion as study_dispersion,
)
from .drift.drift_figures import (
    drift_figure as drift_figure,
)
from .drift.grid import (
    DriftGrid as DriftGrid,
)
from .drift.presets import (
    DriftPreset as DriftPreset,
)
from .drift.presets import (
    drift_preset as drift_preset,
)
from .drift.presets import (
    drift_program as drift_program,
)
from .drift.presets import (
    drift_samples as drift_samples,
)
from .drift.study import (
    DriftResult as DriftResult,
)
from .drift.study import (
    drift_study as drift_study,
)
from .figures import (
    figure_bytes as figure_bytes,
)
from .function_variance.presets import (
    VariancePreset as VariancePreset,
)
from .function_variance.presets import (
    variance_preset as variance_preset,
)
from .function_variance.study import (
    VarianceGrid as VarianceGrid,
)
from .function_variance.study import (
    VarianceResult as VarianceResult,
)
from .function_variance.study import (
    function_variance as function_variance,
)
from .function_variance.theory import (
    Kappas as Kappas,
)
from .function_variance.theory import (
    kappas as kappas,
)
from .function_variance.theory import (
    trained_variance as trained_variance,
)
from .function_variance.variance_figures import (
    kappa_panels as kappa_panels,
)
from .function_variance.variance_figures import (
    kappas_csv as kappas_csv,
)
from .function_variance.variance_figures import (
    kappas_figure as kappas_figure,
)
from .function_variance.variance_figures import (
    variance_figure as variance_figure,
)
from .network import (
    require_names as require_names,
)
from .network import (
    with_function as with_function,
)
from .network import (
    with_loss as with_loss,
)
from .parametrizations.report_formats import (
    REPORT_FORMATS as REPORT_FORMATS,
)
from .parametrizations.report_formats import (
    parametrization_report as parametrization_report,
)
from .parametrizations.side_by_side import (
    SideBySide as SideBySide,
)
from .parametrizations.side_by_side import (
    compare_parametrizations as compare_parametrizations,
)
from .phase.fixed_points import (
    FixedPoint as FixedPoint,
)
from .phase.fixed_points import (
    border as border,
)
from .phase.fixed_points import (
    chi as chi,
)
from .phase.fixed_points import (
    depth_scales as depth_scales,
)
from .phase.fixed_points import (
    fixed_point as fixed_point,
)
from .phase.phase_diagram import (
    PhaseDiagram as PhaseDiagram,
)
from .phase.phase_diagram import (
    phase_diagram as phase_diagram,
)
