"""The voting application: its programs one by one, then all of it in containers that are killed under it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from swarmkit_helpers.lab import images
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.lab.voting import visualizer, vote, web, worker
from swarmkit_helpers.lab.voting.recipes import DB, PGDATA, PYTHON, REDIS, RESULT, VISUALIZER, VOTE, WORKER
from swarmkit_helpers.lab.voting.result import Tally
from swarmkit_helpers.lab.voting.web import Watch, event, stream
from swarmkit_helpers.lab.voting.worker import Vote, carry, read_vote

from ..project.french import faults

HERE = Path(visualizer.__file__).parent
PAGES = sorted((HERE / "templates").glob("*.html"))

# --- the programs, one by one ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"voter_id": "1a2b", "vote": "a"}', Vote("1a2b", "a")),
        (b'{"vote": "b", "voter_id": "anne", "more": 1}', Vote("anne", "b")),
        (b'{"voter_id": "1a2b", "vote": "c"}', None),
        (b'{"voter_id": "", "vote": "a"}', None),
        (b'{"voter_id": "x\\u0000", "vote": "a"}', None),
        (json.dumps({"voter_id": "x" * 256, "vote": "a"}).encode(), None),
        (b'{"voter_id": 12, "vote": "a"}', None),
        (b'{"voter_id": "1a2b", "vote": ["a"]}', None),
        (b'{"vote": "a"}', None),
        (b'["a"]', None),
        (b"bonjour", None),
        (b"\xff\xfe", None),
    ],
)
def test_what_counts_as_a_vote(data: bytes, expected: Vote | None) -> None:
    assert read_vote(data) == expected


def test_a_voter_is_who_their_cookie_says() -> None:
    assert [vote.voter_of(cookie) for cookie in ("1a2b", "anne.b-2_c")] == ["1a2b", "anne.b-2_c"]
    new = {vote.voter_of(cookie) for cookie in (None, "", "x" * 65, "a b", "a'; DROP TABLE votes", "é", "a\n")}
    assert len(new) == 7, "each is somebody else"
    assert all(re.fullmatch("[0-9a-f]{16}", voter) for voter in new)


class Straw:
    """Redis's two lists, and PostgreSQL's table; `fails` makes the database fail once."""

    def __init__(self, *waiting: bytes, in_hand: tuple[bytes, ...] = (), fails: bool = False) -> None:
        self.lists = {"votes": list(waiting), "votes:en-cours": list(in_hand)}
        self.rows: dict[str, str] = {}
        self.fails = fails

    def lrange(self, name: str, first: int, last: int) -> list[bytes]:
        assert (first, last) == (0, -1)
        return list(self.lists[name])

    def blmove(self, source: str, target: str, timeout_s: float) -> bytes | None:
        assert 0 < timeout_s < worker.TIMEOUT_S, "it must give up before the connection does"
        if not self.lists[source]:
            raise ConnectionError("no vote is left: the test ends")
        self.lists[target].append(self.lists[source].pop(0))
        return self.lists[target][-1]

    def lrem(self, name: str, number: int, data: bytes) -> None:
        assert number == 1
        self.lists[name].remove(data)

    def cursor(self) -> Any:
        return nullcontext(self)

    def execute(self, statement: str, values: tuple[str, str] | None = None) -> None:
        if values is None:
            assert statement.startswith("CREATE TABLE IF NOT EXISTS votes")
            return
        if self.fails:
            raise ConnectionError("the database is gone")
        self.rows.__setitem__(*values)


def ballot(voter: str, choice: str) -> bytes:
    return json.dumps({"voter_id": voter, "vote": choice}).encode()


def test_votes_are_carried_in_their_order_those_in_hand_first() -> None:
    straw = Straw(
        ballot("anne", "b"), b"bonjour", ballot("luc", "a"), in_hand=(ballot("anne", "a"), ballot("eve", "b"))
    )
    with pytest.raises(ConnectionError, match="no vote is left"):
        carry(straw, straw)
    assert straw.rows == {"anne": "b", "eve": "b", "luc": "a"}
    assert straw.lists == {"votes": [], "votes:en-cours": []}


def test_a_vote_that_the_database_has_not_stays_in_hand() -> None:
    straw = Straw(ballot("anne", "a"), ballot("luc", "b"), fails=True)
    with pytest.raises(ConnectionError, match="gone"):
        carry(straw, straw)
    assert straw.lists == {"votes": [ballot("luc", "b")], "votes:en-cours": [ballot("anne", "a")]}
    straw.fails = False
    with pytest.raises(ConnectionError, match="no vote is left"):
        carry(straw, straw)
    assert straw.rows == {"anne": "a", "luc": "b"}
    assert straw.lists == {"votes": [], "votes:en-cours": []}


@pytest.mark.parametrize(
    ("a", "b", "percents"), [(0, 0, (0, 0)), (1, 0, (100, 0)), (0, 3, (0, 100)), (1, 2, (33, 67)), (1, 1, (50, 50))]
)
def test_the_shares_make_a_hundred(a: int, b: int, percents: tuple[int, int]) -> None:
    tally = Tally(a, b)
    assert (tally.percent_a, tally.percent_b) == percents
    assert tally.told() == {
        "a": a,
        "b": b,
        "reachable": True,
        "total": a + b,
        "percent_a": percents[0],
        "percent_b": percents[1],
    }


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The end of the program, told apart from the tests' own; the watching threads end with the test."""
    event = threading.Event()
    monkeypatch.setattr(web, "_ending", event)
    yield event
    event.set()


def test_a_browser_is_told_what_holds_then_each_change_and_that_the_server_lives(ending: threading.Event) -> None:
    seen = [1]
    watch = Watch(lambda: seen[0], every_s=0.01)
    lines = stream(watch, lambda value: {"total": value}, life_s=0.1)
    assert next(lines) == "retry: 1000\n\n"
    assert next(lines) == event({"total": 1}) == 'data: {"total": 1}\n\n'
    assert next(lines) == "event: life\ndata:\n\n"
    seen[0] = 2
    assert next(lines) == 'data: {"total": 2}\n\n'
    ending.set()
    assert next(lines, "the end") == "the end"


def test_nothing_is_told_before_something_was_seen(ending: threading.Event) -> None:
    release = threading.Event()

    def slow() -> int:
        release.wait(10)
        return 1

    watch = Watch(slow, every_s=0.01)
    lines = stream(watch, lambda value: value, life_s=0.05)
    assert [next(lines), next(lines)] == ["retry: 1000\n\n", "event: life\ndata:\n\n"]
    release.set()
    assert "data: 1\n\n" in (next(lines), next(lines))


def test_an_event_is_one_line_whatever_it_holds() -> None:
    assert event("<p>\n« é »</p>\n") == 'data: "<p>\\n« é »</p>\\n"\n\n'


NODES = [
    {
        "ID": f"id-{name}",
        "Spec": {"Role": role, "Availability": "active"},
        "Description": {"Hostname": name, "Resources": {"NanoCPUs": 2_000_000_000, "MemoryBytes": 4 * 2**30}},
        "Status": {"State": state},
        **({"ManagerStatus": {"Leader": True}} if role == "manager" else {}),
    }
    for name, role, state in (("worker1", "worker", "down"), ("manager", "manager", "ready"))
]
SERVICES = [{"ID": "s1", "Spec": {"Name": "app_vote"}}, {"ID": "s2", "Spec": {"Name": "app_agent"}}]


def task(service: str, state: str, *, node: str = "id-manager", slot: int = 0, desired: str = "running") -> Any:
    placed = {"NodeID": node} if node else {}
    numbered = {"Slot": slot} if slot else {}
    spec = {"ContainerSpec": {"Image": "vote:latest@sha256:0123"}}
    status = {"State": state} | ({"Err": "no suitable node"} if state == "pending" else {})
    return {"ServiceID": service, "Spec": spec, "Status": status, "DesiredState": desired, **placed, **numbered}


def test_the_swarm_as_columns() -> None:
    columns = visualizer.arrange(
        NODES,
        SERVICES,
        [
            *(task("s1", "running", slot=10), task("s1", "preparing", slot=2), task("s2", "running")),
            *(task("s1", "failed", slot=2, desired="shutdown"), task("s1", "running", slot=3, desired="shutdown")),
            *(task("s1", "pending", slot=11, node=""), task("gone", "rejected", slot=1)),
        ],
    )
    assert [(node.name, node.ready, node.facts) for node in columns] == [
        ("manager", True, "manager, leader · ready, active · 2\N{NO-BREAK SPACE}CPU, 4,0\N{NO-BREAK SPACE}Gio"),
        ("worker1", False, "worker · down, active · 2\N{NO-BREAK SPACE}CPU, 4,0\N{NO-BREAK SPACE}Gio"),
        ("En attente d'un nœud", True, "aucun nœud ne convient, ou pas encore"),
    ]
    assert [[(card.name, card.state, card.kind) for card in node.tasks] for node in columns] == [
        [
            ("app_agent.manager", "running", "good"),
            ("app_vote.2", "preparing", "wait"),
            ("app_vote.3", "running", "good"),
            ("app_vote.10", "running", "good"),
            ("service retiré.1", "rejected", "bad"),
        ],
        [],
        [("app_vote.11", "pending", "wait")],
    ]
    assert columns[2].tasks[0].error == "no suitable node"
    assert {card.image for node in columns for card in node.tasks} == {"vote:latest"}
    assert len({card.mark for card in columns[0].tasks}) == 3, "kinds are told apart without their colours"


def test_a_socket_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(visualizer, "SOCKET", str(tmp_path / "docker.sock"))
    swarm = visualizer.look()
    assert swarm.nodes == () and "docker.sock" in swarm.problem and "monté" in swarm.problem


# --- the pages, as they are written ---------------------------------------------------------------


def test_the_pages_are_found() -> None:
    assert [page.name for page in PAGES] == ["result.html", "swarm.html", "visualizer.html", "vote.html"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_asks_for_nothing_but_its_own_and_by_relative_addresses(page: Path) -> None:
    text = page.read_text("utf-8") + (HERE / "static/follow.js").read_text("utf-8")
    assert "//" not in re.sub(r"^\s*//.*", "", text, flags=re.M)
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', text) + re.findall(r'follow\("([^"]*)"', text)
    assert [address for address in addresses if address.startswith("/")] == []
    for address in addresses:
        assert address in ("data:,", "events") or (HERE / address).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_french_and_says_so(page: Path) -> None:
    text = page.read_text("utf-8")
    assert '<html lang="fr">' in text or page.name == "swarm.html"
    prose = re.sub(r"<script>.*?</script>", "", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "x", text), flags=re.S)
    assert faults(prose) == []


def test_the_scripts_speak_french() -> None:
    for script in (HERE / "scripts").glob("*.sh"):
        said = re.findall(r'(?:echo|fail) "(.*?[^\\])"', script.read_text("utf-8"), re.S)
        assert [found for text in said if " " in text and not re.match(r"(host|listen|CREATE)", text)
                for found in faults(text)] == []  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_all_text_has_enough_contrast_in_light_and_in_dark() -> None:
    sheet = (HERE / "static/style.css").read_text("utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in re.findall(r":root \{(.*?)\}", sheet, re.S)
    )
    assert light.keys() == dark.keys() and light["ground"] != dark["ground"]
    for colours in (light, dark):
        for ground in ("ground", "card"):
            for ink in ("ink", "quiet", "a", "b", "good", "wait", "bad"):
                lighter, darker = sorted((luminance(colours[ground]), luminance(colours[ink])), reverse=True)
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ground, ink, colours)


# --- all of it, in containers ---------------------------------------------------------------------

SUBNET = "192.168.77"
ASK = """
import http.client, json, sys
asked = json.load(sys.stdin)
out = []
for method, host, port, path, body, headers in asked:
    try:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        out.append([response.status, response.read().decode(), response.getheader("Set-Cookie") or ""])
    except OSError as err:
        out.append([0, str(err), ""])
print(json.dumps(out))
"""
"""Sends requests one after the other and prints the answers."""
FOLLOW = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=12)
connection.request("GET", "/events")
response = connection.getresponse()
print(response.status, response.getheader("Content-Type"), flush=True)
try:
    while line := response.readline():
        if line.strip():
            print(line.decode().strip(), flush=True)
finally:
    print("the end", flush=True)
"""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    cookie: str


@dataclass
class Application:
    """The five containers of the application on one bridge network of a node, and a client beside them."""

    node: Node
    network: str
    volume: str
    label: str
    addresses: Iterator[int] = field(default_factory=lambda: count(10))

    def run(self, image: str, *command: str, alias: str = "", **options: Any) -> str:
        """Start a container at an address that none had before; return its id."""
        api = self.node.api
        where = api.create_endpoint_config(
            aliases=[alias] if alias else None, ipv4_address=f"{SUBNET}.{next(self.addresses)}"
        )
        host = {"binds": options.pop("binds", None), "tmpfs": options.pop("tmpfs", None)}
        created = api.create_container(
            image,
            list(command) or None,
            labels=[self.label],
            host_config=api.create_host_config(**host),
            networking_config=api.create_networking_config({self.network: where}),
            **options,
        )
        api.start(created["Id"])
        return str(created["Id"])

    def start(self, role: str) -> str:
        """Start redis, db, vote, worker or result."""
        match role:
            case "redis":
                return self.run(REDIS, alias=role)
            case "db":
                return self.run(
                    DB,
                    alias=role,
                    environment={"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "postgres"},
                    binds=[f"{self.volume}:{PGDATA}"],
                )
            case "vote":
                return self.run(VOTE, alias=role)
            case "worker":
                return self.run(WORKER, alias=role)
        return self.run(RESULT, alias=role)

    def id_of(self, role: str) -> str:
        (found,) = self.containers(role)
        return found

    def containers(self, alias: str = "") -> list[str]:
        found = self.node.api.containers(all=True, filters={"label": self.label})
        return [
            str(container["Id"])
            for container in found
            if not alias or alias in (self._settings(container["Id"])["Aliases"] or ())
        ]

    def _settings(self, container: str) -> Any:
        return self.node.api.inspect_container(container)["NetworkSettings"]["Networks"][self.network]

    def kill(self, role: str) -> None:
        """Kill a container and forget it, as the swarm does."""
        self.node.api.remove_container(self.id_of(role), force=True, v=True)

    def exec(self, role: str, *command: str, stdin: str | None = None) -> str:
        """What a command says in a container; it must succeed."""
        if stdin is not None:
            command = ("sh", "-c", 'printf %s "$0" | exec "$@"', stdin, *command)
        container = self.node.client.containers.get(self.id_of(role))
        code, output = container.exec_run(list(command))
        assert code == 0, (command, output)
        return str(output.decode())

    def ask(self, *requests: tuple[Any, ...], script: str = ASK) -> list[Answer]:
        said = json.loads(self.exec("client", "python3", "-c", script, stdin=json.dumps(requests)))
        return [Answer(*answer) for answer in said]

    def get(self, host: str, path: str = "/", port: int = 80) -> Answer:
        return self.ask(("GET", host, port, path, None, {}))[0]

    def votes(self, *votes: tuple[str, str], script: str = ASK) -> list[Answer]:
        """Voter and choice, each sent to the page."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask(
            *(
                ("POST", "vote", 80, "/", f"vote={choice}", {**kind, "Cookie": f"voter_id={voter}"})
                for voter, choice in votes
            ),
            script=script,
        )

    def rows(self) -> dict[str, str]:
        """PostgreSQL's table."""
        said = self.exec("db", "psql", "-U", "postgres", "-Atc", "SELECT id, vote FROM votes")
        return dict(line.split("|") for line in said.splitlines())

    def queue(self, name: str = "votes") -> list[Any]:
        """One of redis's lists."""
        said = self.exec("redis", "redis-cli", "--json", "LRANGE", name, "0", "-1")
        return [json.loads(element) for element in json.loads(said)]

    def logs(self, role: str) -> str:
        return str(self.node.api.logs(self.id_of(role)).decode())


def until(look: Callable[[], Any], *, within_s: float = 15) -> Any:
    """What a look returns once it is true; what it returned or raised last is told when it never is."""
    deadline = time.monotonic() + within_s
    while True:
        seen: Any
        try:
            seen = look()
            if seen:
                return seen
        except AssertionError as err:
            seen = err
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)


@pytest.fixture(scope="module")
def app(lab: Lab) -> Iterator[Application]:
    """The application, running; a test that stops a part of it starts it again."""
    node = lab.nodes["worker1"]
    images.provide([node], images.VOTING, internet=False)
    name = f"vote-{uuid4().hex[:8]}"
    pool = {"Config": [{"Subnet": f"{SUBNET}.0/24"}]}
    node.api.create_network(name, driver="bridge", ipam=pool)
    node.api.create_volume(name)
    built = Application(node, name, name, f"org.swarmlab.test.{name}")
    try:
        built.run(PYTHON, "sleep", "3600", alias="client")
        for role in ("redis", "db", "vote", "worker", "result"):
            built.start(role)
        until(lambda: built.get("result").status == 200, within_s=30)
        until(lambda: built.get("vote").status == 200)
        yield built
    finally:
        for container in built.containers():
            node.api.remove_container(container, force=True, v=True)
        node.api.remove_volume(name)
        node.api.remove_network(name)


@pytest.mark.swarm
def test_a_vote_from_the_page_to_the_result(app: Application) -> None:
    page = app.get("vote")
    assert page.status == 200
    assert f'<code id="hostname">{app.id_of("vote")[:12]}</code>' in page.text
    (cookie,) = re.findall(r"voter_id=([0-9a-f]{16});", page.cookie)
    assert "HttpOnly" in page.cookie and "SameSite=Lax" in page.cookie
    before = Tally(*counts(app))
    (thanks,) = app.votes((cookie, "a"))
    assert thanks.status == 200 and "Vote enregistré\N{NO-BREAK SPACE}: Chats" in thanks.text
    assert f"voter_id={cookie};" in thanks.cookie
    until(lambda: app.rows().get(cookie) == "a")
    until(lambda: counts(app) == (before.a + 1, before.b))
    assert f"vote a de {cookie} → PostgreSQL\n" in app.logs("worker")
    app.votes((cookie, "b"))
    until(lambda: app.rows().get(cookie) == "b")
    until(lambda: counts(app) == (before.a, before.b + 1))
    assert app.get("result", "/healthz").text.strip() == '{"database":true}'


def counts(app: Application) -> tuple[int, int]:
    """The counts that the result page shows, whose total must be theirs."""
    text = app.get("result").text
    a, b, total = (int(re.findall(rf'id="{name}">(\d+)<', text)[0]) for name in ("count-a", "count-b", "total"))
    assert a + b == total
    return a, b


@pytest.mark.swarm
@pytest.mark.parametrize("body", ["vote=c", "vote=", "", "vote=a&vote=b&choice=c", "x" * 10000])
def test_what_is_no_vote_is_refused(app: Application, body: str) -> None:
    expected = 200 if body.startswith("vote=a") else 400
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "voter_id=refus"}
    (answer,) = app.ask(("POST", "vote", 80, "/", body, kind))
    assert answer.status == expected
    assert ("n'est pas enregistré" in answer.text) is (expected == 400)


@pytest.mark.swarm
def test_the_page_serves_many_at_once(app: Application) -> None:
    voters = [(f"foule-{number}", "ab"[number % 2]) for number in range(60)]
    script = """
import http.client, json, sys
from concurrent.futures import ThreadPoolExecutor
def one(request):
    method, host, port, path, body, headers = request
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return [response.status, response.read().decode(), ""]
asked = json.load(sys.stdin)
with ThreadPoolExecutor(len(asked)) as pool:
    print(json.dumps(list(pool.map(one, asked))))
"""
    assert [answer.status for answer in app.votes(*voters, script=script)] == [200] * 60
    until(lambda: voters_like(app, "foule-") == dict(voters))


def voters_like(app: Application, prefix: str) -> dict[str, str]:
    return {voter: choice for voter, choice in app.rows().items() if voter.startswith(prefix)}


@pytest.mark.swarm
def test_without_redis_no_vote_is_acknowledged_and_with_a_new_one_all_goes_on(app: Application) -> None:
    app.kill("redis")
    try:
        begun = time.monotonic()
        (refused,) = app.votes(("sans-redis", "a"))
        assert time.monotonic() - begun < 8
        assert refused.status == 503
        assert "n'est pas enregistré" in refused.text and "enregistré\N{NO-BREAK SPACE}: Chats" not in refused.text
        assert app.get("vote").status == 200, "the page itself needs no redis"
    finally:
        app.start("redis")  # at another address
    until(lambda: app.votes(("avec-redis", "b"))[0].status == 200)
    until(lambda: app.rows().get("avec-redis") == "b")
    assert "sans-redis" not in app.rows()


@pytest.mark.swarm
def test_a_redis_that_hangs_is_not_waited_for(app: Application) -> None:
    app.node.api.pause(app.id_of("redis"))
    try:
        begun = time.monotonic()
        (refused,) = app.votes(("redis-fige", "a"))
        assert refused.status == 503 and time.monotonic() - begun < 5
    finally:
        app.node.api.unpause(app.id_of("redis"))
    assert app.votes(("redis-libre", "a"))[0].status == 200
    until(lambda: app.rows().get("redis-libre") == "a")


@pytest.mark.swarm
def test_votes_wait_in_redis_while_there_is_no_worker(app: Application) -> None:
    app.kill("worker")
    try:
        app.exec("redis", "redis-cli", "RPUSH", "votes:en-cours", ballot("abandon", "b").decode())
        app.exec("redis", "redis-cli", "RPUSH", "votes", "bonjour")
        app.votes(("attente", "a"), ("attente", "b"))
        waiting = app.exec("redis", "redis-cli", "LRANGE", "votes", "0", "-1").splitlines()
        assert waiting == ["bonjour", ballot("attente", "a").decode(), ballot("attente", "b").decode()]
    finally:
        app.start("worker")
    until(lambda: (app.rows().get("attente"), app.rows().get("abandon")) == ("b", "b"))
    until(lambda: app.queue() == app.queue("votes:en-cours") == [])
    assert "b'bonjour' n'est pas un vote" in app.logs("worker")


@pytest.mark.swarm
def test_no_vote_is_lost_when_the_worker_is_killed_again_and_again(app: Application) -> None:
    votes = [(f"rafale-{number}", "ab"[number % 2]) for number in range(400)]
    for before, after in pairwise(range(0, 401, 100)):
        assert {answer.status for answer in app.votes(*votes[before:after])} == {200}
        app.kill("worker")
        app.start("worker")
    until(lambda: voters_like(app, "rafale-") == dict(votes), within_s=30)
    assert app.queue("votes:en-cours") == []


@pytest.mark.swarm
def test_no_vote_is_lost_when_the_database_is_killed(app: Application) -> None:
    votes = [(f"base-{number}", "ab"[number % 2]) for number in range(100)]
    app.votes(*votes[:50])
    app.kill("db")  # as it writes some of them
    try:
        until(lambda: app.get("result").status == 503)
        page = app.get("result").text
        assert re.search(r'role="alert" id="database-lost">✘ base injoignable', page)
        assert app.get("result", "/healthz").text.strip() == '{"database":false}'
        assert {answer.status for answer in app.votes(*votes[50:])} == {200}, "redis takes them meanwhile"
    finally:
        app.start("db")  # on the same volume, at another address
    until(lambda: voters_like(app, "base-") == dict(votes), within_s=30)
    until(lambda: app.get("result").status == 200)
    until(lambda: sum(counts(app)) == len(app.rows()))
    assert re.search(r'id="database-lost" hidden>', app.get("result").text)
    assert "db injoignable" in app.logs("worker")


@pytest.mark.swarm
def test_an_open_page_is_told_of_each_vote_and_of_the_database(app: Application) -> None:
    reader = Follower(app, "result", 80)
    assert reader.next() == "200 text/event-stream; charset=utf-8"
    assert reader.next() == "retry: 1000"
    first = reader.event()
    assert (first["a"], first["b"], first["reachable"]) == (*counts(app), True)
    app.votes((f"flux-{uuid4().hex[:8]}", "a"))
    changed = reader.event()
    assert (changed["a"], changed["total"]) == (first["a"] + 1, first["total"] + 1)
    app.kill("db")
    try:
        assert reader.event() == {**changed, "reachable": False}
    finally:
        app.start("db")
    assert reader.event() == changed
    assert "event: life" in reader.lines or reader.next() == "event: life"
    try:
        begun = time.monotonic()
        app.node.api.stop(app.id_of("result"), timeout=10)
        assert time.monotonic() - begun < 4, "an open page must not hold up the end"
        until(lambda: "the end" in reader.drain())
    finally:
        app.kill("result")
        app.start("result")
    until(lambda: app.get("result").status == 200)


class Follower:
    """An open page: reads a stream of events in a container of its own."""

    def __init__(self, app: Application, host: str, port: int) -> None:
        self.lines: list[str] = []
        self._read = 0
        self._container = app.run(PYTHON, "python3", "-c", FOLLOW, host, str(port), alias="follower")
        self._app = app

    def drain(self) -> list[str]:
        self.lines = self._app.node.api.logs(self._container).decode().splitlines()
        return self.lines

    def next(self) -> str:
        until(lambda: len(self.drain()) > self._read)
        self._read += 1
        return self.lines[self._read - 1]

    def event(self) -> Any:
        """The next event but a sign of life."""
        while True:
            line = self.next()
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
            assert line in ("event: life", "data:"), line


@pytest.mark.swarm
@pytest.mark.parametrize("role", ["vote", "worker", "result", "redis", "db"])
def test_asked_to_stop_it_ends_at_once_and_well(app: Application, role: str) -> None:
    container = app.id_of(role)
    try:
        begun = time.monotonic()
        app.node.api.stop(container, timeout=10)
        assert time.monotonic() - begun < 5
        assert app.node.api.inspect_container(container)["State"]["ExitCode"] == 0, app.logs(role)
    finally:
        app.node.api.remove_container(container, force=True, v=True)
        app.start(role)
    until(lambda: app.get("result").status == 200)
    until(lambda: app.votes(("apres-arret", "a"))[0].status == 200)


@pytest.mark.swarm
def test_a_worker_that_waits_for_a_database_ends_at_once(app: Application) -> None:
    container = app.run(WORKER, environment={"POSTGRES_HOST": f"{SUBNET}.250"})
    time.sleep(1.5)  # in the middle of a connection that nobody answers
    begun = time.monotonic()
    app.node.api.stop(container, timeout=10)
    assert time.monotonic() - begun < 3
    app.node.api.remove_container(container, force=True)


# --- redis and PostgreSQL, as the official images -------------------------------------------------


@pytest.mark.swarm
def test_redis_keeps_its_data_on_a_volume(app: Application) -> None:
    name = f"{app.volume}-redis"
    app.node.api.create_volume(name)
    try:
        for expected in ("", "bonjour"):
            container = app.run(REDIS, "redis-server", "--save", "3600 1", alias="keep", binds=[f"{name}:/data"])
            until(lambda: "PONG" in app.exec("keep", "redis-cli", "ping"))
            assert app.exec("keep", "redis-cli", "get", "mot").strip() == expected
            app.exec("keep", "redis-cli", "set", "mot", "bonjour")
            assert "redis" in app.exec("keep", "sh", "-c", "stat -c %U /proc/1 /data")
            app.node.api.stop(container, timeout=10)
            app.node.api.remove_container(container, force=True)
    finally:
        for container in app.containers("keep"):
            app.node.api.remove_container(container, force=True)
        app.node.api.remove_volume(name, force=True)


@pytest.mark.swarm
def test_redis_as_its_command_line_says(app: Application) -> None:
    container = app.run(REDIS, "--port", "7000", "--requirepass", "secret", alias="options")
    asked = ("redis-cli", "-h", "options", "-p", "7000")
    until(lambda: "PONG" in app.exec("redis", *asked, "-a", "secret", "ping"))
    assert "NOAUTH" in app.exec("redis", *asked, "ping")
    app.node.api.remove_container(container, force=True, v=True)
    said = app.node.client.containers.run(REDIS, ["redis-cli", "--version"], remove=True)
    assert said.startswith(b"redis-cli ")


@dataclass
class Database:
    """A PostgreSQL container of its own on a volume of its own."""

    app: Application
    volume: str

    def start(self, *command: str, **environment: str) -> str:
        binds = [f"{self.volume}:{PGDATA}"]
        return self.app.run(DB, *command, alias="autre", environment=environment, binds=binds)

    def ended(self, container: str) -> tuple[int, str]:
        code = self.app.node.api.wait(container, timeout=30)["StatusCode"]
        said = self.app.node.api.logs(container).decode()
        self.app.node.api.remove_container(container, force=True)
        return code, said

    def ask(self, statement: str, *options: str) -> str:
        return self.app.exec("autre", "psql", "-Atc", statement, *(options or ("-U", "postgres"))).strip()

    def in_volume(self, script: str) -> str:
        said = self.app.node.client.containers.run(
            images.ALPINE, ["sh", "-ec", script], remove=True, volumes=[f"{self.volume}:/v"]
        )
        return str(said.decode())


@pytest.fixture
def database(app: Application) -> Iterator[Database]:
    name = f"{app.volume}-autre"
    app.node.api.create_volume(name)
    yield Database(app, name)
    for container in app.containers("autre"):
        app.node.api.remove_container(container, force=True)
    app.node.api.remove_volume(name, force=True)


def ready(database: Database, *options: str) -> str:
    return str(until(lambda: database.ask("SHOW server_version", *options), within_s=30))


@pytest.mark.swarm
def test_a_database_without_password_says_what_is_missing(database: Database) -> None:
    code, said = database.ended(database.start())
    assert code == 1
    assert "POSTGRES_PASSWORD est vide ou absent" in said and "-e POSTGRES_PASSWORD=" in said
    assert database.in_volume("ls -A /v") == "", "nothing half made"


@pytest.mark.swarm
def test_a_database_with_names_of_its_own_and_passwords_that_count(database: Database) -> None:
    database.start(POSTGRES_USER="anne", POSTGRES_PASSWORD="pa ss'\"", POSTGRES_DB='le "vote"')
    ready(database, "-U", "anne", "-d", 'le "vote"')
    here = ("psql", "-Atc", "SELECT current_user || ' ' || current_database()")
    right = database.app.exec("db", "env", "PGPASSWORD=pa ss'\"", *here, "-h", "autre", "-U", "anne", "-d", 'le "vote"')
    assert right.strip() == 'anne le "vote"'
    container = database.app.node.client.containers.get(database.app.id_of("db"))
    for password in ("faux", "pa ss"):
        address = f"host=autre user=anne dbname=postgres password='{password}'"
        code, said = container.exec_run(["psql", "-Atc", "SELECT 1", address])
        assert code == 2 and b"password authentication failed" in said
    options = ("-U", "anne", "-d", "postgres")
    assert database.ask("SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database LIMIT 1", *options) == (
        "C.UTF-8|UTF8"
    )
    assert database.ask("SHOW password_encryption", *options) == "scram-sha-256"
    assert database.app.exec("autre", "sh", "-c", f"stat -c '%U %a' {PGDATA} /proc/1").splitlines()[0] == "postgres 700"


@pytest.mark.swarm
def test_a_database_killed_starts_again_on_its_volume(database: Database) -> None:
    first = database.start(POSTGRES_PASSWORD="x")
    ready(database)
    database.ask("CREATE TABLE t AS SELECT 42 AS n")
    database.app.node.api.kill(first)
    database.app.node.api.remove_container(first)
    assert "postmaster.pid" in database.in_volume("ls /v")
    database.start("-c", "max_connections=17")  # the password is needed once only
    ready(database)
    assert (database.ask("SELECT n FROM t"), database.ask("SHOW max_connections")) == ("42", "17")


@pytest.mark.swarm
def test_a_database_killed_while_it_was_made_is_made_again(database: Database) -> None:
    first = database.start(POSTGRES_PASSWORD="x")
    until(lambda: ".initdb" in database.app.exec("autre", "ls", "-A", PGDATA))
    database.app.node.api.kill(first)
    database.app.node.api.remove_container(first)
    assert "PG_VERSION" not in database.in_volume("ls -A /v")
    again = database.start(POSTGRES_PASSWORD="x")
    ready(database)
    assert "interrompue" in database.app.node.api.logs(again).decode()
    assert ".initdb" not in database.in_volume("ls -A /v")


@pytest.mark.swarm
def test_files_of_somebody_else_are_left_alone(database: Database) -> None:
    database.in_volume("echo precieux > /v/lettre")
    code, said = database.ended(database.start(POSTGRES_PASSWORD="x"))
    assert code == 1 and "n'est pas vide" in said
    assert database.in_volume("cat /v/lettre") == "precieux\n"


# --- the visualizer -------------------------------------------------------------------------------


@pytest.mark.swarm
def test_the_visualizer_shows_the_swarm_and_its_changes(app: Application, lab: Lab) -> None:
    manager, name = lab.nodes["manager"], f"vu-{uuid4().hex[:8]}"
    images.provide([manager], [VISUALIZER], internet=False)
    service = manager.api.create_service(
        {"ContainerSpec": {"Image": images.ALPINE, "Command": ["sleep", "600"]}}, name=name
    )
    socket = {"/var/run/docker.sock": {"bind": "/var/run/docker.sock", "mode": "ro"}}
    container = manager.client.containers.run(VISUALIZER, detach=True, volumes=socket)
    page = ("wget", "-qO-", "http://127.0.0.1:8080/")

    def seen() -> str:
        code, said = container.exec_run(list(page))
        return str(said.decode()) if code == 0 else ""

    try:
        text = until(lambda: f"{name}.1</strong>" in seen() and seen())
        assert [node for node in re.findall(r'<h2 id="node-\d">(.*?)</h2>', text) if "attente" not in node] == [
            node.hostname for node in lab.nodes.values()
        ]
        assert "manager, leader · ready, active" in text and f'<div class="image">{images.ALPINE}</div>' in text
        until(lambda: f'{name}.1</strong><span class="state">● running' in seen())
        follow = manager.client.containers.run(
            PYTHON,
            ["python3", "-c", FOLLOW, "127.0.0.1", "8080"],
            detach=True,
            network_mode=f"container:{container.id}",
        )
        until(lambda: name in follow.logs().decode())
        assert f"{name}.2" not in follow.logs().decode()
        manager.client.services.get(service["ID"]).scale(2)
        until(lambda: f"{name}.2" in follow.logs().decode())
        follow.remove(force=True)
        begun = time.monotonic()
        container.stop(timeout=10)
        assert time.monotonic() - begun < 5
    finally:
        manager.api.remove_service(service["ID"])
        container.remove(force=True)


@pytest.mark.swarm
def test_a_visualizer_that_is_not_on_a_manager_says_so(app: Application) -> None:
    app.run(VISUALIZER, alias="sans-socket")
    app.run(VISUALIZER, alias="worker-seul", binds=["/var/run/docker.sock:/var/run/docker.sock:ro"])
    until(lambda: app.get("sans-socket", port=8080).status == 503)
    assert "Ce socket doit être monté ici" in app.get("sans-socket", port=8080).text
    until(lambda: app.get("worker-seul", port=8080).status == 503)
    assert "This node is not a swarm manager" in app.get("worker-seul", port=8080).text
    for alias in ("sans-socket", "worker-seul"):
        app.kill(alias)
