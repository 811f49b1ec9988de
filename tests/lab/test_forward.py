"""Pages of nodes on this machine's loopback: the relay by itself, then real nodes, and what is left after accidents."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from swarmkit_helpers.errors import LabNotUp, NodeUnknown, PageUnavailable
from swarmkit_helpers.lab import forward, local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import NGINX
from swarmkit_helpers.lab.listeners import listeners
from swarmkit_helpers.lab.record import Record, home

from .machine import namespaces_of, traces

NOBODY = 65534
PORT = 5000
# A server of events, one each second, to one reader at a time.
EVENTS = """\
while true; do
    {
        printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'
        n=0; while sleep 1; do n=$((n + 1)); echo "data: $n"; done
    } | nc -l -p 5020
done
"""


def holders(inode: int) -> list[int]:
    """Ids of the processes that hold that socket."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and any(
                str(held.readlink()) == f"socket:[{inode}]" for held in (process / "fd").iterdir()
            ):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{process}").exists())


# --- the relay by itself --------------------------------------------------------------------------


class Relayed:
    """A server of this test behind a relay."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self.listener.getsockname()[1]
        inode = os.fstat(self.listener.fileno()).st_ino
        subprocess.run(
            [
                *(sys.executable, "-I", "-S", str(forward.RELAY)),
                *(str(self.listener.fileno()), "127.0.0.1", str(self.server.getsockname()[1])),
            ],
            check=True,
            pass_fds=[self.listener.fileno()],
            capture_output=True,
        )
        self.listener.close()
        [self.process] = holders(inode)

    def ask(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Both ends of one relayed connection."""
        client = self.ask()
        server, _ = self.server.accept()
        server.settimeout(10)
        return client, server

    def connections(self) -> int:
        return len(list(Path(f"/proc/{self.process}/fd").iterdir()))


@pytest.fixture
def relayed() -> Iterator[Relayed]:
    made = Relayed()
    yield made
    end(made.process)
    made.server.close()


def received(end: socket.socket) -> bytes:
    data = b""
    while more := end.recv(65536):
        data += more
    return data


def test_what_is_said_arrives_as_it_is_said(relayed: Relayed) -> None:
    client, server = relayed.pair()
    with client, server:
        for word in (b"un", b"deux"):
            client.sendall(word)
            assert server.recv(10) == word
            server.sendall(word.upper())
            assert client.recv(10) == word.upper()


def test_one_side_may_end_before_the_other(relayed: Relayed) -> None:
    client, server = relayed.pair()
    with client, server:
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert received(server) == b"question"
        time.sleep(0.7)
        server.sendall(b"answer")
        server.shutdown(socket.SHUT_WR)
        assert received(client) == b"answer"


def test_much_arrives_whole_and_in_order(relayed: Relayed) -> None:
    client, server = relayed.pair()
    sent = os.urandom(1_000_003) * 20

    def speak() -> None:
        with server:
            server.sendall(sent)

    with client, ThreadPoolExecutor() as pool:
        speaking = pool.submit(speak)
        time.sleep(0.3)  # a reader that lags: nothing is lost, nothing piles up in the relay
        assert sha256(received(client)).digest() == sha256(sent).digest()
        speaking.result()


def test_a_long_silence_ends_nothing(relayed: Relayed) -> None:
    client, server = relayed.pair()
    with client, server:
        time.sleep(1.5)
        server.sendall(b"data: 1\n\n")
        assert client.recv(100) == b"data: 1\n\n"


def test_a_browser_that_leaves_frees_the_server(relayed: Relayed) -> None:
    before = relayed.connections()
    client, server = relayed.pair()
    with server:
        client.close()
        assert server.recv(10) == b""
    assert eventually(lambda: relayed.connections() == before)


def test_a_server_that_breaks_off_is_seen_as_that(relayed: Relayed) -> None:
    before = relayed.connections()
    client, server = relayed.pair()
    with client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    assert eventually(lambda: relayed.connections() == before)


def test_nobody_answers_then_somebody_does(relayed: Relayed) -> None:
    address = relayed.server.getsockname()
    relayed.server.close()
    with pytest.raises(ConnectionResetError), relayed.ask() as client:
        client.recv(10)
    relayed.server = socket.create_server(address)
    client, server = relayed.pair()
    with client, server:
        server.sendall(b"here")
        assert client.recv(10) == b"here"


def test_more_at_once_than_it_carries_wait_their_turn(relayed: Relayed) -> None:
    stop = threading.Event()
    serving = set()

    def answer() -> None:
        while not stop.is_set():
            try:
                server, _ = relayed.server.accept()
            except OSError:
                return
            serving.add(server)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    clients = [relayed.ask() for _ in range(300)]
    try:
        assert eventually(lambda: len(serving) == 256)
        time.sleep(0.2)
        assert len(serving) == 256
        for client in clients[:100]:
            client.close()
        for _ in clients[:100]:
            [over, *_], _, _ = select.select([server for server in serving if server.fileno() >= 0], [], [], 10)
            assert over.recv(1) == b""
            over.close()
        assert eventually(lambda: len(serving) == 300)
    finally:
        stop.set()
        for one in (*clients, *serving):
            one.close()


def test_it_is_nobody_and_nobodys_child(relayed: Relayed) -> None:
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{relayed.process}/status").read_text("ascii").splitlines()
    )
    if os.geteuid() == 0:
        assert status["Uid"].split() == [str(NOBODY)] * 4
        assert status["Gid"].split() == [str(NOBODY)] * 4
        assert status["Groups"].split() == []
        assert int(status["CapEff"], 16) == 0
    assert int(status["PPid"]) != os.getpid()
    assert os.getsid(relayed.process) != os.getsid(0)


# --- what listens ---------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_listening_sockets_are_seen_with_their_inode(family: socket.AddressFamily) -> None:
    loopback = "127.0.0.1" if family == socket.AF_INET else "::1"
    try:
        server = socket.create_server((loopback, 0), family=family)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with server:
        port, inode = server.getsockname()[1], os.fstat(server.fileno()).st_ino
        found = [listener for listener in listeners() if listener.inode == inode]
        assert [(str(listener.address), listener.port) for listener in found] == [(loopback, port)]
        assert found[0].address.is_loopback
    assert inode not in {listener.inode for listener in listeners()}


# --- nodes ----------------------------------------------------------------------------------------


def fetch(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        text: str = answer.read().decode("utf-8")
        return text


def first_words(url: str) -> str | None:
    """What the page begins with; None when nothing answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read(500), "utf-8")
    except (OSError, http.client.HTTPException):
        return None


def publish(lab: Lab, node: str, port: int = PORT) -> str:
    """Run nginx on a node, on a port that the node itself publishes; its container's id, which its page tells."""
    api = lab.node(node).api
    created = api.create_container(
        NGINX, ports=[80], host_config=api.create_host_config(port_bindings={80: port}), name=f"page-{port}"
    )
    api.start(created["Id"])
    return str(created["Id"])[:12]


def unpublish(lab: Lab, port: int = PORT) -> None:
    for node in lab.nodes.values():
        for raw in node.api.containers(all=True, filters={"name": f"page-{port}"}):
            node.api.remove_container(raw["Id"], force=True)


def record_of(lab: Lab) -> Record:
    record = Record.read(lab.name)
    assert record is not None
    return record


def way(lab: Lab, node: str = "worker1", port: int = PORT) -> forward.Way:
    found = forward.standing(record_of(lab), node, port)
    assert found is not None
    return found


@pytest.fixture
def pages(lab: Lab) -> Iterator[dict[str, str]]:
    """Node -> id of the container whose page it publishes."""
    published = {node: publish(lab, node) for node in lab.nodes}
    assert eventually(lambda: all(first_words(lab.url(node, PORT)) for node in published))
    yield published
    unpublish(lab)


@pytest.mark.swarm
def test_each_node_has_its_page(lab: Lab, pages: dict[str, str]) -> None:
    urls = {node: lab.url(node, PORT) for node in lab.nodes}
    assert len(set(urls.values())) == 3
    for node, container in pages.items():
        assert container in fetch(urls[node])
        assert urls[node] == f"http://127.0.0.1:{way(lab, node).port}/"
        assert (urls[node].node, urls[node].port) == (node, PORT)
    assert {lab.url(lab.node(node).hostname, PORT) for node in lab.nodes} == set(urls.values())


@pytest.mark.swarm
def test_asked_again_it_is_the_same(lab: Lab) -> None:
    first = lab.url("worker1", PORT)
    before = way(lab)
    assert lab.url("worker1", PORT) == first
    assert local.attach(lab.name).url("worker1", PORT) == first
    assert way(lab) == before
    assert len(holders(before.inode)) == 1
    assert lab.url("worker1", PORT + 1) != first


@pytest.mark.swarm
def test_it_listens_on_loopback_only_and_its_files_are_private(lab: Lab) -> None:
    port = int(lab.url("worker2", PORT).rsplit(":", 1)[1].rstrip("/"))
    assert [str(found.address) for found in listeners() if found.port == port] == ["127.0.0.1"]
    directory = home() / lab.name / "pages"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


@pytest.mark.swarm
def test_the_page_may_come_later(lab: Lab) -> None:
    url = lab.url("manager", 5005)
    with pytest.raises(OSError):
        fetch(url)
    try:
        container = publish(lab, "manager", 5005)
        assert eventually(lambda: container in (first_words(url) or ""))
    finally:
        unpublish(lab, 5005)
    with pytest.raises(OSError):
        fetch(url)


@pytest.mark.swarm
def test_a_relay_that_was_killed_comes_back_on_its_port(lab: Lab, pages: dict[str, str]) -> None:
    url = lab.url("worker1", PORT)
    with socket.create_connection(("127.0.0.1", way(lab).port)):
        [process] = holders(way(lab).inode)
        end(process)
        assert not way(lab).is_open()
        assert lab.url("worker1", PORT) == url
    assert pages["worker1"] in fetch(url)


@pytest.mark.swarm
def test_a_port_taken_meanwhile_is_left_to_its_taker(lab: Lab, pages: dict[str, str]) -> None:
    url = lab.url("worker1", PORT)
    [process] = holders(way(lab).inode)
    end(process)
    with socket.create_server(("127.0.0.1", way(lab).port)):
        other = lab.url("worker1", PORT)
        assert other != url
        assert pages["worker1"] in fetch(other)
    assert lab.url("worker1", PORT) == other


@pytest.mark.swarm
def test_a_damaged_note_is_replaced(lab: Lab, pages: dict[str, str]) -> None:
    lab.url("worker1", PORT)
    (home() / lab.name / "pages" / f"worker1-{PORT}.json").write_text('{"port": ', "utf-8")
    assert pages["worker1"] in fetch(lab.url("worker1", PORT))


@pytest.mark.swarm
def test_many_who_ask_at_once_get_one_relay(lab: Lab) -> None:
    words = [sys.executable, "-m", "swarmkit_helpers.cli", "url", "worker2", "5010", "--name", lab.name]
    asking = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        told = set(pool.map(lambda _: str(lab.url("worker2", 5010)), range(8)))
    told |= {process.communicate(timeout=60)[0].strip() for process in asking}
    assert told == {f"http://127.0.0.1:{way(lab, 'worker2', 5010).port}/"}
    relays = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"relay.py\0" in _words(path)]
    assert len([path for path in relays if _words(path).endswith(b"10.0.3.64\x005010\0")]) == 1


def _words(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.swarm
@pytest.mark.parametrize("port", [0, -1, 65536, True, "5000", 5000.0, None])
def test_what_is_no_port_is_said(lab: Lab, port: int) -> None:
    with pytest.raises(PageUnavailable, match="de 1 à 65535"):
        lab.url("worker1", port)


@pytest.mark.swarm
def test_an_unknown_node_is_said(lab: Lab) -> None:
    with pytest.raises(NodeUnknown, match="worker9"):
        lab.url("worker9", PORT)


@pytest.mark.swarm
def test_without_root_only_what_is_open_is_given(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    url = lab.url("worker1", PORT)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert lab.url("worker1", PORT) == url
    with pytest.raises(PageUnavailable, match=f"sudo swarmlab url worker1 5011 --name {lab.name}"):
        lab.url("worker1", 5011)


def test_a_lab_that_leads_nowhere_says_so() -> None:
    from swarmkit_helpers.lab.node import Node

    node = Node("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker", "unix:///absent", "essai")
    with pytest.raises(PageUnavailable, match="remote"):
        Lab("essai", "remote", {"worker1": node}).url("worker1", PORT)


@pytest.mark.swarm
def test_two_labs_have_their_own_and_down_takes_all_of_one(lab: Lab, pages: dict[str, str]) -> None:
    name = f"f{os.getpid()}"
    try:
        other = local.up(name)
        container = publish(other, "worker1")
        ours, theirs = lab.url("worker1", PORT), other.url("worker1", PORT)
        assert pages["worker1"] in fetch(ours)
        assert eventually(lambda: container in (first_words(theirs) or ""))
        inodes = namespaces_of(name)
        inode = way(other).inode
        with urllib.request.urlopen(theirs, timeout=10):  # one that is being read
            assert local.down(name) is True
        assert traces(name, inodes) == []
        assert holders(inode) == []
        assert int(theirs.rsplit(":", 1)[1].rstrip("/")) not in {found.port for found in listeners()}
        with pytest.raises(LabNotUp):
            other.url("worker1", PORT)
        assert pages["worker1"] in fetch(ours)
    finally:
        local.down(name)


@pytest.mark.swarm
def test_events_come_as_they_are_sent(lab: Lab) -> None:
    """A stream of events through a node: nothing waits in the relay for more."""
    node = lab.node("worker2")
    api = node.api
    created = api.create_container(
        "alpine:latest", ["sh", "-c", EVENTS], host_config=api.create_host_config(network_mode="host")
    )
    api.start(created["Id"])
    try:
        url = lab.url("worker2", 5020)
        assert eventually(lambda: read_events(url) == [b"data: 1\n", b"data: 2\n"])
    finally:
        api.remove_container(created["Id"], force=True)


def read_events(url: str) -> list[bytes]:
    """The first two events, unless they came together or not at all."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            first, begun = answer.readline(), time.monotonic()
            second = answer.readline()
    except (OSError, http.client.HTTPException):
        return []
    return [first, second] if time.monotonic() - begun > 0.5 else []
