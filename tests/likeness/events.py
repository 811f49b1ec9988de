"""Puts events in an order that the engine keeps.

What happens to one container, or to one exec of it, is told in its order. Events of different objects are told as their
goroutines come to it: they are put one object after the other.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["event_key", "in_order"]

NUMBERED = re.compile(r"(?<![0-9a-z])([0-9a-f]{64}|[0-9a-f]{12}|[0-9a-z]{25})(?![0-9a-z])")


def in_order(events: list[Any], kept: dict[str, str]) -> list[Any]:
    """Sort events by what they are about; those of one object stay as they came."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    names: dict[tuple[str, ...], str] = {}
    for event in events:
        about = subject(event)
        groups.setdefault(about, []).append(event)
        if event["Type"] == about[0]:
            names.setdefault(about, name(event, kept))
    # Of objects of one name, the one that was told of first comes first.
    return [
        event for about in sorted(groups, key=lambda about: (about[0], names.get(about, ""))) for event in groups[about]
    ]


def subject(event: Any) -> tuple[str, ...]:
    """Give what an event is about: its container's, if it has one, and its exec's."""
    attributes = event["Actor"]["Attributes"]
    if event["Type"] == "container":
        return "container", event["Actor"]["ID"], attributes.get("execID", "")
    if "container" in attributes:
        return "container", attributes["container"], ""
    return event["Type"], event["Actor"]["ID"]


def name(event: Any, kept: dict[str, str]) -> str:
    """Give a name that is the same in every play."""
    attributes = event["Actor"]["Attributes"]
    exec_id = attributes.get("execID", "")
    command = event["Action"].partition(":")[2]
    return " ".join((NUMBERED.sub("", attributes.get("name", "")), kept.get(exec_id, command)))


def event_key(event: Any) -> tuple[str, ...]:
    """Give what makes two events of two plays the same event."""
    attributes = event["Actor"]["Attributes"]
    return (
        event["Type"],
        event["Action"],
        NUMBERED.sub("", re.sub("<.*>", "", attributes.get("name", ""))),
        attributes.get("execID", ""),
    )
