"""Containers: what they are when they are created, and who may have which name. Facts of Debian's engine 20.10.24."""

from __future__ import annotations

import re
from typing import Any

import pytest

from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.refusal import Refusal

from .conftest import Run, create, told

HOST_CONFIG_KEYS = (
    "Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver VolumesFrom "
    "CapAdd CapDrop CgroupnsMode Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj "
    "PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt UTSMode UsernsMode ShmSize ConsoleSize Isolation "
    "CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps "
    "BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus "
    "CpusetMems Devices DeviceCgroupRules DeviceRequests KernelMemory KernelMemoryTCP MemoryReservation MemorySwap "
    "MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth "
    "MaskedPaths ReadonlyPaths"
)
"""Of a container created without a HostConfig, as the real engine gives them, in its order."""
INSPECT_KEYS = (
    "Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver Platform "
    "MountLabel ProcessLabel AppArmorProfile ExecIDs HostConfig GraphDriver Mounts Config NetworkSettings"
)
CONFIG_KEYS = (
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes "
    "WorkingDir Entrypoint OnBuild Labels"
)


def test_what_a_created_container_is(run: Run) -> None:
    async def scenario(host: Host) -> Any:
        return host.containers.inspect(create(host, "plain", Cmd=["sh", "-c", "echo hi"], OpenStdin=True))

    found = run(scenario)
    assert list(found) == INSPECT_KEYS.split()
    assert list(found["HostConfig"]) == HOST_CONFIG_KEYS.split()
    assert list(found["Config"]) == CONFIG_KEYS.split()
    assert (found["Path"], found["Args"]) == ("sh", ["-c", "echo hi"])
    assert found["State"] == {
        "Status": "created",
        "Running": False,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": 0,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "0001-01-01T00:00:00Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
    }
    assert found["Config"]["Hostname"] == found["Id"][:12]
    assert found["Config"]["OpenStdin"] is True
    assert found["HostConfig"]["NetworkMode"] == "default"
    assert found["Name"] == "/plain"
    assert found["ResolvConfPath"] == found["LogPath"] == ""


def test_all_that_can_be_asked(run: Run) -> None:
    async def scenario(host: Host) -> Any:
        container = host.containers.create(
            "full",
            {
                "Image": "nginx",
                "Hostname": "h",
                "Env": ["A=1", "B", "PATH=/x"],
                "Entrypoint": ["/bin/sh", "-c"],
                "ExposedPorts": {"81/tcp": {}},
                "Labels": {"a": "b"},
                "WorkingDir": "/tmp",
                "StopSignal": "SIGTERM",
                "StopTimeout": 3,
                "Volumes": {"/vol": {}},
                "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 1_000_000_000},
            },
            {
                "Binds": ["/tmp:/mnt:ro", "named:/named"],
                "Mounts": [{"Type": "tmpfs", "Target": "/t"}, {"Type": "volume", "Source": "v2", "Target": "/v2"}],
                "PortBindings": {"80/tcp": [{"HostPort": "8088"}]},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
                "Memory": 10_000_000,
                "Init": True,
            },
            None,
        )
        return host.containers.inspect(container), host.containers.listed(container), host.root

    found, item, root = run(scenario)
    assert (found["Path"], found["Args"]) == ("/bin/sh", ["-c"])
    config, settings = found["Config"], found["HostConfig"]
    assert config["Env"] == ["A=1", "B", "PATH=/x"]
    assert config["Cmd"] is None
    assert list(config["ExposedPorts"]) == ["80/tcp", "81/tcp"]
    assert config["Labels"]["a"] == "b" and config["Labels"]["org.swarmlab.simulated"] == "1"
    assert config["StopSignal"] == "SIGTERM" and config["StopTimeout"] == 3
    assert settings["Runtime"] == "runc"
    assert settings["PortBindings"] == {"80/tcp": [{"HostIp": "", "HostPort": "8088"}]}
    assert settings["MemorySwap"] == 20_000_000
    assert list(settings)[-4:] == ["Mounts", "MaskedPaths", "ReadonlyPaths", "Init"]
    by_point = {mount["Destination"]: mount for mount in found["Mounts"]}
    assert by_point["/mnt"] == {
        "Type": "bind",
        "Source": "/tmp",
        "Destination": "/mnt",
        "Mode": "ro",
        "RW": False,
        "Propagation": "rprivate",
    }
    assert by_point["/named"] == {
        "Type": "volume",
        "Name": "named",
        "Source": f"{root}/volumes/named/_data",
        "Destination": "/named",
        "Driver": "local",
        "Mode": "z",
        "RW": True,
        "Propagation": "",
    }
    assert by_point["/t"]["Type"] == "tmpfs" and by_point["/v2"]["Mode"] == "z"
    assert re.fullmatch(r"[0-9a-f]{64}", by_point["/vol"]["Name"]) and by_point["/vol"]["Mode"] == ""
    assert item["Command"] == "/bin/sh -c"
    assert (item["State"], item["Status"], item["Ports"]) == ("created", "Created", [])


CREATED: list[tuple[dict[str, Any], dict[str, Any] | None, int, str]] = [
    ({"Image": "nope"}, None, 404, "No such image: nope:latest"),
    ({"Image": "alpine:3.99"}, None, 404, "No such image: alpine:3.99"),
    ({"Image": "UPPER"}, None, 400, "invalid reference format: repository name must be lowercase"),
    ({}, {"RestartPolicy": {"Name": "xx"}}, 400, "invalid restart policy 'xx'"),
    (
        {},
        {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 2}},
        400,
        "maximum retry count cannot be used with restart policy 'always'",
    ),
    (
        {},
        {"AutoRemove": True, "RestartPolicy": {"Name": "always"}},
        400,
        "can't create 'AutoRemove' container with restart policy",
    ),
    (
        {},
        {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": -2}},
        400,
        "maximum retry count cannot be negative",
    ),
    ({"StopSignal": "ZZ"}, None, 400, "Invalid signal: ZZ"),
    ({"Env": ["=x"]}, None, 400, "invalid environment variable: =x"),
    ({"Env": [""]}, None, 400, "invalid environment variable: "),
    (
        {"WorkingDir": "rel"},
        None,
        400,
        "the working directory 'rel' is invalid, it needs to be an absolute path",
    ),
    ({}, {"Memory": 100}, 400, "Minimum memory limit allowed is 6MB"),
    (
        {},
        {"Binds": ["rel:x"]},
        500,
        "invalid volume specification: 'rel:x': invalid mount config for type \"volume\": "
        "invalid mount path: 'x' mount path must be absolute",
    ),
    ({}, {"Binds": ["a:b:c:d"]}, 500, "invalid volume specification: 'a:b:c:d'"),
    (
        {},
        {"Binds": ["a/b:/x"]},
        400,
        'create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are '
        "allowed. If you intended to pass a host directory, use absolute path",
    ),
    (
        {},
        {"Mounts": [{"Type": "bind", "Source": "/nonexist2", "Target": "/x"}]},
        400,
        'invalid mount config for type "bind": bind source path does not exist: /nonexist2',
    ),
    (
        {},
        {"Mounts": [{"Type": "zz", "Source": "/nonexist", "Target": "/x"}]},
        400,
        'invalid mount config for type "zz": mount type unknown',
    ),
    ({}, {"LogConfig": {"Type": "zz"}}, 400, 'error looking up logging plugin zz: plugin "zz" not found'),
    ({}, {"Runtime": "zz"}, 400, "Unknown runtime specified zz"),
    ({}, {"CapAdd": ["ZZ"]}, 400, 'invalid CapAdd: unknown capability: "CAP_ZZ"'),
    ({}, {"ExtraHosts": ["x"]}, 400, 'bad format for add-host: "x"'),
    ({}, {"PortBindings": {"80/tcp": [{"HostPort": "zz"}]}}, 400, 'invalid port specification: "zz"'),
    ({}, {"PortBindings": {"80": [{"HostPort": "99999"}]}}, 400, 'invalid port specification: "99999"'),
    (
        {"Healthcheck": {"Test": ["CMD", "x"], "Interval": 1}},
        None,
        400,
        "Interval in Healthcheck cannot be less than 1ms",
    ),
    (
        {},
        {"NetworkMode": "container:base", "PortBindings": {"80/tcp": [{}]}},
        400,
        "conflicting options: port publishing and the container type network mode",
    ),
    ({}, {"Links": ["nope:x"]}, 400, "could not get container for nope: No such container: nope"),
    ({}, {"PidMode": "container:nope"}, 400, "No such container: nope"),
    ({}, {"VolumesFrom": ["nope"]}, 400, "No such container: nope"),
    ({}, {"PidMode": "host"}, 501, "the embedded engine does not simulate HostConfig.PidMode host"),
    ({}, {"Binds": ["aa:/x", "bb:/x"]}, 400, "Duplicate mount point: /x"),
    ({}, {"Binds": ["aa:/x:zz"]}, 500, "invalid mode: zz"),
    (
        {},
        {"Binds": ["aa:/"]},
        500,
        "invalid volume specification: 'aa:/': invalid mount config for type \"volume\": "
        "invalid specification: destination can't be '/'",
    ),
    (
        {},
        {"Mounts": [{"Type": "volume", "Target": "rel"}]},
        400,
        "invalid mount config for type \"volume\": invalid mount path: 'rel' mount path must be absolute",
    ),
    (
        {},
        {"Mounts": [{"Type": "volume"}]},
        400,
        'invalid mount config for type "volume": field Target must not be empty',
    ),
    (
        {},
        {"Mounts": [{"Type": "volume", "Target": "/a"}, {"Type": "volume", "Target": "/a"}]},
        400,
        "Duplicate mount point: /a",
    ),
    (
        {},
        {"Mounts": [{"Type": "volume", "Target": "/a", "ReadOnly": True}]},
        400,
        'invalid mount config for type "volume": must not set ReadOnly mode when using anonymous volumes',
    ),
    (
        {},
        {"MemorySwap": 100},
        400,
        "You should always set the Memory limit when using Memoryswap limit, see usage",
    ),
    (
        {},
        {"Memory": 100_000_000, "MemorySwap": 1000},
        400,
        "Minimum memoryswap limit should be larger than memory limit, see usage",
    ),
    (
        {},
        {"Memory": 100_000_000, "MemoryReservation": 200_000_000},
        400,
        "Minimum memory limit can not be less than memory reservation limit, see usage",
    ),
    (
        {},
        {"NanoCpus": 9_000_000_000},
        400,
        "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
    ),
    (
        {},
        {"NanoCpus": 1_000_000_000, "CpuPeriod": 1000},
        400,
        "Conflicting options: Nano CPUs and CPU Period cannot both be set",
    ),
    ({}, {"ExtraHosts": ["x:zz"]}, 400, 'invalid IP address in add-host: "zz"'),
    (
        {},
        {"NetworkMode": "container:"},
        400,
        "Invalid network mode: invalid container format container:<name|id>",
    ),
    (
        {},
        {"NetworkMode": "host", "Links": ["a:b"]},
        400,
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    ),
    (
        {"Hostname": "x"},
        {"UTSMode": "host"},
        400,
        "conflicting options: hostname and the UTS mode",
    ),
    (
        {"Hostname": "x"},
        {"NetworkMode": "container:base"},
        400,
        "conflicting options: hostname and the network mode",
    ),
]


@pytest.mark.parametrize(("config", "settings", "status", "message"), CREATED)
def test_what_is_refused(
    run: Run, config: dict[str, Any], settings: dict[str, Any] | None, status: int, message: str
) -> None:
    async def scenario(host: Host) -> None:
        with pytest.raises(Refusal) as refused:
            create(host, HostConfig=settings, **config)
        assert (refused.value.status, refused.value.message) == (status, message)
        assert host.containers.all() == []

    run(scenario)


def test_two_networks_and_nothing(run: Run) -> None:
    async def scenario(host: Host) -> None:
        with pytest.raises(Refusal, match="Container cannot be connected to network endpoints: a, b") as refused:
            host.containers.create("", {"Image": "alpine"}, {}, {"EndpointsConfig": {"a": {}, "b": {}}})
        assert refused.value.status == 400
        with pytest.raises(Refusal, match="Config cannot be empty in order to create a container"):
            host.containers.create("", {}, {}, None)

    run(scenario)


@pytest.mark.parametrize("name", ["x", "-x", "a b", "é"])
def test_names_that_are_not_allowed(run: Run, name: str) -> None:
    async def scenario(host: Host) -> None:
        with pytest.raises(Refusal) as refused:
            create(host, name)
        expected = f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        assert (refused.value.status, refused.value.message) == (400, expected)

    run(scenario)


def test_a_name_is_one_containers_only(run: Run) -> None:
    async def scenario(host: Host) -> None:
        first = create(host, "dup")
        with pytest.raises(Refusal) as refused:
            create(host, "dup")
        assert refused.value.status == 409
        assert refused.value.message == (
            f'Conflict. The container name "/dup" is already in use by container "{first.id}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )
        other = create(host)
        assert re.fullmatch(r"[a-z]+_[a-z]+", other.name)
        assert host.containers.find("/dup") is host.containers.find(first.id[:7]) is first
        with pytest.raises(Refusal, match="No such container: nope"):
            host.containers.find("nope")

    run(scenario)


def test_renaming(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "plain")
        create(host, "other")
        for name, message in (
            ("plain", "Renaming a container with the same name as its current name"),
            ("", "Neither old nor new names may be empty"),
            (
                "a b",
                "Error when allocating new name: Invalid container name (/a b), "
                "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
            ),
        ):
            with pytest.raises(Refusal) as refused:
                host.containers.rename(container, name)
            assert (refused.value.status, refused.value.message) == (400, message)
        with pytest.raises(Refusal, match="Error when allocating new name: Conflict") as refused:
            host.containers.rename(container, "other")
        assert refused.value.status == 409
        host.containers.rename(container, "plain2")
        event = host.events.past()[-1]
        assert event["Actor"]["Attributes"]["oldName"] == "/plain"
        assert event["Actor"]["Attributes"]["name"] == "plain2"

    run(scenario)


def test_volumes_come_before_the_container_and_go_before_it(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, Volumes={"/vol": {}}, HostConfig={"Binds": ["named:/named"]})
        await host.containers.remove(container, volumes=True)
        assert [volume["Name"] for volume in host.volumes.all()] == ["named"]
        return told(host)

    assert run(scenario) == [
        "volume create",
        "volume create",
        "container create",
        "volume destroy",
        "container destroy",
    ]


def test_the_hosts_network_has_its_name(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, HostConfig={"NetworkMode": "host"})
        assert container.config["Hostname"] == "one"
        other = create(host, HostConfig={"NetworkMode": f"container:{container.name}"})
        assert other.host_config["NetworkMode"] == f"container:{container.id}"

    run(scenario)


def test_pruning(run: Run) -> None:
    async def scenario(host: Host) -> None:
        assert await host.containers.prune() == {"ContainersDeleted": None, "SpaceReclaimed": 0}
        first, second = create(host), create(host)
        kept = await host.containers.prune(lambda container: container is not first)
        assert kept == {"ContainersDeleted": [second.id], "SpaceReclaimed": 0}
        assert host.events.past()[-1]["Actor"] == {"ID": "", "Attributes": {"reclaimed": "0"}}

    run(scenario)


def test_several_ids_begin_so(run: Run) -> None:
    async def scenario(host: Host) -> None:
        begins = [create(host).id[0] for _ in range(17)]
        twice = next(digit for digit in begins if begins.count(digit) > 1)
        with pytest.raises(Refusal) as refused:
            host.containers.find(twice)
        expected = f"Multiple IDs found with provided prefix: {twice}"
        assert (refused.value.status, refused.value.message) == (500, expected)

    run(scenario)


def test_updating(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host)
        with pytest.raises(Refusal) as refused:
            host.containers.update(container, {"Memory": 20_000_000, "RestartPolicy": {"Name": "always"}})
        assert (refused.value.status, refused.value.message) == (
            409,
            f"Cannot update container {container.id}: Memory limit should be smaller than already set memoryswap "
            "limit, update the memoryswap at the same time",
        )
        assert container.host_config["RestartPolicy"]["Name"] == ""
        assert host.containers.update(container, {"RestartPolicy": {"Name": "always"}}) == {"Warnings": None}
        assert container.policy.name == "always"
        assert host.events.past()[-1]["Action"] == "update"

    run(scenario)


def test_a_directory_to_run_in_is_made(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, WorkingDir="/new/dir")
        assert host.containers.changes(container) == [
            {"Path": "/new", "Kind": 1},
            {"Path": "/new/dir", "Kind": 1},
        ]

    run(scenario)


def test_a_full_disk(run: Run) -> None:
    async def scenario(host: Host) -> None:
        host.world.faults.full_disks.add("one")
        for call in (lambda: create(host), lambda: host.volumes.create({}), lambda: host.images.load(b"")):
            with pytest.raises(Refusal, match="no space left on device") as refused:
                call()
            assert refused.value.status == 500
        assert "no space left on device" in [line async for line in host.images.pull("redis")][-1]["error"]

    run(scenario)


def test_files_that_cannot_be_written(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, HostConfig={"ReadonlyRootfs": True, "Binds": ["named:/v", "fixed:/r:ro"]})
        container.files["/v/a"] = b"x"
        for path in ("/tmp/a", "/r/a"):
            with pytest.raises(OSError, match="Read-only file system"):
                container.files[path] = b"x"
        assert set(container.files) - set(container.original) == {"/v/a"} and "/v/a" in container.files

    run(scenario)
