"""The images of the course, and how each comes onto every node.

An image comes from where it can: already on the node; copied from another node of the lab; pulled where there is a
registry; else built from Debian's packages (`substitutes`), which the image's labels say. A simulated engine brings its
images itself, as if they had been loaded: none is built. An image named by its digest is pulled by each node that
lacks it: what is saved and loaded elsewhere keeps its tags, and loses its digest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, BinaryIO, Literal

from ..errors import NBSP, DiskFull, EngineRefused, ImageUnavailable, NodeUnreachable
from ..references import has_digest, listed_as, tagged
from . import control
from .node import Node
from .record import Record
from .substitutes import LABEL, Directory, File, Link, Notice, Recipe, cached
from .voting import recipes as voting

__all__ = [
    "ALPINE",
    "CATALOGUE",
    "NGINX",
    "STARTING",
    "TOOLS",
    "VOTING",
    "ImageSource",
    "ensure_cache",
    "provide",
    "substitutes",
]

ALPINE = "alpine:latest"
NGINX = "nginx:latest"
TOOLS = "swarmlab/outils:latest"
STARTING = (ALPINE, NGINX, TOOLS)
"""What every node of a lab has from its start."""
VOTING = voting.VOTING
"""What LAB #2 deploys: brought onto the nodes when a stack names it, and not before."""

Origin = Literal["present", "copied", "pulled", "built", "brought"]
DISK_SIGN = "no space left on device"

_log = logging.getLogger(__name__)

NGINX_CONF = """\
user nginx;
worker_processes 1;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
    access_log /var/log/nginx/access.log main;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
"""
NGINX_SITE = """\
server {
    listen 80;
    server_name localhost;
    charset utf-8;

    location / {
        root /usr/share/nginx/html;
        index index.html;
        # the page says which container answers: a proof of load balancing that the official image does not give
        sub_filter '@conteneur@' $hostname;
        sub_filter_once off;
    }
}
"""
NGINX_PAGE = """\
<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>nginx dans le conteneur @conteneur@</title></head>
<body>
<h1>nginx fonctionne</h1>
<p>Cette page vient du conteneur <strong>@conteneur@</strong>.</p>
<p>Image de substitution du labo, faite de paquets Debian.</p>
</body>
</html>
"""

_RECIPES = (
    # the wget of Debian 12's busybox crashes on -T: bound its time with `timeout 3 wget`
    Recipe(reference=ALPINE, packages=("busybox-static",), programs=(), command=("sh",)),
    Recipe(
        reference=NGINX,
        packages=("nginx-light", "busybox-static"),
        programs=("usr/sbin/nginx",),
        keep=("etc/nginx/mime.types", "etc/nginx/*_params", "etc/nginx/fastcgi.conf"),
        users={"nginx": 101},
        tree={
            "etc/nginx/nginx.conf": File(NGINX_CONF),
            "etc/nginx/conf.d/default.conf": File(NGINX_SITE),
            "usr/share/nginx/html/index.html": File(NGINX_PAGE),
            "var/log/nginx/access.log": Link("/dev/stdout"),
            "var/log/nginx/error.log": Link("/dev/stderr"),
            "var/lib/nginx": Directory(),
        },
        command=("nginx", "-g", "daemon off;"),
        ports=("80/tcp",),
        stop_signal="SIGQUIT",
    ),
    Recipe(
        reference=TOOLS,
        packages=("tcpdump", "iputils-ping", "iproute2", "dash", "busybox-static"),
        programs=("usr/bin/tcpdump", "usr/bin/ping", "usr/bin/ip", "usr/sbin/bridge", "usr/bin/dash"),
        keep=("etc/iproute2/*",),
        users={"tcpdump": 102},
        # busybox's shell would run its own ping and ip before those of the packages
        tree={"usr/bin/sh": Link("dash")},
        command=("sh",),
        substitute=False,
    ),
    *voting.RECIPES,
)

CATALOGUE: Mapping[str, Recipe] = MappingProxyType({recipe.reference: recipe for recipe in _RECIPES})
"""Every image that the course uses: reference -> how to make it where no registry has it."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where one image of one node came from."""

    reference: str
    node: str
    origin: Origin
    substitute: bool
    """True when it stands for the image of that name and is not it."""
    detail: str
    """In French: from which node, from which file, for want of what."""


def ensure_cache(references: Iterable[str] = STARTING, *, notice: Notice = _log.info) -> dict[str, Path]:
    """Build what the cache lacks and verify the rest; no engine is needed.

    Returns
    -------
    dict
        Reference -> archive for ``docker load``.

    Raises
    ------
    ImageUnavailable
        An image that is not of the catalogue, or cannot be built here.
    DiskFull
    """
    wanted = _normal(references)
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        archives = {reference: pool.submit(_cached, reference, notice) for reference in wanted}
    return {reference: archive.result() for reference, archive in archives.items()}


def provide(
    nodes: Sequence[Node],
    references: Iterable[str] = STARTING,
    *,
    internet: bool,
    notice: Notice = _log.info,
) -> tuple[ImageSource, ...]:
    """Bring every image onto every node, all of them at once.

    Parameters
    ----------
    nodes
        Nodes of one lab, their engines up.
    references
        Images; one that is not of the catalogue can only be copied or pulled.
    internet
        Whether the nodes reach a registry.

    Returns
    -------
    tuple of ImageSource
        One per image and node, in the order asked.

    Raises
    ------
    ImageUnavailable
        An image could be had nowhere; it lists what was tried and why it failed.
    DiskFull, NodeUnreachable, EngineRefused
    """
    wanted = _normal(references)
    if not nodes or not wanted:
        return ()
    with (
        ThreadPoolExecutor(max_workers=len(nodes) * len(wanted)) as by_node,
        ThreadPoolExecutor(max_workers=len(wanted)) as by_image,
    ):
        held = dict(zip((node.name for node in nodes), by_node.map(_held, nodes), strict=True))
        supply = _Supply(tuple(nodes), held, internet, notice, by_node)
        done = [by_image.submit(supply.provide, reference) for reference in wanted]
    return tuple(source for image in done for source in image.result())


def substitutes(node: Node) -> tuple[str, ...]:
    """The images on a node that stand for somebody else's, by reference.

    Raises
    ------
    NodeUnreachable, EngineRefused
    """
    names = (
        image.get("RepoTags") or image.get("RepoDigests") or () for image in _listed(node) if _is_substitute(image)
    )
    return tuple(sorted(reference for several in names for reference in several))


def _normal(references: Iterable[str]) -> tuple[str, ...]:
    """References with a tag or a digest, without the default registry; each once."""
    return tuple(dict.fromkeys(tagged(reference) for reference in references))


def _cached(reference: str, notice: Notice) -> Path:
    recipe = CATALOGUE.get(reference)
    if recipe is None:
        remedy = (
            f"docker pull {reference} sur chaque nœud, ou une étiquette à la place du digest"
            if has_digest(reference)
            else f"docker pull {reference} sur un nœud qui atteint un registre, ou{NBSP}: docker load -i image.tar"
        )
        raise ImageUnavailable(
            reference, ["elle n'est pas au catalogue du cours, et ne peut donc pas être construite"], remedy
        )
    return cached(recipe, notice=notice)


def _listed(node: Node) -> list[dict[str, Any]]:
    """The images on a node, as its engine lists them."""
    with node.asking("lister ses images"):
        listed: list[dict[str, Any]] = node.api.images()
    return listed


def _is_substitute(labelled: Mapping[str, Any]) -> bool:
    return (labelled.get("Labels") or {}).get(f"{LABEL}.substitute") == "true"


def _held(node: Node) -> dict[str, bool]:
    """The images on a node, by all their names: reference, as listed -> whether it is a substitute."""
    return {
        reference: _is_substitute(image)
        for image in _listed(node)
        for reference in (*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ()))
    }


@dataclass(frozen=True)
class _Supply:
    """Brings images onto the nodes of one lab."""

    nodes: tuple[Node, ...]
    held: Mapping[str, Mapping[str, bool]]
    """Node -> reference -> whether it is a substitute, as they were at first."""
    internet: bool
    notice: Notice
    pool: Executor
    """For what is done on one node; nothing done there submits to it again."""
    laying: Lock = field(default_factory=Lock)
    laid: set[str] = field(default_factory=set)
    """Bases that every node has."""

    def provide(self, reference: str) -> list[ImageSource]:
        """Bring one image onto every node, from the first source that has it."""
        recipe = CATALOGUE.get(reference)
        name = listed_as(reference)
        holders = [node for node in self.nodes if name in self.held[node.name]]
        found = {
            node.name: ImageSource(reference, node.name, "present", self.held[node.name][name], "déjà sur le nœud")
            for node in holders
        }
        tried = [] if holders else ["aucun nœud du labo ne l'a"]
        self._copy(reference, holders, found, tried)
        if len(found) < len(self.nodes) and self.nodes[0].simulated:
            self._bring(reference, found, tried)
        # an image of the project's own is in no registry: what bears its name there is somebody else's
        if len(found) < len(self.nodes) and (recipe is None or recipe.substitute):
            self._pull(reference, found, tried)
        if len(found) < len(self.nodes):
            self._build(reference, found, tried)
        return [found[node.name] for node in self.nodes]

    def _missing(self, found: Mapping[str, ImageSource]) -> list[Node]:
        return [node for node in self.nodes if node.name not in found]

    def _copy(self, reference: str, holders: Iterable[Node], found: dict[str, ImageSource], tried: list[str]) -> None:
        """Copy from the nodes that have it to those that lack it; a holder that fails gives way to the next."""
        for holder in holders:
            if has_digest(reference):
                tried.append(f"le nœud {holder.name} l'a, mais une copie perdrait son digest")
                return
            missing = self._missing(found)
            copies = [self.pool.submit(_copy, holder, node, reference) for node in missing]
            for node, copy in zip(missing, copies, strict=True):
                try:
                    copy.result()
                except (EngineRefused, NodeUnreachable) as err:
                    if isinstance(err, NodeUnreachable) and err.node == node.name:
                        raise
                    tried.append(f"la copie du nœud {holder.name} vers {node.name} a échoué ({err.detail})")
                else:
                    is_substitute = found[holder.name].substitute
                    detail = f"copiée du nœud {holder.name}"
                    found[node.name] = ImageSource(reference, node.name, "copied", is_substitute, detail)

    def _pull(self, reference: str, found: dict[str, ImageSource], tried: list[str]) -> None:
        """Have one node pull, and the others copy; each pulls for itself what has a digest."""
        if not self.internet:
            tried.append("les nœuds n'atteignent aucun registre")
            return
        missing = self._missing(found)
        pulling = missing if has_digest(reference) else missing[:1]
        for node in pulling:
            self.notice(f"Téléchargement de l'image {reference} par le nœud {node.name}.")
        pulls = [self.pool.submit(_pull, node, reference) for node in pulling]
        pulled = []
        for node, pull in zip(pulling, pulls, strict=True):
            try:
                is_substitute = pull.result()
            except (EngineRefused, NodeUnreachable) as err:
                tried.append(f"le nœud {node.name} n'a pas pu la télécharger ({err.detail})")
            else:
                pulled.append(node)
                found[node.name] = ImageSource(
                    reference, node.name, "pulled", is_substitute, "téléchargée d'un registre"
                )
        self._copy(reference, pulled, found, tried)

    def _bring(self, reference: str, found: dict[str, ImageSource], tried: list[str]) -> None:
        """Have the engines bring what they know; nothing else can be had there."""
        missing = self._missing(found)
        operation = f"apporter l'image {reference}"
        asked = {"hosts": [node.name for node in missing], "references": [reference]}
        try:
            control.ask(Record.standing(missing[0].lab).directory, "POST", "/images", asked, doing=operation)
        except EngineRefused as err:
            if DISK_SIGN in err.detail:
                raise DiskFull("nœuds simulés", operation, missing[0].lab) from err
            tried.append(f"le moteur simulé ne l'apporte pas ({err.detail})")
            known = ", ".join(CATALOGUE)
            remedy = f"choisissez parmi{NBSP}: {known}, ou de vrais moteurs{NBSP}: swarmlab up --backend local"
            raise ImageUnavailable(reference, tried, remedy) from err
        for node in missing:
            detail = "apportée par le moteur simulé"
            found[node.name] = ImageSource(reference, node.name, "brought", True, detail)

    def _lay(self, base: str) -> None:
        """Bring a base onto every node: the images that lie on it come here at once, and the first one does it."""
        with self.laying:
            if base not in self.laid:
                self.provide(base)
                self.laid.add(base)

    def _build(self, reference: str, found: dict[str, ImageSource], tried: list[str]) -> None:
        """Load the cached archive, built if need be, on the nodes that are left."""
        recipe = CATALOGUE.get(reference)
        if recipe and recipe.base:
            self._lay(recipe.base.reference)
        try:
            archive = _cached(reference, self.notice)
        except ImageUnavailable as err:
            raise ImageUnavailable(reference, [*tried, *err.tried], err.remedy or "") from err
        missing = self._missing(found)
        loads = [self.pool.submit(_load_file, node, reference, archive) for node in missing]
        for node, load in zip(missing, loads, strict=True):
            load.result()
            is_substitute = CATALOGUE[reference].substitute
            detail = f"faite de paquets de la distribution ({archive})"
            found[node.name] = ImageSource(reference, node.name, "built", is_substitute, detail)


def _pull(node: Node, reference: str) -> bool:
    """Have a node pull an image; return whether it is a substitute that somebody put in a registry."""
    operation = f"télécharger l'image {reference}"
    with node.asking(operation):
        _obey(node, operation, node.api.pull(reference, stream=True, decode=True))
        return _is_substitute(node.api.inspect_image(reference)["Config"] or {})


def _copy(holder: Node, target: Node, reference: str) -> None:
    """Stream an image from one engine to another; it is never held whole."""

    def chunks() -> Iterator[bytes]:
        with holder.asking(f"donner l'image {reference}"):
            yield from holder.api.get_image(reference)

    _load(target, reference, chunks())


def _load_file(node: Node, reference: str, archive: Path) -> None:
    with archive.open("rb") as stream:
        _load(node, reference, stream)


def _load(node: Node, reference: str, data: BinaryIO | Iterator[bytes]) -> None:
    operation = f"charger l'image {reference}"
    with node.asking(operation):
        said = _obey(node, operation, node.api.load_image(data) or ())
    if "Loaded image" not in said:
        raise EngineRefused(operation, "il n'a pas confirmé le chargement", node.name)


def _obey(node: Node, operation: str, answers: Iterable[Mapping[str, Any]]) -> str:
    """Read an engine's stream of answers to its end, where its errors are lines like the others.

    A refusal that comes with its own HTTP status is one line too: the SDK does not look at the status of a load.
    """
    said = []
    for answer in answers:
        problem = answer.get("error") or answer.get("message")
        if problem and DISK_SIGN in problem:
            raise DiskFull(f"nœud {node.name}", operation, node.lab)
        if problem:
            raise EngineRefused(operation, str(problem).strip(), node.name)
        said.append(str(answer.get("stream", "")))
    return "".join(said)
