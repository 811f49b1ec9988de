"""What goes wrong when it is asked to."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Faults", "Link"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a host's wire does to each packet that passes it."""

    up: bool = True
    delay_ms: float = 0.0
    loss: float = 0.0
    """Part of the packets that is lost, from 0 to 1."""


CLEAR, NOTHING = Link(), Link(up=False)


@dataclass
class Faults:
    """Faults in force, by host name."""

    links: dict[str, Link] = field(default_factory=dict)
    dark: set[str] = field(default_factory=set)
    """Hosts without power: nothing passes their wire, whatever `links` says."""
    full_disks: set[str] = field(default_factory=set)
    missing_images: set[str] = field(default_factory=set)
    """References that no registry gives: ``nginx:latest``."""

    def link(self, host: str) -> Link:
        """What the host's wire does now."""
        return NOTHING if host in self.dark else self.links.get(host, CLEAR)
