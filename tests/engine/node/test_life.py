"""The life of containers: start, signals, end, restart; events in the order of Debian's engine 20.10.24."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.refusal import Refusal

from .conftest import Run, create, ended, told

RUNC = (
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
    "exec: "
)


def test_a_whole_life(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = host.containers.create("web", {"Image": "nginx"}, {"Binds": ["named:/named"]}, None)
        await host.containers.start(container)
        with pytest.raises(Refusal) as refused:
            await host.containers.start(container)
        assert refused.value.status == 304
        found = host.containers.inspect(container)
        assert found["State"]["Running"] and found["State"]["Pid"] > 0
        assert found["HostsPath"].endswith(f"{container.id}/hosts")
        assert host.containers.listed(container)["Status"] == "Up Less than a second"
        with pytest.raises(Refusal, match=f"You cannot remove a running container {container.id}. Stop the container"):
            await host.containers.remove(container)
        await host.containers.stop(container)
        with pytest.raises(Refusal) as refused:
            await host.containers.stop(container)
        assert refused.value.status == 304
        assert container.state.exit_code == 0
        assert host.containers.listed(container)["Status"] == "Exited (0) Less than a second ago"
        assert await host.containers.wait(container) == {"Error": None, "StatusCode": 0}
        await host.containers.remove(container)
        kill = next(event for event in host.events.past() if event["Action"] == "kill")
        assert kill["Actor"]["Attributes"]["signal"] == "3"
        return told(host)

    assert run(scenario) == [
        "volume create",
        "container create",
        "network connect",
        "volume mount",
        "container start",
        "container kill",
        "container die",
        "network disconnect",
        "volume unmount",
        "container stop",
        "container destroy",
    ]


def test_process_1_ignores_what_it_does_not_handle(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        await host.containers.kill(container, "TERM")
        assert container.state.running
        await host.containers.stop(container, 1)
        assert container.state.exit_code == 137
        signals = [event["Actor"]["Attributes"].get("signal") for event in host.events.past()]
        assert [signal for signal in signals if signal] == ["15", "15", "9"]
        handled = create(host, Cmd=["sh", "-c", "trap 7"])
        await host.containers.start(handled)
        await host.containers.stop(handled, 1)
        assert handled.state.exit_code == 7

    run(scenario)


def test_under_init_a_signal_ends_it(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000000"], HostConfig={"Init": True})
        await host.containers.start(container)
        await host.containers.kill(container, "TERM")
        assert await ended(container) == 143

    run(scenario)


@pytest.mark.parametrize(
    ("word", "code", "message"),
    [
        ("nope", 127, '"nope": executable file not found in $PATH'),
        ("/etc", 126, '"/etc": permission denied'),
        ("/etc/passwd", 126, '"/etc/passwd": permission denied'),
        ("/nope/x", 127, '"/nope/x": stat /nope/x: no such file or directory'),
    ],
)
def test_programs_that_are_not_there(run: Run, word: str, code: int, message: str) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, Cmd=[word])
        with pytest.raises(Refusal) as refused:
            await host.containers.start(container)
        expected = f"{RUNC}{message}: unknown"
        assert (refused.value.status, refused.value.message) == (400, expected)
        state = host.containers.inspect(container)["State"]
        assert (state["Status"], state["ExitCode"], state["Error"]) == ("created", code, expected)
        return told(host)

    assert run(scenario) == ["container create", "network connect", "network disconnect"]


def test_it_starts_again_on_failure(run: Run) -> None:
    async def scenario(host: Host) -> None:
        policy = {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}
        container = create(host, "of", Cmd=["false"], HostConfig=policy)
        await host.containers.start(container)
        assert host.containers.listed(container)["Status"] == "Restarting (1) Less than a second ago"
        assert host.containers.inspect(container)["State"]["Running"]
        assert await ended(container) == 1
        assert host.containers.inspect(container)["RestartCount"] == 2
        life = ["network connect", "container start", "container die", "network disconnect"]
        assert told(host) == ["container create", *life * 3]

    run(scenario)


def test_a_container_that_waits_to_start_again_can_be_stopped(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["false"], HostConfig={"RestartPolicy": {"Name": "always"}})
        await host.containers.start(container)
        assert container.state.status == "restarting"
        await host.containers.stop(container)
        assert container.state.status == "exited"
        await asyncio.sleep(0.01)
        assert container.state.status == "exited"

    run(scenario)


def test_it_goes_when_it_is_to(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, "rm", Cmd=["false"], HostConfig={"AutoRemove": True})
        waiting = asyncio.ensure_future(host.containers.wait(container, "removed"))
        await host.containers.start(container)
        assert (await waiting)["StatusCode"] == 1
        assert host.containers.all() == []
        return told(host)

    assert run(scenario)[-3:] == ["container die", "network disconnect", "container destroy"]


def test_pausing(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, "plain", Cmd=["sleep", "1000000"])
        containers = host.containers
        with pytest.raises(Refusal, match=f"Container {container.id} is not running") as refused:
            containers.pause(container)
        assert refused.value.status == 409
        await containers.start(container)
        containers.pause(container)
        assert containers.listed(container)["Status"].endswith("(Paused)")
        state = containers.inspect(container)["State"]
        assert (state["Status"], state["Running"], state["Paused"]) == ("paused", True, True)
        with pytest.raises(Refusal, match=f"Container {container.id} is already paused"):
            containers.pause(container)
        with pytest.raises(Refusal, match="Container plain is paused, unpause the container before exec"):
            containers.create_exec(container, {"Cmd": ["hostname"]})
        with pytest.raises(Refusal, match="cannot start a paused container, try unpause instead"):
            await containers.start(container)
        before = len(host.events.past())
        await containers.restart(container, 1)
        with pytest.raises(Refusal, match=f"Container {container.id} is not paused") as refused:
            containers.unpause(container)
        assert refused.value.status == 500
        return told(host, since=before)

    assert run(scenario) == [
        "container kill",
        "container unpause",
        "container kill",
        "container die",
        "network disconnect",
        "container stop",
        "network connect",
        "container start",
        "container restart",
    ]


def test_what_does_not_run_cannot_be_killed(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "plain")
        with pytest.raises(Refusal) as refused:
            await host.containers.kill(container, "KILL")
        expected = f"Cannot kill container: plain: Container {container.id} is not running"
        assert (refused.value.status, refused.value.message) == (409, expected)
        with pytest.raises(Refusal, match="Invalid signal: ZZZ") as refused:
            await host.containers.kill(container, "ZZZ")
        assert refused.value.status == 400
        with pytest.raises(Refusal, match="is not running"):
            host.containers.top(container)

    run(scenario)


def test_ports(run: Run) -> None:
    async def scenario(host: Host) -> None:
        ports = {"80/tcp": [{"HostPort": ""}], "70/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7070"}]}
        both = {"Image": "nginx", "ExposedPorts": {"70/tcp": {}}}
        web = host.containers.create("web", both, {"PortBindings": ports | {"60/tcp": [{"HostPort": "6060"}]}}, None)
        await host.containers.start(web)
        assert host.containers.inspect(web)["NetworkSettings"]["Ports"] == {
            "70/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7070"}],
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}],
        }
        assert host.containers.listed(web)["Ports"] == [
            {"IP": "127.0.0.1", "PrivatePort": 70, "PublicPort": 7070, "Type": "tcp"},
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 32768, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 32768, "Type": "tcp"},
        ]
        taken = {"PortBindings": {"80/tcp": [{"HostPort": "7070"}]}}
        other = host.containers.create("b1", {"Image": "nginx"}, taken, None)
        with pytest.raises(Refusal, match=r"Bind for 0.0.0.0:7070 failed: port is already allocated") as refused:
            await host.containers.start(other)
        assert refused.value.status == 500
        assert other.state.exit_code == 128
        assert told(host)[-2:] == ["container create", "network disconnect"]
        await host.containers.stop(web)
        assert host.containers.inspect(web)["NetworkSettings"]["Ports"] == {}
        await host.containers.start(other)
        exposed = host.containers.create("c1", {"Image": "nginx"}, {}, None)
        await host.containers.start(exposed)
        assert host.containers.inspect(exposed)["NetworkSettings"]["Ports"] == {"80/tcp": None}
        assert host.containers.listed(exposed)["Ports"] == [{"PrivatePort": 80, "Type": "tcp"}]

    run(scenario)


def test_joining_anothers_network(run: Run) -> None:
    async def scenario(host: Host) -> None:
        base = create(host, "base", Cmd=["sleep", "100000"], Hostname="bas")
        join = create(host, "join", Cmd=["hostname"], HostConfig={"NetworkMode": "container:base"})
        with pytest.raises(Refusal, match=f"cannot join network of a non running container: {base.id}"):
            await host.containers.start(join)
        await host.containers.start(base)
        await host.containers.start(join)
        assert await ended(join) == 0
        found = host.containers.inspect(join)
        assert found["Config"]["Hostname"] == "bas"
        assert found["NetworkSettings"]["Networks"] == {}
        assert found["HostsPath"].endswith(f"{base.id}/hosts")

    run(scenario)


def test_health(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        check = {"Test": ["CMD-SHELL", "out ok"], "Interval": 1_000_000_000}
        container = create(host, "hc", Cmd=["sleep", "1000000"], Healthcheck=check)
        await host.containers.start(container)
        assert host.containers.inspect(container)["State"]["Health"] == {
            "Status": "starting",
            "FailingStreak": 0,
            "Log": [],
        }
        assert host.containers.listed(container)["Status"].endswith("(health: starting)")
        while container.health is None or container.health["Status"] == "starting":
            await asyncio.sleep(0.001)
        assert host.containers.listed(container)["Status"].endswith("(healthy)")
        log = host.containers.inspect(container)["State"]["Health"]["Log"]
        assert (log[0]["ExitCode"], log[0]["Output"]) == (0, "ok\n")
        events = told(host)
        await host.containers.kill(container, "KILL")
        assert container.health["Status"] == "unhealthy"
        return events

    assert run(scenario)[3:7] == [
        "container exec_create: /bin/sh -c out ok",
        "container exec_start: /bin/sh -c out ok",
        "container exec_die",
        "container health_status: healthy",
    ]


def test_the_engine_ends_and_starts_again(run: Run) -> None:
    async def scenario(host: Host) -> None:
        def one(name: str, policy: str) -> Any:
            return create(host, name, Cmd=["sh", "-c", "trap 0"], HostConfig={"RestartPolicy": {"Name": policy}})

        always, unless, never, stopped = (
            one("always", "always"),
            one("unless", "unless-stopped"),
            one("never", ""),
            one("stopped", "unless-stopped"),
        )
        for container in (always, unless, never, stopped):
            await host.containers.start(container)
        await host.containers.stop(stopped)
        seen: list[bool] = []
        host.watch(seen.append)
        await host.stop()
        assert not any(container.state.running for container in host.containers.all())
        await host.start()
        assert [c.name for c in host.containers.all() if c.state.running] == ["unless", "always"]
        await host.kill()
        assert always.state.exit_code == 255
        await host.start()
        assert always.state.running
        assert seen == [False, True, False, True]

    run(scenario)


def test_a_program_with_an_error_ends(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["cat"])
        await host.containers.start(container)
        assert await ended(container) == 1

    run(scenario)


@pytest.mark.parametrize(
    ("signal", "status", "message"),
    [
        ("0", 400, "Invalid signal: 0"),
        ("99", 500, "Cannot kill container: plain: The linux daemon does not support signal 99"),
    ],
)
def test_signals_that_are_not_there(run: Run, signal: str, status: int, message: str) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "plain", Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        with pytest.raises(Refusal) as refused:
            await host.containers.kill(container, signal)
        assert (refused.value.status, refused.value.message) == (status, message)
        for known, number in (("SIGRTMIN", "34"), ("sigusr1", "10"), ("RTMAX-2", "62"), ("34", "34")):
            await host.containers.kill(container, known)
            assert host.events.past()[-1]["Actor"]["Attributes"]["signal"] == number

    run(scenario)


def test_what_cannot_be_started(run: Run) -> None:
    async def scenario(host: Host) -> None:
        device = create(host, HostConfig={"DeviceRequests": [{"Count": 1, "Capabilities": [["gpu"]]}]})
        with pytest.raises(Refusal) as refused:
            await host.containers.start(device)
        expected = 'could not select device driver "" with capabilities: [[gpu]]'
        assert (refused.value.status, refused.value.message) == (500, expected)
        nobody = create(host, User="nobody")
        await host.containers.start(nobody)
        somebody = create(host, User="nosuch")
        with pytest.raises(Refusal) as refused:
            await host.containers.start(somebody)
        expected = "unable to find user nosuch: no matching entries in passwd file"
        assert (refused.value.status, refused.value.message) == (500, expected)
        once = create(host, Cmd=["nope"], HostConfig={"AutoRemove": True})
        with pytest.raises(Refusal):
            await host.containers.start(once)
        assert once not in host.containers.all()
        assert told(host)[-3:] == ["network connect", "network disconnect", "container destroy"]

    run(scenario)


def test_a_check_that_takes_too_long(run: Run) -> None:
    async def scenario(host: Host) -> None:
        check = {
            "Test": ["CMD", "sleep", "1000000"],
            "Interval": 1_000_000_000,
            "Timeout": 90_000_000_000,
            "Retries": 1,
        }
        container = create(host, Cmd=["sleep", "1000000"], Healthcheck=check)
        await host.containers.start(container)
        while container.health is None or container.health["Status"] == "starting":
            await asyncio.sleep(0.01)
        assert container.health["Status"] == "unhealthy"
        assert container.health["Log"][0]["Output"] == "Health check exceeded timeout (1m30s)"

    run(scenario)


def test_execs_end_before_process_1(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        host.containers.create_exec(container, {"Cmd": ["sleep", "9"]}).start()
        host.containers.pause(container)
        await host.containers.kill(container, "KILL")
        return told(host)

    assert run(scenario)[-5:] == [
        "container pause",
        "container kill",
        "container exec_die",
        "container die",
        "network disconnect",
    ]
