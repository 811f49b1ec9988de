"""The images of a host."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import ZERO_TIME
from ..kinds import Json
from ..refusal import Refusal
from .builtin import builtin
from .committing import committed
from .image import Image, archive, folder_of, image_config, read_archive
from .platforms import Platform
from .pulling import HUB, offline, progress
from .reference import Reference, is_id, parsed

if TYPE_CHECKING:
    from .container import Container
    from .host import Host

__all__ = ["Images"]

SHORT = 12


class Images:
    """The images of one host, and their names there."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._images: dict[str, Image] = {}
        self._names: dict[str, str] = {}
        """``alpine:latest`` or ``alpine@sha256:…`` -> id."""
        self._tagged: dict[str, str] = {}
        """Id -> when it was last tagged."""
        self._parents: dict[str, str] = {}
        """Id -> that of the image it was committed from."""

    # --- finding --------------------------------------------------------------------------------------

    def find(self, reference: str) -> Image:
        """The image of that name, id or beginning of an id.

        Raises
        ------
        Refusal
            404; 400: it cannot be a name.
        """
        if reference.startswith("sha256:") and reference in self._images:
            return self._images[reference]
        name: Reference | None = None
        if not reference.startswith("sha256:"):
            full = is_id(reference) and f"sha256:{reference}" in self._images
            if full:
                return self._images[f"sha256:{reference}"]
            name = parsed(reference)
            known = self._names.get(name.familiar) or self._names.get(f"{name.repository}@{name.digest}")
            if known is not None:
                return self._images[known]
        if is_id(reference):
            start = f"sha256:{reference.removeprefix('sha256:')}"
            several = [image for identity, image in self._images.items() if identity.startswith(start)]
            if len(several) == 1:
                return several[0]
        raise Refusal(404, f"No such image: {name.familiar if name else reference}")

    def find_for(self, reference: str, wanted: Platform | None) -> Image:
        """The image of that name; it must be made for that platform, if there is one.

        Raises
        ------
        Refusal
            404; 400.
        """
        image = self.find(reference)
        actual = Platform(str(image.body.get("os") or "linux"), str(image.body.get("architecture") or "amd64"))
        if wanted is not None and not wanted.runs(actual):
            found = f"image with reference {reference} was found but does not match the specified platform"
            raise Refusal(404, f"{found}: wanted {wanted}, actual: {actual}")
        return image

    def all(self) -> list[Image]:
        """All images, the newest first."""
        return sorted(self._images.values(), key=lambda image: str(image.body.get("created")), reverse=True)

    def tags(self, image: Image) -> list[str]:
        """Its names with a tag."""
        return sorted(name for name, identity in self._names.items() if identity == image.id and "@" not in name)

    def digests(self, image: Image) -> list[str]:
        """Its names with a digest: those of images that were pulled."""
        return sorted(name for name, identity in self._names.items() if identity == image.id and "@" in name)

    def users(self, image: Image) -> list[Container]:
        """Containers made from it."""
        return [container for container in self.host.containers.all() if container.image_id == image.id]

    # --- showing --------------------------------------------------------------------------------------

    def listed(self, image: Image) -> Json:
        """An item of ``GET /images/json``."""
        tags, digests = self.tags(image), self.digests(image)
        return {
            "Containers": -1,
            "Created": _seconds(image),
            "Id": image.id,
            "Labels": image.labels,
            "ParentId": self._parents.get(image.id, ""),
            "RepoDigests": digests or (None if tags else ["<none>@<none>"]),
            "RepoTags": tags or ([f"{digests[0].partition('@')[0]}:<none>"] if digests else ["<none>:<none>"]),
            "SharedSize": -1,
            "Size": image.size,
            "VirtualSize": image.size,
        }

    def inspect(self, image: Image) -> Json:
        """Body of ``GET /images/{name}/json``."""
        body = image.body
        folder = f"{self.host.root}/overlay2/{folder_of(image.id)}"
        return {
            "Id": image.id,
            "RepoTags": self.tags(image),
            "RepoDigests": self.digests(image),
            "Parent": self._parents.get(image.id, ""),
            "Comment": str(body.get("comment") or ""),
            "Created": str(body.get("created") or ZERO_TIME),
            "Container": str(body.get("container") or ""),
            "ContainerConfig": image_config(body.get("container_config") or {}),
            "DockerVersion": str(body.get("docker_version") or ""),
            "Author": str(body.get("author") or ""),
            "Config": image.config,
            "Architecture": str(body.get("architecture") or "amd64"),
            "Os": str(body.get("os") or "linux"),
            "Size": image.size,
            "VirtualSize": image.size,
            "GraphDriver": {
                "Data": {
                    "MergedDir": f"{folder}/merged",
                    "UpperDir": f"{folder}/diff",
                    "WorkDir": f"{folder}/work",
                },
                "Name": "overlay2",
            },
            "RootFS": {"Type": "layers", "Layers": list((body.get("rootfs") or {}).get("diff_ids") or ())},
            "Metadata": {"LastTagTime": self._tagged.get(image.id, ZERO_TIME)},
        }

    def history(self, image: Image) -> list[Json]:
        """Body of ``GET /images/{name}/history``, the newest step first."""
        steps = list(reversed(image.body.get("history") or [{}]))
        line = self._line(image)
        sizes = list(image.sizes)
        return [
            {
                "Comment": str(step.get("comment") or ""),
                "Created": _seconds(image, step.get("created")),
                "CreatedBy": str(step.get("created_by") or ""),
                "Id": line[number].id if number < len(line) else "<missing>",
                "Size": 0 if step.get("empty_layer") or not sizes else sizes.pop(),
                "Tags": (self.tags(line[number]) or None) if number < len(line) else None,
            }
            for number, step in enumerate(steps)
        ]

    def _line(self, image: Image) -> list[Image]:
        """An image, the one it was committed from, and so on."""
        found = [image]
        while (parent := self._images.get(self._parents.get(found[-1].id, ""))) is not None:
            found.append(parent)
        return found

    # --- bringing -------------------------------------------------------------------------------------

    def provide(self, reference: str) -> Image:
        """Have a built-in image at once, as if it had been loaded.

        Raises
        ------
        Refusal
            500: it is no built-in one.
        """
        name = parsed(reference)
        image = self._registry(name)
        self._keep(image, name.familiar)
        return image

    async def pull(self, reference: str, wanted: Platform | None = None) -> AsyncIterator[Json]:
        """Bring an image from the built-in registry; yield the progress, as the engine tells it.

        Parameters
        ----------
        wanted
            What it must be made for.

        Raises
        ------
        Refusal
            400, 404 or 500, before anything is told.
        """
        name = parsed(reference)
        image = self._registry(name)
        if wanted is not None and not wanted.runs(Platform()):
            raise Refusal(404, f"no matching manifest for {wanted} in the manifest list entries")
        present = image.id in self._images
        async for told in progress(self.host.world.clock, name, image, present=present):
            if self.host.full and not present and told.get("status") == "Extracting":
                problem = f"write {self.host.root}/tmp/GetImageBlob1: no space left on device"
                yield {"errorDetail": {"message": problem}, "error": problem}
                return
            yield told
        if name.tag:
            self._keep(image, name.familiar)
        self._names[f"{name.repository}@{image.manifest}"] = image.id
        self._images[image.id] = image
        attributes = {**(image.labels or {}), "name": name.repository}
        self.host.events.add("image", "pull", name.familiar, attributes)

    def _registry(self, name: Reference) -> Image:
        missing = self.host.world.faults.missing_images
        plain = Reference(name.domain, name.path, name.tag or "latest").familiar
        image = builtin(plain)
        if name.digest:
            image = self._by_digest(name)
        if image is not None and plain not in missing and name.familiar not in missing:
            return image
        if plain in missing or name.familiar in missing:
            raise Refusal(404, f"manifest for {name.familiar} not found: manifest unknown: manifest unknown")
        raise offline(f"https://{name.domain}/v2/" if name.domain != "docker.io" else HUB)

    def _by_digest(self, name: Reference) -> Image | None:
        from .builtin import REFERENCES

        several = (builtin(known) for known in REFERENCES if known.rpartition(":")[0] == name.repository)
        return next((image for image in several if image is not None and image.manifest == name.digest), None)

    def load(self, data: bytes) -> list[Json]:
        """Read an archive; what is given back is what the engine answers with.

        Raises
        ------
        Refusal
            500: no archive of images.
        """
        if self.host.full:
            raise Refusal(500, "Error processing tar file(exit status 1): write /layer.tar: no space left on device")
        answers = []
        for image, tags in read_archive(data):
            self._images[image.id] = image
            for tag in tags:
                name = parsed(tag).familiar
                before = self._names.get(name)
                self._names[name] = image.id
                if before not in (None, image.id):
                    old = f"The image {name} already exists, renaming the old one with ID {before} to empty string\n"
                    answers.append({"stream": old})
                answers.append({"stream": f"Loaded image: {name}\n"})
            if not tags:
                answers.append({"stream": f"Loaded image ID: {image.id}\n"})
            self._tell("load", image)
        return answers

    def commit(self, container: Container, name: Reference | None, config: Json, author: str, comment: str) -> Image:
        """Make an image of a container.

        Parameters
        ----------
        name
            Of the image; None: it has none.
        config
            What is to be changed in the container's settings; empty: nothing.
        """
        base = self._images.get(container.image_id)
        made = committed(container, base, config, author=author, comment=comment)
        self._images[made.id] = made
        if base is not None:
            self._parents[made.id] = base.id
        if name is not None:
            self.name(made, name)
        attributes = {"comment": comment, "imageID": made.id, "imageRef": name.familiar if name else ""}
        self.host.containers.tell(container, "commit", **attributes)
        return made

    def save(self, references: list[str]) -> bytes:
        """An archive of images.

        Raises
        ------
        Refusal
            404.
        """
        named: dict[str, tuple[Image, list[str]]] = {}
        for reference in references:
            try:
                image = self.find(reference)
            except Refusal as err:
                raise Refusal(404, f"No such image: {reference}") from err
            tags = named.setdefault(image.id, (image, []))[1]
            if not self._by_id(reference):
                name = parsed(reference)
                wanted = [name.familiar] if ":" in reference.rpartition("/")[2] else self._versions(name, image)
                tags += [tag for tag in wanted if tag not in tags and tag in self._names]
        for image, _ in named.values():
            self._tell("save", image)
        return archive(named)

    def _versions(self, name: Reference, image: Image) -> list[str]:
        return [tag for tag in self.tags(image) if tag.rpartition(":")[0] == name.repository]

    # --- changing -------------------------------------------------------------------------------------

    def tag(self, image: Image, repository: str, tag: str = "") -> None:
        """Give it one more name.

        Raises
        ------
        Refusal
            500: it cannot be a name.
        """
        name = parsed(f"{repository}:{tag}" if tag else repository, status=500)
        if name.digest:
            raise Refusal(500, "refusing to create a tag with a digest reference")
        self.name(image, name)

    def name(self, image: Image, name: Reference) -> None:
        """Give it that name, as ``docker tag`` does."""
        self._keep(image, name.familiar)
        self._tagged[image.id] = self.host.world.clock.now()
        self._tell("tag", image, name.familiar)

    def remove(self, reference: str, force: bool = False, noprune: bool = False) -> list[Json]:
        """Take a name away, and the image with its last one.

        Raises
        ------
        Refusal
            404; 409: a container uses it, or it has several names.
        """
        image = self.find(reference)
        users, answers = self.users(image), []
        names = self.tags(image) + self.digests(image)
        repositories = {
            name.partition("@")[0].rpartition(":")[0] or name.partition("@")[0] for name in self.tags(image)
        }
        by_id = self._by_id(reference)
        single = len(self.tags(image)) <= 1 and len(repositories) <= 1
        if not by_id:
            if not force and single and users:
                raise Refusal(
                    409,
                    f'conflict: unable to remove repository reference "{reference}" (must force) - container '
                    f"{users[0].short_id} is using its referenced image {_short(image)}",
                )
            name = parsed(reference)
            gone = [name.familiar] if name.familiar in self._names else [f"{name.repository}@{name.digest}"]
            if not any(
                tag for tag in self.tags(image) if tag not in gone and tag.rpartition(":")[0] == name.repository
            ):
                gone += [digest for digest in self.digests(image) if digest.startswith(f"{name.repository}@")]
        else:
            self._check_removal(image, users, force=force, named=not single)
            gone = names
        for name_gone in dict.fromkeys(gone):
            if self._names.pop(name_gone, None) is not None:
                answers.append({"Untagged": name_gone})
                self._tell("untag", image)
        if self.tags(image) or self.digests(image):
            return answers
        if any(user.state.running for user in users) or (users and not force):
            # the name is gone: that is what was asked for
            return answers
        return answers + self._delete(image, users)

    def _by_id(self, reference: str) -> bool:
        """Whether an image was asked for by its id, or by the beginning of it."""
        if reference.startswith("sha256:"):
            return True
        return is_id(reference) and parsed(reference).familiar not in self._names

    def _check_removal(self, image: Image, users: list[Container], *, force: bool, named: bool) -> None:
        refused = f"conflict: unable to delete {_short(image)}"
        for user in users:
            if user.state.running:
                why = f"image is being used by running container {user.short_id}"
                raise Refusal(409, f"{refused} (cannot be forced) - {why}")
        if not force and named:
            raise Refusal(409, f"{refused} (must be forced) - image is referenced in multiple repositories")
        if not force and users:
            why = f"image is being used by stopped container {users[0].short_id}"
            raise Refusal(409, f"{refused} (must be forced) - {why}")

    def _delete(self, image: Image, users: list[Container]) -> list[Json]:
        del self._images[image.id]
        self._tagged.pop(image.id, None)
        self._parents.pop(image.id, None)
        self._tell("delete", image)
        answers = [{"Deleted": image.id}]
        layers = (image.body.get("rootfs") or {}).get("diff_ids") or ()
        if not users:
            chain = _chain(list(layers))
            shared = {one for other in self._images.values() for one in _chain(_layers(other))}
            answers += [{"Deleted": one} for one in reversed(chain) if one not in shared]
        return answers

    def unused(self, *, dangling: bool = True) -> list[Image]:
        """What ``docker image prune`` considers: without a name, or all (``--all``), and used by no container."""
        return [image for image in self.all() if not self.users(image) and not (dangling and self._named(image))]

    def discard(self, image: Image) -> list[Json]:
        """Remove an unused image with all its names, as ``docker image prune`` does."""
        answers = []
        for name in [*self.tags(image), *self.digests(image)]:
            del self._names[name]
            answers.append({"Untagged": name})
            self._tell("untag", image)
        return answers + self._delete(image, [])

    def _named(self, image: Image) -> bool:
        return image.id in self._names.values()

    def _keep(self, image: Image, name: str) -> None:
        self._images[image.id] = image
        self._names[name] = image.id

    def _tell(self, action: str, image: Image, name: str = "") -> None:
        self.host.events.add("image", action, image.id, {**(image.labels or {}), "name": name or image.id})


def _short(image: Image) -> str:
    return image.id.removeprefix("sha256:")[:SHORT]


def _layers(image: Image) -> list[str]:
    return list((image.body.get("rootfs") or {}).get("diff_ids") or ())


def _chain(layers: list[str]) -> list[str]:
    """Ids of stacks of layers, as the engine names them: the first one is its only layer's."""
    found: list[str] = []
    for layer in layers:
        below = f"{found[-1]} {layer}" if found else ""
        found.append(f"sha256:{hashlib.sha256(below.encode()).hexdigest()}" if below else layer)
    return found


def _seconds(image: Image, text: str | None = None) -> int:
    written = text or str(image.body.get("created") or ZERO_TIME)
    return int(datetime.fromisoformat(written[:19] + "+00:00").timestamp())
