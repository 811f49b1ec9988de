"""``docker container``: run, stop and remove standalone containers, on the node that is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..lab.cluster import Lab
from ..lab.locate import Place, locate
from .networks import LABEL
from .refusals import explained

__all__ = ["remove_container", "run_container", "stop_container"]

STOP_S = 1


def run_container(
    lab: Lab,
    name: str,
    image: str = "alpine",
    *,
    node: str,
    network: str | None = None,
    networks: Sequence[str] = (),
    command: Sequence[str] = (),
    network_alias: Sequence[str] = (),
) -> None:
    """``docker run -dit --name NAME --network NETWORK IMAGE COMMAND`` on a node; returns once it runs.

    Parameters
    ----------
    networks
        More networks, as with ``docker network connect``: it is on all of them when its command starts.
    network_alias
        Its other names, on each of its networks.

    Raises
    ------
    NodeUnknown, NameRefused, NameInUse, ObjectNotFound, EngineRefused, NodeUnreachable
    """
    host = lab.node(node)
    aliases = list(network_alias) or None
    # This engine creates a container on one network at most; it joins the others before it starts.
    joined = [*([network] if network else []), *networks]
    first, others = (joined[0], joined[1:]) if joined else (None, [])
    with explained("container", name), host.asking(f"démarrer le conteneur « {name} »"):
        api = host.api
        endpoints = (
            api.create_networking_config({first: api.create_endpoint_config(aliases=aliases)}) if first else None
        )
        created = api.create_container(
            image,
            command=list(command) or None,
            name=name,
            tty=True,
            stdin_open=True,
            labels={LABEL: lab.name},
            # A shell as process 1 ignores SIGTERM: without this each stop would last 10 s.
            stop_timeout=STOP_S,
            host_config=api.create_host_config(network_mode=first) if first else None,
            networking_config=endpoints,
        )
        try:
            for other in others:
                api.connect_container_to_network(created["Id"], other, aliases=aliases)
            api.start(created["Id"])
        except BaseException:
            api.remove_container(created["Id"], force=True)
            raise


def stop_container(lab: Lab, *names: str) -> None:
    """``docker container stop``, wherever they run, all at once; returns once they no longer do.

    Raises
    ------
    ObjectNotFound, NodeUnreachable
    """

    def stop(place: Place) -> None:
        with place.node.asking(f"arrêter le conteneur «\N{NO-BREAK SPACE}{place.name}\N{NO-BREAK SPACE}»"):
            place.node.api.stop(place.id)

    _each(stop, [locate(lab, name) for name in names])


def remove_container(lab: Lab, *names: str) -> None:
    """``docker container rm --force``, all at once; returns once no node knows them.

    Raises
    ------
    ObjectNotFound, NodeUnreachable
    """

    def remove(place: Place) -> None:
        doing = f"supprimer le conteneur «\N{NO-BREAK SPACE}{place.name}\N{NO-BREAK SPACE}»"
        with explained("container", place.name), place.node.asking(doing):
            place.node.api.remove_container(place.id, force=True)

    _each(remove, [locate(lab, name) for name in names])


def _each(act: Callable[[Place], None], places: Sequence[Place]) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(act, places))
