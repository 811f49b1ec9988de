"""Images: those that are there, and those of the registry that the world knows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

from aiohttp import web

from ..kinds import Json
from ..node.platforms import platform
from ..node.pulling import offline
from ..node.reference import Reference, parsed
from ..refusal import Refusal
from . import bodies
from .answers import close, empty, json_answer, stream
from .call import Call
from .filters import Filters
from .golang import dump
from .patterns import BadPattern, compiled
from .routes import Route, absent

__all__ = ["ROUTES"]

TAG = re.compile(r"\w[\w.-]{0,127}|sha256:[0-9a-f]{64}", re.ASCII)
JSON_TYPE = {"Content-Type": "application/json"}


async def listing(call: Call) -> web.StreamResponse:
    """``GET /images/json``."""
    chosen = call.filters().only("dangling", "label", "before", "since", "reference")
    dangling = chosen.boolean("dangling")
    images = call.host.images
    patterns = _patterns(chosen)
    before = [images.inspect(images.find(one))["Created"] for one in chosen.get("before")]
    since = [images.inspect(images.find(one))["Created"] for one in chosen.get("since")]
    found = []
    for image in images.all():
        listed, created = images.listed(image), images.inspect(image)["Created"]
        tags = listed.get("RepoTags") or []
        bare = not tags or tags == ["<none>:<none>"]
        if dangling is not None and dangling != bare:
            continue
        if any(created >= date for date in before) or any(created <= date for date in since):
            continue
        if patterns:
            tags = [tag for tag in tags if any(_refers(pattern, tag) for pattern in patterns)]
            if not tags:
                continue
            listed = listed | {"RepoTags": tags}
        if chosen.labels(listed.get("Labels")):
            found.append(listed)
    return json_answer(found)


def _patterns(chosen: Filters) -> list[re.Pattern[str]]:
    try:
        return [compiled(pattern) for pattern in chosen.get("reference")]
    except BadPattern as bad:
        raise Refusal(500, str(bad)) from None


def _refers(pattern: re.Pattern[str], tag: str) -> bool:
    return any(pattern.fullmatch(one) for one in (tag, tag.rpartition(":")[0]))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /images/{name}/json``."""
    try:
        image = call.host.images.find(call.name)
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        raise Refusal(404, f"no such image: {call.name}: {refusal.message}") from None
    return json_answer(call.host.images.inspect(image))


async def history(call: Call) -> web.StreamResponse:
    """``GET /images/{name}/history``."""
    return json_answer(call.host.images.history(call.host.images.find(call.name)))


async def create(call: Call) -> web.StreamResponse:
    """``POST /images/create``: pull."""
    call.refuse("fromSrc")
    name, tag = call.text("fromImage"), call.text("tag")
    wanted = platform(call.text("platform")) if call.text("platform") else None
    if not name:
        raise Refusal(500, 'Get "http:": http: no Host in request URL')
    if tag:
        name += f"@{tag}" if tag.startswith("sha256:") else f":{tag}"
        if not TAG.fullmatch(tag):
            parsed(call.text("fromImage"))
            raise Refusal(400, "invalid tag format")
    progress = call.host.images.pull(name, wanted)
    try:
        first = await anext(progress, None)  # a refusal before all progress is the whole answer
    except BaseException:
        await close(progress)
        raise
    return await stream(call.request, _told(first, progress), headers=JSON_TYPE)


async def _told(first: Json | None, progress: AsyncIterator[Json]) -> AsyncIterator[bytes]:
    try:
        if first is not None:
            yield _line(first)
        async for message in progress:
            yield _line(message)
    except Refusal as refusal:
        yield _line({"errorDetail": {"message": refusal.message}, "error": refusal.message})
    finally:
        await close(progress)


def _line(message: Json) -> bytes:
    return dump(message).rstrip(b"\n") + b"\r\n"


async def commit(call: Call) -> web.StreamResponse:
    """``POST /commit``: a container's files and settings as an image; it is paused meanwhile."""
    call.refuse("changes")
    config = await call.optional_body(bodies.CONTAINER)
    if not call.text("container"):
        raise Refusal(400, 'invalid name or ID supplied: ""')
    containers, images = call.host.containers, call.host.images
    container = containers.find(call.text("container"))
    config = {key: value for key, value in config.items() if key not in ("HostConfig", "NetworkingConfig")}
    pauses = call.flag("pause", call.version >= (1, 13)) and container.state.status == "running"
    if pauses:
        containers.pause(container)
    try:
        name = _named(call.text("repo"), call.text("tag"), 500) if call.text("repo") else None
        made = images.commit(container, name, config, call.text("author"), call.text("comment"))
    finally:
        if pauses:
            containers.unpause(container)
    return json_answer({"Id": made.id}, 201)


def _named(repository: str, tag: str, status: int) -> Reference:
    name = parsed(repository, status=status)
    if tag and not TAG.fullmatch(tag):
        raise Refusal(status, "invalid tag format")
    return parsed(f"{repository}:{tag}", status=status) if tag else name


async def tag(call: Call) -> web.StreamResponse:
    """``POST /images/{name}/tag``."""
    image = call.host.images.find(call.name)
    call.host.images.tag(image, call.text("repo"), call.text("tag"))
    return empty(201)


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /images/{name}``."""
    return json_answer(await call.settle(call.host.images.remove(call.name, call.flag("force"))))


async def prune(call: Call) -> web.StreamResponse:
    """``POST /images/prune``."""
    chosen: Filters = call.filters().only("dangling", "label", "label!", "until")
    if chosen.get("until"):
        raise Refusal(501, "the embedded engine has no filter 'until' of /images/prune")
    every = chosen.boolean("dangling") is False
    used = {container.image_id for container in call.host.containers.all()}
    gone: list[Json] = []
    reclaimed = 0
    for image in call.host.images.all():
        listed = call.host.images.listed(image)
        tags = [tag for tag in listed.get("RepoTags") or [] if tag != "<none>:<none>"]
        labels = listed.get("Labels")
        if listed["Id"] in used or not (every or not tags) or not chosen.labels(labels) or not chosen.no_labels(labels):
            continue
        reclaimed += listed["Size"]
        for reference in tags or [listed["Id"]]:
            gone += await call.settle(call.host.images.remove(reference, False))
    call.host.events.add("image", "prune", "", {"reclaimed": str(reclaimed)})
    return json_answer({"ImagesDeleted": gone or None, "SpaceReclaimed": reclaimed})


async def load(call: Call) -> web.StreamResponse:
    """``POST /images/load``."""
    data = await call.data()

    async def told() -> AsyncIterator[bytes]:
        try:
            for message in await call.settle(call.host.images.load(data)):
                yield _line(message)
        except Refusal as refusal:
            yield _line({"errorDetail": {"message": refusal.message}, "error": refusal.message})

    return await stream(call.request, told(), headers=JSON_TYPE)


async def save(call: Call) -> web.StreamResponse:
    """``GET /images/get`` and ``GET /images/{name}/get``."""
    names = [call.name] if "name" in call.names else [one for given in call.texts("names") for one in given.split(",")]
    if not all(names):
        raise Refusal(500, "invalid reference format")
    data: bytes = await call.settle(call.host.images.save(names))

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 65_536):
            yield data[at : at + 65_536]
            await asyncio.sleep(0)

    return await stream(call.request, parts(), headers={"Content-Type": "application/x-tar"})


async def search(call: Call) -> web.StreamResponse:
    """``GET /images/search``: there is no registry to ask."""
    limit = call.number("limit") if call.text("limit") else 25
    raise offline(f"https://index.docker.io/v1/search?q={call.text('term')}&n={limit}")


async def push(call: Call) -> web.StreamResponse:
    """``POST /images/{name}/push``: there is no registry to push to."""
    if not call.request.headers.get("X-Registry-Auth"):
        raise Refusal(400, "Bad parameters and missing X-Registry-Auth: EOF")
    name = parsed(call.name, status=500)

    async def told() -> AsyncIterator[bytes]:
        yield _line({"status": f"The push refers to repository [{name.domain}/{name.path}]"})
        known = {tag.rpartition(":")[0] for image in call.host.images.all() for tag in call.host.images.tags(image)}
        missing = f"An image does not exist locally with the tag: {name.repository}"
        message = offline().message if name.repository in known else missing
        yield _line({"errorDetail": {"message": message}, "error": message})

    return await stream(call.request, told(), headers=JSON_TYPE)


async def distribution(call: Call) -> web.StreamResponse:
    """``GET /distribution/{name}/json``: there is no registry to ask."""
    parsed(call.name)
    raise offline()


ROUTES = (
    Route("GET", "/images/json", listing),
    Route("GET", "/images/search", search),
    Route("GET", "/images/get", save),
    Route("POST", "/images/create", create),
    Route("POST", "/images/load", load),
    Route("POST", "/images/prune", prune),
    Route("GET", "/images/{name:.+}/get", save),
    Route("GET", "/images/{name:.+}/history", history),
    Route("GET", "/images/{name:.+}/json", inspect),
    Route("POST", "/images/{name:.+}/push", push),
    Route("POST", "/images/{name:.+}/tag", tag),
    Route("DELETE", "/images/{name:.+}", remove),
    Route("POST", "/commit", commit),
    Route("GET", "/distribution/{name:.+}/json", distribution),
    absent("POST", "/images/{name:.+}/import"),
)
