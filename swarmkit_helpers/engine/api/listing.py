"""Lists of containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kinds import Json
from ..node.container import Container
from ..refusal import Refusal
from .filters import Filters

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["FILTERS", "container_list"]

FILTERS = (
    "ancestor", "before", "exited", "id", "isolation", "label", "name", "status", "health", "since", "volume",
    "network", "is-task", "publish", "expose",
)  # fmt: skip
STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")
HEALTH = ("none", "starting", "healthy", "unhealthy")


def container_list(
    host: Host, chosen: Filters, *, every: bool = False, limit: int = 0, size: bool = False
) -> list[Json]:
    """The containers that the filters let through, newest first.

    Parameters
    ----------
    every
        Also those that do not run.
    limit
        How many at most, running or not; 0: no limit.
    size
        With their sizes.

    Raises
    ------
    Refusal
        A filter is unknown, or has a value that cannot be.
    """
    chosen.only(*FILTERS)
    every = every or limit > 0 or bool(chosen.get("status"))
    chosen.values("status", STATES, lambda value: Refusal(400, f"Invalid filter 'status={value}'"))
    chosen.values("health", HEALTH, lambda value: Refusal(400, f"Invalid filter 'health={value}'"))
    exited = [_code(code) for code in chosen.get("exited")]
    task = chosen.boolean("is-task")
    published, exposed = _ports(chosen, "publish"), _ports(chosen, "expose")
    found: list[Json] = []
    containers = sorted(host.containers.all(), key=lambda one: one.created, reverse=True)
    containers = _between(host, chosen, containers)
    images = _ancestors(host, chosen)
    for container in containers:
        if limit > 0 and len(found) == limit:
            break
        if not every and not container.state.running:
            continue
        if exited and (container.state.running or container.state.exit_code not in exited):
            continue
        if images is not None and container.image_id not in images and not chosen.exact("ancestor", container.image):
            continue
        if task is not None and task != (container.task is not None):
            continue
        listed = host.containers.listed(container, size)
        if _fits(chosen, container, listed) and _open(container, listed, published, exposed):
            found.append(listed)
    return found


def _code(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refusal(500, f'strconv.Atoi: parsing "{text}": invalid syntax') from None


def _between(host: Host, chosen: Filters, containers: list[Container]) -> list[Container]:
    """Those made before one, or since another."""
    before, since = ([_created(host, one) for one in chosen.get(key)] for key in ("before", "since"))
    return [
        one
        for one in containers
        if all(one.created < date for date in before) and all(one.created > date for date in since)
    ]


def _created(host: Host, reference: str) -> str:
    try:
        return host.containers.find(reference).created
    except Refusal:
        raise Refusal(500, f"no such container {reference}") from None


def _ancestors(host: Host, chosen: Filters) -> set[str] | None:
    if not chosen.get("ancestor"):
        return None
    found: set[str] = set()
    for reference in chosen.get("ancestor"):
        try:
            found.add(host.images.inspect(host.images.find(reference))["Id"])
        except Refusal:
            continue
    return found


def _fits(chosen: Filters, container: Container, listed: Json) -> bool:
    health = str((container.health or {}).get("Status", "none"))
    networks = listed["NetworkSettings"]["Networks"]
    return (
        chosen.match("id", container.id)
        and (chosen.match("name", container.name) or chosen.match("name", f"/{container.name}"))
        and chosen.labels(listed["Labels"])
        and chosen.exact("status", listed["State"])
        and chosen.exact("health", health)
        and chosen.exact("isolation", "")
        and _any(
            chosen, "volume", [mount.get(key, "") for mount in listed["Mounts"] for key in ("Name", "Destination")]
        )
        and _any(chosen, "network", [*networks, *(one["NetworkID"] for one in networks.values())])
    )


def _open(container: Container, listed: Json, published: set[str] | None, exposed: set[str] | None) -> bool:
    ports = {f"{port['PublicPort']}/{port['Type']}" for port in listed["Ports"] if "PublicPort" in port}
    return (published is None or bool(published & ports)) and (
        exposed is None or bool(exposed & set(container.config.get("ExposedPorts") or {}))
    )


def _any(chosen: Filters, key: str, values: list[str]) -> bool:
    return not chosen.get(key) or any(value and value in chosen.get(key) for value in values)


def _ports(chosen: Filters, key: str) -> set[str] | None:
    """The ports asked for: ``80``, ``80/udp`` or ``80-90``; None: no filter."""
    if not chosen.get(key):
        return None
    found: set[str] = set()
    for asked in chosen.get(key):
        numbers, _, protocol = asked.partition("/")
        try:
            found |= {f"{port}/{protocol or 'tcp'}" for port in _range(numbers)}
        except ValueError as bad:
            raise Refusal(500, f"error while looking up for {key} {asked}: {bad}") from None
    return found


def _range(numbers: str) -> range:
    if not numbers:
        raise ValueError("Empty string specified for ports.")
    first, _, rest = numbers.partition("-")
    low, high = _port(first), _port(rest.partition("-")[0]) if "-" in numbers else _port(first)
    if high < low:
        raise ValueError(f"Invalid range specified for the Port: {numbers}")
    return range(low, high + 1)


def _port(text: str) -> int:
    digits = text.isascii() and text.isdecimal()
    if digits and int(text) < 65_536:
        return int(text)
    raise ValueError(f'strconv.ParseUint: parsing "{text}": {"value out of range" if digits else "invalid syntax"}')
