"""What the probes would have measured in the generated swarms."""

from __future__ import annotations

from dataclasses import replace

from swarmkit_helpers.probes.matrix import Pair, PairOutcome, PingMatrix
from swarmkit_helpers.probes.names import NameAnswer, NameSurvey
from swarmkit_helpers.topology.holders import holder_of
from swarmkit_helpers.topology.model import Container, Topology
from swarmkit_helpers.topology.naming import NameKind, kind_of_name, why_unknown
from tests.show import swarms

RTTS = (0.05, 0.15, 0.6, 4.2, 31.0, 0.09)


def matrix(machines: int, each: int, odd: dict[tuple[int, int], PairOutcome] | None = None) -> PingMatrix:
    """All pairs of a generated swarm; those of different networks are apart, `odd` ends as it says."""
    swarm = swarms.large(machines, each, 2)
    containers = sorted(swarm.containers, key=lambda c: [node.name for node in swarm.nodes].index(c.node))
    pairs = []
    for row, source in enumerate(containers):
        for column, target in enumerate(containers):
            if source is target:
                continue
            shared = next((n for n in source.networks if n in target.networks), None)
            outcome = (odd or {}).get((row, column)) or ("answered" if shared else "apart")
            rtt = RTTS[(row + column) % len(RTTS)] if outcome in ("answered", "leaked") else None
            pairs.append(Pair(source.label, target.label, outcome, shared, "10.0.0.9", rtt, f"raison {outcome}"))
    names = tuple(container.label for container in containers)
    return PingMatrix(swarm, names, {c.label: c.node for c in containers}, ("app_reseau-0",), tuple(pairs))


def nginx_with_alpine() -> Topology:
    """my-nginx on nginx-net, and a container that is there too, and one that is not."""
    swarm = swarms.before_move()
    alpine = Container("a" * 64, "alpine1", "worker1", "alpine", "running", networks=("nginx-net",))
    apart = Container("b" * 64, "seul", "worker2", "alpine", "running", networks=("nginx-net-2",))
    return replace(
        swarm,
        containers=(*swarm.containers, alpine, apart),
        endpoints=(
            *swarm.endpoints,
            swarms.endpoint("nginx-net", "worker1", "alpine1", "10.0.1.20", container=alpine.id),
            swarms.endpoint("nginx-net-2", "worker2", "seul", "10.0.2.20", container=apart.id),
        ),
    )


def survey(*, mute: bool = False) -> NameSurvey:
    """What alpine1 would be told of the names around it."""
    swarm = nginx_with_alpine()
    asker = swarm.container("alpine1")
    assert asker is not None
    tasks = [end.address for end in swarm.containers_of("nginx-net") if end.service and end.address]
    given = {
        "my-nginx": ["10.0.1.2"],
        "tasks.my-nginx": tasks,
        "serveur": tasks[:1],
        "seul": [],
        "introuvable": [],
        "worker2.i2tch.loc": ["10.0.3.64"],
    }
    answers = []
    for name, addresses in given.items():
        holders = tuple(holder_of(swarm, address, asker) for address in addresses)
        kind: NameKind = kind_of_name(swarm, name, holders)
        why = "une réponse" if holders else why_unknown(swarm, asker, name)
        command = f"docker container exec alpine1 nslookup {name}"
        answers.append(
            NameAnswer(name, "answered" if holders else "unknown", kind, holders, "127.0.0.11", why, command)
        )
    if mute:
        answers.append(NameAnswer("autre", "not_run", "unknown", (), None, "Question impossible : arrêté.", "docker"))
    return NameSurvey(swarm, "alpine1", "worker1", asker.networks, tuple(answers))
