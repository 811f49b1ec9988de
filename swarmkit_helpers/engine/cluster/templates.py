"""Templates of a service's environment, host name and mounts: ``{{.Task.Slot}}``."""

from __future__ import annotations

import re
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .rpc import refused

__all__ = ["check_templates", "context", "expand"]

ACTION = re.compile(r"{{-?\s*(.*?)\s*-?}}", re.DOTALL)
FIELD = re.compile(r"(?:\.\w+)+")
INDEX = re.compile(r"index\s+\.(Service|Task|Node)\.Labels\s+\"([^\"]*)\"")


def context(task: Json, node: Json) -> Json:
    """What a task's templates can name."""
    description = node.get("Description") or {}
    service = {"ID": task.get("ServiceID", ""), "Name": task.get("_ServiceName", "")}
    place = task.get("Slot") or node["ID"]
    return {
        "Service": service | {"Labels": task.get("_ServiceLabels") or {}},
        "Node": {
            "ID": node["ID"],
            "Hostname": description.get("Hostname", ""),
            "Platform": description.get("Platform") or {},
        },
        "Task": {
            "ID": task["ID"],
            "Name": f"{service['Name']}.{place}.{task['ID']}",
            "Slot": str(task.get("Slot") or ""),
        },
    }


def expand(text: str, names: Json) -> str:
    """Replace a text's actions.

    Parameters
    ----------
    names
        See `context`.

    Raises
    ------
    ValueError
        In the words of Go: an action cannot be read, or names what does not exist.
    """
    rest = ACTION.sub("", text)
    if "{{" in rest:
        raise ValueError("template: expansion:1: unclosed action")
    return ACTION.sub(lambda action: _value(action[1], action.start(1), names), text)


def check_templates(container: Json) -> None:
    """See that all templates of a container spec can be expanded.

    Raises
    ------
    Refusal
        400, in the words of the engine; 501: more of Go's templates than is known here.
    """
    task = {"ID": "taskid", "ServiceID": "serviceid", "Slot": 1, "_ServiceName": "servicename"}
    node = {
        "ID": "nodeid",
        "Description": {"Hostname": "nodeHostname", "Platform": {"OS": "os", "Architecture": "arch"}},
    }
    names = context(task, node)
    for one in container.get("Env") or []:
        # Only what comes after the first « = » is expanded.
        _check(one.partition("=")[2], names, f'expanding env failed: expanding env "{one}"')
    _check(container.get("Hostname") or "", names, "expanding hostname failed")
    for mount in container.get("Mounts") or []:
        for key in ("Source", "Target"):
            _check(
                mount.get(key) or "",
                names,
                f'expanding mounts failed: expanding mount {key.lower()} "{mount.get(key)}"',
            )


def _check(text: str, names: Json, what: str) -> None:
    try:
        expand(text, names)
    except ValueError as err:
        raise refused("InvalidArgument", f"{what}: {err}") from err


def _value(action: str, column: int, names: Json) -> str:
    if found := INDEX.fullmatch(action):
        return str((names[found[1]].get("Labels") or {}).get(found[2], ""))
    if not FIELD.fullmatch(action):
        raise Refusal(501, f"template action {{{{{action}}}}} is not simulated")
    value: Any = names
    seen = ""
    for name in action[1:].split("."):
        seen += f".{name}"
        if not isinstance(value, dict) or name not in value:
            kind = {"": "template.Context"}.get(seen.rpartition(".")[0], "struct")
            where = f'template: expansion:1:{column}: executing "expansion" at <{seen}>'
            raise ValueError(f"{where}: can't evaluate field {name} in type *{kind}")
        value = value[name]
    return str(value)
