"""Variables in a stack file: ``$VAR``, ``${VAR}``, ``${VAR:-default}``, ``${VAR-default}``, ``${VAR:?why}``,
``${VAR?why}``.

``$$`` stands for one dollar. Keys are left alone, and so is the version. A value that a variable changed becomes a
number or a boolean where the file format wants one, as with the docker CLI; elsewhere it stays a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .document import Document, Trail
from .problem import StackProblem

__all__ = ["Interpolation", "interpolate", "substitute"]

NAME = "[_a-zA-Z][_a-zA-Z0-9]*"
VARIABLE = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<named>{NAME}(?::?[-?][^}}]*)?)|\{{(?P<braced>{NAME}(?::?[-?][^}}]*)?)\}}|(?P<wrong>))"
)
EXPRESSION = re.compile(rf"(?P<name>{NAME})(?:(?P<operator>:?[-?])(?P<text>.*))?", re.DOTALL)

BOOLEANS = dict.fromkeys(("y", "yes", "true", "on"), True) | dict.fromkeys(("n", "no", "false", "off"), False)


@dataclass(slots=True)
class Interpolation:
    """What interpolating one file gave."""

    data: Any = None
    problems: list[StackProblem] = field(default_factory=list)
    unset: list[tuple[Trail, str]] = field(default_factory=list)
    """Where a variable without a value and without a default left nothing, and its name."""


def substitute(text: str, variables: Mapping[str, str]) -> tuple[str, list[str]]:
    """Replace the variables of one text.

    Parameters
    ----------
    variables
        Name -> value; a name that is not there is unset.

    Returns
    -------
    text
        With the values.
    unset
        Names of the variables that are not set and have no default: each stands for an empty text.

    Raises
    ------
    ValueError
        A lone dollar, or a required variable that is not set; the message is French.

    Notes
    -----
    The operator is the one that follows the name. The CLI takes ``-`` before ``?`` wherever they stand, so that a dash
    in the message of ``${VAR:?message}`` turns it into a default: not followed here.
    """
    unset: list[str] = []

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        expression = EXPRESSION.fullmatch(found["named"] or found["braced"] or "")
        if expression is None:
            raise ValueError(f"« {text} » n'est pas une variable ; pour un dollar, écrivez $$")
        name, operator, rest = expression["name"], expression["operator"] or "", expression["text"] or ""
        known = variables.get(name)
        if known is not None and not (operator.startswith(":") and known == ""):
            return known
        if operator.endswith("?"):
            why = f" : {rest}" if rest else ""
            raise ValueError(f"la variable {name} doit être définie{why}")
        if operator.endswith("-"):
            return rest
        unset.append(name)
        return ""

    return VARIABLE.sub(value, text), unset


def interpolate(document: Document, variables: Mapping[str, str]) -> Interpolation:
    """Replace the variables in all values of a file.

    Parameters
    ----------
    variables
        Name -> value.
    """
    result = Interpolation()

    def walk(value: Any, where: Trail) -> Any:
        if isinstance(value, dict):
            return {key: walk(item, (*where, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*where, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "$" not in value:
            return value
        try:
            text, unset = substitute(value, variables)
            result.unset += [(where, name) for name in unset]
            return text if text == value else _cast(where)(text)
        except ValueError as err:
            result.problems.append(document.problem(where, str(err)))
            return value

    result.data = walk(document.data, ())
    return result


def _whole(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d+", text, re.ASCII):
        raise ValueError(f"un nombre entier est attendu, et les variables donnent {_quoted(text)}")
    return int(text)


def _decimal(text: str) -> float:
    if not re.fullmatch(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?", text, re.ASCII):
        raise ValueError(f"un nombre est attendu, et les variables donnent {_quoted(text)}")
    return float(text)


def _boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError(f"true ou false est attendu, et les variables donnent {_quoted(text)}")
    return BOOLEANS[text.lower()]


def _quoted(text: str) -> str:
    return f"« {text} »" if text else "un texte vide"


CASTS: dict[str, Callable[[str], Any]] = {
    "services.*.configs.[].mode": _whole,
    "services.*.secrets.[].mode": _whole,
    "services.*.healthcheck.retries": _whole,
    "services.*.healthcheck.disable": _boolean,
    "services.*.deploy.replicas": _whole,
    "services.*.deploy.update_config.parallelism": _whole,
    "services.*.deploy.update_config.max_failure_ratio": _decimal,
    "services.*.deploy.rollback_config.parallelism": _whole,
    "services.*.deploy.rollback_config.max_failure_ratio": _decimal,
    "services.*.deploy.restart_policy.max_attempts": _whole,
    "services.*.deploy.placement.max_replicas_per_node": _whole,
    "services.*.ports.[].target": _whole,
    "services.*.ports.[].published": _whole,
    "services.*.ulimits.*": _whole,
    "services.*.ulimits.*.hard": _whole,
    "services.*.ulimits.*.soft": _whole,
    "services.*.privileged": _boolean,
    "services.*.read_only": _boolean,
    "services.*.stdin_open": _boolean,
    "services.*.tty": _boolean,
    "services.*.volumes.[].read_only": _boolean,
    "services.*.volumes.[].volume.nocopy": _boolean,
    "networks.*.external": _boolean,
    "networks.*.internal": _boolean,
    "networks.*.attachable": _boolean,
    "volumes.*.external": _boolean,
    "secrets.*.external": _boolean,
    "configs.*.external": _boolean,
}
"""Where a text becomes something else once its variables are replaced, as the docker CLI has it."""

PATTERNS = [(tuple(pattern.split(".")), cast) for pattern, cast in CASTS.items()]


def _cast(where: Trail) -> Callable[[str], Any]:
    for pattern, cast in PATTERNS:
        if len(pattern) == len(where) and all(
            part == "[]" if isinstance(found, int) else part in ("*", found)
            for part, found in zip(pattern, where, strict=True)
        ):
            return cast
    return str
