"""Ports of a container that its host publishes."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal
from .host_settings import LAST_PORT, port_of

if TYPE_CHECKING:
    from .container import Container

__all__ = ["listed_ports", "publish", "unpublish"]

PROTOCOLS = ("tcp", "udp", "sctp")
ANY = ("0.0.0.0", "::")
"""Addresses of the host that a port without an address is published on."""


def publish(container: Container, endpoint: str) -> None:
    """Publish its ports; `container.ports` tells where.

    Parameters
    ----------
    endpoint
        Id of its endpoint on the network that reaches out, for messages.

    Raises
    ------
    Refusal
        500: a port is taken; nothing stays published.
    """
    container.ports = {}
    for port, bindings in sorted(_wanted(container).items()):
        number, _, protocol = port.partition("/")
        shown: list[Json] = []
        if bindings and protocol not in PROTOCOLS:
            unpublish(container)
            raise Refusal(500, f"{_failed(container, endpoint)}: invalid transport protocol: 0")
        for binding in bindings:
            address = _address(binding)
            asked = port_of(binding.get("HostPort") or "0") or (0, 0, protocol)
            try:
                public = _public(container, protocol, asked, address, int(number))
            except OSError as err:
                unpublish(container)
                where = f"{address}:{asked[0]}"
                why = str(err.strerror)
                problem = (
                    f"Bind for {where} failed: {why}"
                    if "allocated" in why
                    else f"Error starting userland proxy: listen {protocol}4 {where}: bind: {why}"
                )
                raise Refusal(500, f"{_failed(container, endpoint)}: {problem}") from err
            addresses = ANY if address == ANY[0] and binding.get("HostIp") != ANY[0] else (address,)
            shown += [{"HostIp": one, "HostPort": str(public)} for one in addresses]
            # what is published is kept at once: a refusal of the next one takes it back
            container.ports[port] = shown
        container.ports.setdefault(port, shown or None)


def _address(binding: Json) -> str:
    """Where it is published; what is no address counts for nothing."""
    try:
        return str(ip_address(binding.get("HostIp") or ANY[0]))
    except ValueError:
        return ANY[0]


def _failed(container: Container, endpoint: str) -> str:
    return f"driver failed programming external connectivity on endpoint {container.name} ({endpoint})"


def _public(container: Container, protocol: str, asked: tuple[int, int, str], address: str, private: int) -> int:
    """Publish one port, on the first free one of those asked for; return it."""
    host, stack = container.host, container.stack
    assert stack is not None
    fabric = host.world.fabric
    first, last, _ = asked
    if not first:
        public = fabric.free_port(host, protocol)
        fabric.publish(host, protocol, public, stack, private, address=address)
        return public
    for public in range(first, last + 1):
        try:
            fabric.publish(host, protocol, public, stack, private, address=address)
        except OSError:
            if public == last:
                raise
        else:
            return public
    raise AssertionError("a range has a last port")


def _wanted(container: Container) -> dict[str, list[Json]]:
    """Port of the container -> where it is to be published; nowhere, for one that is only exposed.

    What is bound and not exposed is not published: clients expose what they bind.
    """
    settings = container.host_config
    bound = {_key(port): list(bindings or ()) for port, bindings in (settings["PortBindings"] or {}).items()}
    exposed = {_key(port) for port in container.config.get("ExposedPorts") or ()}
    anywhere: list[Json] = [{}] if settings["PublishAllPorts"] else []
    return {port: bound.get(port) or anywhere for port in exposed}


def _key(port: str) -> str:
    """A port as the engine shows it; what is no number counts as 0."""
    number, _, protocol = port.partition("/")
    known = number.isascii() and number.isdecimal() and int(number) <= LAST_PORT
    return f"{int(number) if known else 0}/{(protocol or 'tcp').lower()}"


def unpublish(container: Container) -> None:
    """Publish none of its ports any more."""
    host = container.host
    for protocol, binding in _bindings(container):
        if binding["HostIp"] != ANY[1]:
            host.world.fabric.unpublish(host, protocol, int(binding["HostPort"]), address=binding["HostIp"])
    container.ports = {}


def _bindings(container: Container) -> Iterator[tuple[str, Json]]:
    for port, bindings in container.ports.items():
        for binding in bindings or ():
            yield port.partition("/")[2], binding


def listed_ports(container: Container) -> list[Json]:
    """``Ports`` of an item of the list of containers."""
    found: list[Json] = []
    for port, bindings in container.ports.items():
        number, _, protocol = port.partition("/")
        if not bindings:
            found.append({"PrivatePort": int(number), "Type": protocol})
        for binding in bindings or ():
            found.append(
                {
                    "IP": binding["HostIp"],
                    "PrivatePort": int(number),
                    "PublicPort": int(binding["HostPort"]),
                    "Type": protocol,
                }
            )
    return found
