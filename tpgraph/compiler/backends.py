"""Libraries that generated code is written for: how each says what numpy says.

A `Backend` is the whole difference between the texts of one program: a prefix, the texts of
functions that are other than numpy's, how arrays are made and averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tpgraph.errors import TPError
from tpgraph.functions import Expression, Primitive, primitives_of

__all__ = ["BACKENDS", "JAX", "NUMPY", "TORCH", "Backend", "backend_named"]


@dataclass(frozen=True, slots=True)
class Backend:
    """A library of arrays.

    `prefix` stands where numpy's texts have np; `texts` are those of functions that are otherwise;
    a function that has one there needs no helper. `array` brings data in, `filled` makes an array
    of a shape from a value, `mean` is the average over the last axis. `names` are global in its
    code, so that no variable takes them.
    """

    name: str
    prefix: str
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    array: str = "np.asarray({0}, dtype=DTYPE)"
    filled: str = "np.full({shape}, {value}, dtype=DTYPE)"
    mean: str = ".mean(axis=-1, keepdims=True)"
    names: tuple[str, ...] = ()

    def spelled(self, function: Primitive) -> str:
        """The text of a function of the table."""
        return self.texts.get(function.name) or self._own(function.numpy)

    def helpers(self, expression: Expression) -> tuple[str, ...]:
        """The definitions that the text of an expression needs, each once."""
        used = [p for p in primitives_of(expression) if p.name not in self.texts]
        return tuple(dict.fromkeys(self._own(h) for p in used for h in p.helpers))

    def call(self, name: str) -> str:
        """A function that is called the same everywhere: `broadcast_to` as np.broadcast_to."""
        return f"{self.prefix}.{name}"

    def _own(self, text: str) -> str:
        return text if self.prefix == "np" else text.replace("np.", f"{self.prefix}.")


NUMPY = Backend("numpy", "np")
TORCH = Backend(
    "torch",
    "torch",
    MappingProxyType(
        {
            "relu": "torch.relu({0})",
            "erf": "torch.erf({0})",
            "sigmoid": "torch.sigmoid({0})",
            "gelu": "nn.functional.gelu({0})",
            "silu": "nn.functional.silu({0})",
            "softplus": "torch.logaddexp(torch.zeros_like({0}), {0})",
            "step": "({0} > 0).to({0}.dtype)",
            "min": "torch.where({0} < {1}, {0}, {1})",
            "max": "torch.where({0} > {1}, {0}, {1})",
            "held_max": "{0}.detach().amax(-1, keepdim=True)",
        }
    ),
    array="torch.as_tensor({0}, dtype=like.dtype, device=like.device)",
    filled="torch.as_tensor({value}, dtype=like.dtype, device=like.device).expand({shape})",
    mean=".mean(-1, keepdim=True)",
    names=("torch", "nn", "like", "Model"),
)
JAX = Backend(
    "jax",
    "jnp",
    MappingProxyType(
        {
            "relu": "jax.nn.relu({0})",
            "abs": "{0} * jnp.sign({0})",
            "erf": "jax.scipy.special.erf({0})",
            "sigmoid": "jax.nn.sigmoid({0})",
            "gelu": "jax.nn.gelu({0}, approximate=False)",
            "silu": "jax.nn.silu({0})",
            "min": "jnp.where({0} < {1}, {0}, {1})",
            "max": "jnp.where({0} > {1}, {0}, {1})",
            "held_max": "jax.lax.stop_gradient(jnp.max({0}, axis=-1, keepdims=True))",
        }
    ),
    array="jnp.asarray({0}, dtype=DTYPE)",
    filled="jnp.full({shape}, {value}, dtype=DTYPE)",
    names=("jax", "jnp", "trained", "of", "value", "moved"),
)
BACKENDS = MappingProxyType({b.name: b for b in (NUMPY, TORCH, JAX)})
"""Every backend by its name."""


def backend_named(name: str) -> Backend:
    """The backend of a name. Raises TPError where there is none."""
    if name not in BACKENDS:
        raise TPError(f"unknown backend {name!r}", expected=" or ".join(BACKENDS))
    return BACKENDS[name]
