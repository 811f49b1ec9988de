"""What clients send and do wrong, to a whole engine: docker 20.10.24's answers, no traceback, nothing left, no hang."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from .fake import UPGRADE, Client, request
from .lab import Lab, open_files, run, settled

JSON = "Content-Type: application/json\r\n"
MEGABYTES_100 = 100 * 1024 * 1024
ROUTES = (
    "/containers/create",
    "/containers/one/exec",
    "/containers/one/update",
    "/networks/create",
    "/networks/bridge/connect",
    "/volumes/create",
    "/services/create",
    "/secrets/create",
    "/configs/create",
    "/swarm/init",
    "/swarm/join",
    "/swarm/update?version=1",
    "/nodes/x/update?version=1",
    "/services/x/update?version=1",
)
BY_500 = ("/containers/create", "/containers/one/update")
"""The routes that answer 500, not 400, to bad bodies."""


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is told as an error of the engine's own."""
    yield
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "unexpected EOF"),
        (b"nonsense", "invalid character 'o' in literal null (expecting 'u')"),
        (b'{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        (b"{'a': 1}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a": 01}', "invalid character '1' after object key:value pair"),
        (b"\xff\xfe", "invalid character '\u00ef' looking for beginning of value"),
        (b"[" * 20_000, "exceeded max depth"),
    ],
)
def test_malformed_bodies(body: bytes, said: str) -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one")
        for route in ROUTES:
            status, answer = await lab.ask("POST", route, body)
            assert (route, status) == (route, 500 if route in BY_500 else 400)
            assert answer == {"message": said}, route

    run(test)


@pytest.mark.parametrize("body", [[], "text", 5, True, [{}]])
def test_bodies_of_another_type(body: object) -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one")
        for route in ROUTES:
            status, answer = await lab.ask("POST", route, body)
            assert (route, status) == (route, 500 if route in BY_500 else 400)
            assert answer["message"].startswith("json: cannot unmarshal "), route

    run(test)


def test_unknown_things() -> None:
    wanted = {
        "/containers/zz/json": "No such container: zz",
        "/containers/zz/logs?stdout=1": "No such container: zz",
        "/images/zz/json": "no such image: zz: No such image: zz:latest",
        "/networks/zz": "network zz not found",
        "/volumes/zz": "get zz: no such volume",
        "/services/zz": "service zz not found",
        "/tasks/zz": "task zz not found",
        "/nodes/zz": "node zz not found",
        "/secrets/zz": "secret zz not found",
        "/configs/zz": "config zz not found",
        "/exec/zz/json": "No such exec instance: zz",
        "/plugins/zz/json": 'plugin "zz" not found',
        "/nothing": "page not found",
        "/containers/\u00e9/json": "No such container: \u00e9",
        "/containers/%2e%2e/json": "No such container: ..",
        f"/containers/{'a' * 10_000}/json": f"No such container: {'a' * 10_000}",
    }

    async def test(lab: Lab) -> None:
        for where, said in wanted.items():
            path = where.encode().decode("latin-1") if not where.isascii() else where
            path = "".join(letter if letter.isascii() else f"%{ord(letter):02X}" for letter in path)
            answer = await lab.ask("GET", path)
            if "%2e%2e" in where:  # a path is cleaned first: it leads elsewhere
                assert answer[0] in (301, 404)
            else:
                assert answer == (404, {"message": said})

    run(test)


def test_a_path_that_is_cleaned() -> None:
    async def test(lab: Lab) -> None:
        client = await Client.to(lab.path, request("GET", "/containers/%2F%08/json?size=1"))
        first, headers = await client.head()
        assert (first.split()[1], headers["Location"]) == ("301", "/containers/%08/json?size=1")

    run(test)


def test_wrong_methods() -> None:
    async def test(lab: Lab) -> None:
        for method in ("PUT", "PATCH", "DELETE", "POST", "TRACE"):
            assert await lab.ask(method, "/version") == (404, {"message": "page not found"})
        client = await Client.to(lab.path, request("CONNECT", "/info"))
        first, _ = await client.head()
        assert first.split()[1] in ("400", "404")

    run(test)


def test_bodies_of_100_megabytes() -> None:
    async def whole(lab: Lab, head: str) -> str:
        client = await Client.to(lab.path, head.encode())
        piece = b" " * 1_048_576

        async def send() -> None:
            try:
                for _ in range(MEGABYTES_100 // len(piece)):
                    data = b"%x\r\n%b\r\n" % (len(piece), piece) if "chunked" in head else piece
                    client.writer.write(data)
                    await client.writer.drain()
            except ConnectionError:
                return

        sending = asyncio.ensure_future(send())
        first, _ = await client.head()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        client.close()
        return first

    async def test(lab: Lab) -> None:
        for route in ("/containers/create", "/services/create", "/networks/create"):
            for size in (f"Content-Length: {MEGABYTES_100}", "Transfer-Encoding: chunked"):
                first = await whole(lab, f"POST {route} HTTP/1.1\r\nHost: d\r\n{JSON}{size}\r\n\r\n")
                assert first.split()[1] == "413"
                assert (await lab.ask("GET", "/_ping"))[0] == 200

    run(test)


def test_an_archive_of_100_megabytes_is_no_image() -> None:
    async def test(lab: Lab) -> None:
        body = b"\xff" * MEGABYTES_100
        status, answer = await lab.ask("POST", "/images/load", body, "Content-Type: application/x-tar\r\n")
        assert status == 200 and answer["error"].endswith("archive/tar: invalid tar header")

    run(test)


def test_slow_and_half_open_clients_hold_up_nobody() -> None:
    async def test(lab: Lab) -> None:
        await lab.ask("GET", "/_ping")
        before = open_files()
        slow = [await Client.to(lab.path, b"GET /v1.41/inf") for _ in range(30)]
        slow += [await Client.to(lab.path, request("POST", "/services/create", b"{}")[:-1]) for _ in range(30)]
        slow += [await Client.to(lab.path) for _ in range(30)]
        for client in slow[::2]:
            client.writer.write_eof()
        assert (await asyncio.wait_for(lab.ask("GET", "/info"), 10))[0] == 200
        for piece in (b"o HTTP/1.1\r\n", b"Host: d\r\n", b"\r\n"):
            slow[1].writer.write(piece)
            await asyncio.sleep(0.02)
        first, _ = await slow[1].head()
        assert first == "HTTP/1.1 200 OK"
        for client in slow:
            client.close()
        assert await settled(open_files, before) <= before

    run(test)


@pytest.mark.parametrize("data", [b"\x00" * 100, b"\r\n" * 50, b"GET " + b"a" * 200_000, b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_no_http(data: bytes) -> None:
    async def test(lab: Lab) -> None:
        client = await Client.to(lab.path, data)
        client.writer.write_eof()
        answer = await asyncio.wait_for(client.reader.read(), 10)
        assert not answer or answer.split()[1].startswith(b"4") or answer.split()[1] == b"505"
        assert (await lab.ask("GET", "/_ping"))[0] == 200

    run(test)


def test_two_hundred_clients_at_once() -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one", "sh", "-c", "while true; do echo tick; sleep 1; done")
        before, tasks = open_files(), len(asyncio.all_tasks())
        watching = [
            await Client.to(lab.path, request("GET", "/containers/one/logs?stdout=1&follow=1")) for _ in range(100)
        ]
        asked = ["/info", "/containers/json", "/services", "/containers/one/json", "/networks"] * 20
        answers = await asyncio.gather(*(lab.ask("GET", where) for where in asked))
        assert {status for status, _ in answers} == {200}
        for client in watching:
            await client.head()
            assert b"tick" in await client.chunk()
            client.close()
        assert await settled(open_files, before) <= before
        assert await settled(lambda: len(asyncio.all_tasks()), tasks) <= tasks

    run(test, speed=20)


STREAMS: dict[str, tuple[str, str, Any]] = {
    "logs": ("GET", "/containers/one/logs?stdout=1&follow=1", None),
    "logs of a service": ("GET", "/services/web/logs?stdout=1&follow=1", None),
    "events": ("GET", "/events", None),
    "attach": ("POST", "/containers/one/attach?stream=1&stdin=1&stdout=1", None),
    "stats": ("GET", "/containers/one/stats?stream=1", None),
    "exec": ("POST", "/exec/{exec}/start", {}),
    "wait": ("POST", "/containers/one/wait", None),
    "pull": ("POST", "/images/create?fromImage=postgres", None),
}


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("goes", ["aborts", "half closes", "does not read"])
def test_a_client_gone_in_mid_stream_leaves_nothing(kind: str, goes: str) -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one", "sh", "-c", "while true; do echo tick; sleep 1; done", OpenStdin=True)
        task = {"ContainerSpec": {"Image": "nginx"}}
        assert (await lab.ask("POST", "/services/create", {"Name": "web", "TaskTemplate": task}))[0] == 201
        while [one["Status"]["State"] for one in (await lab.ask("GET", "/tasks"))[1]] != ["running"]:
            await asyncio.sleep(0.02)
        program = {"Cmd": ["sh", "-c", "while true; do echo tock; sleep 1; done"], "AttachStdout": True}
        _, made = await lab.ask("POST", "/containers/one/exec", program)
        await asyncio.sleep(0.1)
        before, tasks = open_files(), len(asyncio.all_tasks())
        method, where, body = STREAMS[kind]
        runs = kind in ("exec", "pull")  # its program goes on without its client
        hijacked = UPGRADE if kind in ("attach", "exec") else ""
        for _ in range(3 if kind != "exec" else 1):
            client = await Client.to(lab.path, request(method, where.format(exec=made["Id"]), body, hijacked))
            await client.head()
            if kind in ("logs", "attach", "exec", "stats"):
                await client.reader.read(10)
            if goes == "half closes":
                client.writer.write_eof()
            elif goes == "does not read":
                client.stall()
            await asyncio.sleep(0.05)
            client.close()
        assert await settled(open_files, before) <= before
        most = tasks + (2 if runs else 0)
        assert await settled(lambda: len(asyncio.all_tasks()), most) <= most
        assert (await lab.ask("GET", "/_ping"))[0] == 200

    run(test, speed=20)


def test_a_flood_that_nobody_reads_takes_no_memory_without_end() -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one")
        program = {
            "Cmd": ["sh", "-c", "while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"],
            "AttachStdout": True,
        }
        _, made = await lab.ask("POST", "/containers/one/exec", program)
        client = await Client.to(lab.path, request("POST", f"/exec/{made['Id']}/start", {}, UPGRADE))
        await client.head()
        client.stall()
        for _ in range(5):
            await asyncio.wait_for(lab.ask("GET", "/_ping"), 5)
            await asyncio.sleep(0.1)
        process = lab.host.containers.find_exec(made["Id"])
        assert all(reading._size <= 9 * 2**20 for reading in process.output._readings)
        client.close()
        await lab.ask("DELETE", "/containers/one?force=1")

    run(test)


def test_json_of_answers_is_json() -> None:
    async def test(lab: Lab) -> None:
        await lab.runs("one", Labels={"\u00e9\u4e16\U0001f600": '"\\\n', "<&>": "\x00"})
        _, found = await lab.ask("GET", "/containers/one/json")
        labels = found["Config"]["Labels"]
        assert labels["\u00e9\u4e16\U0001f600"] == '"\\\n' and labels["<&>"] == "\x00"
        assert json.loads(json.dumps(labels)) == labels

    run(test)
