"""From the engine's own words to the project's errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import EngineRefused, NameInUse, NameRefused, ObjectNotFound, PortInUse, SubnetOverlap

__all__ = ["explained"]

REMOVE = {
    "network": "docker network rm",
    "service": "docker service rm",
    "container": "docker container rm --force",
    "secret": "docker secret rm",
    "config": "docker config rm",
}


@contextmanager
def explained(kind: str, name: str, *, subnet: str | None = None, port: int | None = None) -> Iterator[None]:
    """Turn an EngineRefused into the error that says what was wrong with the request.

    Parameters
    ----------
    kind, name
        The object that the request is about.
    subnet, port
        What it asked for, to be named in the error.

    Raises
    ------
    NameRefused, NameInUse, SubnetOverlap, PortInUse, ObjectNotFound, EngineRefused
    """
    if not name:
        # The engine answers here that it exists already.
        raise NameRefused(kind, name)
    try:
        yield
    except EngineRefused as err:
        said = err.detail
        if re.search(r"[Ii]nvalid container name|name must be valid|invalid name|name must be", said):
            raise NameRefused(kind, name) from err
        if re.search(r"already exists|already in use by container|name conflicts", said):
            raise NameInUse(kind, name, f"{REMOVE[kind]} {name}, ou choisissez un autre nom") from err
        if re.search(r"overlap", said, re.IGNORECASE):
            raise SubnetOverlap(name, subnet, said) from err
        if taken := re.search(r"port '(\d+)' is already in use by service '([^']+)'", said):
            raise PortInUse(int(taken[1]), taken[2]) from err
        if missing := re.search(r"[Nn]o such (network|service|container|image|node|task):? ?(\S*)", said):
            raise ObjectNotFound(missing[1], missing[2] or name, err.node) from err
        if missing := re.search(r"(network|service|node) (\S+) not found", said):
            raise ObjectNotFound(missing[1], missing[2], err.node) from err
        raise
