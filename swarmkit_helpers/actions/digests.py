"""From the name of an image to the digest that a registry gives for it, as the docker CLI's own client does it."""

from __future__ import annotations

from typing import Any

from ..errors import EngineRefused
from ..lab.node import Node

__all__ = ["resolve_digest"]

Json = dict[str, Any]


def resolve_digest(node: Node, reference: str) -> tuple[str, list[Json]]:
    """Ask the registry, through a node's engine, what that name means today.

    The route is ``GET /distribution/{name}/json`` of the Engine API.

    Returns
    -------
    tuple
        The reference with its digest (``alpine:latest@sha256:...``) and the platforms it is made for; the reference
        alone and no platform when no registry answers for it.

    Raises
    ------
    NodeUnreachable
    """
    try:
        with node.asking(f"demander à un registre l'image {reference}"):
            found = node.api.inspect_distribution(reference)
    except EngineRefused:
        return reference, []
    digest = found["Descriptor"]["digest"]
    pinned = reference if "@" in reference else f"{reference}@{digest}"
    # A registry does not tell one arm from another: with an architecture, no arm node would be chosen.
    platforms = [
        {
            "Architecture": "" if platform["architecture"].lower() == "arm" else platform["architecture"],
            "OS": platform["os"],
        }
        for platform in found.get("Platforms") or ()
    ]
    return pinned, platforms
