"""Groups of options that several commands share, each one parameter of the command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeAlias, get_type_hints

__all__ = ["Command", "OptionGroup", "takes"]

Command: TypeAlias = Callable[..., None]
OptionGroup: TypeAlias = Mapping[str, tuple[Any, Any]]
"""Name, type and default of every option."""


def takes(place: str, group: OptionGroup, made: Callable[..., Any]) -> Callable[[Command], Command]:
    """What gives a command the options of a group in the place of its parameter `place`.

    The command gets there what is `made` of their values, by their names.
    """

    def taking(command: Command) -> Command:
        hints = get_type_hints(command, include_extras=True)
        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for name, parameter in signature.parameters.items():
            if name == place:
                parameters += [
                    parameter.replace(name=option, annotation=kind, default=default)
                    for option, (kind, default) in group.items()
                ]
            else:
                parameters.append(parameter.replace(annotation=hints[name]))

        @wraps(command)
        def with_options(**given: Any) -> None:
            said = {option: given.pop(option) for option in group}
            command(**given, **{place: made(**said)})

        with_options.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=parameters
        )
        with_options.__annotations__ = {p.name: p.annotation for p in parameters}
        return with_options

    return taking
