"""Heads, versions, refusals: as Debian's docker 20.10.24 answered the same requests."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers.engine.api.server import Server, serve_tcp

from .fake import Client, FakeHost, ask, request, run

JSON = "Content-Type: application/json\r\n"
TOO_OLD = "is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version\n"

FACTS: list[tuple[str, str, object, str, int, object]] = [
    ("GET", "/_ping", None, "", 200, b"OK"),
    ("GET", "/v1.41/_ping", None, "", 200, b"OK"),
    ("GET", "/v1.5/_ping", None, "", 400, f"client version 1.5 {TOO_OLD}".encode()),
    ("GET", "/v1.11/info", None, "", 400, f"client version 1.11 {TOO_OLD}".encode()),
    ("GET", "/v1/info", None, "", 400, f"client version 1 {TOO_OLD}".encode()),
    ("GET", "/v1.42/version", None, "", 400, "client version 1.42 is too new. Maximum supported API version is 1.41"),
    ("GET", "/v1.41.2/_ping", None, "", 400, "client version 1.41.2 is too new. Maximum supported API version is 1.41"),
    ("GET", "/nothing", None, "", 404, "page not found"),
    ("GET", "/vfoo/info", None, "", 404, "page not found"),
    ("POST", "/v1.41/info", None, "", 404, "page not found"),
    ("PUT", "/v1.41/containers/json", None, "", 404, "page not found"),
    ("GET", "/v1.41/containers", None, "", 404, "page not found"),
    ("GET", "/v1.41/_ping/", None, "", 404, "page not found"),
    ("OPTIONS", "/v1.41/info", None, "", 200, b""),
    ("POST", "/containers/create", None, "", 500, "EOF"),
    ("POST", "/containers/create", b"", "", 500, "EOF"),
    ("POST", "/containers/create", b"{", "", 500, "unexpected EOF"),
    ("POST", "/containers/create", {}, "", 400, "Config cannot be empty in order to create a container"),
    ("POST", "/containers/create", None, "", 500, "EOF"),
    ("POST", "/containers/create", b'{"Image":"nope"} trailing', "", 404, "No such image: nope:latest"),
    (
        "POST",
        "/containers/create",
        b'{"image":"nope"}',
        f"{JSON[:-2]}; charset=utf-8\r\n",
        404,
        "No such image: nope:latest",
    ),
    (
        "POST",
        "/containers/create",
        b"x",
        "Content-Type: text/plain\r\n",
        400,
        "Content-Type specified (text/plain) must be 'application/json'",
    ),
    ("POST", "/networks/create", None, "", 400, "got EOF while reading request body"),
    ("POST", "/services/create", None, JSON, 400, "got EOF while reading request body"),
    ("GET", "/containers/nope/json", None, "", 404, "No such container: nope"),
    ("GET", "/containers/json?all=maybe", None, "", 200, []),
    ("GET", "/containers/json?limit=x", None, "", 500, 'strconv.Atoi: parsing "x": invalid syntax'),
    ("GET", "/containers/json?filters=x", None, "", 500, "invalid character 'x' looking for beginning of value"),
    ("GET", '/containers/json?filters={"a":["b"]}', None, "", 400, "Invalid filter 'a'"),
    ("GET", '/containers/json?filters={"status":{"running":true}}', None, "", 200, []),
    ("GET", '/containers/json?filters={"status":["weird"]}', None, "", 400, "Invalid filter 'status=weird'"),
    (
        "GET",
        '/containers/json?filters={"status":"weird"}',
        None,
        "",
        500,
        "json: cannot unmarshal string into Go value of type map[string]bool",
    ),
    (
        "GET",
        "/containers/json?filters=[]",
        None,
        "",
        500,
        "json: cannot unmarshal array into Go value of type map[string]map[string]bool",
    ),
    ("GET", '/images/json?filters={"dangling":["x"]}', None, "", 400, "Invalid filter 'dangling=[x]'"),
    ("GET", '/plugins?filters={"a":["b"]}', None, "", 400, "Invalid filter 'a'"),
    ("GET", "/plugins", None, "", 200, []),
    ("GET", "/events?since=x", None, "", 500, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("GET", "/events?since=20&until=10", None, "", 400, "`since` time (20) cannot be after `until` time (10)"),
    ("POST", "/images/create", None, "", 500, 'Get "http:": http: no Host in request URL'),
    ("POST", "/images/create?fromImage=nope&tag=1", None, "", 404, "pull access denied for nope"),
    (
        "GET",
        "/services/x?insertDefaults=7",
        None,
        "",
        400,
        'invalid value for insertDefaults: 7: strconv.ParseBool: parsing "7": invalid syntax',
    ),
    (
        "POST",
        "/services/x/update",
        {},
        "",
        400,
        "invalid service version '': strconv.ParseUint: parsing \"\": invalid syntax",
    ),
    (
        "POST",
        "/swarm/update?version=x",
        {},
        "",
        400,
        "invalid swarm version 'x': strconv.ParseUint: parsing \"x\": invalid syntax",
    ),
    ("POST", "/secrets/x/update", {}, "", 400, "invalid secret version"),
    ("GET", "/services/x/logs", None, "", 500, "Bad parameters: you must choose at least one stream"),
    ("GET", "/containers/x/logs", None, "", 400, "Bad parameters: you must choose at least one stream"),
    ("GET", "/containers/x/logs?stdout=1", None, "", 404, "No such container: x"),
    ("POST", "/containers/x/stop?t=a", None, "", 500, 'strconv.Atoi: parsing "a": invalid syntax'),
    ("POST", "/containers/x/kill?signal=FOO", None, "", 400, "Invalid signal: FOO"),
    ("POST", "/containers/x/kill", None, "", 404, "Cannot kill container: x: No such container: x"),
    ("POST", "/containers/x/rename", None, "", 400, "Neither old nor new names may be empty"),
    ("POST", "/containers/x/resize", None, "", 400, 'strconv.Atoi: parsing "": invalid syntax'),
    ("POST", "/containers/x/attach", None, "", 404, b"No such container: x\r\n"),
    ("POST", "/containers/x/attach?detachKeys=none", None, "", 400, b"Invalid detach keys (none) provided\r\n"),
    ("POST", "/containers/x/exec", {}, "", 400, "No exec command specified"),
    ("POST", "/containers/x/exec", None, "", 400, "got EOF while reading request body"),
    ("POST", "/exec/x/start", None, "", 400, "got EOF while reading request body"),
    ("POST", "/exec/x/start", {}, "", 404, "No such exec instance: x"),
    ("POST", "/exec/x/start", b"{", "", 400, "unexpected EOF"),
    ("GET", "/exec/x/json", None, "", 404, "No such exec instance: x"),
    ("GET", "/containers/x/archive", None, "", 400, "bad parameter: pathcannot be empty"),
    ("POST", "/build", None, "", 500, "Cannot locate specified Dockerfile: Dockerfile"),
    ("POST", "/build/prune", None, "", 200, {"CachesDeleted": None, "SpaceReclaimed": 0}),
    ("POST", "/build/cancel", None, "", 500, "build ID not provided"),
    ("POST", "/plugins/x/enable", None, "", 500, 'strconv.Atoi: parsing "": invalid syntax'),
    ("POST", "/plugins/x/disable", None, "", 404, 'plugin "x" not found'),
    ("DELETE", "/plugins/x", None, "", 404, 'plugin "x" not found'),
    ("POST", "/containers/x/copy", None, "", 404, b""),
    (
        "POST",
        "/containers/create",
        {"Cmd": [5]},
        "",
        500,
        "json: cannot unmarshal array into Go struct field ContainerConfigWrapper.Cmd of type string",
    ),
    (
        "POST",
        "/containers/create",
        {"HostConfig": {"CapAdd": {"a": 1}}},
        "",
        500,
        "json: cannot unmarshal object into Go struct field HostConfig.HostConfig.CapAdd of type string",
    ),
    ("POST", "/containers/prune?filters={", None, "", 400, "unexpected end of JSON input"),
    ("GET", "/volumes?filters={", None, "", 400, "error reading volume filters: unexpected end of JSON input"),
    ("GET", "/services?filters={", None, "", 400, "unexpected end of JSON input"),
    ("GET", "/tasks?filters={", None, "", 500, "unexpected end of JSON input"),
    (
        "GET",
        '/containers/json?filters={"publish":["80-x"]}',
        None,
        "",
        500,
        'error while looking up for publish 80-x: strconv.ParseUint: parsing "x": invalid syntax',
    ),
    ("GET", '/containers/json?filters={"since":["x"]}', None, "", 500, "no such container x"),
    ("GET", '/images/json?filters={"reference":["["]}', None, "", 500, "syntax error in pattern"),
    ("GET", "/images/get?names=", None, "", 500, "invalid reference format"),
    ("POST", "/images/x/push", None, "", 400, "Bad parameters and missing X-Registry-Auth: EOF"),
    (
        "GET",
        "/distribution/alpine/json",
        None,
        "",
        500,
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.255.255.53:53: '
        "dial udp 10.255.255.53:53: connect: network is unreachable",
    ),
]


def test_as_the_engine_answered() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        for method, where, body, headers, status, said in FACTS:
            wanted = {"message": said} if isinstance(said, str) else said
            answer = await ask(path, method, where.replace('"', "%22"), body, headers)
            assert (method, where, *answer) == (method, where, status, wanted)

    run(test)


def test_heads() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await Client.to(path, request("HEAD", "/_ping"))
        first, headers = await client.head()
        assert first == "HTTP/1.1 200 OK"
        assert headers.pop("Date")
        assert headers == {
            "Api-Version": "1.41",
            "Cache-Control": "no-cache, no-store, must-revalidate",
            "Content-Length": "0",
            "Content-Type": "text/plain; charset=utf-8",
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Pragma": "no-cache",
            "Server": "Docker/20.10.24+dfsg1 (linux)",
        }
        client.writer.write(request("GET", "/nothing"))  # the same connection goes on
        _, headers, _ = await client.answer()
        assert set(headers) == {"Content-Type", "Date", "Content-Length"}
        client.writer.write(request("GET", "//v1.41/_ping"))
        first, headers, _ = await client.answer()
        assert (first, headers["Location"]) == ("HTTP/1.1 301 Moved Permanently", "/v1.41/_ping")
        client.close()

    run(test)


def test_what_is_not_served_is_named() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        assert await ask(path, "POST", "/v1.41/session") == (
            501,
            {"message": "the embedded engine has no route POST /session"},
        )
        assert (await ask(path, "POST", "/build", b"a context"))[0] == 501
        status, answer = await ask(path, "POST", "/containers/prune?filters=%7B%22until%22:[%221h%22]%7D")
        assert status == 501 and "'until'" in answer["message"]

    run(test)


def test_a_bug_of_a_room_is_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        status, answer = await ask(path, "GET", "/volumes/x")
        assert (status, answer) == (500, {"message": "the embedded engine failed: KeyError: 'x'"})

    run(test)
    assert "GET /volumes/x" in caplog.text


@pytest.mark.parametrize("sent", [b"foo\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET /_ping\r\n\r\n"])
def test_what_is_no_http(sent: bytes) -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        client = await Client.to(path, sent)
        first, _ = await client.head()
        assert first.split(" ", 1)[1] == "400 Bad Request"
        client.close()

    run(test)


def test_a_body_that_is_too_long_is_not_read() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        head = f"POST /services/create HTTP/1.1\r\nHost: d\r\n{JSON}Content-Length: 100000000\r\n\r\n"
        client = await Client.to(path, head.encode())
        first, _ = await client.head()
        assert first.split()[1] == "413"
        client.close()

    run(test)


def test_the_socket_is_its_owners_alone() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert server.url == f"unix://{path}"

    run(test)


def test_an_engine_that_is_stopped_refuses_and_comes_back() -> None:
    async def test(host: FakeHost, server: Server, path: Path) -> None:
        await Client.to(path, request("GET", "/events"))
        server.follow(False)
        await asyncio.sleep(0.3)
        assert not server.listening
        with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
            await asyncio.open_unix_connection(path)
        server.follow(True)
        await asyncio.sleep(0.1)
        assert (await ask(path, "GET", "/_ping"))[0] == 200

    run(test)


def test_a_port_wants_its_token() -> None:
    async def test(host: Any, server: Server, path: Path) -> None:
        other = await serve_tcp(host, "secret")
        for token, status in (("", 401), ("Bearer wrong", 401), ("Bearer secret", 200)):
            reader, writer = await asyncio.open_connection("127.0.0.1", other.port)
            client = Client(reader, writer)
            writer.write(request("GET", "/_ping", headers=f"Authorization: {token}\r\n" if token else ""))
            first, _ = await client.head()
            assert int(first.split()[1]) == status
            client.close()
        await other.close()

    run(test)
    assert os.name == "posix"
