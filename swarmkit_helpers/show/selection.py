"""Which networks to draw: one, several, or all those of a stack."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ObjectNotFound
from ..topology.model import Topology
from .french import listing

__all__ = ["network_names", "networks_asked"]


def network_names(asked: str | Sequence[str], *topologies: Topology) -> list[str]:
    """Names of the networks that were asked for, each once.

    Parameters
    ----------
    asked
        The name or id of a network, else the name of a stack: all of its networks; or several of these.
    topologies
        Where they are looked for: one that holds them is enough.

    Raises
    ------
    ObjectNotFound
        No network, nor stack with networks, of that name.
    """
    names: list[str] = []
    for name in [asked] if isinstance(asked, str) else asked:
        found = [network.name for t in topologies if (network := t.network(name)) is not None][:1]
        found = found or [network.name for t in topologies if (s := t.stack(name)) for network in s.networks]
        if not found:
            raise ObjectNotFound("network", name)
        names += found
    return list(dict.fromkeys(names))


def networks_asked(asked: str | Sequence[str], names: Sequence[str]) -> str:
    """What was asked for, as a title says it: ``du réseau a``, ``des réseaux a et b``, ``de la pile app``."""
    if isinstance(asked, str) and list(names) != [asked] and len(names) > 1:
        return f"de la pile {asked}"
    return f"du réseau {names[0]}" if len(names) == 1 else f"des réseaux {listing(names, 4)}"
