"""The scenes of folded programs: `python tests/golden/options/update.py`.

As in tests/golden: look at the pictures before new scenes are committed.
"""

import re
from pathlib import Path

import tpgraph as tp

FOLDER = Path(__file__).parent


def long(name, constant, value):
    """A program of the gallery with another value of a constant."""
    text = tp.gallery.entry(name).text
    return tp.parse(re.sub(rf"const {constant} *= *\d+", f"const {constant} = {value}", text))


def marked(name, *words):
    """A program of the gallery with the paths of these words."""
    program = tp.gallery.entry(name).program()
    paths = [path for word in words for path in tp.select_paths(program, word)]
    return tp.draw(program, paths=paths)


DRAWINGS = {
    "figure2-mlp": lambda: marked("mlp", "W[2],W[3]"),
    "figure2-rnn": lambda: marked("rnn", "W,W"),
    "figure3-mlp": lambda: marked("mlp", "W[2]", "W[3]"),
    "figure3-rnn": lambda: marked("rnn", "W"),
    "folded-mlp": lambda: tp.draw(long("mlp", "L", 100), fold=True),
    "folded-rnn": lambda: tp.draw(long("rnn", "T", 1000), fold=True),
    "folded-resnet": lambda: tp.draw(long("resnet", "L", 50), fold=True),
    "folded-mlp-backward": lambda: tp.draw(tp.backward(long("mlp", "L", 100)), fold=True),
    "folded-rnn-backward": lambda: tp.draw(tp.backward(long("rnn", "T", 10)), fold=True),
    "folded-mlp-sgd": lambda: tp.draw(tp.unroll_sgd(long("mlp", "L", 10), steps=10), fold=True),
    "folded-resnet-sgd": lambda: tp.draw(tp.unroll_sgd(long("resnet", "L", 3), steps=4), fold=True),
}
FOLDED = tuple(name for name in DRAWINGS if name.startswith("folded"))


def scene_text(name):
    """The scene as JSON, without places in the source."""
    return re.sub(r', "span": (null|\{[^{}]*\})', "", DRAWINGS[name]().json)


if __name__ == "__main__":
    for drawing in FOLDED:
        (FOLDER / f"{drawing}.json").write_text(scene_text(drawing), encoding="utf-8")
