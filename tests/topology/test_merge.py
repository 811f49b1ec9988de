"""From recorded answers of three real engines to one Topology."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from swarmkit_helpers.topology.merge import RawNode, merge
from swarmkit_helpers.topology.model import Topology

from .record import STACK, load

NODES = ("manager", "worker1", "worker2")


def merged(raw: list[RawNode]) -> Topology:
    return merge(raw, lab="essai", backend="local", simulated=False, taken_at="2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def topology() -> Topology:
    return merged(load("service"))


def test_nodes(topology: Topology) -> None:
    assert [(node.name, node.address, node.role, node.leader, node.state) for node in topology.nodes] == [
        ("manager", "10.0.3.62", "manager", True, "ready"),
        ("worker1", "10.0.3.63", "worker", False, "ready"),
        ("worker2", "10.0.3.64", "worker", False, "ready"),
    ]
    assert topology.silent_nodes == ()


def test_a_swarm_wide_network_is_one_record_with_its_nodes(topology: Topology) -> None:
    network = topology.network("nginx-net")
    assert network is not None
    assert (network.driver, network.scope, network.nodes) == ("overlay", "swarm", NODES)
    assert network.subnet is not None
    assert ip_address(network.gateway or "") in ip_network(network.subnet)
    assert network.vxlan_id is not None and network.vxlan_id >= 4096
    assert [n.name for n in topology.networks].count("nginx-net") == 1


def test_local_networks_are_one_record_per_node(topology: Topology) -> None:
    assert [network.nodes for network in topology.networks if network.name == "docker_gwbridge"] == [
        (name,) for name in NODES
    ]


def test_ingress_comes_first_and_is_known_as_such(topology: Topology) -> None:
    assert topology.networks[0].ingress
    assert [network.name for network in topology.networks if network.ingress] == ["ingress"]


def test_an_attachable_network_is_listed_where_it_is_used(topology: Topology) -> None:
    network = topology.network("test-net")
    assert network is not None
    assert network.attachable
    assert network.nodes == ("manager",)


def test_service(topology: Topology) -> None:
    service = topology.service("my-nginx")
    assert service is not None
    assert (service.running, service.desired, service.mode, service.endpoint_mode) == (5, 5, "replicated", "vip")
    assert service.networks == ("nginx-net",)
    assert [(port.published, port.target, port.mode) for port in service.ports] == [(80, 80, "ingress")]
    assert service.update is not None
    assert (service.update.parallelism, service.update.monitor_s, service.update.order) == (1, 5.0, "stop-first")
    assert (service.restart_condition, service.restart_delay_s) == ("any", 5.0)


def test_vips_are_in_their_networks(topology: Topology) -> None:
    assert [(vip.service, vip.network) for vip in topology.vips] == [("my-nginx", "ingress"), ("my-nginx", "nginx-net")]
    for vip in topology.vips:
        network = topology.network(vip.network)
        assert network is not None
        assert ip_address(vip.address) in ip_network(network.subnet or "")


def test_tasks_and_containers_agree(topology: Topology) -> None:
    tasks = topology.tasks_of("my-nginx", running=True)
    assert [task.name for task in tasks] == [f"my-nginx.{slot}" for slot in range(1, 6)]
    containers = {container.id: container for container in topology.containers}
    for task in tasks:
        assert task.container is not None
        assert containers[task.container].node == task.node
        assert containers[task.container].label == task.name


def test_endpoints_have_the_tasks_addresses(topology: Topology) -> None:
    addresses = {task.name: task.addresses["nginx-net"] for task in topology.tasks_of("my-nginx", running=True)}
    found = {end.name: end.address for end in topology.containers_of("nginx-net")}
    assert found == addresses


def test_mac_addresses_come_from_addresses(topology: Topology) -> None:
    for end in topology.containers_of("nginx-net"):
        assert end.address is not None
        assert end.mac == "02:42:" + ":".join(f"{int(part):02x}" for part in end.address.split("."))


def test_the_engines_own_endpoints_are_told_apart(topology: Topology) -> None:
    kinds = {(end.name, end.kind) for end in topology.endpoints if end.kind != "container"}
    assert ("lb-nginx-net", "load-balancer") in kinds
    assert ("ingress-sbox", "ingress-sandbox") in kinds
    assert sum(end.name == "lb-nginx-net" for end in topology.endpoints) == 3


def test_each_node_names_its_peers(topology: Topology) -> None:
    seen = {(peer.node, peer.peer) for peer in topology.peers_of("nginx-net")}
    assert seen == {(node, peer) for node in NODES for peer in NODES}
    assert {(peer.node, peer.peer) for peer in topology.peers_of("test-net")} == {("manager", "manager")}


def test_a_standalone_container_has_no_task(topology: Topology) -> None:
    container = topology.container("alpine1")
    assert container is not None
    assert (container.node, container.task, container.networks) == ("manager", None, ("test-net",))


def test_a_node_that_left_is_no_longer_of_the_swarm() -> None:
    topology = merged(load("worker_gone"))
    gone = topology.node("worker2")
    assert gone is not None
    assert (gone.id, gone.role, gone.answered) == (None, None, True)


def test_a_silent_node_is_kept_with_what_the_manager_says_of_it() -> None:
    raw = load("service")
    raw[1] = RawNode(raw[1].name, raw[1].hostname, raw[1].address, error="connexion refusée")
    topology = merged(raw)
    assert [node.name for node in topology.silent_nodes] == ["worker1"]
    silent = topology.node("worker1")
    assert silent is not None
    assert (silent.role, silent.state, silent.error) == ("worker", "ready", "connexion refusée")
    assert {end.node for end in topology.endpoints} == {"manager", "worker2"}


def test_the_order_of_the_answers_does_not_matter_but_for_nodes() -> None:
    straight, turned = merged(load("service")), merged(load("service")[::-1])
    assert replace(turned, nodes=turned.nodes[::-1]).endpoints == straight.endpoints
    assert turned.tasks == straight.tasks
    assert turned.vips == straight.vips


def test_equal_states_give_equal_topologies() -> None:
    assert merged(load("service")) == merged(load("service"))


def test_no_swarm_at_all() -> None:
    raw = [
        RawNode(
            name, f"{name}.i2tch.loc", "10.0.3.62", info={"ServerVersion": "1", "Swarm": {"LocalNodeState": "inactive"}}
        )
        for name in NODES
    ]
    topology = merged(raw)
    assert [node.role for node in topology.nodes] == [None, None, None]
    assert topology.services == topology.tasks == topology.vips == ()


def test_no_join_token_is_recorded() -> None:
    for name in ("service", "worker_gone", "stack"):
        assert "SWMTKN" not in repr(load(name))


# --- a stack, deployed by the docker client -------------------------------------------------------


@pytest.fixture(scope="module")
def stacked() -> Topology:
    return merged(load("stack"))


def test_a_stack_is_all_that_carries_its_label(stacked: Topology) -> None:
    assert [stack.name for stack in stacked.stacks] == ["app"]
    stack = stacked.stack("app")
    assert stack is not None
    names = ["app_db", "app_probe", "app_redis", "app_result", "app_visualizer", "app_vote", "app_worker"]
    assert [service.name for service in stack.services] == names
    assert [network.name for network in stack.networks] == ["app_backend", "app_default", "app_frontend"]
    assert [(volume.name, volume.node) for volume in stack.volumes] == [("app_db-data", "manager")]
    assert [secret.name for secret in stack.secrets] == ["app_token"]
    assert [config.name for config in stack.configs] == ["app_settings"]
    assert (stack.deployed, stack.running, stack.desired) == (True, 10, 10)
    assert stacked.stack("autre") is None


def test_a_stack_that_left_a_volume_is_still_known(stacked: Topology) -> None:
    stack = replace(stacked, services=(), networks=(), secrets=(), configs=()).stack("app")
    assert stack is not None
    assert (stack.deployed, len(stack.volumes)) == (False, 1)


def test_a_service_keeps_its_whole_specification(stacked: Topology) -> None:
    service = stacked.service("app_worker")
    assert service is not None
    assert service.spec["TaskTemplate"]["RestartPolicy"] == {
        "Condition": "on-failure",
        "Delay": 10_000_000_000,
        "MaxAttempts": 3,
        "Window": 120_000_000_000,
    }
    assert service.labels["APP"] == "VOTING"
    assert "RestartPolicy" not in repr(service), "a record stays readable"


def test_tasks_containers_and_endpoints_of_a_global_service_have_one_name(stacked: Topology) -> None:
    names = [f"app_probe.{node}" for node in NODES]
    assert [task.name for task in stacked.tasks_of("app_probe")] == names
    assert [c.label for c in stacked.containers if c.service == "app_probe"] == names
    assert [e.name for e in stacked.containers_of("app_backend") if e.service == "app_probe"] == names


def test_volumes_are_those_of_each_node_and_containers_name_theirs(stacked: Topology) -> None:
    (volume,) = stacked.volumes
    assert (volume.name, volume.node, volume.driver, volume.stack) == ("app_db-data", "manager", "local", "app")
    container = stacked.container("app_db.1")
    assert container is not None and container.volumes == ("app_db-data",)
    bound = stacked.container("app_visualizer.1")
    assert bound is not None and bound.volumes == (), "a directory of the node is no volume"


def test_a_silent_manager_leaves_no_secret_behind() -> None:
    raw = [
        replace(node, error="muet", nodes=[], services=[], tasks=[], secrets=[], configs=[]) for node in load("stack")
    ]
    topology = merged(raw)
    assert topology.secrets == topology.configs == topology.services == ()
    assert [stack.deployed for stack in topology.stacks] == [False]


def test_what_secrets_and_configs_hold_is_nowhere() -> None:
    recorded = repr(load("stack"))
    assert "'Data'" not in recorded
    for line in (STACK.parent / "app_token", STACK.parent / "app_settings"):
        assert line.read_text("utf-8").strip() not in recorded
