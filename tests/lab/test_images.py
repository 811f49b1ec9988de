"""Where images come from, in which order, and that they serve: with engines of straw, then with real ones."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from swarmkit_helpers.errors import DiskFull, EngineRefused, ImageUnavailable, NodeUnreachable
from swarmkit_helpers.lab import images, local, record
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.images import (
    ALPINE,
    CATALOGUE,
    NGINX,
    STARTING,
    TOOLS,
    VOTING,
    ensure_cache,
    provide,
    substitutes,
)
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.lab.substitutes import Recipe, machine_suite
from swarmkit_helpers.references import listed_as

# the SDK leaves its sockets to the garbage collector, connected or not
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

REGISTRY_CONFIG = """\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {0}}}}}
http: {{addr: "127.0.0.1:5000"}}
"""
BY_DIGEST = ("redis@sha256:" + "0" * 64, "redis:latest@sha256:" + "1" * 64)


@pytest.fixture(scope="module", autouse=True)
def sockets_of_this_module() -> Iterator[None]:
    yield
    gc.collect()


# --- the order of sources, with engines of straw --------------------------------------------------


class Straw:
    """The part of an engine's API that carries images; what it is asked is kept in `asked`."""

    def __init__(self, *held: str, registry: Iterable[str] = (), broken: Iterable[str] = (), reply: str = "") -> None:
        self.held = set(held)
        self.registry = set(registry)
        self.broken = set(broken)
        self.reply = reply
        self.asked: list[str] = []

    def images(self) -> list[dict[str, Any]]:
        labels = {"org.swarmlab.substitute": "true"}
        kinds = {reference: "RepoDigests" if "@" in reference else "RepoTags" for reference in sorted(self.held)}
        listed = [{kind: [reference], "Labels": labels} for reference, kind in kinds.items()]
        return [*listed, {"RepoTags": None, "RepoDigests": None, "Labels": None}]

    def inspect_image(self, reference: str) -> dict[str, Any]:
        if listed_as(reference) not in self.held:
            raise docker.errors.ImageNotFound("404", explanation=f"No such image: {reference}")
        return {"Config": {"Labels": {"org.swarmlab.substitute": "true"}}}

    def get_image(self, reference: str) -> Iterator[bytes]:
        self.asked.append(f"give {reference}")
        if "give" in self.broken:
            raise docker.errors.APIError("500", explanation="layer is damaged")
        yield reference.encode()

    def load_image(self, data: Any) -> Iterator[dict[str, str]]:
        content = data.read() if hasattr(data, "read") else b"".join(data)
        reference = content.decode()
        self.asked.append(f"load {reference}")
        if self.reply:
            return iter([{"error": self.reply}])
        self.held.add(reference)
        return iter([{"stream": f"Loaded image: {reference}\n"}])

    def pull(self, reference: str, **options: Any) -> Iterator[dict[str, str]]:
        self.asked.append(f"pull {reference}")
        if reference not in self.registry:
            return iter([{"status": "Pulling"}, {"error": "manifest unknown"}])
        self.held.add(listed_as(reference))
        return iter([{"status": "Downloaded newer image"}])


def node_of(engine: Straw, name: str) -> Node:
    node = Node(name, f"{name}.i2tch.loc", "10.0.3.62", "worker", "unix:///nowhere", "essai")
    node.__dict__["client"] = SimpleNamespace(api=engine)
    return node


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cache of straw: an archive holds the name of its image."""
    asked: list[str] = []

    def cached(recipe: Recipe, *, notice: Any) -> Path:
        asked.append(recipe.reference)
        path = tmp_path / recipe.reference.replace("/", "_")
        path.write_text(recipe.reference, encoding="ascii")
        return path

    monkeypatch.setattr(images, "cached", cached)
    return asked


def brought(engines: dict[str, Straw], *references: str, internet: bool = False) -> list[tuple[str, str]]:
    """Node and origin of each image."""
    sources = provide([node_of(engine, name) for name, engine in engines.items()], references, internet=internet)
    return [(source.node, source.origin) for source in sources]


def test_present_everywhere(built: list[str]) -> None:
    engines = {"manager": Straw(ALPINE), "worker1": Straw(ALPINE)}
    assert brought(engines, "alpine", internet=True) == [("manager", "present"), ("worker1", "present")]
    assert [engine.asked for engine in engines.values()] == [[], []] and not built


def test_copied_before_pulled(built: list[str]) -> None:
    engines = {"manager": Straw(registry=[ALPINE]), "worker1": Straw(ALPINE), "worker2": Straw()}
    assert brought(engines, ALPINE, internet=True) == [
        ("manager", "copied"),
        ("worker1", "present"),
        ("worker2", "copied"),
    ]
    assert engines["worker1"].asked == [f"give {ALPINE}"] * 2 and not built


def test_another_holder_when_the_first_is_damaged(built: list[str]) -> None:
    engines = {"manager": Straw(ALPINE, broken=["give"]), "worker1": Straw(), "worker2": Straw(ALPINE)}
    assert dict(brought(engines, ALPINE))["worker1"] == "copied"
    assert engines["worker2"].asked == [f"give {ALPINE}"] and not built


def test_built_when_the_only_holder_is_damaged(built: list[str]) -> None:
    engines = {"manager": Straw(ALPINE, broken=["give"]), "worker1": Straw()}
    assert brought(engines, ALPINE) == [("manager", "present"), ("worker1", "built")]


def test_pulled_by_one_and_copied_to_the_others(built: list[str]) -> None:
    engines = {"manager": Straw(registry=["redis:alpine"]), "worker1": Straw(registry=["redis:alpine"])}
    assert brought(engines, "redis:alpine", internet=True) == [("manager", "pulled"), ("worker1", "copied")]
    assert engines["worker1"].asked == ["load redis:alpine"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        *((reference, reference) for reference in BY_DIGEST),
        ("index.docker.io/library/redis", "redis:latest"),
    ],
)
def test_a_name_that_the_engine_lists_otherwise(built: list[str], written: str, asked: str) -> None:
    engine = Straw(registry=[asked])
    assert brought({"manager": engine}, written, internet=True) == [("manager", "pulled")]
    assert brought({"manager": engine}, written, internet=True) == [("manager", "present")]
    assert engine.asked == [f"pull {asked}"] and not built


@pytest.mark.parametrize("reference", BY_DIGEST)
def test_a_digest_is_pulled_by_each_node_for_a_copy_would_lose_it(built: list[str], reference: str) -> None:
    held = listed_as(reference)
    engines = {"manager": Straw(registry=[reference]), "worker1": Straw(held), "worker2": Straw(registry=[reference])}
    assert brought(engines, reference, internet=True) == [
        ("manager", "pulled"),
        ("worker1", "present"),
        ("worker2", "pulled"),
    ]
    assert [engine.asked for engine in engines.values()] == [[f"pull {reference}"], [], [f"pull {reference}"]]


def test_a_digest_that_a_node_cannot_pull_tells_which_and_what_mends_it(built: list[str]) -> None:
    reference = BY_DIGEST[0]
    engines = {"manager": Straw(registry=[reference]), "worker1": Straw(), "worker2": Straw()}
    with pytest.raises(ImageUnavailable) as caught:
        brought(engines, reference, internet=True)
    _, first, second, copy, catalogue = caught.value.tried
    assert "worker1" in first and "worker2" in second and "manifest unknown" in second
    assert "une copie" in copy and "catalogue" in catalogue
    assert f"docker pull {reference} sur chaque nœud" in (caught.value.remedy or "")
    with pytest.raises(ImageUnavailable, match="une copie perdrait son digest"):
        brought(engines, reference, internet=False)
    assert engines["worker1"].asked == [f"pull {reference}"], "nothing was loaded"


def test_built_when_the_registry_has_it_not(built: list[str]) -> None:
    engines = {"manager": Straw(), "worker1": Straw()}
    assert brought(engines, NGINX, internet=True) == [("manager", "built"), ("worker1", "built")]
    assert engines["manager"].asked == [f"pull {NGINX}", f"load {NGINX}"]
    assert built == [NGINX]


def test_no_registry_is_asked_without_internet_nor_for_the_projects_own(built: list[str]) -> None:
    engine = Straw(registry=[TOOLS, NGINX])
    brought({"manager": engine}, NGINX, internet=False)
    brought({"manager": engine}, TOOLS, internet=True)
    assert engine.asked == [f"load {NGINX}", f"load {TOOLS}"]


def test_each_image_of_each_node_is_told_in_the_order_asked(built: list[str]) -> None:
    nodes = [node_of(Straw(), "manager"), node_of(Straw(NGINX), "worker1")]
    sources = provide(nodes, [TOOLS, NGINX, "nginx", "docker.io/library/nginx:latest"], internet=False)
    assert [(source.reference, source.node, source.origin, source.substitute) for source in sources] == [
        (TOOLS, "manager", "built", False),
        (TOOLS, "worker1", "built", False),
        (NGINX, "manager", "copied", True),
        (NGINX, "worker1", "present", True),
    ]


def test_an_image_that_nobody_has_lists_what_was_tried(built: list[str]) -> None:
    with pytest.raises(ImageUnavailable) as caught:
        brought({"manager": Straw()}, "redis:6", internet=True)
    nowhere, registry, catalogue = caught.value.tried
    assert nowhere == "aucun nœud du labo ne l'a"
    assert "manager" in registry and "manifest unknown" in registry
    assert "catalogue" in catalogue
    assert "docker pull redis:6" in (caught.value.remedy or "")
    with pytest.raises(ImageUnavailable) as caught:
        brought({"manager": Straw()}, "redis:6", internet=False)
    assert caught.value.tried[1] == "les nœuds n'atteignent aucun registre"


def test_no_space_while_loading(built: list[str]) -> None:
    full = Straw(reply="write /layer.tar: no space left on device")
    with pytest.raises(DiskFull, match="worker1") as caught:
        brought({"manager": Straw(), "worker1": full}, ALPINE)
    assert caught.value.doing == f"charger l'image {ALPINE}"


def test_a_full_target_is_not_taken_for_a_damaged_holder(built: list[str]) -> None:
    full = Straw(reply="no space left on device")
    with pytest.raises(DiskFull, match="worker1"):
        brought({"manager": Straw(ALPINE), "worker1": full}, ALPINE)
    assert not built


def test_a_load_that_the_engine_does_not_confirm() -> None:
    engine = Straw()
    engine.load_image = lambda data: iter([{"status": "…"}])  # type: ignore[method-assign]
    with pytest.raises(EngineRefused, match="confirmé"):
        images._load(node_of(engine, "manager"), ALPINE, iter([b""]))


def test_an_engine_that_does_not_answer(built: list[str]) -> None:
    node = Node("worker2", "worker2.i2tch.loc", "10.0.3.64", "worker", "unix:///nowhere/docker.sock", "essai")
    with pytest.raises(NodeUnreachable, match="worker2"):
        provide([node_of(Straw(), "manager"), node], [ALPINE], internet=False)


def test_nothing_to_do() -> None:
    assert provide([], internet=False) == ()
    assert provide([node_of(Straw(), "manager")], [], internet=False) == ()


def test_the_cache_is_made_of_the_catalogue_only(built: list[str]) -> None:
    assert set(ensure_cache()) == {ALPINE, NGINX, TOOLS} == set(STARTING)
    assert sorted(built) == sorted(STARTING), "a lab starts without the images of the voting application"
    with pytest.raises(ImageUnavailable, match="catalogue"):
        ensure_cache(["redis:6"])


def test_the_catalogue_holds_the_images_that_the_stack_names_by_default() -> None:
    text = (Path(__file__).parents[2] / "notebooks/docker-stack.yml").read_text("utf-8")
    assert sorted(re.findall(r"image: \$\{\w+:-(\S+)\}", text)) == sorted(VOTING)
    bases = {recipe.base.reference for recipe in CATALOGUE.values() if recipe.base}
    assert bases == {"swarmlab/python:latest"}
    assert set(CATALOGUE) == {*STARTING, *VOTING, *bases}


def test_what_lies_on_a_base_brings_neither_packages_nor_accounts() -> None:
    based = [recipe for recipe in CATALOGUE.values() if recipe.base]
    assert len(based) == 4
    for recipe in based:
        assert not (recipe.packages or recipe.programs or recipe.keep or recipe.users or recipe.prepare)
        assert recipe.base in CATALOGUE.values() and recipe.tree


def test_a_base_is_loaded_once_and_before_what_lies_on_it(built: list[str]) -> None:
    engines = {"manager": Straw(), "worker1": Straw()}
    based = [reference for reference in VOTING if CATALOGUE[reference].base]
    assert set(brought(engines, *based)) == {("manager", "built"), ("worker1", "built")}
    for engine in engines.values():
        assert engine.asked[0] == "load swarmlab/python:latest"
        assert sorted(engine.asked[1:]) == sorted(f"load {reference}" for reference in based)


def test_a_base_is_not_brought_for_images_that_are_there_or_in_a_registry(built: list[str]) -> None:
    present, pulled = VOTING[2], VOTING[3]
    engine = Straw(present, registry=[pulled])
    assert brought({"manager": engine}, present, pulled, internet=True) == [
        ("manager", "present"),
        ("manager", "pulled"),
    ]
    assert engine.asked == [f"pull {pulled}"] and not built


# --- real engines ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare() -> Iterator[Lab]:
    """Three engines without any image: the session's lab has them all, and others need them."""
    name = f"images-{os.getpid()}"
    try:
        yield local.up(name, references=())
    finally:
        local.down(name)


@pytest.fixture
def nodes(bare: Lab) -> Iterator[list[Node]]:
    """The nodes, without any image or container of the test before."""
    found = list(bare.nodes.values())
    forget(found)
    yield found
    forget(found)


def forget(nodes: list[Node]) -> None:
    for node in nodes:
        for container in node.api.containers(all=True):
            node.api.remove_container(container["Id"], force=True)
        for image in node.api.images():
            for reference in image["RepoTags"] or [image["Id"]]:
                node.api.remove_image(reference, force=True)


def run(node: Node, reference: str, *command: str, **options: Any) -> str:
    output: bytes = node.client.containers.run(reference, list(command), remove=True, stderr=True, **options)
    return output.decode()


@pytest.mark.swarm
def test_the_images_of_the_start_on_every_node(nodes: list[Node]) -> None:
    sources = provide(nodes, internet=False)
    assert [(source.reference, source.node, source.origin) for source in sources] == [
        (reference, node.name, "built") for reference in STARTING for node in nodes
    ]
    for reference in STARTING:
        assert len({node.api.inspect_image(reference)["Id"] for node in nodes}) == 1
    assert [substitutes(node) for node in nodes] == [(ALPINE, NGINX)] * 3
    assert {source.origin for source in provide(nodes, internet=False)} == {"present"}


@pytest.mark.swarm
def test_images_on_one_base_share_its_layer(nodes: list[Node]) -> None:
    based = [reference for reference in VOTING if CATALOGUE[reference].base]
    provide(nodes, based, internet=False)
    for node in nodes:
        layers = [node.api.inspect_image(reference)["RootFS"]["Layers"] for reference in based]
        assert [len(found) for found in layers] == [2] * 4
        assert len({found[0] for found in layers}) == 1 and len({found[1] for found in layers}) == 4
        assert node.api.df()["LayersSize"] < 60_000_000, "the base is stored once"
    assert {source.substitute for source in provide(nodes, based, internet=False)} == {True}


@pytest.mark.swarm
def test_copies_between_engines(nodes: list[Node]) -> None:
    provide(nodes[1:2], [NGINX], internet=False)
    sources = provide(nodes, [NGINX], internet=False)
    assert [source.origin for source in sources] == ["copied", "present", "copied"]
    assert all(source.substitute for source in sources)
    assert len({node.api.inspect_image(NGINX)["Id"] for node in nodes}) == 1
    assert "BusyBox" in run(nodes[2], NGINX, "busybox")


@pytest.mark.swarm
def test_a_registry_that_does_not_answer_is_no_obstacle(nodes: list[Node]) -> None:
    notices: list[str] = []
    sources = provide(nodes, [ALPINE], internet=True, notice=notices.append)
    assert [source.origin for source in sources] == ["built"] * 3
    assert any("Téléchargement" in notice for notice in notices)


@pytest.fixture
def registry(nodes: list[Node], tmp_path: Path) -> Iterator[str]:
    """A registry beside the first node's engine, reached from that node only, that holds one image."""
    node, reference = nodes[0], "127.0.0.1:5000/cours/bonjour:1"
    with registry_beside(node, tmp_path):
        provide([node], [ALPINE], internet=False)
        node.api.tag(ALPINE, reference)
        deadline = time.monotonic() + 20
        while any("error" in line for line in node.api.push(reference, stream=True, decode=True)):
            assert time.monotonic() < deadline, (tmp_path / f"log-{node.name}").read_text(errors="replace")
            time.sleep(0.1)
        forget(nodes)
        yield reference


@contextmanager
def registry_beside(node: Node, place: Path) -> Iterator[None]:
    """A registry on a node's own loopback; all that are given one place serve the same images."""
    config = place / "registry.yml"
    config.write_text(REGISTRY_CONFIG.format(place / "registry"), encoding="ascii")
    pid = (record.home() / node.lab / node.name / "pid").read_text("ascii").strip()
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "docker-registry", "serve", str(config)]
    with (place / f"log-{node.name}").open("wb") as log, subprocess.Popen(inside, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.swarm
def test_pulled_from_a_registry(nodes: list[Node], registry: str) -> None:
    sources = provide(nodes, [registry], internet=True)
    assert [source.origin for source in sources] == ["pulled", "copied", "copied"]
    assert all(source.substitute for source in sources), "the label travels with the image"
    assert run(nodes[2], registry, "echo", "bonjour") == "bonjour\n"
    forget(nodes)
    with pytest.raises(ImageUnavailable) as caught:
        provide(nodes, [registry.replace("bonjour", "inconnue")], internet=True)
    assert "not found" in caught.value.tried[1] or "unknown" in caught.value.tried[1]


@pytest.mark.swarm
def test_pulled_by_its_digest(nodes: list[Node], registry: str, tmp_path: Path) -> None:
    manager, worker = nodes[:2]
    digest = manager.api.inspect_distribution(registry)["Descriptor"]["digest"]
    for reference in (f"{registry.removesuffix(':1')}@{digest}", f"{registry}@{digest}"):
        sources = provide([manager], [reference], internet=True)
        assert [(source.reference, source.origin, source.substitute) for source in sources] == [
            (reference, "pulled", True)
        ]
        assert [source.origin for source in provide([manager], [reference], internet=False)] == ["present"]
        assert run(manager, reference, "echo", "bonjour") == "bonjour\n"
        assert substitutes(manager) == (f"{registry.removesuffix(':1')}@{digest}",)

        with pytest.raises(ImageUnavailable, match="worker1"):
            provide([manager, worker], [reference], internet=True)
        with registry_beside(worker, tmp_path):
            wait_until_served(worker, registry)
            sources = provide([manager, worker], [reference], internet=True)
        assert [source.origin for source in sources] == ["present", "pulled"]
        assert run(worker, reference, "echo", "bonjour") == "bonjour\n"
        forget(nodes)

    absent = f"{registry}@sha256:{'1' * 64}"
    with pytest.raises(ImageUnavailable) as caught:
        provide([manager], [absent], internet=True)
    assert "not found" in caught.value.tried[1] or "unknown" in caught.value.tried[1]


def wait_until_served(node: Node, reference: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            node.api.inspect_distribution(reference)
        except docker.errors.APIError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


@pytest.mark.swarm
def test_the_default_registry_goes_without_saying(nodes: list[Node]) -> None:
    node = nodes[0]
    provide([node], [ALPINE], internet=False)
    node.api.tag(ALPINE, "redis:latest")
    for written in ("redis", "library/redis", "docker.io/redis", "index.docker.io/library/redis"):
        (source,) = provide([node], [written], internet=False)
        assert (source.reference, source.origin) == ("redis:latest", "present")


@pytest.mark.swarm
def test_nginx_serves_a_page_that_names_its_container(nodes: list[Node]) -> None:
    node = nodes[0]
    provide([node], [NGINX, ALPINE], internet=False)
    container = node.client.containers.run(NGINX, detach=True)
    identity = str(container.id)
    address = wait_for_address(node, identity)
    page = run(node, ALPINE, "timeout", "5", "wget", "-qO-", f"http://{address}/")
    assert f"Cette page vient du conteneur <strong>{identity[:12]}</strong>." in page
    lost = ["timeout", "5", "wget", "-qO-", f"http://{address}/absente"]
    with pytest.raises(docker.errors.ContainerError, match="404 Not Found"):
        node.client.containers.run(ALPINE, lost, remove=True)
    for command in (
        "wget -qO- http://localhost/",
        "ip -o addr",
        "ping -c 1 127.0.0.1",
        "cat /etc/os-release",
        "sh -c id",
    ):
        code, output = container.exec_run(command)
        assert code == 0, output
    code, output = container.exec_run("nslookup")
    assert b"BusyBox" in output
    assert b"GET / HTTP/1.1" in container.logs(stdout=True, stderr=False)
    assert b"start worker process" in container.logs(stdout=False, stderr=True)
    begun = time.monotonic()
    container.stop(timeout=10)
    assert time.monotonic() - begun < 5, "SIGQUIT is not obeyed: the engine had to kill it"
    assert container.wait()["StatusCode"] == 0
    inspected = node.api.inspect_image(NGINX)["Config"]
    assert list(inspected["ExposedPorts"]) == ["80/tcp"] and inspected["Cmd"] == ["nginx", "-g", "daemon off;"]


def wait_for_address(node: Node, container: str) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = node.api.inspect_container(container)
        assert state["State"]["Running"], node.api.logs(container)
        if b"start worker process" in node.api.logs(container):
            return str(state["NetworkSettings"]["IPAddress"])
        time.sleep(0.05)
    raise AssertionError(node.api.logs(container))


@pytest.mark.swarm
def test_alpine_has_the_shell_and_the_tools_of_the_course(nodes: list[Node]) -> None:
    provide(nodes[:1], [ALPINE], internet=False)
    assert run(nodes[0], ALPINE, "ash", "-c", "whoami; cat /etc/os-release; test -w /tmp && echo ok") == (
        'root\nNAME="Substitut de alpine:latest"\n'
        f'PRETTY_NAME="Substitut de alpine:latest, fait de paquets {machine_suite(ALPINE).title}"\n'
        "ID=swarmlab\nID_LIKE=debian\nok\n"
    )
    assert "1 packets received" in run(nodes[0], ALPINE, "ping", "-c", "1", "127.0.0.1")
    assert nodes[0].api.inspect_image(ALPINE)["Config"]["Cmd"] == ["sh"]
    assert "/bin/nslookup" in run(nodes[0], ALPINE, "which", "nslookup")


@pytest.mark.swarm
def test_the_tools_ping_without_fragments_and_capture(nodes: list[Node]) -> None:
    provide(nodes[:1], [TOOLS], internet=False)
    script = (
        "set -e; id -u; tcpdump -n -c 1 -i lo icmp & sleep 1; ping -c 1 -M do -s 1000 127.0.0.1; wait;"
        "ip -V; bridge -V; ip -j route > /dev/null"
    )
    said = run(nodes[0], TOOLS, "sh", "-c", script)
    assert said.startswith("0\n")
    assert "1008 bytes from 127.0.0.1" in said and "ICMP echo request" in said
    assert "iproute2" in said and "bridge utility" in said
    labels = nodes[0].api.inspect_image(TOOLS)["Config"]["Labels"]
    assert labels["org.swarmlab.substitute"] == "false" and "tcpdump=" in labels["org.swarmlab.packages"]


@pytest.mark.swarm
@pytest.mark.parametrize("reference", CATALOGUE)
def test_every_program_finds_its_libraries(nodes: list[Node], reference: str) -> None:
    provide(nodes[:1], [reference], internet=False)
    script = (
        "set -- /lib/*/ld-linux-*.so.*; [ -e $1 ] || exit 0;"
        " for p in $(find /usr/bin /usr/sbin /usr/lib/postgresql /usr/lib/python3* -type f"
        " -perm -100 -o -name '*.so' 2>/dev/null); do"
        " read -r head < $p; case $head in '#!'*) continue;; esac; [ $p = /usr/bin/busybox ] ||"
        " { $1 --list $p > /tmp/l || echo $p; grep 'not found' /tmp/l; }; done; true"
    )
    assert run(nodes[0], reference, "sh", "-c", script) == ""


@pytest.mark.swarm
def test_what_is_no_archive_is_refused_by_name(nodes: list[Node]) -> None:
    with pytest.raises(EngineRefused) as caught:
        images._load(nodes[1], ALPINE, iter([b"no tar " * 1000]))
    assert caught.value.node == "worker1"


@pytest.mark.swarm
def test_the_disk_of_the_engines_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(tempfile.mkdtemp(prefix="slab"))  # short: a socket's path holds 107 bytes
    # enough for the swarm, whose log takes 64 MB at once, not for its images
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(home)], check=True)
    monkeypatch.setenv("SWARMLAB_HOME", str(home))
    name = f"full-{os.getpid()}"
    try:
        found = list(local.up(name, references=()).nodes.values())
        with pytest.raises(DiskFull) as caught:
            provide(found, internet=False)
        assert "nœud" in str(caught.value.where) and name in (caught.value.remedy or "")
        local.down(name)
        with pytest.raises(DiskFull):
            local.up(name)
        assert not local.down(name), "a lab that could not start has been removed"
    finally:
        local.down(name)
        subprocess.run(["umount", str(home)], check=True)
        shutil.rmtree(home)
