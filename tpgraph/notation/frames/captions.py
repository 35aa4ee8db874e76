"""Captions of an author's own, instead of the instruction that a frame shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tpgraph.bounds import LABEL
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.notation.diagram.instruction_latex import Instruction
from tpgraph.program.naming import require_words
from tpgraph.program.tex import require_settable

__all__ = ["said_instead"]


def said_instead(
    said: Sequence[Instruction],
    steps: Sequence[Sequence[str]],
    captions: Mapping[str | int, str],
) -> tuple[Instruction, ...]:
    """What frames say, with these captions: by the number of a frame, from 1, or by the name of a
    variable that it computes; `steps` are the marks that every frame adds.

    Raises TPNameError for a caption of no frame, TPError for a second caption of a frame and for a
    text that cannot be set.
    """
    if not isinstance(captions, Mapping):
        raise TPArgumentError(
            f"captions are of type {type(captions).__name__}",
            expected="words by the name of a variable, or by the number of a frame",
        )
    frame_of: dict[str | int, int] = {name: k for k, names in enumerate(steps) for name in names}
    frame_of |= {k + 1: k for k in range(len(said))}
    found = list(said)
    taken: dict[int, str | int] = {}
    for key, text in captions.items():
        if key not in frame_of:
            raise TPArgumentError(
                f"no frame is that of {key!r}",
                expected=f"a variable that is computed, or a number from 1 to {len(said)}",
            )
        require_words(text, "a caption", None, LABEL)
        if text.count("$") % 2:
            raise TPArgumentError("a $ has no other", None, "mathematics between two $")
        try:
            require_settable(rf"\text{{{text}}}")
        except TPError as error:
            said_of = f"in the caption of {key!r}: {error.message}"
            raise TPArgumentError(
                said_of, None, error.expected, "write the caption otherwise"
            ) from None
        frame = frame_of[key]
        if frame in taken:
            raise TPError(
                f"frame {frame + 1} has two captions, of {taken[frame]!r} and of {key!r}",
                expected="one caption for a frame",
            )
        taken[frame] = key
        found[frame] = Instruction(text, "")
    return tuple(found)
