"""Placement constraints: ``node.labels.zone == east``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..kinds import Json
from .rpc import refused

__all__ = ["Constraint", "parse_constraints", "satisfies"]

KEY = re.compile(r"[a-z_][a-z0-9\-_.]+", re.IGNORECASE)
VALUE = re.compile(r"[a-z0-9:\-_\s.*()?+\[\]\\^$|/]+", re.IGNORECASE)
OPERATORS = ("==", "!=")
NODE_LABELS = "node.labels."
ENGINE_LABELS = "engine.labels."


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint."""

    key: str
    equal: bool
    """Whether it was written with ``==``."""
    value: str

    def accepts(self, node: Json) -> bool:
        """Whether a node satisfies it."""
        if self.key.lower() == "node.ip":
            return self._inside(node["Status"].get("Addr", "")) is self.equal
        seen = _value(self.key, node)
        return seen is not None and (seen.lower() == self.value.lower()) is self.equal

    def _inside(self, address: str) -> bool:
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(self.value, strict=False)
        except ValueError:
            return False


def parse_constraints(written: Iterable[str]) -> list[Constraint]:
    """Read constraints.

    Raises
    ------
    Refusal
        500, in the words of swarmkit: one cannot be read.
    """
    return [_parse(one) for one in written]


def satisfies(written: Iterable[str], node: Json) -> bool:
    """Whether a node satisfies constraints that `parse_constraints` could read."""
    return all(constraint.accepts(node) for constraint in parse_constraints(written))


def _parse(written: str) -> Constraint:
    for operator in OPERATORS:
        key, found, value = written.partition(operator)
        if not found:
            continue
        key, value = key.strip(), value.strip()
        if not KEY.fullmatch(key):
            raise refused("Unknown", f"key '{key}' is invalid")
        if not VALUE.fullmatch(value):
            raise refused("Unknown", f"value '{value}' is invalid")
        return Constraint(key, operator == "==", value)
    raise refused("Unknown", f"constraint expected one operator from {', '.join(OPERATORS)}")


def _value(key: str, node: Json) -> str | None:
    """What a node has under a key; None for a key that does not exist."""
    description = node.get("Description") or {}
    platform = description.get("Platform") or {}
    lowered = key.lower()
    plain = {
        "node.id": node["ID"],
        "node.hostname": description.get("Hostname", ""),
        "node.role": node.get("_Role", node["Spec"].get("Role", "")),
        "node.platform.os": platform.get("OS", ""),
        "node.platform.arch": platform.get("Architecture", ""),
    }
    if lowered in plain:
        return str(plain[lowered])
    for prefix, labels in (
        (NODE_LABELS, node["Spec"].get("Labels")),
        (ENGINE_LABELS, (description.get("Engine") or {}).get("Labels")),
    ):
        if lowered.startswith(prefix) and len(key) > len(prefix):
            return str((labels or {}).get(key[len(prefix) :], ""))
    return None
