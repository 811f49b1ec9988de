"""Bodies and waits that many scenarios use."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ..steps import W1, W2, M, Until

__all__ = [
    "HOSTNAMES",
    "everywhere",
    "filters",
    "gone",
    "on",
    "running",
    "service",
    "state",
    "task_states",
    "updated",
]

HOSTNAMES = {host: f"{host}.i2tch.loc" for host in (M, W1, W2)}
SLEEP = ["sleep", "100000"]


def filters(**wanted: list[str]) -> str:
    """Write ``filters=`` for an address, as the docker CLI and the SDK do."""
    return "filters=" + quote(json.dumps(wanted), safe="$")


def on(host: str) -> dict[str, Any]:
    """A placement on one host."""
    return {"Constraints": [f"node.hostname=={HOSTNAMES[host]}"]}


def service(
    name: str,
    *,
    replicas: int | None = 1,
    host: str | None = W1,
    command: list[str] | None = None,
    image: str = "alpine:latest",
    container: dict[str, Any] | None = None,
    task: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Give a service's specification: of so many replicas, or global when None."""
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": image,
                "Command": SLEEP if command is None else command,
                "StopGracePeriod": 100_000_000,
                **(container or {}),
            },
            **({"Placement": on(host)} if host else {}),
            **(task or {}),
        },
        "Mode": {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}},
        **more,
    }


def running(name: str, count: int = 1, host: str = M) -> Until:
    """Wait until a service has so many tasks that run, and no other that should."""

    def holds(tasks: Any) -> bool:
        wanted = [task for task in tasks if task["DesiredState"] in ("running", "ready")]
        return [task["Status"]["State"] for task in wanted] == ["running"] * count

    return Until(host, "/tasks?" + filters(service=[name]), holds, f"{count} tasks of {name} run")


def task_states(name: str, *states: str) -> Until:
    """Wait until the tasks of a service are in these states, in any order, the old ones included."""

    def holds(tasks: Any) -> bool:
        return sorted(task["Status"]["State"] for task in tasks) == sorted(states)

    return Until(M, "/tasks?" + filters(service=[name]), holds, f"the tasks of {name} are {', '.join(states)}")


def updated(name: str, state: str) -> Until:
    """Wait until a service's update is in that state."""
    return Until(
        M,
        f"/services/{name}",
        lambda found: found["UpdateStatus"]["State"] == state,
        f"the update of {name} is {state}",
    )


def state(name: str, wanted: str, host: str = M) -> Until:
    """Wait until a container is in that state."""
    return Until(
        host, f"/containers/{name}/json", lambda found: found["State"]["Status"] == wanted, f"{name} is {wanted}"
    )


def gone(path: str, host: str = M) -> Until:
    """Wait until something is not found, or a list is empty."""
    return Until(host, path, lambda found: not found or "message" in found, f"{path} is gone")


def everywhere(path: str) -> tuple[Until, ...]:
    """Wait for the same on all hosts."""
    return tuple(gone(path, host) for host in (M, W1, W2))
