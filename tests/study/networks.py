"""Fully connected networks of given standard normals, by means that deep_kernel does not use."""

import numpy as np
import torch

from tpgraph.gallery import entry
from tpgraph.language import parse

PHI = {"tanh": torch.tanh, "relu": torch.relu, "erf": torch.erf, "sigmoid": torch.sigmoid,
       "z": lambda z: z, "z/(1 + z^2)": lambda z: z / (1 + z**2)}  # fmt: skip

TEXT = entry("fully_connected").text


def program(name, depth, sigma_w2, sigma_b2):
    """The gallery's network with this φ, nine input dimensions and one output."""
    constants = {"d": 9, "k": 1, "L": depth, "σ_w2": sigma_w2, "σ_b2": sigma_b2}
    return parse(TEXT.replace("= tanh(z)", f"= {name}(z)"), constants=constants)


def inputs(gram, dimension):
    """Rows ξ_i with ξ_i·ξ_j = dimension · gram_ij, in the first directions."""
    values, vectors = np.linalg.eigh(np.array(gram))
    rows = np.zeros((len(gram), dimension))
    rows[:, : len(gram)] = vectors * np.sqrt(dimension * values.clip(0))
    return rows


def weights(normals, point, depth, dimension):
    """W¹ … W^L and b¹ … b^L of the network of this depth, in float64."""
    _, sigma_w2, sigma_b2 = point
    M, N = normals.first.shape
    first = np.zeros((M, dimension))
    first[:, :N] = normals.first
    if depth == 1:
        matrices, scales = [np.ones((1, dimension))], [1.0]
    else:
        matrices = [first, *normals.hidden[: depth - 2], normals.readouts[depth - 2][None]]
        scales = [1 / dimension**0.5, *[1 / M**0.5] * (depth - 1)]
    W = [sigma_w2**0.5 * s * np.asarray(m, float) for m, s in zip(matrices, scales, strict=True)]
    b = [sigma_b2**0.5 * normals.biases[layer].astype(float) for layer in range(depth - 1)]
    return W, [*b, np.zeros(1)]


def jacobian_ntk(normals, point, depth, gram, dimension):
    """⟨∇f(ξ), ∇f(ξ̄)⟩ over all weights and biases, by PyTorch's automatic differentiation."""
    W, b = weights(normals, point, depth, dimension)
    parameters = [torch.tensor(array, requires_grad=True) for array in (*W, *b)]
    rows = []
    for row in torch.tensor(inputs(gram, dimension)):
        x = row
        for layer in range(depth):
            x = parameters[layer] @ x + parameters[depth + layer]
            if layer < depth - 1:
                x = PHI[point[0]](x)
        gradients = torch.autograd.grad(x.sum(), parameters)
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    J = torch.stack(rows)
    return (J @ J.T).numpy()
