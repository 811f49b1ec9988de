"""Connections that are taken over, and answers that go on: as seen on Debian's docker 20.10.24."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest

from swarmkit_helpers.engine.api.hijack import detach_keys
from swarmkit_helpers.engine.api.server import Server

from .fake import UPGRADE, Client, FakeHost, ask, request, run

BOTH = b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n"
SIGNED = {
    "Api-Version": "1.41",
    "Docker-Experimental": "false",
    "Ostype": "linux",
    "Server": "Docker/20.10.24+dfsg1 (linux)",
}
RAW = {"Content-Type": "application/vnd.docker.raw-stream"}
UPGRADED = {"Connection": "Upgrade", "Upgrade": "tcp"}


async def begun(path: Path, cmd: str, *, tty: bool = False, stdin: bool = False, headers: str = UPGRADE) -> Client:
    body = {"Cmd": [cmd], "AttachStdout": True, "AttachStderr": True, "AttachStdin": stdin, "Tty": tty}
    status, made = await ask(path, "POST", "/containers/c1/exec", body)
    assert status == 201
    return await Client.to(path, request("POST", f"/exec/{made['Id']}/start", {"Detach": False, "Tty": tty}, headers))


def test_exec_with_and_without_upgrade() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await begun(path, "both")
        assert await client.head() == ("HTTP/1.1 101 UPGRADED", RAW | UPGRADED | SIGNED)
        assert await client.reader.read() == BOTH
        client = await begun(path, "both", headers="")
        assert await client.head() == ("HTTP/1.1 200 OK", RAW | SIGNED)
        assert await client.reader.read() == BOTH
        client = await begun(path, "both", tty=True)
        await client.head()
        assert await client.reader.read() == b"out\nerr\n"

    run(test)


def test_the_head_comes_alone() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        body = {"Cmd": ["both"], "AttachStdout": True, "AttachStderr": True}
        _, made = await ask(path, "POST", "/containers/c1/exec", body)
        with socket.socket(socket.AF_UNIX) as client:  # as the SDK does: what comes with the head is lost to it
            client.connect(str(path))
            client.sendall(request("POST", f"/exec/{made['Id']}/start", {}, UPGRADE))
            await asyncio.sleep(0.1)
            head = await asyncio.to_thread(client.recv, 65_536)
            assert head.startswith(b"HTTP/1.1 101 ") and head.endswith(b"\r\n\r\n")
            rest = b""
            while data := await asyncio.to_thread(client.recv, 65_536):
                rest += data
            assert rest == BOTH

    run(test)


def test_a_client_that_sends_no_more_still_reads() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await begun(path, "cat", stdin=True)
        await client.head()
        client.writer.write(b"hello\n")
        client.writer.write_eof()
        assert await client.reader.read() == b"\x01\0\0\0\0\0\0\x06hello\n"

    run(test)


def test_a_program_that_is_not_there() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await begun(path, "nope")
        assert (await client.head())[0] == "HTTP/1.1 101 UPGRADED"
        said = b"OCI runtime exec failed: no such program\r\n"
        assert await client.reader.read() == b"\x01\0\0\0\0\0\0" + bytes((len(said),)) + said
        identity = "e" * 64
        answer = await ask(path, "POST", f"/exec/{identity}/start", {"Detach": True})
        assert answer == (400, {"message": "OCI runtime exec failed: no such program"})

    run(test)


def test_keys_that_detach() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await begun(path, "cat", tty=True, stdin=True)
        await client.head()
        client.writer.write(b"ab\x10")
        client.writer.write(b"\x11")
        assert await client.reader.read() == b"ab"

    run(test)


@pytest.mark.parametrize(
    ("text", "keys"), [("", b"\x10\x11"), ("ctrl-a,b", b"\x01b"), ("ctrl-@", b"\0"), ("ctrl-1", None), ("ab", None)]
)
def test_detach_keys(text: str, keys: bytes | None) -> None:
    assert detach_keys(text) == keys


def test_attach_before_the_start() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        where = "/containers/c1/attach?stream=1&stdin=1&stdout=1&stderr=1"
        client = await Client.to(path, request("POST", where, headers=UPGRADE))
        assert await client.head() == ("HTTP/1.1 101 UPGRADED", RAW | UPGRADED)
        client.writer.write(b"typed")
        client.writer.write_eof()
        assert await host.containers.input.read() == b"typed"
        host.containers.output.publish("stdout", b"hi\n")
        host.containers.output.end()
        assert await client.reader.read() == b"\x01\0\0\0\0\0\0\x03hi\n"
        client = await Client.to(path, request("POST", "/containers/c1/attach?logs=1&stdout=1", headers=UPGRADE))
        await client.head()
        assert await client.reader.read() == b"\x01\0\0\0\0\0\0\x03hi\n"

    run(test)


def test_logs() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        host.containers.one.log.add("stdout", b"hi\n")
        host.containers.one.log.add("stderr", b"err\n")
        client = await Client.to(path, request("GET", "/containers/c1/logs?stdout=1&stderr=1"))
        _first, headers, body = await client.answer()
        assert body == b"\x01\0\0\0\0\0\0\x03hi\n\x02\0\0\0\0\0\0\x04err\n"
        assert "Content-Type" not in headers and headers["Transfer-Encoding"] == "chunked"
        client = await Client.to(path, request("GET", "/containers/c1/logs?stderr=1&timestamps=1&details=1&tail=1"))
        _, _, body = await client.answer()
        assert body[8:].split(b" ", 1)[0].endswith(b"Z") and len(body[8:].split(b" ")[0]) == 30
        assert body.endswith(b"Z  err\n")
        client = await Client.to(path, request("GET", "/containers/c1/logs?stdout=1&follow=1&tail=0"))
        await client.head()
        host.containers.one.log.add("stdout", b"new\n")
        assert await client.chunk() == b"\x01\0\0\0\0\0\0\x04new\n"
        host.containers.ended.set()
        host.containers.one.log.wake()
        assert await client.chunk() == b""

    run(test)


def test_wait_answers_its_head_at_once() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await Client.to(path, request("POST", "/containers/c1/wait"))
        await client.head()
        host.containers.ended.set()
        assert await client.chunk() == b'{"Error":null,"StatusCode":7}\n'

    run(test)


def test_events() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        host.events.add("container", "create", "a" * 64, {"name": "web", "image": "nginx:latest"})
        host.events.add("network", "create", "b" * 64, {"name": "net1", "type": "bridge"})
        until = int(time.time()) + 1
        chosen = "filters=%7B%22image%22:[%22nginx%22]%7D"
        client = await Client.to(path, request("GET", f"/events?since=1&until={time.time()}&{chosen}"))
        _, _, body = await client.answer()
        assert [json.loads(line)["Action"] for line in body.splitlines()] == ["create"]
        client = await Client.to(
            path, request("GET", f"/events?until={until}&filters=%7B%22type%22:[%22network%22]%7D")
        )
        await client.head()
        host.events.add("volume", "create", "v", {"driver": "local"})
        host.events.add("network", "destroy", "b" * 64, {"name": "net1", "type": "bridge"})
        assert json.loads(await client.chunk())["Action"] == "destroy"
        assert await client.chunk() == b""

    run(test)


def test_a_pull_that_fails_half_way_says_so_in_its_stream() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await Client.to(path, request("POST", "/images/create?fromImage=alpine&tag=3"))
        first, _, body = await client.answer()
        assert first.split()[1] == "200"
        assert [json.loads(line) for line in body.splitlines()] == [
            {"status": "Pulling alpine:3"},
            {"errorDetail": {"message": "the wire was cut"}, "error": "the wire was cut"},
        ]

    run(test)


STREAMS = [
    request("GET", "/events"),
    request("GET", "/containers/c1/logs?stdout=1&follow=1"),
    request("POST", "/containers/c1/wait"),
    request("POST", "/containers/c1/attach?stream=1&stdin=1&stdout=1", headers=UPGRADE),
    request("POST", "/containers/c1/attach?stream=1&stdout=1"),
]


@pytest.mark.parametrize("data", STREAMS)
@pytest.mark.parametrize("half", [False, True])
def test_a_client_that_is_gone_leaves_nothing(data: bytes, half: bool) -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        before = len(asyncio.all_tasks())
        client = await Client.to(path, data)
        await client.head()
        if half:
            client.writer.write_eof()
            await asyncio.sleep(0.05)
        client.close()
        await asyncio.sleep(0.4)
        assert len(asyncio.all_tasks()) <= before
        assert not host.events.listeners
        assert not host.containers.output._readings

    run(test)


def test_what_was_begun_is_done_though_its_client_is_gone() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await Client.to(path, request("POST", "/containers/c1/stop"))
        await asyncio.sleep(0.02)
        client.close()
        await asyncio.wait_for(host.containers.stopped.wait(), 1)

    run(test)


def test_half_a_request_holds_up_nobody() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        slow = [await Client.to(path, b"GET /_pi") for _ in range(20)]
        slow += [await Client.to(path, request("POST", "/networks/create", b"{}")[:-1]) for _ in range(20)]
        assert (await ask(path, "GET", "/_ping"))[0] == 200
        for client in slow:
            client.close()

    run(test)


def test_two_hundred_clients_at_once() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        streams = await asyncio.gather(*(Client.to(path, request("GET", "/events")) for _ in range(200)))
        await asyncio.gather(*(client.head() for client in streams))
        answers = await asyncio.gather(*(ask(path, "GET", "/v1.41/_ping") for _ in range(200)))
        assert {status for status, _ in answers} == {200}
        host.events.add("volume", "create", "v", {})
        chunks = await asyncio.gather(*(client.chunk() for client in streams))
        assert all(json.loads(chunk)["Action"] == "create" for chunk in chunks)
        for client in streams:
            client.close()

    run(test)
