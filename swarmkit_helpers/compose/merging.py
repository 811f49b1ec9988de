"""Several files as one: what a later file gives goes over what an earlier one gave.

By the rules of the docker CLI, which are not those of docker compose:

- a service is merged key by key; a network, a volume, a secret or a config is replaced whole;
- a text, a number or a boolean replaces, unless it is empty, zero or false; four numbers may be set to zero
  (`MAY_BE_ZERO`);
- of labels and options, each replaces that of its name; so do variables of the environment, unless they are empty over
  one that is not;
- a list is appended, but for ports (one per published port), mounts (one per target), secrets and configs (one per
  source) and commands (replaced);
- a limit (ulimit) is replaced; so are the aliases on a network, even by none, but its driver options never are.

In version 28 of the CLI a command is replaced and not appended, a mount replaces that of the same target, and zero
counts where it means something: so it is here. Version 20.10 had it otherwise, by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from .model import BARE, Logging, Record, Service, ServiceNetwork, Stack

__all__ = ["merge"]

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=Record)

MAY_BE_ZERO = ("replicas", "parallelism", "max_attempts", "retries")
REPLACED = ("command", "entrypoint")


def merge(stacks: Iterable[Stack]) -> Stack:
    """Put stacks one over the other, in order."""
    first, *others = stacks
    for other in others:
        services = dict(first.services)
        for name, service in other.services.items():
            services[name] = _over(services[name], service) if name in services else service
        first = first.model_copy(
            update={
                "services": services,
                "networks": first.networks | other.networks,
                "volumes": first.volumes | other.volumes,
                "secrets": first.secrets | other.secrets,
                "configs": first.configs | other.configs,
            }
        )
    return first


def _over(below: R, above: R) -> R:
    """One record over another of its kind, field by field."""
    update = {
        name: _field(below, name, getattr(below, name), getattr(above, name)) for name in type(below).model_fields
    }
    given = below.model_fields_set | above.model_fields_set
    merged = below.model_copy(update=update)
    merged.__pydantic_fields_set__.intersection_update(given)
    return merged


def _field(owner: Record, name: str, below: Any, above: Any) -> Any:
    if isinstance(owner, Service) and name in KEYED and below:
        return _keyed(KEYED[name], below, above)
    if name in REPLACED:
        return above or below
    if name in MAY_BE_ZERO:
        return below if above is None else above
    if isinstance(above, Logging) and isinstance(below, Logging):
        return _logging(below, above)
    if isinstance(above, Record) and isinstance(below, Record):
        return _over(below, above)
    if isinstance(above, dict):
        return below | {key: _entry(name, below[key], value) if key in below else value for key, value in above.items()}
    if isinstance(above, tuple):
        return below + above
    return above if above or below is None else below


def _entry(name: str, below: Any, above: Any) -> Any:
    """One entry of a dictionary over the one of the same key."""
    if name == "environment":
        return below if below and not above else above
    if isinstance(below, ServiceNetwork):
        return _attachment(below, above)
    return above


def _attachment(below: ServiceNetwork, above: ServiceNetwork) -> ServiceNetwork:
    if below is BARE or above is BARE:
        return below if above is BARE else above
    return above.model_copy(update={"driver_opts": below.driver_opts})


def _published(port: Any) -> Hashable:
    return int(port.published)


def _target(volume: Any) -> Hashable:
    return str(volume.target)


def _source(reference: Any) -> Hashable:
    return str(reference.source)


KEYED: dict[str, Callable[[Any], Hashable]] = {
    "ports": _published,
    "volumes": _target,
    "secrets": _source,
    "configs": _source,
}


def _keyed(key: Callable[[Any], Any], below: tuple[E, ...], above: tuple[E, ...]) -> tuple[E, ...]:
    entries = {key(entry): entry for entry in (*below, *above)}
    return tuple(entries[number] for number in sorted(entries))


def _logging(below: Logging, above: Logging) -> Logging:
    if below.driver and above.driver and below.driver != above.driver:
        return above
    options = below.options
    # The CLI adds to the options that there are, and loses what it would add to none.
    if options is not None:
        options = options | (above.options or {})
    return below.model_copy(update={"driver": below.driver or above.driver, "options": options})
