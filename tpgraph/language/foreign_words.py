"""Words of other languages and libraries, and how what they stand for is written here."""

from __future__ import annotations

__all__ = [
    "CHOOSE",
    "NO_CONDITIONS",
    "called_here",
    "loss_written",
    "parametrization_called",
    "written_here",
]

NO_CONDITIONS = "the language has no conditions"
CHOOSE = "choose by functions: max(z, 0), relu(z), step(z) * z"
"""How what others write a condition for is written."""

_CALLED = {
    "swish": "silu", "logistic": "sigmoid", "expit": "sigmoid", "atan": "arctan", "ln": "log",
    "sgn": "sign", "heaviside": "step", "maximum": "max", "minimum": "min", "power": "pow",
    "lrelu": "leaky_relu", "fabs": "abs", "absolute": "abs", "avg": "mean", "average": "mean",
    "expectation": "mean", "crossentropy": "softmax_cross_entropy",
    "crossentropyloss": "softmax_cross_entropy", "hardtanh": "hardtanh",
    "hardswish": "hardswish", "logsigmoid": "logsigmoid", "lse": "logsumexp",
    "layernorm": "layernorm",
}  # fmt: skip
"""Functions as others call them, in small letters and without `_`."""
_CAPITALS = {"E": "mean", "LN": "layernorm"}
"""The same of words that mean something else in small letters."""

_WRITTEN = {
    ("logsoftmax",): "write z - logsumexp(z)",
    ("dot", "inner", "vdot"): "the mean of a product is mean(u * v)",
    ("norm", "norm2"): "the mean of the squares is mean(u * u)",
    ("expm1",): "write exp(z) - 1",
    ("log1p",): "write log(1 + z)",
    ("log2",): "write log(z) / log(2)",
    ("log10",): "write log(z) / log(10)",
    ("erfc",): "write 1 - erf(z)",
    ("dropout", "dropout1d", "dropout2d", "droppath"):
        "there is no dropout here: leave it out, as it is left out after training",
    ("linear", "dense"): "a layer is a matrix: param W : n × d ~ N(0, 1), then W x",
    ("conv", "conv1d", "conv2d", "conv3d", "convolution"):
        "a convolution is a sum over its taps: sum(W[j] x[p+j] for j in -1..1)",
    ("embedding", "embed"): "an embedding is a matrix times a one-hot vector: E x",
    ("concat", "cat", "concatenate", "stack", "hstack", "vstack"):
        "a layer of several vectors has a matrix for each: A u + B v",
    ("reshape", "flatten", "view", "permute", "squeeze", "unsqueeze"):
        "vectors have no shape: positions are a family, x[1..P]",
    ("maxpool", "maxpool1d", "maxpool2d", "amax"): "write max(x[1], x[2])",
    ("avgpool", "avgpool1d", "avgpool2d", "meanpool", "pool", "adaptiveavgpool2d"):
        "write sum(x[p] for p in 1..P) / P",
    ("batchnorm", "batchnorm1d", "batchnorm2d", "bn"):
        "tpgraph gallery batchnorm has it written out",
    ("attention", "multiheadattention", "selfattention", "mha"):
        "tpgraph gallery attention has it written out",
    ("rmsnorm",): "write x / sqrt(mean(x^2))",
    ("where", "cond", "select", "ifelse", "piecewise"):
        "choose by functions: max(u, v), relu(z), step(z) * u + step(-z) * v",
    ("matmul", "mm", "mv", "bmm", "einsum", "matvec"): "a product with a matrix is W x",
    ("randn", "normal", "randnlike"): "declare it: vector u : n ~ N(0, 1)",
    ("argmax",): "there is none: write softmax(f)",
}  # fmt: skip
"""What is no function of the language, and how it is said."""

_LOSSES = {
    ("mse", "l2", "mseloss", "l2loss", "squarederror", "meansquarederror", "squareloss",
     "squaredloss", "sse", "quadratic"): "({f} - {y})^2",
    ("mae", "l1", "l1loss", "absoluteerror", "meanabsoluteerror"): "abs({f} - {y})",
    ("bce", "bceloss", "binarycrossentropy"): "-{y} * log({f}) - (1 - {y}) * log(1 - {f})",
    ("bcewithlogits", "bcewithlogitsloss", "binarycrossentropywithlogits",
     "sigmoidcrossentropy"): "softplus({f}) - {y} * {f}",
    ("nll", "nllloss", "negativeloglikelihood"): "-{y} * {f}",
    ("hinge", "hingeloss"): "relu(1 - {y} * {f})",
    ("logloss", "logisticloss", "softmarginloss"): "softplus(-{y} * {f})",
    ("huber", "huberloss", "smoothl1", "smoothl1loss"):
        "min(abs({f} - {y}), 1) * (abs({f} - {y}) - min(abs({f} - {y}), 1) / 2)",
    ("kl", "kldiv", "kldivloss", "kldivergence"): "softmax_cross_entropy({f}, {y})",
}  # fmt: skip
"""Losses of an output `f`, which is the logits of classes for `kl_div`, and its target `y`.

Those of torch are means over components unless `reduction="sum"` is given; `loss` is the sum.
"""

_MEAN_FIELD = ("mf", "mfp", "meanfield")
_PARAMETRIZATIONS = {
    ("mup", "mu", "maximalupdate", "maximalupdateparametrization"): "mup",
    ("sp", "std", "kaiming", "he", "lecun", "xavier", "glorot", "pytorch", "torch", "default"):
        "standard",
    ("ntp", "ntkp", "neuraltangent", "neuraltangentkernel"): "ntk",
    _MEAN_FIELD: "mup",
}  # fmt: skip


def _key(word: str) -> str:
    """A word without what spellings differ in: `CrossEntropyLoss`, `cross_entropy_loss`."""
    return word.casefold().replace("µ", "mu").replace("μ", "mu").replace("_", "").replace("-", "")


def _spread(table: dict[tuple[str, ...], str]) -> dict[str, str]:
    return {word: said for words, said in table.items() for word in words}


_MENDS, _FORMULAS, _NAMES = _spread(_WRITTEN), _spread(_LOSSES), _spread(_PARAMETRIZATIONS)


def called_here(word: str) -> str | None:
    """The function of the language that a word of others means.

    >>> called_here("CrossEntropyLoss"), called_here("LN"), called_here("tanh")
    ('softmax_cross_entropy', 'layernorm', None)
    """
    return _CAPITALS.get(word) or _CALLED.get(_key(word))


def written_here(word: str) -> str | None:
    """How what others have a function for is written here.

    >>> written_here("log1p"), written_here("tanh")
    ('write log(1 + z)', None)
    """
    return _MENDS.get(_key(word))


def loss_written(word: str, output: str = "f", target: str = "y") -> str | None:
    """The formula of a loss that others have a word for, by components.

    >>> loss_written("mse_loss", "f", "y"), loss_written("tanh")
    ('(f - y)^2', None)
    """
    formula = _FORMULAS.get(_key(word))
    return formula and formula.format(f=output, y=target)


def parametrization_called(word: str) -> tuple[str, str] | None:
    """The parametrization that others call so, and the mend that says it.

    >>> parametrization_called("mu-P"), parametrization_called("tanh")
    (('mup', 'did you mean mup?'), None)
    """
    name = _NAMES.get(_key(word))
    if name is None:
        return None
    if _key(word) in _MEAN_FIELD:
        return name, f"the mean field of one hidden layer is {name}"
    return name, f"did you mean {name}?"
