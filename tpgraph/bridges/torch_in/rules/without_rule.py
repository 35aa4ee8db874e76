"""Operations that are no part of a Tensor Program: why each kind is none, and what to do instead.

A Tensor Program's coordinates have no order and no name, its randomness is drawn before it runs,
and a matrix is read by products with vectors alone (Yang & Littwin 2021, Definition 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Without", "reason_without_rule"]


@dataclass(frozen=True, slots=True)
class Without:
    """Operations without a rule for one reason; `words` are what their names are or begin with."""

    reason: str
    mend: str
    words: tuple[str, ...]


_KINDS = (
    Without(
        "draws at random in every pass, and a Tensor Program draws before it runs",
        "import the module in evaluation mode, or make the noise an argument of forward",
        ("rand", "normal", "uniform", "bernoulli", "exponential", "multinomial", "poisson",
         "geometric", "cauchy", "log_normal", "native_dropout", "binomial"),
    ),
    Without(
        "looks at the order of its entries, which no instruction of a Tensor Program does",
        "use a mean over coordinates, or a function of each coordinate alone",
        ("sort", "argsort", "topk", "median", "nanmedian", "kthvalue", "mode", "argmax", "argmin",
         "quantile", "histc", "bucketize", "searchsorted", "unique"),
    ),
    Without(
        "tells coordinates by their positions, which those of a Tensor Program do not have",
        "let positions be an axis of fixed size, or take these values from an argument",
        ("arange", "linspace", "eye", "tril", "triu", "nonzero", "masked_select", "diagonal",
         "diag", "trace", "im2col", "col2im", "roll", "cummax", "cummin", "cumprod",
         "logcumsumexp", "_fft", "stft"),
    ),
    Without(
        "is a function of a matrix as a whole, which a Tensor Program reads by its products with"
        " vectors alone",
        "write it by products with vectors, or keep its result as a parameter of its own",
        ("linalg", "_linalg", "inverse", "cholesky", "qr", "svd", "_svd", "matrix_exp", "det",
         "logdet", "slogdet", "pinverse", "triangular_solve", "lu_", "cdist", "_cdist", "pdist"),
    ),
    Without(
        "takes a number out of a tensor, after which Python no longer knows what it depends on",
        "keep it a tensor, without .item() or float()",
        ("item", "_local_scalar_dense"),
    ),
    Without(
        "works on complex numbers, and those of a Tensor Program are real",
        "keep real and imaginary parts as two vectors",
        ("complex", "view_as_complex", "polar", "real", "imag", "conj", "_conj"),
    ),
    Without(
        "jumps at infinitely many places, and the language has no function for it",
        "write it by sign(x) or step(x - c), one for each place that matters",
        ("floor", "ceil", "round", "trunc", "fmod", "remainder", "frac"),
    ),
    Without(
        "is a function that the language does not have",
        "write it by functions that it has: `tpgraph guide language` lists them",
        ("atan2", "lgamma", "digamma", "polygamma", "igamma", "erfinv", "special", "i0",
         "copysign", "nextafter", "isnan", "isinf", "nan_to_num", "ldexp", "mvlgamma"),
    ),
)  # fmt: skip


def reason_without_rule(operation: str) -> Without | None:
    """The kind that an operation of ATEN is of, by its name: the longest word that it begins with.

    >>> reason_without_rule("randn_like").mend
    'import the module in evaluation mode, or make the noise an argument of forward'
    """
    fitting = [(len(w), kind) for kind in _KINDS for w in kind.words if operation.startswith(w)]
    return max(fitting, key=lambda found: found[0])[1] if fitting else None
