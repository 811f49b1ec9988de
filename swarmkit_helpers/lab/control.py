"""What is asked of the process behind a simulated lab, beyond what its engines answer: through its control socket."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from ..errors import NBSP, EngineRefused, LabDamaged

__all__ = ["SOCKET", "ask"]

SOCKET = "control.sock"
PATIENCE_S = 10.0


def ask(
    directory: Path,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    doing: str,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """Send one request, and return what is answered.

    Parameters
    ----------
    directory
        The lab's.
    doing
        What is asked, as a French infinitive: ``ouvrir le port 80``.

    Raises
    ------
    LabDamaged
        Nothing answers there.
    EngineRefused
        It said no.
    """
    connection = _Connection(directory / SOCKET, patience_s)
    content = None if body is None else json.dumps(body)
    try:
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as err:
        why = f"son processus ne répond pas{NBSP}({_plain(err)})"
        raise LabDamaged(directory.name, why) from err
    finally:
        connection.close()
    try:
        read = json.loads(said) if said.strip() else {}
    except ValueError:
        read = {"message": said.decode("utf-8", "replace").strip()}
    found = read if isinstance(read, dict) else {"answer": read}
    if answer.status >= 400:
        raise EngineRefused(doing, str(found.get("message") or f"statut {answer.status}"), directory.name)
    return found


class _Connection(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path: Path, patience_s: float) -> None:
        super().__init__("localhost", timeout=patience_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


def _plain(err: BaseException) -> str:
    """Why it failed, in a few French words."""
    if isinstance(err, FileNotFoundError):
        return "son socket n'existe pas"
    if isinstance(err, ConnectionRefusedError):
        return "connexion refusée, il est arrêté"
    if isinstance(err, TimeoutError):
        return "aucune réponse à temps"
    if isinstance(err, PermissionError):
        return "accès refusé à son socket"
    return str(err) or type(err).__name__
