"""Images: names, archives, the built-in registry. Facts of Debian's engine 20.10.24."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from swarmkit_helpers.engine.node.builtin import REFERENCES, builtin
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.node.reference import parsed
from swarmkit_helpers.engine.refusal import Refusal

from .conftest import Run, create, ended, told

INSPECT_KEYS = (
    "Id RepoTags RepoDigests Parent Comment Created Container ContainerConfig DockerVersion Author Config "
    "Architecture Os Size VirtualSize GraphDriver RootFS Metadata"
)


def refused(call: Any, *words: Any, **named: Any) -> tuple[int, str]:
    """How a call is refused."""
    with pytest.raises(Refusal) as caught:
        call(*words, **named)
    return caught.value.status, caught.value.message


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("alpine", "alpine:latest"),
        ("docker.io/library/alpine", "alpine:latest"),
        ("library/alpine:3", "alpine:3"),
        ("swarmlab/outils", "swarmlab/outils:latest"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("registry.example.test/shop/front:1.2.3", "registry.example.test/shop/front:1.2.3"),
        (f"alpine@sha256:{'a' * 64}", f"alpine@sha256:{'a' * 64}"),
        (f"alpine:3@sha256:{'a' * 64}", f"alpine:3@sha256:{'a' * 64}"),
    ],
)
def test_names(text: str, familiar: str) -> None:
    assert parsed(text).familiar == familiar


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("UPPER", "invalid reference format: repository name must be lowercase"),
        ("a b", "invalid reference format"),
        ("", "invalid reference format"),
        (":tag", "invalid reference format"),
        ("a:", "invalid reference format"),
        (
            "a" * 64,
            f"invalid repository name ({'a' * 64}), cannot specify 64-byte hexadecimal strings",
        ),
    ],
)
def test_what_is_no_name(text: str, message: str) -> None:
    assert refused(parsed, text) == (400, message)


def test_what_an_image_is(run: Run) -> None:
    async def scenario(host: Host) -> None:
        image = host.images.find("nginx")
        found = host.images.inspect(image)
        assert list(found) == INSPECT_KEYS.split()
        assert found["RepoTags"] == ["nginx:latest"] and found["RepoDigests"] == []
        assert found["Config"]["Cmd"] == ["nginx", "-g", "daemon off;"]
        assert found["Config"]["StopSignal"] == "SIGQUIT"
        assert found["Config"]["Labels"]["org.swarmlab.simulated"] == "1"
        assert found["ContainerConfig"]["Env"] is None
        item = host.images.listed(image)
        assert item["RepoTags"] == ["nginx:latest"] and item["RepoDigests"] is None
        assert (item["Containers"], item["SharedSize"], item["ParentId"]) == (-1, -1, "")
        assert host.images.history(image) == [
            {
                "Comment": "",
                "Created": item["Created"],
                "CreatedBy": "swarmlab: simulated nginx:latest",
                "Id": image.id,
                "Size": image.size,
                "Tags": ["nginx:latest"],
            }
        ]

    run(scenario)


def test_finding(run: Run) -> None:
    async def scenario(host: Host) -> None:
        image = host.images.find("alpine")
        digits = image.id.removeprefix("sha256:")
        for reference in ("alpine:latest", "docker.io/library/alpine", image.id, digits, digits[:6], image.id[:14]):
            assert host.images.find(reference) is image
        assert refused(host.images.find, "nope") == (404, "No such image: nope:latest")
        assert refused(host.images.find, "alpine:3.99") == (404, "No such image: alpine:3.99")

    run(scenario)


def test_tags(run: Run) -> None:
    async def scenario(host: Host) -> None:
        images = host.images
        image = images.find("alpine")
        images.tag(image, "mine/alpine", "v1")
        assert images.inspect(image)["RepoTags"] == ["alpine:latest", "mine/alpine:v1"]
        lower = "invalid reference format: repository name must be lowercase"
        assert refused(images.tag, image, "MINE") == (500, lower)
        assert images.remove("mine/alpine:v1") == [{"Untagged": "mine/alpine:v1"}]
        events = host.events.past()
        assert [event["Actor"]["Attributes"]["name"] for event in events] == ["mine/alpine:v1", image.id]
        assert told(host) == ["image tag", "image untag"]

    run(scenario)


def test_removal(run: Run) -> None:
    async def scenario(host: Host) -> None:
        images = host.images
        image, container = images.find("alpine"), create(host)
        short = image.id.removeprefix("sha256:")[:12]
        assert refused(images.remove, "alpine") == (
            409,
            f'conflict: unable to remove repository reference "alpine" (must force) - container {container.short_id} '
            f"is using its referenced image {short}",
        )
        assert refused(images.remove, short) == (
            409,
            f"conflict: unable to delete {short} (must be forced) - image is being used by stopped container "
            f"{container.short_id}",
        )
        assert images.remove("alpine", force=True) == [{"Untagged": "alpine:latest"}, {"Deleted": image.id}]
        assert host.containers.listed(container)["Image"] == image.id
        nginx = images.find("nginx")
        layer = images.inspect(nginx)["RootFS"]["Layers"][0]
        assert images.remove("nginx") == [{"Untagged": "nginx:latest"}, {"Deleted": nginx.id}, {"Deleted": layer}]
        assert images.all() == []
        assert refused(images.remove, "nginx") == (404, "No such image: nginx:latest")

    run(scenario)


def test_an_image_in_use(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, Cmd=["sleep", "1000000"])
        await host.containers.start(container)
        short = host.images.find("alpine").id.removeprefix("sha256:")[:12]
        assert refused(host.images.remove, short, force=True) == (
            409,
            f"conflict: unable to delete {short} (cannot be forced) - image is being used by running container "
            f"{container.short_id}",
        )
        assert host.images.unused(dangling=False) == [host.images.find("nginx")]
        assert host.images.unused() == []

    run(scenario)


def test_archives(run: Run) -> None:
    async def scenario(host: Host) -> None:
        images = host.images
        image = images.find("nginx")
        data = images.save(["nginx"])
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            assert {"manifest.json", "repositories", f"{image.id.removeprefix('sha256:')}.json"} <= set(tar.getnames())
        images.remove("nginx")
        assert images.load(data) == [{"stream": "Loaded image: nginx:latest\n"}]
        loaded = images.find("nginx")
        assert (loaded.id, loaded.programs, loaded.files) == (image.id, image.programs, image.files)
        assert "nginx" in loaded.programs and "/usr/share/nginx/html/index.html" in loaded.files
        assert refused(images.save, ["nope"]) == (404, "No such image: nope")
        broken = "Error processing tar file(exit status 1): unexpected EOF"
        assert refused(images.load, b"zzzzzzzzzz") == (500, broken)
        assert told(host)[0] == "image save" and told(host)[-1] == "image load"

    run(scenario)


@pytest.mark.parametrize("cut", [0, 100, 512, 1000, 10_240])
def test_archives_that_are_cut(run: Run, cut: int) -> None:
    async def scenario(host: Host) -> None:
        status, _ = refused(host.images.load, host.images.save(["nginx"])[:cut])
        assert status == 500

    run(scenario)


def test_pulling(run: Run) -> None:
    async def scenario(host: Host) -> None:
        images = host.images
        told_lines = [told_line async for told_line in images.pull("redis:alpine")]
        assert told_lines[0] == {"status": "Pulling from library/redis", "id": "alpine"}
        assert told_lines[1]["status"] == "Pulling fs layer"
        image = images.find("redis:alpine")
        assert told_lines[-2:] == [
            {"status": f"Digest: {image.manifest}"},
            {"status": "Status: Downloaded newer image for redis:alpine"},
        ]
        assert images.inspect(image)["RepoDigests"] == [f"redis@{image.manifest}"]
        event = host.events.past()[-1]
        assert (event["Action"], event["id"], event["Actor"]["Attributes"]["name"]) == ("pull", "redis:alpine", "redis")
        again = [told_line async for told_line in images.pull("redis:alpine")]
        assert again[-1] == {"status": "Status: Image is up to date for redis:alpine"}
        assert images.find(f"redis@{image.manifest}") is image
        by_digest = [told_line async for told_line in images.pull(f"redis@{image.manifest}")]
        assert by_digest[-1]["status"].endswith(f"redis@{image.manifest}")

    run(scenario)


OFFLINE = "dial tcp: lookup {0} on 10.255.255.53:53: dial udp 10.255.255.53:53: connect: network is unreachable"


@pytest.mark.parametrize(
    ("reference", "status", "message"),
    [
        ("alpine:3.99", 500, f'Get "https://registry-1.docker.io/v2/": {OFFLINE.format("registry-1.docker.io")}'),
        ("nothing/here", 500, f'Get "https://registry-1.docker.io/v2/": {OFFLINE.format("registry-1.docker.io")}'),
        ("quay.io/a/b", 500, f'Get "https://quay.io/v2/": {OFFLINE.format("quay.io")}'),
        ("busybox", 404, "manifest for busybox:latest not found: manifest unknown: manifest unknown"),
    ],
)
def test_what_no_registry_has(run: Run, reference: str, status: int, message: str) -> None:
    async def scenario(host: Host) -> None:
        host.world.faults.missing_images.add("busybox:latest")
        with pytest.raises(Refusal) as caught:
            async for _ in host.images.pull(reference):
                pass
        assert (caught.value.status, caught.value.message) == (status, message)

    run(scenario)


def test_every_built_in_image_can_be_had() -> None:
    for reference in REFERENCES:
        image = builtin(reference)
        assert image is not None
        assert image.labels is not None and image.labels["org.swarmlab.simulated"] == "1"
        words = [*(image.config["Entrypoint"] or ()), *(image.config["Cmd"] or ())]
        assert words[0] in image.programs
        assert parsed(reference).familiar == reference


def test_committing(run: Run) -> None:
    async def scenario(host: Host) -> None:
        container = create(host, "base", Cmd=["sh", "-c", "write /tmp/new"])
        await host.containers.start(container)
        await ended(container)
        container.programs -= {"wget"}
        made = host.images.commit(container, parsed("mine:1"), {}, "me", "why")
        assert made.files["/tmp/new"] == b"written"
        assert "sleep" in made.programs and "wget" not in made.programs
        shown, base = host.images.inspect(made), host.images.find("alpine")
        assert (shown["Parent"], shown["Author"], shown["Comment"]) == (base.id, "me", "why")
        assert shown["Config"]["Cmd"] == ["sh", "-c", "write /tmp/new"]
        assert [step["Tags"] for step in host.images.history(made)] == [["mine:1"], ["alpine:latest"]]
        assert [step["Size"] for step in host.images.history(made)] == [len(b"written"), base.size]
        told_of = host.events.past()[-2:]
        assert [event["Action"] for event in told_of] == ["tag", "commit"]
        assert told_of[1]["Actor"]["Attributes"]["imageRef"] == "mine:1"
        again = host.containers.create("again", {"Image": "mine:1", "Cmd": ["wget"]}, None, None)
        with pytest.raises(Refusal, match="executable file not found"):
            await host.containers.start(again)
        other = host.images.commit(container, None, {"Labels": {"x": "y"}, "Cmd": ["hostname"]}, "", "")
        assert other.config["Cmd"] == ["hostname"] and (other.labels or {})["x"] == "y"
        assert host.images.tags(other) == []

    run(scenario)
