"""Volumes, events, and what an engine says of itself. Facts of Debian's engine 20.10.24."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from swarmkit_helpers.engine.node.description import disk_usage
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.refusal import Refusal

from .conftest import Run, create, told

INFO_KEYS = (
    "ID Containers ContainersRunning ContainersPaused ContainersStopped Images Driver DriverStatus Plugins "
    "MemoryLimit SwapLimit KernelMemory KernelMemoryTCP CpuCfsPeriod CpuCfsQuota CPUShares CPUSet PidsLimit "
    "IPv4Forwarding BridgeNfIptables BridgeNfIp6tables Debug NFd OomKillDisable NGoroutines SystemTime "
    "LoggingDriver CgroupDriver CgroupVersion NEventsListener KernelVersion OperatingSystem OSVersion OSType "
    "Architecture IndexServerAddress RegistryConfig NCPU MemTotal GenericResources DockerRootDir HttpProxy "
    "HttpsProxy NoProxy Name Labels ExperimentalBuild ServerVersion Runtimes DefaultRuntime Swarm "
    "LiveRestoreEnabled Isolation InitBinary ContainerdCommit RuncCommit InitCommit SecurityOptions Warnings"
)


def test_volumes(run: Run) -> None:
    async def scenario(host: Host) -> None:
        volumes = host.volumes
        made = volumes.create({"Name": "named", "Labels": {"a": "b"}})
        assert made == {
            "CreatedAt": made["CreatedAt"],
            "Driver": "local",
            "Labels": {"a": "b"},
            "Mountpoint": f"{host.root}/volumes/named/_data",
            "Name": "named",
            "Options": None,
            "Scope": "local",
        }
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["CreatedAt"])
        assert volumes.create({"Name": "named"}) is made
        assert re.fullmatch(r"[0-9a-f]{64}", volumes.create({})["Name"])
        assert told(host) == ["volume create"] * 3
        container = create(host, HostConfig={"Binds": ["named:/v"]})
        with pytest.raises(Refusal) as refused:
            volumes.remove("named")
        expected = f"remove named: volume is in use - [{container.id}]"
        assert (refused.value.status, refused.value.message) == (409, expected)
        assert volumes.used("named")
        await host.containers.remove(container, volumes=True)
        assert volumes.find("named")
        volumes.remove("named")
        assert host.events.past()[-1]["Actor"] == {"ID": "named", "Attributes": {"driver": "local"}}
        for call in (volumes.find, volumes.remove):
            with pytest.raises(Refusal, match="get named: no such volume") as refused:
                call("named")
            assert refused.value.status == 404
        volumes.remove("named", force=True)

    run(scenario)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"Name": "x"},
            400,
            "create x: volume name is too short, names should be at least two alphanumeric characters",
        ),
        (
            {"Name": "xx", "Driver": "nfs"},
            404,
            'create xx: error looking up volume plugin nfs: plugin "nfs" not found',
        ),
    ],
)
def test_volumes_that_are_refused(run: Run, body: dict[str, Any], status: int, message: str) -> None:
    async def scenario(host: Host) -> None:
        with pytest.raises(Refusal) as refused:
            host.volumes.create(body)
        assert (refused.value.status, refused.value.message) == (status, message)

    run(scenario)


def test_pruning_spares_volumes_with_options(run: Run) -> None:
    async def scenario(host: Host) -> None:
        host.volumes.create({"Name": "named"})
        host.volumes.create({"Name": "lab", "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}})
        assert host.volumes.prunable() == ["named"]
        host.volumes.discard("named")
        assert [volume["Name"] for volume in disk_usage(host)["Volumes"]] == []
        assert told(host) == ["volume create"] * 2

    run(scenario)


def test_events(run: Run) -> None:
    async def scenario(host: Host) -> None:
        reading = host.events.subscribe()
        assert host.events.listeners == 1
        container = create(host, "plain", Labels={"z": "1"})
        event = await anext(reading)
        assert list(event) == ["status", "id", "from", "Type", "Action", "Actor", "scope", "time", "timeNano"]
        assert (event["status"], event["id"], event["from"]) == ("create", container.id, "alpine")
        attributes = event["Actor"]["Attributes"]
        assert list(attributes) == sorted(attributes)
        assert (attributes["image"], attributes["name"], attributes["z"]) == ("alpine", "plain", "1")
        assert event["timeNano"] // 1_000_000_000 == event["time"]
        host.events.add("network", "create", "id", {"name": "n"})
        assert list(await anext(reading)) == ["Type", "Action", "Actor", "scope", "time", "timeNano"]
        waiting = asyncio.ensure_future(anext(reading, None))
        await asyncio.sleep(0)
        await reading.aclose()
        assert await waiting is None
        assert host.events.listeners == 0
        for _ in range(300):
            host.events.add("volume", "create", "v")
        assert len(host.events.past()) == 256

    run(scenario)


def test_what_an_engine_says_of_itself(run: Run) -> None:
    class Swarm:
        def info(self) -> dict[str, str]:
            return {"NodeID": ""}

    async def scenario(host: Host) -> None:
        host.swarm = Swarm()  # type: ignore[assignment]
        container = create(host, Cmd=["sleep", "1000000"])
        create(host)
        await host.containers.start(container)
        host.containers.pause(container)
        found = host.info()
        assert list(found) == INFO_KEYS.split()
        assert re.fullmatch(r"([A-Z2-7]{4}:){11}[A-Z2-7]{4}", found["ID"])
        counts = [found[f"Containers{state}"] for state in ("", "Running", "Paused", "Stopped")]
        assert counts == [2, 0, 1, 1]
        assert "org.swarmlab.simulated=1" in found["Labels"]
        assert host.version()["ApiVersion"] == "1.41"
        usage = disk_usage(host)
        assert list(usage) == ["LayersSize", "Images", "Containers", "Volumes", "BuildCache", "BuilderSize"]
        assert sorted(image["Containers"] for image in usage["Images"]) == [0, 2]

    run(scenario)
