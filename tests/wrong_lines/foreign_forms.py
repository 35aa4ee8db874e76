"""Forms of other languages."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = np.tanh(u)", "np.", "y = tanh(u)"),
    ("y = torch.relu(u)", "torch.", "y = relu(u)"),
    ("y = F.relu(u)", "F.", "y = relu(u)"),
    ("y = math.sqrt(2) * u", "math.", "y = sqrt(2) * u"),
    ("y = jnp.exp(u)", "jnp.", "y = exp(u)"),
    ("y = u ** 2", "**", "y = u ^ 2"),
    ("y = u**-1", "**", "y = u^-1"),
    ("y = A.T @ u", ".T", "y = A' u"),
    ("y = W.T @ u", ".T", "y = W' u"),
    ("y = W.T u", ".T", "y = W' u"),
    ("y = W.transpose() u", ".transpose", "y = W' u"),
    ("y = W.t() u", ".t", "y = W' u"),
    ("y = u .* v", ".", "y = u * v"),
    ("y = u ./ v", ".", "y = u / v"),
    ("y = u .^ 2", ".", "y = u ^ 2"),
    ("y = tanh.(u)", ".", "y = tanh(u)"),
    ("y <- tanh(u)", "<", "y = tanh(u)"),
    ("y := tanh(u)", ":", "y = tanh(u)"),
    ("y == tanh(u)", "=", "y = tanh(u)"),
    ("y = lambda z: z", "lambda", "fn y(z) = z"),
    ("f = lambda z: z^2", "lambda", "fn f(z) = z^2"),
    ("fn f = lambda z: z", "lambda", "fn f(z) = z"),
    ("fn f(z) = |z|", "|", "fn f(z) = abs(z)"),
    ("y = u + v.", ".", "y = u + v"),
    ("loss (t - mean(u))**2", "**", "loss (t - mean(u))^2"),
    ("// comment", "//", "# comment"),
    ("% comment", "%", "# comment"),
    ("-- comment", "--", "# comment"),
    ("/* comment */", "/*", "# comment */"),
    ("; comment", ";", "# comment"),
    ("y = u.mean()", ".mean", "y = mean(u)"),
    ("y = mean(u).", ".", "y = mean(u)"),
    ("y = 1,5 * u", ",", "y = 1.5 * u"),
    ("y = 1_000 * u", "_", "y = 1000 * u"),
]

STOPS: list[tuple[str, str, str]] = [
    ("y = W ** u", "**", "the matrix W has no powers"),
    ("y += u", "+", "`+=` changes a variable"),
    ("fn f(z) = z if z > 0 else 0", ">", "no conditions"),
]
