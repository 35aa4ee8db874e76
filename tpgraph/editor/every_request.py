"""What every request is, those of the session and those of the desk."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FileName", "Request"]

FileName: TypeAlias = Annotated[str, Field(max_length=4000)]
"""Of a file, or of a page."""


class Request(BaseModel):
    """A request; `op` names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
