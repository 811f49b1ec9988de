"""Addresses that a swarm is made or joined with: what may be written for them, and what they stand for."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from ..refusal import Refusal

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["PORT", "advertised", "data_path", "listened", "remote"]

PORT = "2377"
"""Of managers, unless another is asked for."""
KINDS = {
    "listen": ("listen address must be an IP address or network interface (with optional port number)"),
    "advertise": ("advertise address must be a non-zero IP address or network interface (with optional port number)"),
    "data path": ("data path address must be a non-zero IP address or network interface (without a port number)"),
}


def listened(host: Host, written: str) -> tuple[str, str]:
    """Address and port that a manager listens at.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    if not written:
        raise Refusal(400, 'invalid ListenAddr "": invalid empty address')
    address, port = _split(written)
    if port is None:
        raise Refusal(500, f"could not parse listen address {written}")
    return _resolved(host, address or "0.0.0.0", "listen"), port or PORT


def advertised(host: Host, written: str, listen_port: str) -> tuple[str, str]:
    """Address and port at which other nodes find a manager.

    Raises
    ------
    Refusal
        400.
    """
    if not written:
        return host.address, listen_port
    address, port = _split(written)
    return _resolved(host, address if port is not None else written, "advertise"), port or listen_port


def data_path(host: Host, written: str) -> str:
    """Address that the overlays' packets go to; empty when none was asked for.

    Raises
    ------
    Refusal
        400.
    """
    return _resolved(host, written, "data path") if written else ""


def remote(written: str) -> tuple[str, str]:
    """Address and port of a manager to join."""
    address, port = _split(written)
    return address, port or PORT


def _split(written: str) -> tuple[str, str | None]:
    """Address and port; the port is empty when there is none, None when it cannot be read."""
    address, _, port = written.removeprefix("tcp://").partition(":")
    if port and not port.isdecimal():
        return address, None
    return address, port


def _resolved(host: Host, written: str, kind: str) -> str:
    card = next((one for one in host.stack.interfaces if one.name == written), None)
    if card is not None:
        return str(card.address)
    if written == "lo":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        raise Refusal(400, KINDS[kind]) from None
    if address.is_unspecified and kind != "listen":
        raise Refusal(400, KINDS[kind])
    return written
