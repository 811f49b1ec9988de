"""The sections of the course, and the state of the swarm in which each one starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..errors import SectionUnknown

__all__ = ["SECTIONS", "STACK", "STACK_VOLUME", "NetworkState", "Section", "ServiceState", "StartState", "section"]


@dataclass(frozen=True, slots=True)
class NetworkState:
    """An overlay network that a section finds at its start."""

    name: str
    attachable: bool = False


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service that a section finds at its start."""

    name: str
    image: str
    replicas: int
    networks: tuple[str, ...] = ()
    publish: Mapping[int, int] = field(default_factory=dict)
    """Published port -> port of the containers."""


@dataclass(frozen=True, slots=True)
class StartState:
    """What the swarm holds of the course when a section starts; nothing else of the course is left."""

    networks: tuple[NetworkState, ...] = ()
    services: tuple[ServiceState, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One section: one notebook."""

    id: str
    notebook: str
    """File name in notebooks/."""
    title: str
    start: StartState = StartState()


STACK = "app"
"""Name of the stack that section 21 deploys."""
STACK_VOLUME = "app_db-data"
"""What outlives it."""
NGINX_NET = NetworkState("nginx-net")
MY_NGINX = ServiceState("my-nginx", "nginx", 5, ("nginx-net",), {80: 80})

SECTIONS: Mapping[str, Section] = MappingProxyType(
    {
        found.id: found
        for found in (
            Section("00", "00_approche_reseau.ipynb", "L'approche réseau de Docker"),
            Section("10", "10_recreer_swarm.ipynb", "LAB #1 : recréer le swarm"),
            Section("11", "11_creer_reseau_overlay.ipynb", "Créer un réseau overlay"),
            Section("12", "12_creer_service.ipynb", "Créer un service", StartState((NGINX_NET,))),
            Section(
                "13",
                "13_deplacer_service.ipynb",
                "Déplacer le service vers un autre réseau overlay",
                StartState((NGINX_NET,), (MY_NGINX,)),
            ),
            Section("14", "14_dns_decouverte.ipynb", "DNS et découverte des conteneurs"),
            Section("15", "15_ingress_personnalise.ipynb", "Un réseau ingress personnalisé"),
            Section("20", "20_architecture_microservices.ipynb", "LAB #2 : une architecture de microservices"),
            Section("21", "21_stack_vote.ipynb", "Mise en place avec Docker Swarm et des réseaux overlay"),
        )
    }
)


def section(identity: str) -> Section:
    """The section of that number.

    Raises
    ------
    SectionUnknown
    """
    if identity not in SECTIONS:
        raise SectionUnknown(identity, SECTIONS)
    return SECTIONS[identity]
