"""How good pictures are, in numbers: crossings, bends, labels, rows, families, size, empty area.

    python tests/benchmarks/pictures.py [--passes forward,backward,sgd] [--only NAME,…]
        [--json OUT.json] [--against BEFORE.json]

Over the gallery and the programs of `strategies.families`, × passes × folded or not × directions.
Columns of the table, one line for each picture:

    cross    pairs of lines that meet and have no mark in common
    bends    turns of lines by more than 45°, beyond the first of each line
    label    labels of products nearer to another matrix's line than to their own
    askew    lines that miss being level by less than 3 pt
    order    pairs of members of a family that stand in one column against their order
    pitch    greatest difference of the distances in such a family, in pt
    size     pt of a 9 pt label where the picture has 487.8 × 650 pt
    empty    share of squares of 20 pt without a mark, a line or a label

The last lines sum up each pass. With `--against` the sums of another run stand beside them.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from strategies.families import FAMILIES

import tpgraph as tp
from tpgraph.errors import TPNameError
from tpgraph.notation.scene.crossings import crossings
from tpgraph.notation.scene.geometry import flatten
from tpgraph.notation.scene.painting import label_bounds, picture
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.style import PAPER
from tpgraph.program import split_name

PAGE = 487.8, 650.0  # pt, the text of a page of the paper
LABEL = 9.0
SQUARE = 20.0
PASSES: dict[str, Callable[[tp.Program], tp.Program]] = {
    "forward": lambda program: program,
    "backward": tp.backward,
    "sgd": lambda program: tp.unroll_sgd(program, steps=1),
}


def measured(scene: Scene) -> dict[str, float]:
    """All numbers of one picture."""
    lines = [flatten(edge.points, edge.curve) for edge in scene.edges]
    left, bottom, right, top = picture(scene, PAPER).bounds
    scale = min(1.0, PAGE[0] / (right - left), PAGE[1] / (top - bottom))
    order, pitch = _families(scene)
    return {
        "cross": len(crossings(scene.edges)),
        "bends": sum(_bends(line) for line in lines),
        "label": _strayed(scene, lines),
        "askew": sum(0.05 < abs(line[0][1] - line[-1][1]) < 3.0 for line in lines)
        if _sideways(scene)
        else sum(0.05 < abs(line[0][0] - line[-1][0]) < 3.0 for line in lines),
        "order": order,
        "pitch": pitch,
        "size": LABEL * scale,
        "empty": _empty(scene, lines, (left, bottom, right, top)),
    }


def _sideways(scene: Scene) -> bool:
    gates = [node for node in scene.nodes if node.kind in ("gate", "bar-gate")]
    return not gates or gates[0].direction in ("LR", "RL")


def _bends(line: Any) -> int:
    """Turns by 45° or more in one sense, but the first."""
    turned, found = 0.0, 0
    for (a, b), (c, d) in pairwise(pairwise(line)):
        angle = math.atan2(d[1] - c[1], d[0] - c[0]) - math.atan2(b[1] - a[1], b[0] - a[0])
        angle = (angle + math.pi) % (2 * math.pi) - math.pi
        turned = angle if turned * angle < 0 else turned + angle
        if abs(turned) > math.pi / 4:
            found, turned = found + 1, 0.0
    return max(0, found - 1)


def _strayed(scene: Scene, lines: list[Any]) -> int:
    products = [(e, np.array(line)) for e, line in zip(scene.edges, lines, strict=True) if e.matrix]
    found = 0
    for edge, _ in products:
        if edge.label is None:
            continue
        left, bottom, right, top = label_bounds(edge.label)
        at = np.array(((left + right) / 2, (bottom + top) / 2))
        own = min(_distance(at, other) for e, other in products if e.matrix == edge.matrix)
        others = (_distance(at, other) for e, other in products if e.matrix != edge.matrix)
        found += min(others, default=math.inf) < own - 0.5
    return found


def _distance(at: Any, line: Any) -> float:
    a, d = line[:-1], line[1:] - line[:-1]
    length = np.maximum((d * d).sum(axis=1), 1e-12)
    t = np.clip(((at - a) * d).sum(axis=1) / length, 0, 1)
    return float(np.hypot(*(a + t[:, None] * d - at).T).min())


def _families(scene: Scene) -> tuple[int, float]:
    """Of marks that differ in one place of their index and stand in one column."""
    sideways = _sideways(scene)
    groups: dict[Any, dict[Any, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for node in scene.nodes:
        if node.kind in ("gate", "bar-gate") or "@" in node.id:  # a mark beside its reader
            continue
        along, across = (node.x, node.y) if sideways else (node.y, node.x)
        try:
            base, index, temporary = split_name(node.id)
        except TPNameError:  # a name with a letter, in a plate
            continue
        for place, value in enumerate(index):
            rest = (*index[:place], *index[place + 1 :])
            family = base, temporary, place, round(along, 1)
            groups[family][rest].append((value, across if sideways else -across))
    wrong, uneven = 0, 0.0
    for kin in groups.values():
        gaps = [
            high - low
            for members in kin.values()
            for (_, high), (_, low) in pairwise(sorted(members))
        ]
        wrong += sum(gap < 0 for gap in gaps)
        uneven = max(uneven, max(gaps, default=0.0) - min(gaps, default=0.0))
    return wrong, uneven


def _empty(scene: Scene, lines: list[Any], bounds: tuple[float, float, float, float]) -> float:
    left, bottom, right, top = bounds
    wide = max(1, math.ceil((right - left) / SQUARE))
    high = max(1, math.ceil((top - bottom) / SQUARE))
    used = np.zeros((wide, high), dtype=bool)
    for line in lines:
        for a, b in pairwise(np.array(line)):
            for t in np.linspace(0, 1, int(np.hypot(*(b - a)) / SQUARE * 2) + 2):
                x, y = a + t * (b - a)
                used[_square(x - left, wide), _square(y - bottom, high)] = True
    boxes = [(n.x - n.width / 2, n.y - n.height / 2, n.x + n.width / 2, n.y + n.height / 2)
             for n in scene.nodes]  # fmt: skip
    labels = [node.label for node in scene.nodes] + [edge.label for edge in scene.edges]
    boxes += [label_bounds(label) for label in labels if label is not None]
    for a, b, c, d in boxes:
        columns = slice(_square(a - left, wide), _square(c - left, wide) + 1)
        used[columns, _square(b - bottom, high) : _square(d - bottom, high) + 1] = True
    return float(1 - used.mean())


def _square(at: float, count: int) -> int:
    return min(count - 1, max(0, int(at / SQUARE)))


def cases(passes: list[str], only: set[str]) -> Iterator[tuple[str, str, Callable[[], Scene]]]:
    """(name, pass, how it is drawn) of every picture."""
    texts = {e.name: e.text for e in tp.gallery.entries() if not e.paths}
    texts |= {name: text for name, text in FAMILIES.items() if name not in texts}
    for name, text in texts.items():
        if only and name not in only:
            continue
        program = tp.parse(text)
        for kind in passes:
            if kind != "forward" and not program.parameters and program.loss is None:
                continue
            directions = ("LR", "TB") if kind == "forward" else ("LR",)
            for direction in directions:
                for fold in (False, True):
                    options = {"direction": direction, "fold": fold}
                    told = f"{name} {direction}{' folded' if fold else ''}"
                    yield told, kind, lambda p=program, k=kind, o=options: _scene(p, k, o)


def _scene(program: tp.Program, kind: str, options: dict[str, Any]) -> Scene:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tp.draw(PASSES[kind](program), **options).scene


def main() -> None:
    """Print the table; with --json write it too."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--passes", default=",".join(PASSES))
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path)
    asked = parser.parse_args()
    only = {name for name in asked.only.split(",") if name}
    rows: dict[str, dict[str, float]] = {}
    for name, kind, draw in cases(asked.passes.split(","), only):
        start = time.process_time()
        try:
            scene = draw()
        except tp.TPError as error:
            print(f"{kind:9s}{name:30s} refused: {str(error).splitlines()[0][:70]}")
            continue
        spent = time.process_time() - start
        row = measured(scene) | {"seconds": spent}
        rows[f"{kind} {name}"] = row
        print(
            f"{kind:9s}{name:30s}" + "".join(f" {k} {v:6.4g}" for k, v in row.items()), flush=True
        )
    before = json.loads(asked.against.read_text()) if asked.against else {}
    for kind in asked.passes.split(","):
        for title, table in (("before", before), ("now", rows)):
            own = [r for name, r in table.items() if name.startswith(kind) and name in rows]
            if own:
                print(f"{kind:9s}{title:7s}{_summary(own)}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1))


def _summary(rows: list[dict[str, float]]) -> str:
    crossed = [row["cross"] for row in rows]
    return (
        f"{len(rows)} pictures, crossings {sum(crossed):.0f} (median "
        f"{statistics.median(crossed):g}, most {max(crossed):.0f}, over 50: "
        f"{sum(c > 50 for c in crossed)}), bends {sum(r['bends'] for r in rows):.0f}, "
        f"strayed labels {sum(r['label'] for r in rows):.0f}, "
        f"askew {sum(r['askew'] for r in rows):.0f}, "
        f"disorder {sum(r['order'] for r in rows):.0f}, "
        f"uneven {sum(r['pitch'] > 0.1 for r in rows)}, "
        f"under 6 pt {sum(r['size'] < 6 for r in rows)}, "
        f"empty {statistics.mean(r['empty'] for r in rows):.2f}, "
        f"{sum(r['seconds'] for r in rows):.1f} s"
    )


if __name__ == "__main__":
    main()
