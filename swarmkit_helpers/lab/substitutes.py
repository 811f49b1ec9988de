"""Images made from Debian's packages, for the labs that no registry reaches.

A recipe names packages; mmdebstrap fetches and unpacks them without running their scripts; what the recipe keeps of
them becomes one layer in a ``docker load`` archive. The archive is deterministic (sorted entries, one date for all), so
that an image has the same id on every node and after a rebuild from the same packages. It is built once, and kept in a
cache where nothing is believed that its checksum does not confirm. Images that need the same packages can lie on one
base: they hold its layer and one of their own, and an engine stores the first one once.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import logging
import os
import platform
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from ..errors import NBSP, DiskFull, ImageUnavailable

__all__ = [
    "Directory",
    "File",
    "Link",
    "Notice",
    "Recipe",
    "Suite",
    "apt_options",
    "cache_directory",
    "cached",
    "machine_suite",
    "mirrors",
]

Notice = Callable[[str], None]
"""Receives one French sentence on what is being done."""

LABEL = "org.swarmlab"
FORMAT = 4
"""Raised when the way images are written changes, so that every cached one is built again."""
BUILD_TIMEOUT_S = 600
OLD_S = 24 * 3600
"""An archive of a former recipe is removed from the cache once it has this age, in seconds."""

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MERGED = ("bin", "sbin", "lib", "lib64")
"""Directories that are links into /usr in today's Debian; its packages still differ on it."""
UNWANTED = (
    "dev/*",
    "packages",
    "etc/apt/*",
    "etc/dpkg/*",
    "etc/fstab",
    "etc/hostname",
    "etc/resolv.conf",
    "usr/lib/*/gconv/*",
    "usr/share/bash-completion/*",
    "usr/share/bug/*",
    "usr/share/doc/*",
    "usr/share/doc-base/*",
    "usr/share/info/*",
    "usr/share/initramfs-tools/*",
    "usr/share/lintian/*",
    "usr/share/locale/*",
    "usr/share/man/*",
    "var/cache/*",
    "var/lib/apt/*",
    "var/lib/dpkg/*",
    "var/log/apt/*",
)
"""What no container needs, and what the building itself leaves (its dates would change the image's id)."""
DISK_SIGNS = ("No space left on device", "enough free space", "Disk quota exceeded")
UNLISTED = ("usr/lib*/ld-linux-*.so.*", "usr/lib/*/libnss_dns.so*", "usr/lib/*/libnss_files.so*")
"""What every linked program needs, and its list of libraries does not say: the loader's own path, the name service."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SAVE_VERSIONS = 'for deb in "$1"/var/cache/apt/archives/*.deb; do dpkg-deb -W "$deb"; done > "$1/packages"'
NETWORK_SIGNS = ("Temporary failure", "Could not resolve", "Could not connect", "Failed to fetch", "Connection timed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class File:
    """A text file of an image."""

    text: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link of an image."""

    target: str


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of an image."""

    mode: int = 0o755
    uid: int = 0
    """Owner, and group."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to make one image from packages."""

    reference: str
    """Name and tag: ``nginx:latest``."""
    packages: tuple[str, ...] = ()
    """Debian's packages; what they depend on comes along."""
    base: Recipe | None = None
    """The image on whose layer this one's lies. Packages and accounts are then those of the base; `tree` is all that
    this one adds, and `env` is added to the base's."""
    command: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    """What runs instead of the command, with the command as its arguments."""
    substitute: bool = True
    """True when it stands for somebody else's image; False for the project's own."""
    programs: tuple[str, ...] | None = None
    """Paths to keep, or patterns of paths, with the libraries they are linked to; None keeps all that the packages
    hold."""
    keep: tuple[str, ...] = ()
    """Patterns of other paths to keep when `programs` is given: ``etc/nginx/*``."""
    prepare: tuple[str, ...] = ()
    """Command run on what the packages hold, as if they were installed, before the choice of what is kept. What it
    writes must be the same at each build, and dated as the packages' own files."""
    without: tuple[str, ...] = ()
    """Patterns of paths to leave out, whatever `programs` and `keep` say."""
    tree: Mapping[str, File | Link | Directory] = field(default_factory=dict)
    """Entries added to those of the packages, or put in their place; paths without leading slash, under usr/."""
    users: Mapping[str, int] = field(default_factory=dict)
    """Accounts beside root and nobody: name -> uid, which is also the gid of a group of that name."""
    busybox: bool = True
    """Whether busybox's applets are linked in /bin, but those that a package brings; needs busybox-static."""
    ports: tuple[str, ...] = ()
    """Ports said to be served: ``80/tcp``."""
    env: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    """Where the command runs."""
    volumes: tuple[str, ...] = ()
    """Directories whose content outlives the container, in a volume of its own if none is named."""
    stop_signal: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """Where packages come from: a release of a distribution, for one kind of machine."""

    distribution: str
    """``debian`` or ``ubuntu``."""
    codename: str
    """``bookworm``."""
    architecture: str
    """``amd64``."""
    title: str
    """As the distribution calls itself: ``Debian GNU/Linux 12 (bookworm)``."""


def machine_suite(image: str) -> Suite:
    """The suite this machine itself runs.

    Raises
    ------
    ImageUnavailable
        It is neither a Debian nor an Ubuntu, nor made from one.
    """
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    kin = f"{release.get('ID', '')} {release.get('ID_LIKE', '')}".split()
    base = next((name for name in kin if name in ("ubuntu", "debian")), None)
    named = ("UBUNTU_CODENAME", "DEBIAN_CODENAME", "VERSION_CODENAME")
    codename = next((release[key] for key in named if release.get(key)), None)
    architecture = ARCHITECTURES.get(platform.machine())
    if base is None or codename is None or architecture is None:
        title = release.get("PRETTY_NAME", "système inconnu")
        raise ImageUnavailable(
            image,
            [f"un substitut se construit sur Debian ou Ubuntu (amd64, arm64), pas sur {title}, {platform.machine()}"],
            remedy="donnez aux nœuds un accès à un registre, ou préparez le cache sur une machine Debian "
            "(variable SWARMLAB_CACHE)",
        )
    return Suite(base, codename, architecture, release.get("PRETTY_NAME", codename))


def cache_directory() -> Path:
    """Where built images are kept: the directory SWARMLAB_CACHE names, else /var/cache/swarmlab/images."""
    return Path(os.environ.get("SWARMLAB_CACHE") or "/var/cache/swarmlab/images")


def cached(recipe: Recipe, *, notice: Notice = _log.info) -> Path:
    """The archive of an image, ready for ``docker load``: from the cache, else built.

    The checksum is verified each time. Two commands that ask at once build once.

    Raises
    ------
    ImageUnavailable
        It is not in the cache and cannot be built here.
    DiskFull
    """
    suite = machine_suite(recipe.reference)
    cache = cache_directory()
    stem = re.sub(r"[^a-z0-9.]+", "_", recipe.reference.lower())
    archive = cache / f"{stem}-{_digest(recipe, suite)}.tar"
    with _refusals(recipe.reference, cache):
        if archive.exists() and _flaw(archive) is None:
            return archive
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(cache / f"{stem}.lock", recipe.reference, notice):
            _remove_leftovers(cache, stem, archive)
            if archive.exists():
                flaw = _flaw(archive)
                if flaw is None:  # another command built it while this one waited
                    return archive
                notice(f"L'image {recipe.reference} du cache est {flaw}{NBSP}: elle est reconstruite.")
            base = cached(recipe.base, notice=notice) if recipe.base else None
            notice(f"Construction de l'image {recipe.reference} à partir des paquets de {suite.title}.")
            with tempfile.TemporaryDirectory(
                prefix=f".{stem}-", suffix=".tmp", dir=cache, ignore_cleanup_errors=True
            ) as workspace:
                _build(recipe, suite, Path(workspace), archive, base)
    return archive


def _digest(recipe: Recipe, suite: Suite) -> str:
    text = json.dumps([FORMAT, asdict(recipe), asdict(suite)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sidecar(archive: Path) -> Path:
    return archive.with_suffix(".json")


def _flaw(archive: Path) -> str | None:
    """What is wrong with a cached archive, in French; None when it is what was written."""
    try:
        said = json.loads(_sidecar(archive).read_text(encoding="utf-8"))
        size, sha256 = said["size"], said["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return "sans somme de contrôle lisible (écriture interrompue)"
    try:
        if archive.stat().st_size != size:
            return "tronquée"
        with archive.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as err:
        return f"illisible ({err.strerror})"
    return None if found == sha256 else "altérée (sa somme de contrôle a changé)"


@contextmanager
def _locked(path: Path, image: str, notice: Notice) -> Iterator[None]:
    """Hold a lock that the kernel frees when its holder dies."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            notice(f"L'image {image} est déjà en construction{NBSP}: attente de sa fin.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_leftovers(cache: Path, stem: str, current: Path) -> None:
    """Remove what killed builds and former recipes left; the lock is held."""
    for leftover in cache.glob(f".{stem}-*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)
    for former in cache.glob(f"{stem}-*.tar"):
        if former != current and time.time() - former.stat().st_mtime > OLD_S:
            former.unlink()
            _sidecar(former).unlink(missing_ok=True)


@contextmanager
def _refusals(image: str, cache: Path) -> Iterator[None]:
    """Turn the file system's refusals into the project's errors."""
    try:
        yield
    except OSError as err:
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(cache, f"construire l'image {image}") from err
        raise ImageUnavailable(
            image,
            [f"le cache {cache} ne peut pas être écrit{NBSP}: {err.strerror}"],
            remedy="relancez avec sudo, ou choisissez un autre cache (variable SWARMLAB_CACHE)",
        ) from err


# --- from packages to a root file system ----------------------------------------------------------


def _build(recipe: Recipe, suite: Suite, workspace: Path, archive: Path, base: Path | None) -> None:
    """Build an image in the workspace, then put archive and sidecar in place, each at one stroke."""
    made = workspace / "image.tar"
    if base:
        packages = json.loads(_sidecar(base).read_text(encoding="utf-8"))["packages"]
        _write_archive(recipe, {}, suite, packages, made, base)
    else:
        root = workspace / "root"
        packages = _unpack(recipe, suite, root)
        _prepare(recipe, root)
        _write_archive(recipe, _kept(recipe, root), suite, packages, made)
    with made.open("rb") as stream:
        facts = {
            "reference": recipe.reference,
            "packages": packages,
            "size": made.stat().st_size,
            "sha256": hashlib.file_digest(stream, "sha256").hexdigest(),
        }
    sidecar = workspace / "image.json"
    sidecar.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    _sidecar(archive).unlink(missing_ok=True)  # without it, no archive is believed
    for written, final in ((made, archive), (sidecar, _sidecar(archive))):
        with written.open("rb") as stream:
            os.fsync(stream.fileno())
        written.replace(final)
    directory = os.open(archive.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _unpack(recipe: Recipe, suite: Suite, root: Path) -> dict[str, str]:
    """Unpack the packages and what they need in `root`; return their versions."""
    absent = [tool for tool in ("mmdebstrap", "setpriv") if shutil.which(tool) is None]
    if absent:
        raise ImageUnavailable(
            recipe.reference,
            [f"un substitut se construit avec {' et '.join(absent)}, qui manque sur cette machine"],
            remedy="sudo apt-get install --no-install-recommends mmdebstrap",
        )
    if os.geteuid() != 0:
        raise ImageUnavailable(
            recipe.reference,
            ["un substitut se construit avec les droits de root"],
            remedy="relancez la même commande avec sudo",
        )
    components = "main,universe" if suite.distribution == "ubuntu" else "main"
    command = [
        *("setpriv", "--pdeathsig", "TERM", "--"),  # it stops, and cleans up, when this process is killed
        *("mmdebstrap", "--mode=root", "--variant=extract", "--format=directory"),
        f"--include={','.join(recipe.packages)}",
        f"--components={components}",
        *(f"--aptopt={line}" for line in apt_options()),
        f"--extract-hook={SAVE_VERSIONS}",
        *(suite.codename, str(root), *mirrors(suite)),
    ]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(root.parent)},
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise ImageUnavailable(
            recipe.reference,
            [f"ses paquets ne sont pas arrivés en {BUILD_TIMEOUT_S}{NBSP}s"],
            remedy=f"vérifiez l'accès de cette machine aux paquets{NBSP}: apt-get update",
        ) from err
    if done.returncode:
        raise _refusal(recipe, suite, done.stdout + done.stderr, root)
    lines = sorted((root / "packages").read_text(encoding="utf-8").splitlines())
    return {name: version for name, _, version in (line.partition("\t") for line in lines)}


def _refusal(recipe: Recipe, suite: Suite, said: str, root: Path) -> DiskFull | ImageUnavailable:
    """The error that tells why mmdebstrap failed."""
    if any(sign in said for sign in DISK_SIGNS):
        return DiskFull(root.parent.parent, f"construire l'image {recipe.reference}")
    complaints = [line.removeprefix("E: ") for line in said.splitlines() if line.startswith("E: ")]
    complaint = complaints[0] if complaints else "mmdebstrap s'est arrêté sans rien dire"
    if any(sign in said for sign in NETWORK_SIGNS):
        why = f"les paquets de {suite.title} ne peuvent pas être téléchargés"
        remedy = f"vérifiez l'accès de cette machine aux paquets{NBSP}: apt-get update"
    else:
        why = f"mmdebstrap n'a pas pu réunir ses paquets de {suite.title}"
        remedy = f"apt-get update, puis{NBSP}: apt-cache policy {' '.join(recipe.packages)}"
    return ImageUnavailable(recipe.reference, [f"{why} ({complaint})"], remedy)


def apt_options() -> list[str]:
    """This machine's own way to its packages: proxies, and how it judges dates (a frozen mirror needs it)."""
    said = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False).stdout
    own = [line for line in said.splitlines() if re.match(r"Acquire::(\S+::Proxy\S*|Check-\S+) ", line)]
    return [*own, 'Acquire::Languages "none"', 'Acquire::Retries "1"', 'Acquire::http::Timeout "30"']


def mirrors(suite: Suite) -> list[str]:
    """The distribution's own sources on this machine, as apt lines; none lets mmdebstrap take its defaults."""
    form = "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)"
    asked = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    lines = []
    for target in said.splitlines():
        origin, codename, uri, release, component, key = target.split("|")
        if origin.lower() != suite.distribution or codename.split("-")[0] != suite.codename:
            continue
        signed = f" [signed-by={key}]" if key.startswith("/") else ""
        lines.append(f"deb{signed} {uri} {release} {component}")
    return list(dict.fromkeys(lines))


def _prepare(recipe: Recipe, root: Path) -> None:
    """Run the recipe's command in `root`."""
    if not recipe.prepare:
        return
    command = ["setpriv", "--pdeathsig", "TERM", "--", "chroot", str(root), *recipe.prepare]
    # the order of Python's sets must be the same at each build
    env = {"PATH": PATH, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    if done.returncode:
        raise _incomplete(recipe, f"de quoi lancer {recipe.prepare[0]} ({done.stderr.strip()[-300:]})")


# --- from a root file system to an archive --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of an archive."""

    sha256: str
    source: Path
    """The tar in which it stands under its name, else the layer itself."""
    created: str
    created_by: str

    @property
    def name(self) -> str:
        """Its path in an archive."""
        return f"{self.sha256}/layer.tar"


def _write_archive(
    recipe: Recipe,
    found: Mapping[str, Path],
    suite: Suite,
    packages: Mapping[str, str],
    target: Path,
    base: Path | None = None,
) -> None:
    """Write an archive that ``docker load`` reads: the layers of the base, then one of what was found and is added."""
    layers = _layers(base) if base else ()
    files = [path for path in found.values() if stat.S_ISREG(path.lstat().st_mode)]
    dates = [int(path.lstat().st_mtime) for path in files] or [_seconds(layer.created) for layer in layers]
    date_s = max(dates, default=0)  # that of the newest package
    created = datetime.fromtimestamp(date_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    own = target.with_name("layer.tar")
    _write_layer(own, _entries(recipe, suite, found), date_s)
    with own.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    created_by = f"swarmlab: {' '.join(recipe.packages) or recipe.reference} ({suite.title})"
    layers = (*layers, _Layer(sha256, own, created, created_by))
    config = _json(
        {
            "architecture": suite.architecture,
            "os": "linux",
            "created": created,
            "config": _container_config(recipe, packages),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.sha256}" for layer in layers]},
            "history": [{"created": layer.created, "created_by": layer.created_by} for layer in layers],
        }
    )
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [recipe.reference], "Layers": [layer.name for layer in layers]}]
    with tarfile.open(target, "w") as tar:
        _add_bytes(tar, config_name, config, date_s)
        _add_bytes(tar, "manifest.json", _json(manifest), date_s)
        for layer in layers:
            _add_layer(tar, layer, date_s)
    own.unlink()


def _layers(archive: Path) -> tuple[_Layer, ...]:
    """The layers of an archive that this module wrote."""
    with tarfile.open(archive) as tar:
        (manifest,) = json.loads(_read(tar, "manifest.json"))
        config = json.loads(_read(tar, manifest["Config"]))
    return tuple(
        _Layer(diff_id.removeprefix("sha256:"), archive, said["created"], said["created_by"])
        for diff_id, said in zip(config["rootfs"]["diff_ids"], config["history"], strict=True)
    )


def _add_layer(tar: tarfile.TarFile, layer: _Layer, date_s: int) -> None:
    info = _info(layer.name, tarfile.REGTYPE, 0o644, date_s)
    if layer.source.name == "layer.tar":
        info.size = layer.source.stat().st_size
        with layer.source.open("rb") as stream:
            tar.addfile(info, stream)
        return
    with tarfile.open(layer.source) as below:
        member = below.getmember(layer.name)
        info.size = member.size
        tar.addfile(info, below.extractfile(member))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    return stream.read() if stream else b""


def _seconds(created: str) -> int:
    return int(datetime.fromisoformat(created).timestamp())


def _container_config(recipe: Recipe, packages: Mapping[str, str]) -> dict[str, object]:
    """What the engine reads under ``Config`` of an image (image specification 1.2)."""
    labels = {
        f"{LABEL}.substitute": "true" if recipe.substitute else "false",
        f"{LABEL}.of": recipe.reference,
        f"{LABEL}.packages": " ".join(f"{name}={version}" for name, version in packages.items()),
    }
    inherited = recipe.base.env if recipe.base else {}
    config: dict[str, object] = {
        "Cmd": list(recipe.command),
        "Env": [f"{name}={value}" for name, value in {"PATH": PATH, **inherited, **recipe.env}.items()],
        "Labels": labels,
        "WorkingDir": recipe.directory,
    }
    if recipe.entrypoint:
        config["Entrypoint"] = list(recipe.entrypoint)
    if recipe.volumes:
        config["Volumes"] = {path: {} for path in recipe.volumes}
    if recipe.ports:
        config["ExposedPorts"] = {port: {} for port in recipe.ports}
    if recipe.stop_signal:
        config["StopSignal"] = recipe.stop_signal
    return config


def _kept(recipe: Recipe, root: Path) -> dict[str, Path]:
    """What goes from the packages into the image: its path there -> its path here."""
    every = {_merged(path.relative_to(root).as_posix()): path for path in sorted(_walk(root))}
    kept = {
        name: path
        for name, path in every.items()
        if name not in MERGED and not any(fnmatch(name, pattern) for pattern in (*UNWANTED, *recipe.without))
    }
    if recipe.programs is None:
        return kept
    wanted = _with_libraries(recipe, root, every, kept)
    return {
        name: path
        for name, path in kept.items()
        if name in wanted or any(fnmatch(name, pattern) for pattern in (*recipe.keep, *UNLISTED))
    }


def _walk(root: Path) -> Iterator[Path]:
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            yield Path(directory, name)


def _merged(name: str) -> str:
    """A path as it is once /bin, /sbin and /lib* are links into /usr."""
    return f"usr/{name}" if name.split("/", 1)[0] in MERGED and "/" in name else name


def _with_libraries(recipe: Recipe, root: Path, every: Mapping[str, Path], kept: Mapping[str, Path]) -> set[str]:
    """The recipe's programs, what their links lead to, and their libraries."""
    loaders = (path for name, path in every.items() if fnmatch(name, UNLISTED[0]) and not path.is_symlink())
    loader = next(loaders, None)  # none where all that was unpacked is static
    wanted: set[str] = set()
    todo = _programs(recipe, kept)
    programs = set(todo)
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        path = every.get(name)
        if path is None:
            raise _incomplete(recipe, f"/{name}")
        wanted.add(name)
        if path.is_symlink():
            inside = os.path.normpath(Path("/", name).parent / path.readlink())
            target = _merged(inside.lstrip("/"))
            todo.append(target)
            if name in programs:
                programs.add(target)
        elif loader and name in programs:
            todo += _libraries(recipe, root, loader, path)  # with the libraries of the libraries
    return wanted


def _programs(recipe: Recipe, kept: Mapping[str, Path]) -> list[str]:
    """The paths that the recipe's programs name."""
    found = ["usr/bin/busybox"] if recipe.busybox else []
    for pattern in recipe.programs or ():
        names = [name for name, path in kept.items() if fnmatch(name, pattern) and not path.is_dir()]
        if not names:
            raise _incomplete(recipe, f"/{pattern}")
        found += names
    return found


def _libraries(recipe: Recipe, root: Path, loader: Path, program: Path) -> list[str]:
    """The libraries a program loads, asked of the packages' own loader; none for a static program or a script."""
    inside = [f"/{path.relative_to(root)}" for path in (loader, program)]
    done = subprocess.run(
        ["chroot", str(root), inside[0], "--list", inside[1]], capture_output=True, text=True, check=False
    )
    if done.stderr.startswith("chroot:") or "cannot open shared object file" in done.stderr:
        raise _incomplete(recipe, f"de quoi lancer {inside[1]} ({done.stderr.strip()})")
    return [_merged(path.lstrip("/")) for path in re.findall(r"(/\S+) \(0x", done.stdout)]


def _incomplete(recipe: Recipe, lacking: str) -> ImageUnavailable:
    return ImageUnavailable(
        recipe.reference,
        [f"il manque {lacking} dans les paquets {', '.join(recipe.packages)} et leurs dépendances"],
        remedy="apt-get update, puis relancez la même commande",
    )


Entry = Path | File | Link | Directory


def _entries(recipe: Recipe, suite: Suite, found: Mapping[str, Path]) -> dict[str, Entry]:
    """All that the layer holds, by its path there: the packages' files, the accounts, the links, the recipe's own."""
    entries: dict[str, Entry] = {} if recipe.base else _skeleton(recipe)
    title = f"{'Substitut' if recipe.substitute else 'Contenu'} de {recipe.reference}"
    entries["etc/os-release"] = File(
        f'NAME="{title}"\nPRETTY_NAME="{title}, fait de paquets {suite.title}"\n'
        f"ID=swarmlab\nID_LIKE={suite.distribution}\n"
    )
    entries |= found
    if recipe.busybox and not recipe.base:
        entries |= {f"usr/bin/{name}": Link("busybox") for name in _applets(found)}
    entries |= recipe.tree
    for name in list(entries):
        for parent in Path(name).parents:
            entries.setdefault(parent.as_posix(), Directory())
    del entries["."]
    return entries


def _skeleton(recipe: Recipe) -> dict[str, Entry]:
    """What any image needs, and no package brings without its scripts."""
    accounts = {**recipe.users, "nobody": 65534}
    passwd = ["root:x:0:0:root:/root:/bin/sh"]
    passwd += [f"{name}:x:{uid}:{uid}:{name}:/:/usr/sbin/nologin" for name, uid in accounts.items()]
    group = ["root:x:0:", *(f"{name}:x:{uid}:" for name, uid in accounts.items())]
    entries: dict[str, Entry] = {name: Link(f"usr/{name}") for name in MERGED}
    entries |= {name: Directory() for name in ("dev", "etc", "proc", "run", "sys", "usr/lib64", "var/log")}
    entries |= {"root": Directory(0o700), "tmp": Directory(0o1777), "var/tmp": Directory(0o1777)}
    entries |= {
        "etc/group": File("\n".join(group) + "\n"),
        "etc/hosts": File("127.0.0.1 localhost\n"),
        "etc/nsswitch.conf": File("passwd: files\ngroup: files\nhosts: files dns\n"),
        "etc/passwd": File("\n".join(passwd) + "\n"),
        "var/run": Link("../run"),
    }
    return entries


def _applets(found: Mapping[str, Path]) -> list[str]:
    """Busybox's applets, but itself and those that a package's own program stands for."""
    said = subprocess.run([found["usr/bin/busybox"], "--list"], capture_output=True, text=True, check=True).stdout
    taken = {Path(name).name for name in found if Path(name).parent.as_posix() in ("usr/bin", "usr/sbin")}
    return [name for name in said.split() if name not in taken]


def _write_layer(target: Path, entries: Mapping[str, Entry], date_s: int) -> None:
    with tarfile.open(target, "w") as tar:
        for name, entry in sorted(entries.items()):
            match entry:
                case Path():
                    info = tar.gettarinfo(entry, name)
                    info.uname = info.gname = ""
                    info.mtime = date_s
                    if info.isreg():
                        with entry.open("rb") as stream:
                            tar.addfile(info, stream)
                    else:
                        tar.addfile(info)
                case File(text, mode):
                    _add_bytes(tar, name, text.encode(), date_s, mode)
                case Link(target=destination):
                    info = _info(name, tarfile.SYMTYPE, 0o777, date_s)
                    info.linkname = destination
                    tar.addfile(info)
                case Directory(mode, uid):
                    info = _info(name, tarfile.DIRTYPE, mode, date_s)
                    info.uid = info.gid = uid
                    tar.addfile(info)


def _info(name: str, kind: bytes, mode: int, date_s: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, date_s
    return info


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes, date_s: int, mode: int = 0o644) -> None:
    info = _info(name, tarfile.REGTYPE, mode, date_s)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
