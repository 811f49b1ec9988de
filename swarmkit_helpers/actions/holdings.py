"""What the swarm holds and a stack is made of: services, networks, secrets and configs, read from the manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..compose.specs import NAMESPACE_LABEL
from ..lab.node import Node

__all__ = ["Holdings", "fetch_holdings", "stack_of"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the manager lists, each kind by name."""

    services: dict[str, Json]
    networks: dict[str, Json]
    """The swarm's and the manager's own."""
    secrets: dict[str, Json]
    configs: dict[str, Json]

    def of(self, stack: str) -> Holdings:
        """Those of one stack, by the label that ``docker stack`` gives them."""

        def own(objects: dict[str, Json]) -> dict[str, Json]:
            return {name: raw for name, raw in objects.items() if stack_of(raw) == stack}

        return Holdings(own(self.services), own(self.networks), own(self.secrets), own(self.configs))

    def __bool__(self) -> bool:
        return bool(self.services or self.networks or self.secrets or self.configs)


def stack_of(raw: Json) -> str:
    """The stack that an object says it belongs to; empty when none."""
    labels = raw.get("Spec", raw).get("Labels") or {}
    return str(labels.get(NAMESPACE_LABEL, ""))


def fetch_holdings(manager: Node) -> Holdings:
    """Read all that the manager lists.

    Raises
    ------
    NodeUnreachable
    EngineRefused
        The node manages no swarm.
    """

    def listed(kind: str, ask: Callable[[], list[Json]]) -> dict[str, Json]:
        with manager.asking(f"lister les {kind}"):
            found = ask()
        # A network of the swarm comes before a local one of the same name.
        found.sort(key=lambda raw: str(raw.get("Scope")))
        return {str(raw.get("Spec", raw)["Name"]): raw for raw in found}

    api = manager.api
    return Holdings(
        listed("services", api.services),
        listed("réseaux", api.networks),
        listed("secrets", api.secrets),
        listed("configs", api.configs),
    )
