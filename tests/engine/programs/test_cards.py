"""The interfaces of a host, as a container on its network sees them."""

from __future__ import annotations

from swarmkit_helpers.engine.net.stack import Stack

from .bench import Bench, play


def test_a_bridge_with_nothing_on_it_has_no_carrier() -> None:
    async def scenario() -> None:
        bench = Bench()
        try:
            container = bench.add("here", joined=False)
            container.stack = container.host.stack
            _, said, _ = await bench.run("here", "ip", "addr", "show", "docker0")
            assert "docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue \n" in said
            bridge = next(card for card in container.host.stack.interfaces if card.name == "docker0")
            other = Stack(container.host, "other")
            bench.world.fabric.join(other, bridge.segment, "eth0", "02:42:ac:11:00:02", "172.17.0.2", 16)
            _, said, _ = await bench.run("here", "ip", "addr", "show", "docker0")
            assert "docker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \n" in said
        finally:
            await bench.close()

    play(scenario())
