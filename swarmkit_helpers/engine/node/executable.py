"""Which program a word stands for in a container, and what runc says where it stands for none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..programs.system import Program
    from .container import Container

__all__ = ["FOLDERS", "Unrunnable", "executable"]

FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where images have their programs; each program is in all of them."""
CANNOT_RUN = 126
NOT_FOUND = 127


class Unrunnable(Exception):
    """A word that no program answers to.

    Parameters
    ----------
    message
        As Go's exec words it.
    code
        Exit code of a container that was to run it.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def executable(container: Container, word: str, variables: Mapping[str, str]) -> Program:
    """The program that a word stands for.

    Raises
    ------
    Unrunnable
    """
    quoted = f'exec: "{word}"'
    if not container.image_id:
        what = "executable file not found in $PATH" if "/" not in word else f"stat {word}: no such file or directory"
        raise Unrunnable(f"{quoted}: {what}", NOT_FOUND)
    if "/" not in word:
        folders = variables.get("PATH", "").split(":")
        found = container.host.program(container.programs, word) if set(folders) & set(FOLDERS) else None
        if found is None:
            raise Unrunnable(f"{quoted}: executable file not found in $PATH", NOT_FOUND)
        return found
    folder, _, name = word.rpartition("/")
    if folder in FOLDERS:
        found = container.host.program(container.programs, name)
        if found is not None:
            return found
    path = word if word.startswith("/") else f"{container.config['WorkingDir'].rstrip('/')}/{word}"
    below = path.rstrip("/") + "/"
    directory = path in ("/", "/etc", "/tmp", "/dev", "/proc", "/sys", "/var", "/usr", *FOLDERS)
    if path in ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf") or directory:
        raise Unrunnable(f"{quoted}: permission denied", CANNOT_RUN)
    if path in container.files or any(other.startswith(below) for other in container.files):
        raise Unrunnable(f"{quoted}: permission denied", CANNOT_RUN)
    raise Unrunnable(f"{quoted}: stat {word}: no such file or directory", NOT_FOUND)
