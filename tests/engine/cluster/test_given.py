"""Whatever is asked in whatever order: nothing is given twice, all comes back, and what is counted is what is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from swarmkit_helpers.engine.cluster.placement import Place
from swarmkit_helpers.engine.cluster.states import RANK, ended, observed, runnable
from swarmkit_helpers.engine.refusal import Refusal

from .lab import lab, merged, replicas, web

NAMES = st.sampled_from(("a", "b", "c"))
NETWORKS = st.lists(st.sampled_from(("n1", "n2", "n3")), max_size=2, unique=True)
PORTS = st.sampled_from((None, 0, 8080, 8081))


class Swarm(RuleBasedStateMachine):
    """A swarm of three hosts to which anything may be done."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.entered = lab(speed=20_000)
        self.lab = self.runner.run(self.entered.__aenter__())
        self.store = self.lab.swarm.store
        self.allocator = self.lab.swarm.allocator

    def teardown(self) -> None:
        self.runner.run(self._empty())
        self.runner.run(self.entered.__aexit__(None, None, None))
        self.runner.close()

    def do(self, act: Any) -> None:
        async def inside() -> None:
            with suppress(Refusal):
                act()
            await asyncio.sleep(0.002)

        self.runner.run(inside())

    @rule(name=NAMES, networks=NETWORKS, port=PORTS, count=st.integers(0, 5), dnsrr=st.booleans())
    def create(self, name: str, networks: list[str], port: int | None, count: int, dnsrr: bool) -> None:
        ports = [] if port is None else [{"TargetPort": 80} | ({"PublishedPort": port} if port else {})]
        endpoint = {"Mode": "dnsrr" if dnsrr else "vip", "Ports": ports}
        template = {"Networks": [{"Target": one} for one in networks], "RestartPolicy": {"Delay": 0}}
        spec = web(name, **merged(replicas(count), {"TaskTemplate": template, "EndpointSpec": endpoint}))
        self.do(lambda: self.lab.swarm.create_service(spec))

    @rule(name=NAMES, networks=NETWORKS, count=st.integers(0, 5))
    def change(self, name: str, networks: list[str], count: int) -> None:
        template = {"Networks": [{"Target": one} for one in networks]}
        self.do(lambda: self.lab.update(name, TaskTemplate=template, **replicas(count)))

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.do(lambda: self.lab.swarm.remove_service(name))

    @rule(name=st.sampled_from(("n1", "n2", "n3")), subnet=st.sampled_from(("", "10.0.1.0/24", "10.0.0.0/16")))
    def network(self, name: str, subnet: str) -> None:
        ipam = {"IPAM": {"Config": [{"Subnet": subnet}]}} if subnet else {}
        self.do(lambda: self.lab.manager.networks.create({"Name": name, "Driver": "overlay"} | ipam))

    @rule(name=st.sampled_from(("n1", "n2", "n3")))
    def remove_network(self, name: str) -> None:
        self.do(lambda: self.lab.manager.networks.remove(name))

    @rule(place=st.integers(1, 2), availability=st.sampled_from(("active", "pause", "drain")))
    def place(self, place: int, availability: str) -> None:
        self.do(lambda: self.lab.place(self.lab.hosts[place], Availability=availability))

    @rule(which=st.integers(0, 99))
    def kill(self, which: int) -> None:
        running = [task for task in self.store.all("task") if task["Status"]["State"] == "running"]
        if running:
            identity = running[which % len(running)]["ID"]
            self.do(lambda: self.lab.swarm.report(identity, "failed", Message="started", Err="task: non-zero exit (1)"))

    @invariant()
    def no_address_is_given_twice(self) -> None:
        held = Counter(
            (one["Network"]["ID"], address)
            for task in self.store.all("task")
            if not ended(task)
            for one in task.get("NetworksAttachments", ())
            for address in one.get("Addresses", ())
        )
        held.update(
            (one["NetworkID"], one["Addr"])
            for service in self.store.all("service")
            for one in service["Endpoint"].get("VirtualIPs", ())
        )
        held.update((network, address) for (_, network), address in self.allocator.balancers.items())
        assert [key for key, count in held.items() if count > 1] == []

    @invariant()
    def no_port_and_no_subnet_is_given_twice(self) -> None:
        ports = Counter(
            (port["Protocol"], port["PublishedPort"])
            for service in self.store.all("service")
            for port in service["Endpoint"].get("Ports", ())
            if port["PublishMode"] == "ingress"
        )
        assert not ports or max(ports.values()) == 1
        spaces = [self.allocator.spaces.get(one["ID"]) for one in self.store.all("network")]
        subnets = [space.pool.subnet for space in spaces if space is not None]
        pairs = [(one, other) for one in subnets for other in subnets if one is not other]
        assert not any(one.overlaps(other) for one, other in pairs)
        vnis = [space.vni for space in spaces if space is not None]
        assert len(set(vnis)) == len(vnis)

    @invariant()
    def nodes_are_counted_as_they_are(self) -> None:
        for identity, place in self.lab.swarm.scheduler._places.items():
            fresh = Place(place.node)
            for task in self.store.all("task"):
                here = task.get("NodeID") == identity
                if here and RANK["pending"] < observed(task) <= RANK["running"]:
                    fresh.take(task)
            assert (place.active, place.by_service) == (fresh.active, fresh.by_service)

    async def _empty(self) -> None:
        """Take all away: every address, port and subnet comes back."""
        for service in self.store.all("service"):
            self.lab.swarm.remove_service(service["ID"])
        async with asyncio.timeout(5):
            while self.store.all("task"):
                await asyncio.sleep(0.002)
        for network in self.store.all("network"):
            if network["Spec"]["Name"] in ("n1", "n2", "n3"):
                self.lab.manager.networks.remove(network["ID"])
        ingress = self.allocator.ingress()
        assert ingress is not None
        # Left are the subnet's two ends, its gateway, and the load balancers of the nodes.
        space = self.allocator.spaces[ingress["ID"]]
        assert len(space.pool._numbers.taken) == 3 + len(self.allocator.balancers)
        assert {network for _, network in self.allocator.balancers} == {ingress["ID"]}
        assert not any(numbers.taken for numbers in self.allocator.endpoints._ports._spaces.values())
        assert not any(map(runnable, self.store.all("task")))


def test_nothing_is_given_twice_and_all_comes_back() -> None:
    checks = [HealthCheck.too_slow]
    chosen = settings(max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Swarm, settings=chosen)
