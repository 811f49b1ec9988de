"""Section 10: every node out of its swarm, then in; and no join token in anything that a learner sees."""

from __future__ import annotations

import contextlib
import io

import pytest

from swarmkit_helpers.actions.networks import remove_network, replace_ingress
from swarmkit_helpers.actions.swarm import init_swarm, join_swarm, leave_swarm, wait_nodes
from swarmkit_helpers.course.checks import CheckResult
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.errors import EngineRefused, SwarmLabError
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.execution import run_tool
from swarmkit_helpers.show.tables import networks_table, nodes_table
from swarmkit_helpers.topology.fetch import snapshot
from swarmkit_helpers.waiting import Sighting, wait_until

from ..ledger import Ledger

ALONE = ("10.1", "10.2")
MEMBERS = tuple(f"10.{number}" for number in range(3, 12))
TOKEN = "SWMTKN"


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "10")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        results = steps(lab, ledger, said)
        faults(lab, ledger)
    for text in (said.getvalue(), *map(str, results), *(str(result._repr_mimebundle_()) for result in results)):
        assert TOKEN not in text


def steps(lab: Lab, ledger: Ledger, said: io.StringIO) -> list[CheckResult]:
    """The section as it is taught; every result that it showed."""
    shown = ledger.green(lab, *MEMBERS) + ledger.red(lab, *ALONE)
    # One worker alone has left: the others are still in.
    leave_swarm(lab, "worker1")
    shown += ledger.red(lab, "10.1", "10.2", "10.6", "10.8", "10.10")
    ledger.green(lab, "10.7")
    leave_swarm(lab)
    shown += ledger.green(lab, *ALONE) + ledger.red(lab, *MEMBERS)
    # Where there is no swarm there is no service either: that proves nothing of what the other sections removed.
    shown += ledger.red(lab, "13.12", "14.19", "15.1", "20.10", "21.19")
    # Without its bridge, worker2 gets another one when it joins.
    lab.node("worker2").api.remove_network("docker_gwbridge")

    init_swarm(lab)
    shown += ledger.green(lab, "10.3", "10.4", "10.5") + ledger.red(lab, "10.1", "10.6", "10.7", "10.8", "10.9")
    (gateway,) = ledger.red(lab, "10.11")
    assert "worker2" in gateway.observed
    join_swarm(lab, "worker1")
    shown += ledger.green(lab, "10.6") + ledger.red(lab, "10.7", "10.8", "10.9", "10.10")
    join_swarm(lab, "worker2")
    shown += ledger.green(lab, *MEMBERS)

    now = snapshot(lab)
    for table in (nodes_table(now), nodes_table(now, role="manager"), networks_table(now)):
        said.write(table.to_html())
    for mistake in (lambda: init_swarm(lab), lambda: join_swarm(lab, "worker1")):
        with pytest.raises(EngineRefused) as refusal:
            mistake()
        error: SwarmLabError = refusal.value
        said.write(f"{error}{error._render_traceback_()}")
    return shown


def faults(lab: Lab, ledger: Ledger) -> None:
    """The swarm broken in the ways that the steps do not show."""
    set_node(lab, "worker1", Role="manager")
    (tokens, promoted, _) = ledger.red(lab, "10.5", "10.6", "10.9")
    assert "worker1" in tokens.cause
    assert "docker node demote" in promoted.cause
    set_node(lab, "worker1", Role="worker")
    ledger.green(lab, "10.5", "10.6", "10.9")

    set_node(lab, "worker2", Availability="drain")
    (drained,) = ledger.red(lab, "10.8")
    assert "worker2 est drain" in drained.cause
    set_node(lab, "worker2", Availability="active")

    # A cable unplugged: the port is out of reach, and in time the manager sees the node as down.
    link(lab, "worker1", "down")
    (port,) = ledger.red(lab, "10.4")
    assert "coupé" in port.cause
    link(lab, "worker1", "up")
    ledger.green(lab, "10.4")
    wait_nodes(lab)

    remove_network(lab, "ingress")
    ledger.red(lab, "10.10", "10.11")
    replace_ingress(lab, "my-ingress", subnet="10.11.0.0/16")
    (renamed,) = ledger.red(lab, "10.10")
    assert "my-ingress" in renamed.observed

    # Announced at an address that no other node can reach, then an old member left in the list.
    leave_swarm(lab)
    init_swarm(lab, advertise_addr="127.0.0.1")
    ledger.red(lab, "10.3")
    leave_swarm(lab)
    init_swarm(lab)
    join_swarm(lab)
    leave_swarm(lab, "worker1")
    join_swarm(lab, "worker1")
    (ghost,) = ledger.red(lab, "10.8")
    assert "worker1 figure deux fois" in ghost.cause
    # A swarm of its own: member, and not of this one.
    leave_swarm(lab, "worker2")
    worker2 = lab.node("worker2")
    worker2.api.init_swarm(advertise_addr=worker2.address)
    (other, _) = ledger.red(lab, "10.7", "10.10")
    assert "autre swarm" in other.observed
    leave_swarm(lab)
    init_swarm(lab)
    join_swarm(lab)
    ledger.green(lab, *MEMBERS)


def set_node(lab: Lab, name: str, **changes: str) -> None:
    """``docker node update``, and wait until the node's own engine follows."""
    manager, node = lab.manager.api, lab.node(name)
    raw = manager.inspect_node(node.api.info()["Swarm"]["NodeID"])
    manager.update_node(raw["ID"], raw["Version"]["Index"], raw["Spec"] | changes)
    if role := changes.get("Role"):
        wanted = role == "manager"
        wait_until(
            f"{name} {role}",
            lambda: Sighting(int(node.api.info()["Swarm"]["ControlAvailable"] == wanted), 1),
            timeout_s=30,
            remedy="docker node ls",
            quiet=True,
        )


def link(lab: Lab, name: str, state: str) -> None:
    """Pull a node's cable, or plug it again."""
    code, output = run_tool(lab.node(name), ["ip", "link", "set", "eth0", state])
    assert code == 0, output
