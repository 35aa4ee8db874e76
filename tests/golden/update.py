"""The scenes of the gallery as they should be: `python tests/golden/update.py` writes them anew.

They leave out where in the text a mark stems from, which comments and spaces change.

After a change of the layout look at the pictures before the new scenes are committed.
"""

import re
from pathlib import Path

from tpgraph import gallery

FOLDER = Path(__file__).parent


def scenes():
    """(name, scene as JSON) for the whole gallery."""
    for entry in gallery.entries():
        text = entry.draw().json
        yield entry.name, re.sub(r', "span": (null|\{[^{}]*\})', "", text)


def main():
    """Write every scene, and remove those of programs that are gone."""
    written = set()
    for name, text in scenes():
        path = FOLDER / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        written.add(path)
    for path in set(FOLDER.glob("*.json")) - written:
        path.unlink()


if __name__ == "__main__":
    main()
