"""What may be a target: a name or an IPv4 address, never an option, never more than one word."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from ..errors import TargetRefused

__all__ = ["check_target", "is_address"]

# Host names (RFC 1123) and the names Docker adds to them: my_service, tasks.my-nginx, my-nginx.1.<id>.
TARGET = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
LONGEST = 253


def check_target(target: str) -> str:
    """Return the target, or say why it cannot be one.

    Raises
    ------
    TargetRefused
    """
    if not target.strip():
        raise TargetRefused(target, "elle est vide")
    if target.startswith("-"):
        raise TargetRefused(target, "elle commence par un tiret, comme une option")
    if len(target) > LONGEST:
        raise TargetRefused(target, f"elle a {len(target)} caractères, un nom en a 253 au plus")
    if not TARGET.fullmatch(target):
        raise TargetRefused(target, "elle contient autre chose que des lettres, chiffres, points, « - » et « _ »")
    return target


def is_address(target: str) -> bool:
    """True for an IPv4 address: no DNS is asked for it."""
    try:
        IPv4Address(target)
    except AddressValueError:
        return False
    return True
