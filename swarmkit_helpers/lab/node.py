"""One node of a lab: a name, an address, and the Docker engine behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import DiskFull, EngineBusy, EngineRefused, NodeUnreachable

if TYPE_CHECKING:
    import docker

__all__ = ["Node"]

REQUEST_TIMEOUT_S = 60
BUSY_SIGN = "context deadline exceeded"
"""What a manager answers whose store took too long: it gives itself a few seconds, whatever the machine."""


@dataclass(frozen=True)
class Node:
    """One node of a lab.

    The client is made at its first use: making a Node talks to nobody.
    """

    name: str
    """Short name: ``manager``."""
    hostname: str
    address: str
    """Address on the underlay, as the other nodes reach it."""
    role: str
    """``manager`` or ``worker``: the part it plays in the course."""
    docker_host: str
    """What goes in DOCKER_HOST: ``unix:///...``."""
    lab: str
    """Name of its lab."""
    slowness: float = 1.0
    """How many times as long as on a usual machine things may take there (`lab.slowness`)."""
    simulated: bool = False
    """True when no real engine is behind it."""

    @cached_property
    def client(self) -> docker.DockerClient:
        """The SDK's client of this node's engine.

        Raises
        ------
        NodeUnreachable
            The engine does not answer.
        """
        import docker

        with self.asking("répondre"):
            return docker.DockerClient(
                base_url=self.docker_host,
                version="auto",
                timeout=round(self.patience(REQUEST_TIMEOUT_S)),
                max_pool_size=16,
            )

    def patience(self, seconds: float) -> float:
        """A deadline of a usual machine, in seconds, as it is on this one."""
        return seconds * self.slowness

    @property
    def api(self) -> Any:
        """The SDK's low-level client, which speaks the Engine API's own JSON; its type stubs do not follow it."""
        return self.client.api

    @contextmanager
    def asking(self, operation: str) -> Iterator[None]:
        """Turn the SDK's errors into the project's, naming the node.

        Parameters
        ----------
        operation
            What is asked, as a French infinitive: ``créer le réseau « nginx-net »``.

        Raises
        ------
        NodeUnreachable
            No engine answers on this node.
        DiskFull
            The engine ran out of disk.
        EngineBusy
            The engine gave up before it had an answer to a question: asking it again changes nothing.
        EngineRefused
            The engine said no.
        """
        import docker.errors
        import requests.exceptions
        import urllib3.exceptions

        try:
            yield
        except docker.errors.APIError as err:
            detail = str(err.explanation or err)
            if "no space left on device" in detail:
                raise DiskFull(f"nœud {self.name}", operation, self.lab) from err
            # A change that ran out of time may have been made all the same: only a question can be put again.
            question = err.response is not None and err.response.request.method == "GET"
            kind = EngineBusy if question and BUSY_SIGN in detail else EngineRefused
            raise kind(operation, detail.strip(), self.name) from err
        except requests.exceptions.Timeout as err:
            waited_s = self.patience(REQUEST_TIMEOUT_S)
            raise NodeUnreachable(self.name, f"aucune réponse en {waited_s:.0f} s", self.lab) from err
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            docker.errors.DockerException,
            ConnectionError,
        ) as err:
            raise NodeUnreachable(self.name, _plain(err), self.lab) from err


def _plain(err: BaseException) -> str:
    """Say in a few French words why the connection failed."""
    text = str(err)
    for sign, words in (
        ("No such file", "son socket n'existe pas"),
        ("FileNotFoundError", "son socket n'existe pas"),
        ("Connection refused", "connexion refusée, le moteur est arrêté"),
        ("ConnectionRefusedError", "connexion refusée, le moteur est arrêté"),
        ("Permission denied", "accès refusé au socket (lancez la commande avec le compte qui a démarré le labo)"),
        ("PermissionError", "accès refusé au socket (lancez la commande avec le compte qui a démarré le labo)"),
        ("Connection aborted", "la connexion a été coupée, le moteur s'est arrêté"),
        ("RemoteDisconnected", "la connexion a été coupée, le moteur s'est arrêté"),
        ("Connection broken", "la connexion a été coupée, le moteur s'est arrêté"),
    ):
        if sign in text:
            return words
    return text or type(err).__name__
