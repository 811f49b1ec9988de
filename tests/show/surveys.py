"""What the DNS would answer in the generated large swarms."""

from __future__ import annotations

from dataclasses import replace

from swarmkit_helpers.probes.names import NameAnswer, NameSurvey
from swarmkit_helpers.topology.holders import holder_of
from swarmkit_helpers.topology.model import Topology
from swarmkit_helpers.topology.naming import kind_of_name

from . import fleets


def large(machines: int, containers: int, networks: int = 1) -> NameSurvey:
    """The first container of a generated swarm asks for each service and for its tasks."""
    swarm = fleets.fleet(machines, containers, networks)
    asker = swarm.containers[0]
    given: dict[str, list[str]] = {}
    for service in swarm.services:
        # The DNS tells nothing of ingress.
        asked = [network for network in asker.networks if network != "ingress"]
        on = [vip for vip in swarm.vips if vip.service == service.name and vip.network in asked]
        for vip in on:
            ends = swarm.containers_of(vip.network)
            given.setdefault(service.name, []).append(vip.address)
            tasks = [end.address for end in ends if end.service == service.name and end.address]
            given.setdefault(f"tasks.{service.name}", []).extend(tasks)
    return NameSurvey(
        swarm,
        asker.label,
        asker.node,
        asker.networks,
        tuple(answer(swarm, asker.label, name, addresses) for name, addresses in given.items()),
    )


def of_one(machines: int, containers: int) -> NameSurvey:
    """The same, for the service that has the most tasks only."""
    survey = large(machines, containers)
    tasks = max(survey.answers, key=lambda answer: len(answer.holders))
    vip = next(answer for answer in survey.answers if f"tasks.{answer.name}" == tasks.name)
    return replace(survey, answers=(vip, tasks))


def answer(topology: Topology, source: str, name: str, addresses: list[str]) -> NameAnswer:
    asker = topology.container(source)
    holders = tuple(holder_of(topology, address, asker) for address in addresses)
    command = f"docker container exec {source} nslookup {name}"
    kind = kind_of_name(topology, name, holders)
    return NameAnswer(name, "answered", kind, holders, "127.0.0.11", "une réponse", command)
