"""The matrices of a program as the shelf shows them."""

from __future__ import annotations

from tpgraph.notation.diagram.colours import matrix_looks
from tpgraph.notation.scene.scene import ShelfMatrix
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import MatMul, Parameter, Program
from tpgraph.program.labels import default_latex, latex_name
from tpgraph.program.text import distribution

__all__ = ["matrices_of"]


def matrices_of(program: Program, style: Style = PAPER) -> tuple[ShelfMatrix, ...]:
    """Every declared matrix in order, used or not; colours as in a picture of all its products."""
    products = [e.matrix.name for e in program.equations if isinstance(e, MatMul)]
    looks = matrix_looks(products, style)
    return tuple(
        ShelfMatrix(
            name=variable.name,
            label=latex_name(program, variable),
            type_label=r" \times ".join(default_latex(str(d)) for d in variable.matrix.dimensions),
            rows=str(variable.matrix.rows),
            columns=str(variable.matrix.columns),
            distribution=distribution(declaration, variable),
            trained=isinstance(declaration, Parameter),
            uses=products.count(variable.name),
            color=looks.get(variable.name, (None, ()))[0],
            span=declaration.span,
            family=variable.parts.base if variable.parts.indices else None,
        )
        for declaration in program.declarations
        for variable in declaration.variables
        if variable.is_matrix
    )
