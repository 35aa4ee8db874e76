"""The one gate through which every program goes: text, JSON document, builder, Python objects.

`Gate` takes a program piece by piece, in order, and raises a TPError at the first that does not
fit: names (`naming`), types and numbers (`rules`), functions, labels, places. `Builder` is a gate
that keeps what it lets through; `Program` puts its own parts through one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from tpgraph.bounds import LABEL
from tpgraph.errors import (
    Span,
    TextEdit,
    TPError,
    TPNameError,
    TPTypeError,
    raise_all,
)
from tpgraph.functions import PRIMITIVES, Apply, Defined, Expression
from tpgraph.program.equations import (
    Data,
    Declaration,
    Equation,
    InitialScalar,
    MatMul,
    Parameter,
    Target,
)
from tpgraph.program.hints import Hint, StandingOrder, require_hint
from tpgraph.program.naming import (
    LOSS,
    UNNAMED,
    is_loss_name,
    require_base,
    require_name,
    require_words,
)
from tpgraph.program.number_rules import require_exact, require_parametrization
from tpgraph.program.parametrization import Parametrization
from tpgraph.program.place_rules import PlaceRules
from tpgraph.program.summed_loss import require_one_kind
from tpgraph.program.training_plan import TrainingPlan, require_plan
from tpgraph.program.typing_rules import (
    Checked,
    check_declaration,
    check_equation,
    check_expression,
)
from tpgraph.program.variables import Variable
from tpgraph.types import Fixed, Width

__all__ = ["Gate"]


class Gate:
    """What is bound so far, and the rules for what may come next."""

    def __init__(self, name: str = UNNAMED) -> None:
        self.name = name
        self.parametrization: Parametrization | None = None
        self._scope: dict[str, Variable] = {}
        self._where: dict[str, Span | None] = {}
        self._widths: dict[str, Width] = {}
        self._declarations: list[Declaration] = []
        self._equations: list[Equation] = []
        self._outputs: list[Variable] = []
        self._loss: Variable | None = None
        self._functions: dict[str, Defined] = {}
        self._labels: dict[str, str] = {}
        self._hints: list[Hint] = []
        self._training_plan: TrainingPlan | None = None
        self._standing = StandingOrder()
        self._checked: Checked = {}
        self._known: dict[int, Expression] = {}
        self._places = PlaceRules()

    @property
    def name(self) -> str:
        """What the program is called: one line of text."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        require_words(name, "the program's name", None)
        self._name = name

    @property
    def scope(self) -> Mapping[str, Variable]:
        """The names bound so far."""
        return MappingProxyType(self._scope)

    @property
    def widths(self) -> Mapping[str, Width]:
        """The widths declared so far."""
        return MappingProxyType(self._widths)

    def width(self, width: Width, span: Span | None = None) -> Width:
        """Declare a width; a ratio needs its base declared before."""
        require_base(width.name, "a width", span)
        if width.name in self._widths:
            raise TPNameError(f"width {width.name} is declared twice", span)
        if width.base is not None and width.base not in self._widths:
            raise TPNameError(f"width {width.base} is not declared", span, mend="declare it before")
        if width.base is not None and self._widths[width.base].base is not None:
            raise TPTypeError(
                f"width {width.name} is a ratio of {width.base}, which is a ratio itself",
                span,
                f"a ratio of {self._widths[width.base].base}",
            )
        require_exact(width.ratio, f"the ratio of width {width.name}", span)
        if width.ratio <= 0 or (width.base is None and width.ratio != 1):
            raise TPTypeError(
                f"width {width.name} = {width.ratio_text} {width.base or ''}".rstrip(),
                span,
                "a ratio > 0 of another width",
            )
        self._widths[width.name] = width
        return width

    def define(self, function: Defined, span: Span | None = None) -> Defined:
        """Add a coordinatewise function of the program's own."""
        name, parameters = function.name, function.parameters
        require_base(name, "a function", span)
        if name in PRIMITIVES:
            raise TPNameError(f"{name} is a function of the table", span, mend="another name")
        if name in self._functions:
            raise TPNameError(f"function {name} is defined twice", span)
        for parameter in parameters:
            require_base(parameter, f"a parameter of {name}", span)
        if len(set(parameters)) < len(parameters):
            raise TPNameError(f"two parameters of {name} have one name", span)
        if not parameters:
            raise TPTypeError(f"function {name} has no parameter", span, "at least one")
        check_expression(function.body, len(parameters), span)
        self._require_defined(function.body, span)
        self._functions[name] = function
        return function

    def declare(self, declaration: Declaration) -> tuple[Variable, ...]:
        """Add a declaration and bind its variables."""
        names: set[str] = set()
        for variable in declaration.variables:
            self._require_free(variable.name, declaration.span)
            if variable.is_temporary or is_loss_name(variable.name):
                raise TPNameError(
                    f"{variable.name!r} cannot be declared",
                    declaration.span,
                    mend="choose another name",
                )
            if variable.name in names:
                raise TPNameError(f"{variable} is declared twice", declaration.span)
            names.add(variable.name)
        check_declaration(declaration)
        if isinstance(declaration, Data) and declaration.place is not None:
            self._places.require(declaration.place, declaration.span, self._scope)
        if isinstance(declaration, InitialScalar):
            self._require_defined(declaration.value, declaration.span)
        self._require_dimensions(declaration)
        for variable in declaration.variables:
            self._bind(variable, declaration.span)
        self._declarations.append(declaration)
        return declaration.variables

    def add(self, equation: Equation) -> Variable:
        """Add an equation and bind its `out`."""
        out, span, origin = equation.out, equation.span, equation.origin
        self._require_free(out.name, span)
        check_equation(equation, self._scope, self._checked)
        if not isinstance(equation, MatMul) and id(equation.function) not in self._known:
            self._require_defined(equation.function, span)
        if equation.place is not None:
            self._places.require(equation.place, span, self._scope)
        self._bind(out, span if origin is None else origin.span)
        self._equations.append(equation)
        return out

    def output(self, variable: Variable, span: Span | None = None) -> None:
        """Declare a variable an output of the network."""
        self._require_bound(variable, span)
        if variable.is_matrix:
            raise TPTypeError(f"output {variable} is a matrix", span, "a vector or a scalar")
        if variable in self._outputs:
            raise TPNameError(f"{variable} is an output already", span)
        self._outputs.append(variable)

    def loss(self, variable: Variable, span: Span | None = None) -> None:
        """Declare the loss, a scalar or a vector of fixed dimension that is summed."""
        if self._loss is not None:
            raise TPNameError("the program has a loss already", span)
        self._require_bound(variable, span)
        if not (variable.is_scalar or variable.is_fixed):
            raise TPTypeError(
                f"the loss is a {variable.type}",
                span,
                "a scalar or a vector of fixed dimension",
                "take the mean of it, or read it out by a matrix",
            )
        require_one_kind(variable, self._equations, span)
        self._loss = variable

    def label(self, name: str, latex: str) -> None:
        """Give a variable or function the LaTeX label that pictures and listings show."""
        require_words(latex, f"the label of {name}", None, LABEL)
        self._labels[name] = latex

    def hint(self, hint: Hint) -> None:
        """Say something of the program's picture."""
        require_hint(hint, self._scope)
        self._standing.add(hint)
        self._hints.append(hint)

    def train_by(self, plan: TrainingPlan) -> None:
        """Say how the SGD moves that the program writes out."""
        require_plan(plan)
        self._training_plan = plan

    def finish(self) -> None:
        """Raise what can only be seen of the whole."""
        raise_all(self._global_errors())

    def take(
        self,
        widths: Iterable[Width],
        declarations: Iterable[Declaration],
        equations: Iterable[Equation],
        outputs: Iterable[Variable],
        loss: Variable | None,
        parametrization: Parametrization | None,
        functions: Iterable[Defined],
        labels: Mapping[str, str],
        hints: Iterable[Hint] = (),
        training_plan: TrainingPlan | None = None,
    ) -> None:
        """Let a whole program through, in order. Raises a TPError, or a TPErrorGroup."""
        self.parametrization = parametrization
        for width in widths:
            self.width(width)
        for function in functions:
            self.define(function)
        for declaration in declarations:
            self.declare(declaration)
        for equation in equations:
            self.add(equation)
        for output in outputs:
            self.output(output)
        if loss is not None:
            self.loss(loss)
        for name, latex in labels.items():
            self.label(name, latex)
        for hint in hints:
            self.hint(hint)
        if training_plan is not None:
            self.train_by(training_plan)
        self.require_whole()
        self.finish()

    def require_whole(self) -> None:
        """Raise a TPError for what a program may be inside of a transform alone.

        Something is called `loss` that is not the program's, or some of its equations have places
        in the notation and others have none.
        """
        unplaced = next((e for e in self._equations if e.place is None), None)
        if unplaced is not None and any(e.place is not None for e in self._equations):
            raise TPTypeError(
                f"{unplaced.out} has no place, but others have",
                unplaced.span,
                "a place for every equation, or for none",
            )
        if self._loss is not None and self._loss.name == LOSS:
            return
        found = next((n for n in self._scope if n[:4] == LOSS and is_loss_name(n)), None)
        if found is not None:
            raise TPNameError(
                f"{found} is bound, but it is not the program's loss",
                self._where[found],
                mend="choose another name",
            )

    def _require_free(self, name: str, span: Span | None) -> None:
        require_name(name, span)
        if name in self._scope:
            where = self._where[name]
            raise TPNameError(
                f"{name} is bound twice",
                span,
                "a new name: every variable is bound once",
                f"it was bound before at {where}" if where is not None else None,
            )

    def _require_bound(self, variable: Variable, span: Span | None) -> None:
        if self._scope.get(variable.name) != variable:
            raise TPNameError(f"{variable} is not bound before its use", span)

    def _require_dimensions(self, declaration: Declaration) -> None:
        """Every width of a declared object must be one of the program's; a dim has a name."""
        widths = declaration.widths if isinstance(declaration, InitialScalar) else ()
        for variable in declaration.variables:
            widths += tuple(d for d in variable.type.dimensions if isinstance(d, Width))
            for dimension in variable.type.dimensions:
                if isinstance(dimension, Fixed) and dimension.name is not None:
                    require_base(dimension.name, "a dim", declaration.span)
        for width in widths:
            if self._widths.get(width.name) != width:
                raise TPNameError(
                    f"width {width} of {declaration.variables[0]} is not declared",
                    declaration.span,
                    mend="declare it before",
                )

    def _require_defined(self, expression: Expression, span: Span | None) -> None:
        """Functions of its own that an expression calls must be those of the program."""
        if not isinstance(expression, Apply) or id(expression) in self._known:
            return
        function = expression.function
        if isinstance(function, Defined):
            own = self._functions.get(function.name)
            if own is not function and own != function:
                raise TPNameError(
                    f"the program calls {function.name}, but does not define it",
                    span,
                    mend="add it to the functions of the program",
                )
        for argument in expression.arguments:
            self._require_defined(argument, span)
        self._known[id(expression)] = expression  # kept, so that its identity stays its own

    def _bind(self, variable: Variable, span: Span | None) -> None:
        self._scope[variable.name] = variable
        self._where[variable.name] = span

    def _global_errors(self) -> Iterator[TPError]:
        first = next((d for d in self._declarations if isinstance(d, Parameter)), None)
        if first is not None and self.parametrization is None:
            raise TPTypeError(
                f"{first.variable} is a param, but the program has no parametrization",
                first.span,
                "parametrization ntk, mup, standard or abc(…)",
                "add a line such as: parametrization ntk",
                _line_above(first, "parametrization ntk"),
            )
        if self.parametrization is not None:
            require_parametrization(self.parametrization)
        for name in self._labels:
            if name not in self._scope and name not in self._functions:
                yield TPNameError(f"{name} has a label but is not bound")
        yield from self._tainted_outputs()

    def _tainted_outputs(self) -> Iterator[TPError]:
        tainted = {
            d.variable.name: d.variable.name for d in self._declarations if isinstance(d, Target)
        }
        if not tainted:
            return
        for equation in self._equations:
            source = next((tainted[v.name] for v in equation.inputs if v.name in tainted), None)
            if source is not None:
                tainted[equation.out.name] = source
        for output in self._outputs:
            if output.name in tainted:
                yield TPTypeError(
                    f"output {output} depends on the target {tainted[output.name]}",
                    self._where[output.name],
                    "targets used in the loss alone",
                )


def _line_above(declaration: Declaration, line: str) -> tuple[TextEdit, ...]:
    """The edit that adds a line above the statement of a declaration; none inside of a loop."""
    origin = declaration.origin
    if origin is None or origin.values:
        return ()
    place = Span(origin.span.source, origin.span.start, origin.span.start)
    return (TextEdit(place, f"{line}\n"),)
