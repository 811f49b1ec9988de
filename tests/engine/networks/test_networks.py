"""Networks, as seen on Debian's docker 20.10.24 with three engines (2026-11-25)."""

from __future__ import annotations

from typing import Any

import pytest

from swarmkit_helpers.engine.cluster.membership import NOT_INIT
from swarmkit_helpers.engine.refusal import Refusal
from swarmkit_helpers.engine.world import World

from .town import ADDRESSES, Town, in_town

BRIDGE_REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"Name": "default"}, 403, "operation is not permitted on predefined default network "),
    ({"Name": "x", "Driver": "nope"}, 404, 'plugin "nope" not found'),
    ({"Name": "x", "Driver": "host"}, 403, 'only one instance of "host" network is allowed'),
    ({"Name": "x", "Driver": "overlay", "Scope": "local"}, 403, "cannot downgrade network scope for overlay networks"),
    ({"Name": "x", "Ingress": True}, 403, "Ingress network can only be global scope network"),
    ({"Name": ""}, 500, "invalid name: "),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "abc"}]}},
        500,
        "Invalid subnet abc : invalid CIDR address: abc",
    ),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}},
        403,
        "Pool overlaps with other one on this address space",
    ),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "172.41.0.0/16", "Gateway": "172.1.1.1"}]}},
        500,
        "failed to allocate gateway (172.1.1.1): Requested address is out of range",
    ),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "172.48.0.0/31"}]}},
        500,
        "failed to allocate gateway (): No available addresses on this pool",
    ),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "172.44.0.0/16", "AuxiliaryAddresses": {"x": "172.45.0.2"}}]}},
        403,
        "auxiliary address: (x:172.45.0.2) must belong to the master pool: 172.44.0.0/16",
    ),
]

OVERLAY_REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"Name": "web"}, 409, "network with name web already exists"),
    ({"Name": "bridge"}, 409, "network with name bridge already exists"),
    (
        {"Name": "a b"},
        400,
        "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component",
    ),
    (
        {"Name": "x", "IPAM": {"Config": [{"Subnet": "10.5.9.0/24", "Gateway": "10.6.0.1"}]}},
        400,
        "rpc error: code = InvalidArgument desc = ipam configuration: "
        "subnet 10.5.9.0/24 does not contain gateway 10.6.0.1",
    ),
    (
        {"Name": "x", "Ingress": True, "Attachable": True},
        400,
        "rpc error: code = InvalidArgument desc = ingress network cannot be attachable",
    ),
]


@pytest.mark.parametrize(("body", "status", "message"), BRIDGE_REFUSALS)
def test_local_refusals(body: dict[str, Any], status: int, message: str) -> None:
    with pytest.raises(Refusal) as told:
        Town().manager.networks.create(body)
    assert (told.value.status, told.value.message) == (status, message)


@pytest.mark.parametrize(("body", "status", "message"), OVERLAY_REFUSALS)
def test_overlay_refusals(body: dict[str, Any], status: int, message: str) -> None:
    async def work(town: Town) -> None:
        town.manager.networks.create({"Name": "web", "Driver": "overlay"})
        with pytest.raises(Refusal) as told:
            town.manager.networks.create({"Driver": "overlay"} | body)
        assert (told.value.status, told.value.message) == (status, message)

    in_town(work)


def test_bridges_take_subnets_in_turn_until_there_are_none() -> None:
    networks = Town().manager.networks
    for number in range(30):
        networks.create({"Name": f"e{number}"})
    assert networks.find("e0")["IPAM"]["Config"] == [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]
    assert networks.find("e14")["IPAM"]["Config"][0]["Subnet"] == "192.168.0.0/20"
    with pytest.raises(Refusal, match="could not find an available, non-overlapping IPv4 address pool") as told:
        networks.create({"Name": "e30"})
    assert told.value.status == 404
    deleted = networks.prune()["NetworksDeleted"]
    assert len(deleted) == 30
    assert networks.prune() == {"NetworksDeleted": None}


def test_overlays_take_subnets_and_vxlan_ids_in_turn() -> None:
    async def work(town: Town) -> None:
        networks = town.manager.networks
        for name in ("web", "at"):
            networks.create({"Name": name, "Driver": "overlay"})
        networks.remove("web")
        networks.create({"Name": "next", "Driver": "overlay", "Options": {"encrypted": ""}})
        found = networks.find("next")
        assert found["IPAM"]["Config"] == [{"Subnet": "10.0.3.0/24", "Gateway": "10.0.3.1"}]
        assert found["Options"] == {"com.docker.network.driver.overlay.vxlanid_list": "4099", "encrypted": ""}
        assert (found["Containers"], found["Labels"]) == (None, None)
        with pytest.raises(Refusal, match="network next not found"):
            town.worker1.networks.find("next")

    in_town(work)


def test_an_overlapping_overlay_is_made_but_never_allocated() -> None:
    async def work(town: Town) -> None:
        networks = town.manager.networks
        networks.create({"Name": "one", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": "10.55.0.0/16"}]}})
        networks.create({"Name": "two", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": "10.55.9.0/24"}]}})
        found = networks.find("two")
        assert (found["Driver"], found["Options"]) == ("", None)
        assert found["IPAM"] == {"Driver": "", "Options": None, "Config": None}
        networks.remove("one")
        assert networks.find("two")["Driver"] == "overlay"

    in_town(work)


def test_workers_make_no_overlay_and_remove_none() -> None:
    async def work(town: Town) -> None:
        text = "Cannot create a multi-host network from a worker node. Please create the network from a manager node."
        with pytest.raises(Refusal, match=text) as told:
            town.worker1.networks.create({"Name": "wov", "Driver": "overlay"})
        assert told.value.status == 403
        with pytest.raises(Refusal, match="This node is not a swarm manager") as told:
            town.worker1.networks.remove("ingress")
        assert told.value.status == 503

    in_town(work)


def test_no_overlay_outside_a_swarm() -> None:
    networks = World(ADDRESSES, seed=1).hosts["worker1.i2tch.loc"].networks
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"Name": "ov", "Driver": "overlay"}, 500, NOT_INIT),
        ({"Name": "ov", "Driver": "overlay", "Ingress": True}, 500, NOT_INIT),
        ({"Name": "ov", "Scope": "swarm"}, 403, "cannot create a swarm scoped network when swarm is not active"),
        ({"Driver": "overlay"}, 500, "invalid name: "),
    ]
    for body, status, message in cases:
        with pytest.raises(Refusal) as told:
            networks.create(body)
        assert (told.value.status, told.value.message) == (status, message), body


def test_a_container_on_an_attachable_network() -> None:
    async def work(town: Town) -> None:
        worker, networks = town.worker1, town.worker1.networks
        town.manager.networks.create({"Name": "att", "Driver": "overlay", "Attachable": True})
        town.manager.networks.create({"Name": "ov2", "Driver": "overlay"})
        c1 = await town.run(worker, "c1", "att")
        found = networks.find("att")
        ends = {key: (end["Name"], end["IPv4Address"]) for key, end in found["Containers"].items()}
        assert ends == {c1.id: ("c1", "10.0.1.2/24"), "lb-att": ("att-endpoint", "10.0.1.3/24")}
        assert found["Peers"] == [{"Name": networks.peer, "IP": "10.0.3.63"}]
        cards = [(card.name, card.address, card.gateway) for card in c1.stack.interfaces]
        assert cards == [("eth0", "10.0.1.2", ""), ("eth1", "172.18.0.3", "172.18.0.1")]
        with pytest.raises(Refusal, match="is in use by task"):
            town.manager.networks.remove("att")

        c2 = await town.run(worker, "c2")
        await networks.connect("att", "c2")
        with pytest.raises(Refusal, match="c2 is already attached to network att"):
            await networks.connect("att", "c2")
        with pytest.raises(Refusal, match="code = PermissionDenied desc = network ov2 not manually attachable"):
            await networks.connect("ov2", "c2")
        with pytest.raises(Refusal, match="Could not attach to network nope: rpc error: code = NotFound desc"):
            await networks.connect("nope", "c2")
        await networks.disconnect("bridge", "c2")
        assert [card.name for card in c2.stack.interfaces] == ["eth1", "eth2"]
        with pytest.raises(Refusal, match=f"container {c2.id} is not connected to network bridge"):
            await networks.disconnect("bridge", "c2")

        for container in (c1, c2):
            await worker.containers.remove(container, force=True)
        assert "att" not in [one["Name"] for one in networks.all()]
        events = [(one["Action"], one["Actor"]["Attributes"]["name"]) for one in worker.events.past()]
        assert events[-1] in {("destroy", "att"), ("destroy", "c2")}

    in_town(work)


def test_addresses_asked_for() -> None:
    async def work(town: Town) -> None:
        worker, networks = town.worker1, town.worker1.networks
        await town.run(worker, "c2")
        networks.create({"Name": "ub"})
        networks.create({"Name": "us", "IPAM": {"Config": [{"Subnet": "172.30.0.0/16"}]}})
        for network, address, message in (
            ("ub", "172.19.0.77", "user specified IP address is supported only when connecting to networks with user"),
            ("us", "172.19.0.77", "Invalid address 172.19.0.77: It does not belong to any of this network's subnets"),
            ("us", "zz", "Invalid IPv4 address: zz"),
        ):
            with pytest.raises(Refusal, match=message):
                await networks.connect(network, "c2", {"IPAMConfig": {"IPv4Address": address}})
        await networks.connect("us", "c2", {"IPAMConfig": {"IPv4Address": "172.30.0.77"}, "Aliases": ["foo"]})
        with pytest.raises(Refusal, match="Address already in use"):
            await town.run(worker, "c6", "us", "172.30.0.77")
        with pytest.raises(Refusal, match="has active endpoints") as told:
            networks.remove("us")
        assert told.value.status == 403

    in_town(work)


def test_another_ingress() -> None:
    async def work(town: Town) -> None:
        town.serve("web", [], image="nginx", EndpointSpec={"Ports": [{"Protocol": "tcp", "TargetPort": 80}]})
        await town.running("web")
        service = town.swarm.find("service", "web")
        assert service["Endpoint"]["Ports"][0]["PublishedPort"] == 30000
        with pytest.raises(Refusal, match=f"cannot be removed because service {service['ID']} depends on it"):
            town.manager.networks.remove("ingress")
        town.swarm.remove_service("web")
        await town.until(lambda: not any(host.containers.all() for host in town.hosts))
        town.manager.networks.remove("ingress")
        config = {"Subnet": "10.11.0.0/16", "Gateway": "10.11.0.2"}
        options = {"com.docker.network.driver.mtu": "1200"}
        body = {"Name": "my-ingress", "Driver": "overlay", "Ingress": True, "IPAM": {"Config": [config]}}
        town.manager.networks.create(body | {"Options": options})
        with pytest.raises(Refusal, match="network my-ingress not found"):
            town.worker1.networks.find("my-ingress")
        town.serve("p", [], image="nginx", EndpointSpec={"Ports": [{"Protocol": "tcp", "TargetPort": 80}]})
        await town.running("p")
        endpoint = town.swarm.find("service", "p")["Endpoint"]
        assert endpoint["Ports"][0]["PublishedPort"] == 30001
        assert endpoint["VirtualIPs"][0]["Addr"] == "10.11.0.1/16"
        task = town.tasks("p")[0]
        assert task["NetworksAttachments"][0]["Addresses"] == ["10.11.0.3/16"]
        host = next(host for host in town.hosts if host.swarm.node_id == task["NodeID"])
        sandbox = host.networks.inspect("my-ingress")["Containers"]["my-ingress-sbox"]
        assert sandbox["Name"] == "my-ingress-endpoint"
        bridge = host.networks.inspect("docker_gwbridge")["Containers"]
        assert bridge["my-ingress-sbox"]["Name"] == "gateway_ingress_sbox"

    in_town(work)


def test_a_port_is_free_again_after_its_service() -> None:
    async def work(town: Town) -> None:
        ports = {"Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080}]}
        for name, ingress in (("one", "my-ingress"), ("two", "ingress"), ("three", "")):
            town.serve(name, [], image="nginx", replicas=2, EndpointSpec=ports)
            await town.running(name, 2)
            town.swarm.remove_service(name)
            await town.until(lambda: not any(host.containers.all() for host in town.hosts))
            if ingress:
                present = town.swarm.allocator.ingress()
                assert present is not None
                town.manager.networks.remove(present["ID"])
                town.manager.networks.create({"Name": ingress, "Driver": "overlay", "Ingress": True})

    in_town(work)


def test_a_stack_on_an_ingress_made_again() -> None:
    """The services of the voting application, those that publish a port among them."""
    published = {"vote": 5000, "result": 5001, "visualizer": 8080}
    stack = {
        "vote": ["frontend"],
        "redis": ["frontend"],
        "worker": ["frontend", "backend"],
        "db": ["backend"],
        "result": ["backend"],
        "visualizer": ["default"],
    }

    async def work(town: Town) -> None:
        before = town.swarm.allocator.ingress()
        assert before is not None
        town.serve("web", [], image="nginx", replicas=5, EndpointSpec={"Ports": [{"TargetPort": 80}]})
        await town.running("web", 5)
        town.swarm.remove_service("web")
        await town.until(lambda: not any(host.containers.all() for host in town.hosts))
        town.manager.networks.remove("ingress")
        town.manager.networks.create({"Name": "my-ingress", "Driver": "overlay", "Ingress": True})
        ids = {}
        for name in ("frontend", "backend", "default"):
            ids[name] = town.manager.networks.create({"Name": f"app_{name}", "Driver": "overlay"})["Id"]
        for name, networks in stack.items():
            template = {"Networks": [{"Target": ids[one], "Aliases": [name]} for one in networks]}
            port = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": published.get(name, 0)}
            more = {"EndpointSpec": {"Ports": [port]}} if name in published else {}
            town.serve(f"app_{name}", [], image="nginx", replicas=2, template=template, **more)
        vips: list[tuple[str, str]] = []
        for name, networks in stack.items():
            await town.running(f"app_{name}", 2)
            held = town.swarm.find("service", f"app_{name}")["Endpoint"]["VirtualIPs"]
            assert len(held) == len(networks) + (name in published)
            vips += [(one["NetworkID"], one["Addr"]) for one in held]
        assert len(set(vips)) == len(vips)
        client = town.world.fabric.outside("learner", "10.0.3.9")
        for host in town.hosts:
            for number in published.values():
                pipe = await town.world.fabric.connect(client, host.address, number)
                pipe.write(b"GET / HTTP/1.0\r\n\r\n")
                assert (await pipe.read_line()).startswith(b"HTTP/1.1 200")
                pipe.abort()

    in_town(work)


def test_a_service_that_names_ingress_uses_it_up() -> None:
    """As on the real engine, where its version grew by 255, and no published port was served any more."""

    async def work(town: Town) -> None:
        ports = {"Ports": [{"TargetPort": 80, "PublishedPort": 8091}]}
        town.serve("before", ["sleep", "9999"], EndpointSpec=ports)
        await town.running("before")
        town.serve("named", ["sleep", "9999"], Networks=[{"Target": "ingress"}])
        town.serve("after", ["sleep", "9999"], EndpointSpec={"Ports": [{"TargetPort": 80, "PublishedPort": 8092}]})
        town.serve("plain", ["sleep", "9999"])
        await town.running("plain")
        assert [task["Status"]["State"] for name in ("named", "after") for task in town.tasks(name)] == ["new", "new"]
        named = town.swarm.find("service", "named")
        assert named["Endpoint"] == {"Spec": {}}
        first = town.swarm.find("service", "before")["Version"]["Index"]
        assert named["Version"]["Index"] > first + 200
        for name in ("before", "named", "after"):
            town.swarm.remove_service(name)
        await town.until(lambda: not any(map(town.tasks, ("before", "named", "after"))))
        town.manager.networks.remove("ingress")
        town.manager.networks.create({"Name": "ingress", "Driver": "overlay", "Ingress": True})
        town.serve("again", ["sleep", "9999"], EndpointSpec=ports)
        await town.running("again")

    in_town(work)


def test_virtual_addresses_are_given_anew_where_there_is_no_endpoint_spec() -> None:
    """As in the recorded scenario: 10.0.1.2 is the first, the task has .3 and the load balancer .4."""

    async def work(town: Town) -> None:
        ids = [town.manager.networks.create({"Name": name, "Driver": "overlay"})["Id"] for name in ("one", "two")]

        def addresses(name: str) -> dict[str, str]:
            found = town.swarm.find("service", name)["Endpoint"]["VirtualIPs"]
            return {one["NetworkID"]: one["Addr"] for one in found}

        async def change(name: str, *networks: str) -> None:
            found = town.swarm.find("service", name)
            template = found["Spec"]["TaskTemplate"] | {"Networks": [{"Target": one} for one in networks]}
            town.swarm.update_service(name, found["Version"]["Index"], found["Spec"] | {"TaskTemplate": template})
            await town.until(lambda: set(addresses(name)) == set(networks))

        only = {"Networks": [{"Target": ids[0]}]}
        town.serve("anew", ["sleep", "9999"], template=only)
        await town.running("anew")
        assert addresses("anew") == {ids[0]: "10.0.1.2/24"}
        await change("anew", *ids)
        assert addresses("anew") == {ids[0]: "10.0.1.5/24", ids[1]: "10.0.2.2/24"}
        town.serve("kept", ["sleep", "9999"], template=only, EndpointSpec={"Mode": "vip"})
        await town.running("kept")
        before = addresses("kept")
        await change("kept", *ids)
        assert addresses("kept")[ids[0]] == before[ids[0]]

    in_town(work)
