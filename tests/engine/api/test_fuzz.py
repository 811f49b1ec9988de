"""Requests of plausible shape at every route: nothing of them is a bug of the engine, which answers 500 to some."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.engine.api import bodies, shapes
from swarmkit_helpers.engine.api.dispatch import MODULES
from swarmkit_helpers.engine.api.routes import Route

from .fake import Client, request
from .lab import Lab, opened

EXAMPLES = int(os.environ.get("SWARMLAB_FUZZ", "150"))
BUG = "the embedded engine failed"
PATIENCE_S = 10.0
ROUTES = tuple(route for module in MODULES for route in module.ROUTES)
SHAPES = {
    "/containers/create": bodies.CONTAINER,
    "/containers/{name:.+}/update": bodies.CONTAINER_UPDATE,
    "/containers/{name:.+}/exec": bodies.EXEC,
    "/exec/{name:.+}/start": bodies.EXEC_START,
    "/networks/create": bodies.NETWORK,
    "/networks/{name:.+}/connect": bodies.NETWORK_CONNECT,
    "/networks/{name:.+}/disconnect": bodies.NETWORK_DISCONNECT,
    "/volumes/create": bodies.VOLUME,
    "/services/create": bodies.SERVICE_SPEC,
    "/services/{name}/update": bodies.SERVICE_SPEC,
    "/secrets/create": bodies.SECRET_SPEC,
    "/configs/create": bodies.CONFIG_SPEC,
    "/nodes/{name}/update": bodies.NODE_SPEC,
    "/swarm/init": bodies.SWARM_INIT,
    "/swarm/join": bodies.SWARM_JOIN,
    "/swarm/update": bodies.SWARM_SPEC,
    "/commit": bodies.CONTAINER,
}
LEFT_OUT = ("/swarm/leave",)
"""A swarm that is gone would leave nothing to try."""
WORDS = st.sampled_from(
    [
        *(
            "",
            "a",
            "one",
            "web",
            "alpine",
            "nginx:latest",
            "bridge",
            "ingress",
            "host",
            "none",
            "overlay",
            "/tmp",
            "-1",
        ),
        *("0", "1", "80/tcp", "8080", "true", "10.0.9.0/24", "10.0.3.62", "300.1.1.1", "a=b", "node.role==manager"),
        *(
            "{{.Node.ID}}",
            "{{",
            "local",
            "vip",
            "dnsrr",
            "always",
            "any",
            "pause",
            "\u00e9",
            "\x00",
            "sleep",
            "x" * 300,
        ),
    ]
) | st.text(max_size=8)
NUMBERS = st.sampled_from([0, 1, -1, 5, 80, 65_536, 10**9, 2**31, 2**63 - 1, -(2**63)]) | st.integers(-10, 10)
_KEYS_TEXT = (
    "all limit size filters since until tail stdout stderr follow timestamps details signal t force v link name tag "
    "repo path noOverwriteDirNonDir platform fromImage version verbose scope stream one-shot ps_args h w condition "
    "dangling registryAuthFrom rollback insertDefaults status detachKeys logs rotateWorkerToken pause term"
)
KEYS = st.sampled_from(_KEYS_TEXT.split())
_FILTERED_TEXT = "name id label status dangling type driver scope node service role desired-state until"
FILTERS = st.dictionaries(
    st.sampled_from(_FILTERED_TEXT.split()),
    st.lists(WORDS, max_size=2),
    max_size=2,
).map(json.dumps)


def later(shape: shapes.Shape, depth: int) -> st.SearchStrategy[Any]:
    """The same, made when it is needed only."""
    return st.deferred(lambda: plausible(shape, depth))


def plausible(shape: shapes.Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a shape takes, and sometimes others."""
    right: st.SearchStrategy[Any]
    if isinstance(shape, shapes.Struct):
        fields = {key: later(one, depth + 1) for key, one in shape.fields.items()}
        chosen = st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True) if fields else st.just([])
        right = chosen.flatmap(lambda keys: st.fixed_dictionaries({key: fields[key] for key in keys}))
    elif isinstance(shape, shapes.Slice):
        right = st.lists(later(shape.of, depth + 1), max_size=2)
    elif isinstance(shape, shapes.Map):
        right = st.dictionaries(WORDS, later(shape.of, depth + 1), max_size=2)
    elif isinstance(shape, shapes.Bool):
        right = st.booleans()
    elif isinstance(shape, shapes.Int | shapes.Float):
        right = NUMBERS
    elif isinstance(shape, shapes.Words):
        right = st.lists(WORDS, max_size=3) | WORDS
    else:
        right = WORDS
    if depth == 0:
        return right
    wrong: st.SearchStrategy[Any] = st.none() | st.booleans() | NUMBERS | WORDS | st.just([]) | st.just({})
    return st.integers(0, 19).flatmap(lambda dice: wrong if dice == 0 else right)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A method, a path with its query, a body."""
    route: Route = draw(st.sampled_from([one for one in ROUTES if one.path not in LEFT_OUT]))
    path = route.path
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + quote(draw(WORDS.filter(bool)), safe="") + rest.partition("}")[2]
    query = draw(st.dictionaries(KEYS, WORDS | NUMBERS.map(str) | FILTERS, max_size=3))
    shape = SHAPES.get(route.path)
    body = json.dumps(draw(plausible(shape))).encode() if shape is not None else b""
    where = path + ("?" if query else "") + "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    return route.method, where, body


async def sent(lab: Lab, method: str, where: str, body: bytes) -> tuple[int, bytes]:
    """The status, and what comes soon of the answer; one that does not come at once is let go."""
    client = await Client.to(lab.path, request(method, where, body if body else None))
    async with asyncio.timeout(PATIENCE_S):
        first, headers = await client.head()
    try:
        length = headers.get("Content-Length")
        async with asyncio.timeout(0.05):
            data = await (client.reader.readexactly(int(length)) if length and method != "HEAD" else client.chunk())
    except (TimeoutError, ValueError, asyncio.IncompleteReadError):
        data = b""
    finally:
        client.close()
        Client.opened.remove(client)
    return int(first.split()[1]), data


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(asked=st.lists(requests(), min_size=1, max_size=5))
def try_all(asked: list[tuple[str, str, bytes]]) -> None:
    """Send them to an engine of their own, with a container and a service."""

    async def test() -> None:
        async with opened(1000) as lab:
            await lab.runs("one")
            spec = {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}}}
            assert (await lab.ask("POST", "/services/create", spec))[0] == 201
            for method, where, body in asked:
                status, data = await sent(lab, method, where, body)
                assert BUG.encode() not in data, (method, where, body, data)
                assert 200 <= status < 600
            assert (await lab.ask("GET", "/_ping"))[0] == 200

    asyncio.run(test())


def test_no_request_meets_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    try_all()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
