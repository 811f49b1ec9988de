"""Processes run in a container, their streams and their end. Facts of Debian's engine 20.10.24."""

from __future__ import annotations

from typing import Any

import pytest

from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.node.process import Process
from swarmkit_helpers.engine.node.users import user_of
from swarmkit_helpers.engine.refusal import Refusal

from .conftest import Run, create, ended, told

NOT_RUN = "OCI runtime exec failed: exec failed: unable to start container process: exec: "


async def output(process: Process) -> list[tuple[str, bytes]]:
    """Run an exec; what it wrote."""
    reading = process.subscribe()
    process.start()
    found = [chunk async for chunk in reading]
    await process.wait()
    return list(found)


def test_an_exec(run: Run) -> None:
    async def scenario(host: Host) -> list[str]:
        container = create(host, "plain", Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        before = len(host.events.past())
        process = host.containers.create_exec(container, {"Cmd": ["hostname"], "AttachStdout": True})
        assert process.inspect() == {
            "ID": process.id,
            "Running": False,
            "ExitCode": None,
            "ProcessConfig": {"tty": False, "entrypoint": "hostname", "arguments": [], "privileged": False},
            "OpenStdin": False,
            "OpenStderr": False,
            "OpenStdout": True,
            "CanRemove": False,
            "ContainerID": container.id,
            "DetachKeys": "",
            "Pid": 0,
        }
        assert host.containers.inspect(container)["ExecIDs"] == [process.id]
        assert await output(process) == [("stdout", f"{container.id[:12]}\n".encode())]
        assert process.inspect()["ExitCode"] == 0 and process.inspect()["Pid"] > 0
        assert host.containers.inspect(container)["ExecIDs"] is None
        with pytest.raises(Refusal, match=f"Error: Exec command {process.id} has already run") as refused:
            process.start()
        assert refused.value.status == 409
        assert host.containers.find_exec(process.id) is process
        return told(host, since=before)

    assert run(scenario) == [
        "container exec_create: hostname ",
        "container exec_start: hostname ",
        "container exec_die",
    ]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nope", '"nope": executable file not found in $PATH'),
        ("/etc/passwd", '"/etc/passwd": permission denied'),
    ],
)
def test_an_exec_that_cannot_run(run: Run, word: str, message: str) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        process = host.containers.create_exec(container, {"Cmd": [word]})
        with pytest.raises(Refusal) as refused:
            process.start()
        assert (refused.value.status, refused.value.message) == (400, f"{NOT_RUN}{message}: unknown")
        found = process.inspect()
        assert (found["Running"], found["ExitCode"], found["Pid"]) == (False, 126, 0)
        assert host.containers.inspect(container)["ExecIDs"] is None
        assert told(host)[-1].startswith("container exec_start: ")

    run(scenario)


def test_all_that_can_be_asked_of_an_exec(run: Run) -> None:
    async def scenario(host: Host) -> Any:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        for body, message in (
            ({"Cmd": []}, "No exec command specified"),
            ({"Cmd": ["sh"], "DetachKeys": "ctrl-é,aa"}, ""),
        ):
            if message:
                with pytest.raises(Refusal, match=message) as refused:
                    host.containers.create_exec(container, body)
                assert refused.value.status == 400
        asked = {"Cmd": ["sleep", "100"], "User": "0:0", "Privileged": True, "DetachKeys": "ctrl-a", "Env": ["A=b"]}
        process = host.containers.create_exec(container, asked)
        found = process.inspect()
        assert found["ProcessConfig"] == {
            "tty": False,
            "entrypoint": "sleep",
            "arguments": ["100"],
            "privileged": True,
            "user": "0:0",
        }
        assert found["DetachKeys"] == "AQ=="
        assert told(host)[-1] == "container exec_create: sleep 100"
        with pytest.raises(Refusal, match="no such exec"):
            process.resize(40, 80)
        return process.system.environment

    assert run(scenario)["A"] == "b"


def test_streams_and_terminals(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        words = ["sh", "-c", "out one; err two"]
        assert await output(host.containers.create_exec(container, {"Cmd": words})) == [
            ("stdout", b"one\n"),
            ("stderr", b"two\n"),
        ]
        terminal = host.containers.create_exec(container, {"Cmd": words, "Tty": True})
        assert terminal.system.environment["TERM"] == "xterm"
        assert await output(terminal) == [("stdout", b"one\r\n"), ("stdout", b"two\r\n")]
        reader = host.containers.create_exec(container, {"Cmd": ["sh", "-c", "cat"], "AttachStdin": True})
        reader.system.stdin.feed_data(b"hello")
        reader.system.stdin.feed_eof()
        assert await output(reader) == [("stdout", b"hello")]

    run(scenario)


def test_execs_end_with_their_container(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "plain", Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        process = host.containers.create_exec(container, {"Cmd": ["sleep", "1000000"]})
        process.start()
        process.signal("SIGTERM")
        assert await process.wait() == 143
        other = host.containers.create_exec(container, {"Cmd": ["sleep", "1000000"]})
        other.start()
        never = host.containers.create_exec(container, {"Cmd": ["sleep", "1"]})
        await host.containers.kill(container, "KILL")
        assert other.exit_code == 137
        assert host.containers.find_exec(other.id).inspect()["ExitCode"] == 137
        with pytest.raises(Refusal, match=r"is not running: Exited .137. Less than a second ago") as refused:
            host.containers.ready_exec(other.id)
        assert refused.value.status == 500
        with pytest.raises(Refusal, match=f"No such exec instance: {never.id}"):
            host.containers.find_exec(never.id)
        with pytest.raises(Refusal, match=f"Container {container.id} is not running") as refused:
            host.containers.create_exec(container, {"Cmd": ["hostname"]})
        assert refused.value.status == 409

    run(scenario)


def test_attached_before_the_start(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sh", "-c", "cat; out done"], OpenStdin=True, StdinOnce=True)
        reading = host.containers.attach(container)
        stdin = host.containers.stdin(container)
        await host.containers.start(container)
        stdin.feed_data(b"typed ")
        stdin.feed_eof()
        assert b"".join([data async for _, data in reading]) == b"typed done\n"
        assert told(host)[1] == "container attach"
        lines = [line async for line in container.log.read()]
        assert [(stream, line) for _, stream, line in lines] == [("stdout", b"typed done\n")]

    run(scenario)


def test_what_is_written_while_paused_comes_later(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sh", "-c", "cat"], OpenStdin=True)
        reading = host.containers.attach(container)
        await host.containers.start(container)
        host.containers.pause(container)
        host.containers.stdin(container).feed_data(b"x")
        host.containers.stdin(container).feed_eof()
        await ended(container)
        assert [data async for _, data in reading] == [b"x"]

    run(scenario)


def test_top_and_stats(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "plain", Cmd=["sleep", "1000000"])
        idle = host.containers.stats(container)
        assert idle["pids_stats"] == {} and idle["memory_stats"] == {} and idle["name"] == "/plain"
        await host.containers.start(container)
        found = host.containers.top(container)
        assert found["Titles"] == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
        assert [row[-1] for row in found["Processes"]] == ["sleep 1000000"]
        assert host.containers.top(container, "aux")["Titles"][-1] == "COMMAND"
        with pytest.raises(Refusal) as refused:
            host.containers.top(container, "-o pid")
        assert refused.value.status == 501
        used = host.containers.stats(container)
        assert used["pids_stats"] == {"current": 1}
        assert used["cpu_stats"]["cpu_usage"]["total_usage"] > 0
        assert told(host)[-1] == "container top"

    run(scenario)


def test_changed_files(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sh", "-c", "write /tmp/a; write /v/b"], Volumes={"/v": {}})
        assert host.containers.changes(container) == []
        await host.containers.start(container)
        await ended(container)
        assert host.containers.changes(container) == [
            {"Path": "/tmp", "Kind": 0},
            {"Path": "/tmp/a", "Kind": 1},
            {"Path": "/v", "Kind": 1},
        ]
        assert host.volumes.files(container.mounts[0]["Name"]) == {"/b": b"written"}
        assert sorted(set(container.files) - set(container.original)) == ["/tmp/a", "/v/b"]

    run(scenario)


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"User": "zz"}, 500, "unable to find user zz: no matching entries in passwd file"),
        ({"User": "1000:zz"}, 500, "unable to find group zz: no matching entries in group file"),
        ({"User": "99999999999"}, 500, "uids and gids must be in range 0-2147483647"),
        (
            {"WorkingDir": "/nothing"},
            400,
            "OCI runtime exec failed: exec failed: unable to start container process: "
            'chdir to cwd ("/nothing") set in config.json failed: no such file or directory: unknown',
        ),
        ({"WorkingDir": "x"}, 400, "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown"),
    ],
)
def test_who_runs_an_exec_and_where(run: Run, asked: dict[str, str], status: int, message: str) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000"])
        await host.containers.start(container)
        process = host.containers.create_exec(container, {"Cmd": ["hostname"], **asked})
        before = len(told(host))
        with pytest.raises(Refusal) as refused:
            process.start()
        assert (refused.value.status, refused.value.message) == (status, message)
        assert process.exit_code == 126
        assert told(host, since=before) == ["container exec_start: hostname "]

    run(scenario)


def test_users(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000"])
        for text, numbers in {"": (0, 0), "1000": (1000, 0), "nobody:5": (65_534, 5), ":5": (0, 5)}.items():
            user = user_of(container, text)
            assert (user.number, user.group) == numbers

    run(scenario)
