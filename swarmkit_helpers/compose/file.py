"""Read stack files: ``sk.read_stack("docker-stack.yml")``."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field

from ..errors import StackFileError
from .coherence import incoherences
from .document import Document, read_document
from .environment import with_environment
from .ignored import Ignored, ignored_keys, no_version, unset_variables, unused
from .interpolation import interpolate
from .merging import merge
from .model import Config, Network, Secret, ServiceNetwork, Stack, Volume
from .problem import StackProblem, unread
from .validation import NEWEST, validate, version_of

__all__ = ["StackFile", "read_stack"]

S = TypeVar("S", Network, Volume, Secret, Config)

MOST_BYTES = {"secrets": 500 * 1024 - 1, "configs": 1000 * 1024 - 1}
"""What the engine takes for the content of one secret or config."""


class StackFile(Stack):
    """A stack, as its files describe it: variables replaced, files merged, all checked."""

    files: tuple[Path, ...]
    """The files, as they were given."""
    source: Annotated[tuple[dict[str, Any], ...], Field(repr=False)]
    """Each file as it is written, before its variables are replaced."""
    ignored: tuple[Ignored, ...] = ()
    """What has no effect, or not the one it seems to have; one line of French each."""

    def _repr_html_(self) -> str:
        left = "style='text-align: left'"
        rows = "".join(
            f"<tr><th {left}>{title}</th><td {left}>{escape(', '.join(names))}</td></tr>"
            for title, names in (
                ("services", self.services),
                ("réseaux", self.networks),
                ("volumes", self.volumes),
                ("secrets", self.secrets),
                ("configs", self.configs),
            )
            if names
        )
        files = " + ".join(f"<code>{escape(str(file))}</code>" for file in self.files)
        notes = "".join(f"<li>{escape(str(one))}</li>" for one in self.ignored)
        told = f"<p>Sans effet sur le swarm :</p><ul>{notes}</ul>" if notes else ""
        return f"<p>Pile de {files} (format {escape(self.version)})</p><table>{rows}</table>{told}"


def read_stack(path: str | Path | Sequence[str | Path], *, variables: Mapping[str, str] | None = None) -> StackFile:
    """Read a stack file of format 3, or several merged in order, as ``docker stack deploy -c FILE`` reads them.

    Parameters
    ----------
    path
        One file, or several: what a later one gives goes over what an earlier one gave. Relative paths inside the files
        start in the directory of the first.
    variables
        Values for ``${NAME}`` in the files; they go over those of the process's environment.

    Raises
    ------
    StackFileError
        All that is wrong, with its lines.

    See Also
    --------
    ``docker stack config -c docker-stack.yml``
    """
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise ValueError("read_stack needs at least one file")
    known = ChainMap(dict(variables or {}), dict(os.environ))
    directory = paths[0].absolute().parent
    documents = [read_document(path) for path in paths]
    problems = list(_versions(documents))
    read: list[Document] = []
    stacks: list[Stack] = []
    ignored: list[Ignored] = []
    for document in documents:
        minor, _ = version_of(document)
        filled = interpolate(document, known)
        stack, wrong = validate(document, filled.data, minor)
        problems += [*filled.problems, *wrong]
        read.append(replace(document, data=filled.data))
        if stack is not None:
            stack, wrong = _resolved(stack, document, directory, known)
            stacks.append(stack)
            problems += wrong
            ignored += [*no_version(document), *ignored_keys(read[-1]), *unset_variables(document, filled.unset)]
    if problems:
        raise StackFileError(_in_order(problems))
    stack = merge(stacks)
    if problems := list(incoherences(read, stack)):
        raise StackFileError(_in_order(problems))
    stack, problems = _with_contents(stack, read, directory)
    if problems:
        raise StackFileError(_in_order(problems))
    ignored += unused(read, stack)
    return StackFile.model_construct(
        **{name: getattr(stack, name) for name in Stack.model_fields} | {"version": stack.version or f"3.{NEWEST}"},
        files=tuple(paths),
        source=tuple(dict(document.data) for document in documents),
        ignored=tuple(sorted(ignored, key=lambda one: (one.file, one.line))),
    )


def _in_order(problems: Sequence[StackProblem]) -> list[StackProblem]:
    """By file, in the order they came, then by line; what a variable made wrong is told once."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    first: dict[tuple[str, int, str], StackProblem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.path), problem)
    return sorted(first.values(), key=lambda problem: (files.index(problem.file), problem.line))


def _versions(documents: Sequence[Document]) -> Iterator[StackProblem]:
    for document in documents:
        yield from version_of(document)[1]
    minors = [version_of(document)[0] for document in documents]
    if len(set(minors)) > 1:
        listed = ", ".join(f"{one.file} : 3.{minor}" for one, minor in zip(documents, minors, strict=True))
        yield documents[-1].problem(("version",), f"tous les fichiers sont à la même version ({listed})")


def _resolved(
    stack: Stack, document: Document, directory: Path, variables: Mapping[str, str]
) -> tuple[Stack, list[StackProblem]]:
    """Read what one file refers to by a path: files of variables; make the paths of mounts and contents absolute."""
    problems: list[StackProblem] = []
    services = {}
    for name, service in stack.services.items():
        filled, wrong = with_environment(name, service, document, directory, variables)
        problems += wrong
        mounts = tuple(
            mount.model_copy(update={"source": _absolute(mount.source, directory, variables)})
            if mount.type == "bind" and mount.source
            else mount
            for mount in filled.volumes
        )
        services[name] = filled.model_copy(update={"volumes": mounts})
    shared = {section: _named(getattr(stack, section)) for section in ("networks", "volumes", "secrets", "configs")}
    return stack.model_copy(update={"services": services, **shared}), problems


def _named(section: Mapping[str, S]) -> dict[str, S]:
    """Give each external thing its real name: its key, where the file gives no other."""
    return {
        key: one.model_copy(update={"name": one.name or key}) if one.external else one for key, one in section.items()
    }


def _absolute(source: str, directory: Path, variables: Mapping[str, str]) -> str:
    if source.startswith("~") and "HOME" in variables:
        source = variables["HOME"] + source[1:]
    windows = source[1:2] == ":" or source.startswith("\\\\")
    return source if windows or source.startswith("/") else os.path.normpath(directory / source)


def _with_contents(stack: Stack, documents: Sequence[Document], directory: Path) -> tuple[Stack, list[StackProblem]]:
    """Read the files of secrets and configs; a service that names no network is on the one named default."""
    problems = []
    update: dict[str, Any] = {}
    for section in ("secrets", "configs"):
        update[section] = {}
        for key, stored in getattr(stack, section).items():
            where = (section, key, "file")
            document = next((one for one in reversed(documents) if one.holds(where)), documents[0])
            if stored.file and not stored.external:
                file = os.path.normpath(directory / stored.file)
                try:
                    content = _content(Path(file), MOST_BYTES[section])
                except ValueError as err:
                    problems.append(document.problem(where, f"le fichier « {stored.file} » {err}"))
                    continue
                stored = stored.model_copy(update={"file": file, "content": content})
            update[section][key] = stored
    update["services"] = {
        name: service if service.networks else service.model_copy(update={"networks": {"default": ServiceNetwork()}})
        for name, service in stack.services.items()
    }
    return stack.model_copy(update=update), problems


def _content(path: Path, most: int) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_file() and not 0 < size <= most:
            raise ValueError(f"a {size} octet{'s' if size > 1 else ''} : il en faut de 1 à {most}")
        return path.read_bytes()
    except OSError as err:
        raise ValueError(f"ne se lit pas : {unread(err)}") from err
