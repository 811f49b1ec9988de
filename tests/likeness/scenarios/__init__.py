"""All scenarios, in the order in which they are played."""

from __future__ import annotations

from . import (
    containers,
    execs,
    images,
    inputs,
    networks,
    nodes,
    objects,
    services,
    streams,
    swarm,
    system,
    tasks,
    volumes,
)

__all__ = ["SCENARIOS"]

SCENARIOS = (
    *system.SCENARIOS,
    *inputs.SCENARIOS,
    *images.SCENARIOS,
    *volumes.SCENARIOS,
    *containers.SCENARIOS,
    *execs.SCENARIOS,
    *streams.SCENARIOS,
    *networks.SCENARIOS,
    *swarm.SCENARIOS,
    *nodes.SCENARIOS,
    *objects.SCENARIOS,
    *services.SCENARIOS,
    *tasks.SCENARIOS,
)
