"""Objects that the tests of rules and builder share."""

from tpgraph.errors import Source, Span
from tpgraph.functions import PRIMITIVES, number
from tpgraph.program import (
    NTK,
    Builder,
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Parameter,
    Variable,
)
from tpgraph.types import Fixed, Matrix, Scalar, Vector, Width

N, M, D = Width("n"), Width("m"), Fixed(4, "d")
W = Variable("W", Matrix(N, N))
A = Variable("A", Matrix(M, N))
U = Variable("U", Matrix(N, D))
X, Y, Z = (Variable(name, Vector(N)) for name in "xyz")
Q = Variable("q", Vector(M))
XI = Variable("ξ", Vector(D))
T = Variable("t", Scalar())
SPAN = Span(Source("case.tp", "here it is"), 5, 7)
TANH = PRIMITIVES["tanh"]


def gaussian(*variables, mean=None, covariance=None):
    k = len(variables)
    unit = tuple(tuple(float(i == j) for j in range(k)) for i in range(k))
    return InitialVectors(variables, mean or (0.0,) * k, covariance or unit, span=SPAN)


def new_builder():
    """A builder with matrices, vectors, data and a scalar declared."""
    b = Builder("case")
    b.width(N)
    b.width(M)
    b.parametrization = NTK
    b.declare(InitialMatrix(W, 1.0))
    b.declare(InitialMatrix(A, 1.0))
    b.declare(Parameter(U, 1.0))
    b.declare(gaussian(X))
    b.declare(gaussian(Y))
    b.declare(gaussian(Q))
    b.declare(Data(XI))
    b.declare(InitialScalar(T, number(1), 1.0))
    return b


def explained(error, kind, message, expected=None, mend=None):
    """Whether an error says what it should, and where."""
    assert type(error) is kind
    assert message in error.message
    assert (expected or "") in (error.expected or "")
    assert expected is None or error.expected
    assert (mend or "") in (error.mend or "")
    assert mend is None or error.mend
