"""Puts events in an order that the engine keeps.

What happens to one container is told in its order, and so is what happens to one of its execs, or between it and one
network. Events of different objects are told as their goroutines come to it: they are put one object after the other.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["event_key", "in_order"]

NUMBERED = re.compile(r"(?<![0-9a-z])([0-9a-f]{64}|[0-9a-f]{12}|[0-9a-z]{25})(?![0-9a-z])")


def in_order(events: list[Any], kept: dict[str, str]) -> list[Any]:
    """Sort events by what they are about; those of one object stay as they came."""
    groups: dict[tuple[str, str, str], list[Any]] = {}
    names: dict[str, str] = {}
    for event in events:
        about, part = subject(event), kept.get(part_of(event), part_of(event))
        groups.setdefault((*about, part), []).append(event)
        if event["Type"] == about[0]:
            # Of objects of one name, the one that was told of first comes first.
            names.setdefault(about[1], NUMBERED.sub("", event["Actor"]["Attributes"].get("name", "")))
    order = sorted(groups, key=lambda group: (group[0], names.get(group[1], ""), NUMBERED.sub("", group[2])))
    return [event for group in order for event in told_once(groups[group])]


def told_once(events: list[Any]) -> list[Any]:
    """Leave out what a node that joins is told of again before its engine is known: how often is chance."""
    kept = events[:1]
    for event in events[1:]:
        if not (event["Type"] == "node" and told(event) == told(kept[-1]) == ("update", {"name": ""})):
            kept.append(event)
    return kept


def told(event: Any) -> tuple[str, dict[str, str]]:
    return event["Action"], event["Actor"]["Attributes"]


def subject(event: Any) -> tuple[str, str]:
    """Give what an event is about: its container, if it has one."""
    if container := event["Actor"]["Attributes"].get("container"):
        return "container", container
    return event["Type"], event["Actor"]["ID"]


def part_of(event: Any) -> str:
    """Give the exec of a container, or the network, or the volume, that an event is about."""
    attributes = event["Actor"]["Attributes"]
    if "container" in attributes:
        return str(attributes.get("name") or event["Actor"]["ID"])
    return str(attributes.get("execID", ""))


def event_key(event: Any) -> tuple[str, ...]:
    """Give what makes two events of two plays the same event."""
    attributes = event["Actor"]["Attributes"]
    return (
        event["Type"],
        event["Action"],
        NUMBERED.sub("", re.sub("<.*>", "", attributes.get("name", ""))),
        attributes.get("execID", ""),
    )
