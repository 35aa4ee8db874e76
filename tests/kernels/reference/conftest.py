"""The script that needs neural-tangents is run by hand, not collected."""

from __future__ import annotations

collect_ignore = ["from_neural_tangents.py"]
