"""Actions on a real swarm: what they do, and how they say no."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from swarmkit_helpers import errors
from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network, remove_network, replace_ingress
from swarmkit_helpers.actions.services import create_service, move_service, remove_service, scale_service
from swarmkit_helpers.actions.swarm import init_swarm, join_swarm, leave_swarm
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.membership import has_ingress
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.probes.execution import exec_container
from swarmkit_helpers.topology.fetch import snapshot

pytestmark = pytest.mark.swarm


@pytest.fixture(autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    """Nothing of the course at the start of each test, and after the last."""
    restore(lab, "11")
    yield
    restore(lab, "11")


def test_a_network_has_its_addresses_when_created(lab: Lab) -> None:
    create_network(lab, "n1", subnet="10.20.0.0/24", gateway="10.20.0.9", attachable=True, mtu=1400)
    network = snapshot(lab).network("n1")
    assert network is not None
    assert (network.subnet, network.gateway, network.attachable) == ("10.20.0.0/24", "10.20.0.9", True)
    assert network.underlay_mtu == 1400
    assert network.vxlan_id
    remove_network(lab, "n1")
    assert snapshot(lab).network("n1") is None


@pytest.mark.parametrize(
    ("name", "subnet", "error", "words"),
    [
        ("n1", None, errors.NameInUse, "docker network rm n1"),
        ("n2", "10.20.0.128/25", errors.SubnetOverlap, "n1 tient 10.20.0.0/24"),
        ("n2", "10.20.0.0/33", errors.EngineRefused, "sous-réseau"),
        ("-n2", None, errors.NameRefused, "-n2"),
        ("n 2", None, errors.NameRefused, "n 2"),
        ("", None, errors.NameRefused, "Docker refuse le nom"),
    ],
)
def test_a_network_that_cannot_be(
    lab: Lab, name: str, subnet: str | None, error: type[errors.SwarmLabError], words: str
) -> None:
    create_network(lab, "n1", subnet="10.20.0.0/24")
    before = {network.name for network in snapshot(lab).networks if network.scope == "swarm"}
    with pytest.raises(error, match=words):
        create_network(lab, name, subnet=subnet)
    assert {network.name for network in snapshot(lab).networks if network.scope == "swarm"} == before


def test_what_does_not_exist_is_said(lab: Lab) -> None:
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        remove_network(lab, "absent")
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        remove_service(lab, "absent")
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        move_service(lab, "absent")
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        create_service(lab, "s1", "nginx", networks=["absent"])
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        stop_container(lab, "absent")
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        run_container(lab, "c1", node="manager", network="absent")
    with pytest.raises(errors.ObjectNotFound, match="absente"):
        run_container(lab, "c1", "absente", node="manager")
    with pytest.raises(errors.NodeUnknown, match="worker9"):
        run_container(lab, "c1", node="worker9")
    assert snapshot(lab).container("c1") is None


def test_a_service_converges_scales_and_goes(lab: Lab) -> None:
    create_network(lab, "n1")
    create_service(lab, "s1", "nginx", replicas=3, networks=["n1"], publish={8080: 80})
    seen = snapshot(lab)
    service = seen.service("s1")
    assert service is not None
    assert (service.running, service.desired) == (3, 3)
    assert len(seen.containers_of("n1")) == 3
    scale_service(lab, "s1", 1)
    assert len(snapshot(lab).tasks_of("s1", running=True)) == 1
    with pytest.raises(errors.StillInUse, match="s1"):
        remove_network(lab, "n1")
    with pytest.raises(errors.NameInUse, match="s1"):
        create_service(lab, "s1", "nginx")
    with pytest.raises(errors.PortInUse, match="8080"):
        create_service(lab, "s2", "nginx", publish={8080: 80})
    remove_service(lab, "s1")
    assert not [c for c in snapshot(lab).containers if c.service == "s1" and c.state == "running"]


def test_a_service_scaled_to_nothing_runs_nothing(lab: Lab) -> None:
    create_service(lab, "s1", "nginx", replicas=2)
    scale_service(lab, "s1", 0)
    assert [c.label for c in snapshot(lab).containers if c.service == "s1" and c.state == "running"] == []


def test_a_global_service_has_one_task_per_node(lab: Lab) -> None:
    create_service(lab, "partout", "nginx", replicas=None)
    tasks = snapshot(lab).tasks_of("partout", running=True)
    assert {task.node for task in tasks} == {"manager", "worker1", "worker2"}


def test_moving_keeps_the_other_networks(lab: Lab) -> None:
    for name in ("n1", "n2", "n3"):
        create_network(lab, name)
    create_service(lab, "s1", "nginx", networks=["n1", "n2"])
    move_service(lab, "s1", add=["n3"], remove=["n1"])
    seen = snapshot(lab)
    service = seen.service("s1")
    assert service is not None
    assert service.networks == ("n2", "n3")
    assert seen.containers_of("n1") == ()
    assert len(seen.containers_of("n2")) == len(seen.containers_of("n3")) == 1
    with pytest.raises(errors.ObjectNotFound, match="n1"):
        move_service(lab, "s1", remove=["n1"])


def test_a_service_that_cannot_start_says_why(lab: Lab) -> None:
    with pytest.raises(errors.NotConverged, match="No such image") as caught:
        create_service(lab, "s1", "absente", replicas=2)
    assert "2 tâches" in caught.value.missing
    remove_service(lab, "s1")


def test_a_service_that_no_node_may_run_reaches_its_deadline(lab: Lab) -> None:
    with pytest.raises(errors.NotConverged, match="no suitable node") as caught:
        create_service(lab, "s1", "nginx", constraints=["node.role == fantome"], timeout_s=3)
    assert 3 <= caught.value.waited_s < 10


def test_containers_run_stop_and_go(lab: Lab) -> None:
    create_network(lab, "n1", attachable=True)
    run_container(lab, "c1", node="worker1", network="n1")
    seen = snapshot(lab).container("c1")
    assert seen is not None
    assert (seen.node, seen.state) == ("worker1", "running")
    with pytest.raises(errors.NameInUse):
        run_container(lab, "c1", node="worker1")
    with pytest.raises(errors.NameRefused):
        run_container(lab, "c 1", node="worker1")
    with pytest.raises(errors.StillInUse, match="docker container rm --force c1"):
        remove_network(lab, "n1")
    stop_container(lab, "c1")
    stopped = snapshot(lab).container("c1")
    assert stopped is not None
    assert stopped.state == "exited"
    remove_container(lab, "c1")
    assert snapshot(lab).container("c1") is None


def test_a_container_is_on_several_networks_when_its_command_starts(lab: Lab) -> None:
    create_network(lab, "n1", attachable=True)
    create_network(lab, "n2", attachable=True)
    # On a worker, which lists neither of them before.
    count = "ls /sys/class/net | grep -c eth > /seen; sleep 60"
    run_container(lab, "c1", node="worker1", networks=["n1", "n2"], command=["sh", "-c", count])
    assert set(snapshot(lab).container("c1").networks) == {"n1", "n2"}  # type: ignore[union-attr]
    # One more leads to the machine.
    assert exec_container(lab, "c1", "cat", "/seen").output.split() == ["3"]
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        run_container(lab, "c2", node="manager", networks=["n1", "absent"])
    assert snapshot(lab).container("c2") is None
    remove_container(lab, "c1")
    # At once: the swarm may not have heard yet that the container is gone.
    remove_network(lab, "n1", "n2")


def test_a_container_cannot_join_a_network_that_is_not_attachable(lab: Lab) -> None:
    create_network(lab, "n1")
    with pytest.raises(errors.SwarmLabError, match=r"n1|attach"):
        run_container(lab, "c1", node="manager", network="n1")
    assert snapshot(lab).container("c1") is None


def test_the_ingress_network_is_replaced_again_and_again(lab: Lab) -> None:
    for turn in range(2):
        create_service(lab, "pub", "nginx", replicas=3, publish={8081: 80})
        with pytest.raises(errors.StillInUse, match="pub"):
            replace_ingress(lab, "my-ingress")
        remove_service(lab, "pub")
        replace_ingress(lab, "my-ingress", subnet="10.11.0.0/16", gateway="10.11.0.2", mtu=1200)
        seen = snapshot(lab)
        found = [network for network in seen.networks if network.ingress]
        assert [(n.name, n.subnet, n.gateway, n.underlay_mtu) for n in found] == [
            ("my-ingress", "10.11.0.0/16", "10.11.0.2", 1200)
        ], turn
    create_service(lab, "pub", "nginx", replicas=3, publish={8081: 80})
    assert len(snapshot(lab).containers_of("my-ingress")) == 3
    remove_service(lab, "pub")


def test_leaving_and_making_a_swarm(lab: Lab) -> None:
    assert leave_swarm(lab) == ["manager", "worker1", "worker2"]
    assert [node.id for node in snapshot(lab).nodes] == [None, None, None]
    assert leave_swarm(lab) == []
    init_swarm(lab)
    with pytest.raises(errors.EngineRefused, match="already part of a swarm"):
        init_swarm(lab)
    join_swarm(lab, "worker1")
    assert [node.role for node in snapshot(lab).nodes] == ["manager", "worker", None]
    join_swarm(lab, "worker2")
    assert [node.role for node in snapshot(lab).nodes] == ["manager", "worker", "worker"]


def test_a_member_that_gets_no_ingress_joins_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from swarmkit_helpers.actions import swarm

    leave_swarm(lab, "worker2")
    forgotten: list[str] = []
    forget = swarm._forget

    def remember(lab: Lab, node: Node) -> None:
        forgotten.append(node.name)
        forget(lab, node)

    monkeypatch.setattr(swarm, "_forget", remember)
    monkeypatch.setattr(swarm, "has_ingress", lambda node: bool(forgotten) and has_ingress(node))
    monkeypatch.setattr(swarm, "FIRST_INGRESS_S", 0.3)
    join_swarm(lab, "worker2")
    assert forgotten == ["worker2"]
    assert [node.role for node in snapshot(lab).nodes] == ["manager", "worker", "worker"]
    assert has_ingress(lab.node("worker2"))


def test_no_error_shows_a_token(lab: Lab) -> None:
    with pytest.raises(errors.SwarmLabError) as caught:
        join_swarm(lab, "worker1")
    assert "SWMTKN" not in str(caught.value)


def test_a_gateway_goes_with_a_subnet(lab: Lab) -> None:
    with pytest.raises(errors.EngineRefused, match="passerelle"):
        create_network(lab, "n9", gateway="10.33.0.1")
    with pytest.raises(errors.ObjectNotFound, match="n9"):
        remove_network(lab, "n9")
