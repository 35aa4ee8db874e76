"""A program in a file, for the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import MLP


@pytest.fixture
def mlp(tmp_path: Path) -> Path:
    path = tmp_path / "mlp.tp"
    path.write_text(MLP, encoding="utf-8")
    return path
