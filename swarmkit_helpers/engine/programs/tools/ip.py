"""``ip``: BusyBox's, and that of iproute2; what they show, and ``link set``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface, ip_network

from .. import catalogue
from ..options import Usage
from ..system import System
from .cards import Card, cards_of
from .names import is_address

__all__ = ["bridge", "ip"]

IPROUTE_USAGE = """\
Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | help | link | neighbor | route | rule }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -4 | -6 | -o[neline] | -br[ief] }
"""
INCOMPLETE = 'ip: command line is not complete, try "help"'
OBJECTS = ("address", "route", "link", "neighbor", "neighbour", "rule", "help")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options."""

    iproute: bool
    oneline: bool = False
    ipv4: bool = False
    ipv6: bool = False
    brief: bool = False
    details: bool = False
    statistics: bool = False
    thing: str = ""
    """What is asked about: ``address``."""


async def ip(system: System, argv: Sequence[str]) -> int:
    """Show addresses, links, routes and neighbours; set a link up or down."""
    asked, words = _options(system, list(argv[1:]))
    if not words:
        return _misused(system, asked)
    found = next((name for name in OBJECTS if name.startswith(words[0])), None)
    if found is None or found == "help":
        if asked.iproute and found is None:
            system.complain(f'Object "{words[0]}" is unknown, try "ip help".')
            return 1
        return _misused(system, asked)
    asked = replace(asked, thing=found)
    if found == "address":
        return _address(system, asked, words[1:])
    if found == "link":
        return _link(system, asked, words[1:])
    if found == "route":
        return _route(system, asked, words[1:])
    if found == "rule":
        system.say("0:\tfrom all lookup local" + (" " if not asked.iproute else ""))
        system.say("32766:\tfrom all lookup main" + (" " if not asked.iproute else ""))
        system.say("32767:\tfrom all lookup default" + (" " if not asked.iproute else ""))
        return 0
    return _neighbour(system, asked, words[1:])


def _misused(system: System, asked: _Asked) -> int:
    if not asked.iproute:
        raise Usage("")
    system.error(IPROUTE_USAGE.encode())
    return 255


def _options(system: System, words: list[str]) -> tuple[_Asked, list[str]]:
    asked = _Asked("tcpdump" in catalogue.available(system))
    while words and words[0].startswith("-"):
        option = words.pop(0).lstrip("-")
        if option in ("o", "oneline"):
            asked = replace(asked, oneline=True)
        elif option == "4" or (option in ("f", "family") and words and words.pop(0) == "inet"):
            asked = replace(asked, ipv4=True)
        elif option in ("6", "0"):
            asked = replace(asked, ipv6=True)
        elif asked.iproute and option in ("br", "brief"):
            asked = replace(asked, brief=True)
        elif asked.iproute and option in ("d", "details", "s", "stats", "statistics", "c", "color", "h", "n"):
            asked = replace(asked, details=asked.details or option[0] == "d", statistics=option[0] == "s")
        elif asked.iproute and option in ("V", "Version"):
            system.say("ip utility, iproute2-6.1.0, libbpf 1.1.0")
            return asked, ["help"]
        elif asked.iproute:
            system.complain(f'Option "-{option}" is unknown, try "ip -help".')
            return asked, ["help"]
        else:
            raise Usage("")
    return asked, words


# --- addresses and links ------------------------------------------------------------------------------


def _heading(card: Card, asked: _Asked, *, mode: bool = False) -> str:
    flags = _flags(card)
    flags += ["M-DOWN"] if card.veth and not asked.iproute else []
    head = f"{card.index}: {card.shown}: <{','.join(flags)}> mtu {card.mtu} qdisc noqueue "
    if asked.iproute:
        shown = "mode DEFAULT " if mode else ""
        return f"{head}state {_state(card)} {shown}group default {'qlen 1000' if card.loop else ''}"
    return f"{head}{'' if card.up else 'state DOWN '}{'qlen 1000' if card.loop else ''}"


def _flags(card: Card) -> list[str]:
    flags = ["LOOPBACK"] if card.loop else ["BROADCAST", "MULTICAST"]
    if not card.up:
        return flags
    return [*flags, "UP", "LOWER_UP"] if card.carrier else ["NO-CARRIER", *flags, "UP"]


def _state(card: Card) -> str:
    return "UNKNOWN" if card.loop else "UP" if card.up and card.carrier else "DOWN"


def _layer_two(card: Card, asked: _Asked) -> str:
    kind, broadcast = ("loopback", "00:00:00:00:00:00") if card.loop else ("ether", "ff:ff:ff:ff:ff:ff")
    peer = " link-netnsid 0" if card.veth and asked.iproute else ""
    return f"    link/{kind} {card.mac} brd {broadcast}{peer}"


def _layer_three(card: Card) -> str:
    if card.loop:
        return f"inet {card.address}/{card.prefix} scope host {card.name}"
    broadcast = ip_network(f"{card.address}/{card.prefix}", strict=False).broadcast_address
    brd = f" brd {broadcast}" if card.prefix < 31 else ""
    return f"inet {card.address}/{card.prefix}{brd} scope global {card.name}"


LIFETIME = "       valid_lft forever preferred_lft forever"


def _wrong_verb(system: System, asked: _Asked, word: str) -> int:
    """What is said of a word that no command of that object is."""
    if asked.iproute:
        system.complain(f'Command "{word}" is unknown, try "ip {asked.thing} help".')
        return 255
    system.complain(f"ip: invalid argument '{word}' to 'ip'")
    return 1


def _address(system: System, asked: _Asked, words: list[str]) -> int:
    shows = [verb for verb in ("show", "list", "lst") if words and verb.startswith(words[0])]
    if words and not shows and words[0] not in ("add", "del", "delete", "flush"):
        return _wrong_verb(system, asked, words[0])
    rest = words[1:]
    if words and not shows:
        if "dev" not in words and not asked.iproute:
            system.complain('ip: need "dev IFACE"')
            return 1
        return _forbidden(system, asked)
    if rest and rest[-1] in ("dev", "to", "scope", "label", "type"):
        system.complain('Command line is not complete. Try option "help"' if asked.iproute else INCOMPLETE)
        return 255 if asked.iproute else 1
    name, to, up = "", "", False
    while rest:
        word = rest.pop(0)
        if word in ("dev", "to") and rest:
            name, to = (rest.pop(0), to) if word == "dev" else (name, rest.pop(0))
        elif word == "up":
            up = True
        elif word in ("scope", "label", "type") and rest:
            rest.pop(0)
        else:
            name = word
    cards = cards_of(system)
    if name and name not in {card.name for card in cards}:
        return _no_device(system, asked, name)
    network = ip_network(to, strict=False) if to and (is_address(to.partition("/")[0])) else None
    for card in cards:
        if (name and card.name != name) or (up and not card.up):
            continue
        has = bool(card.address) and not asked.ipv6
        if network is not None and (not has or IPv4Interface(card.address) not in network):
            continue
        if asked.brief:
            state = _state(card)
            system.say(f"{card.shown:<16} {state:<14} {f'{card.address}/{card.prefix} ' if has else ''}")
        elif asked.oneline:
            if has:
                system.say(f"{card.index}: {card.name}    {_layer_three(card)}\\{LIFETIME}")
        elif (asked.ipv4 or asked.ipv6) and not has:
            continue
        else:
            system.say(_heading(card, asked))
            if not (asked.ipv4 or asked.ipv6):
                system.say(_layer_two(card, asked))
            if has:
                system.say(f"    {_layer_three(card)}\n{LIFETIME}")
    return 0


def _forbidden(system: System, asked: _Asked) -> int:
    system.complain(f"{'' if asked.iproute else 'ip: '}RTNETLINK answers: Operation not permitted")
    return 2


def _no_device(system: System, asked: _Asked, name: str) -> int:
    system.complain(f'Device "{name}" does not exist.' if asked.iproute else f"ip: can't find device '{name}'")
    return 1


def _link(system: System, asked: _Asked, words: list[str]) -> int:
    if words and words[0] == "set":
        return _set(system, asked, words[1:])
    rest = words[1:] if words and words[0] in ("show", "list", "ls", "lst") else words
    if words and words[0] in ("add", "del", "delete"):
        return _forbidden(system, asked)
    name = next((word for word in rest if word not in ("dev", "up")), "")
    cards = cards_of(system)
    if name and name not in {card.name for card in cards}:
        _no_device(system, asked, name)
        return 1 if asked.iproute else 2
    for card in cards:
        if name and card.name != name:
            continue
        if asked.brief:
            system.say(f"{card.shown:<16} {_state(card):<14} {card.mac} <{','.join(_flags(card))}> ")
            continue
        joint = "\\" if asked.oneline else "\n"
        system.say(_heading(card, asked, mode=True) + joint + _layer_two(card, asked))
        if asked.statistics:
            system.say("    RX:  bytes packets errors dropped  missed   mcast           ")
            system.say("             0       0      0       0       0       0 ")
            system.say("    TX:  bytes packets errors dropped carrier collsns           ")
            system.say("             0       0      0       0       0       0 ")
    return 0


def _set(system: System, asked: _Asked, words: list[str]) -> int:
    rest = [word for word in words if word != "dev"]
    name, wanted = (rest[0] if rest else ""), [word for word in rest[1:] if word in ("up", "down")]
    card = next((card for card in system.stack.interfaces if card.name == name), None)
    if card is None:
        if asked.iproute:
            system.complain(
                f'Cannot find device "{name}"' if name else 'Not enough of information: "dev" argument is required.'
            )
            return 1 if name else 255
        system.complain("ip: SIOCGIFFLAGS: No such device" if name else 'ip: "dev" requires an argument')
        return 2
    if len(rest) != 2 or not wanted:
        system.complain("ip: this simulated interface can only be set up or down")
        return 1
    capabilities = (system.container.host_config.get("CapAdd") or []) if system.container.host_config else []
    if not {"NET_ADMIN", "CAP_NET_ADMIN", "ALL"} & set(capabilities) and not _privileged(system):
        if asked.iproute:
            return _forbidden(system, asked)
        system.complain("ip: SIOCSIFFLAGS: Operation not permitted")
        return 2
    up = wanted[-1] == "up"
    if card.segment.kind == "underlay":
        host = system.stack.host.hostname
        system.world.faults.links[host] = replace(system.world.faults.link(host), up=up)
    else:
        card.up = up
    return 0


def _privileged(system: System) -> bool:
    return bool((system.container.host_config or {}).get("Privileged"))


# --- routes and neighbours ----------------------------------------------------------------------------


def _route(system: System, asked: _Asked, words: list[str]) -> int:
    routes = system.world.fabric.routes(system.stack)
    if words and words[0] == "get":
        return _get(system, asked, words[1:])
    if words and words[0] in ("add", "del", "delete", "change", "replace", "append", "flush"):
        return _forbidden(system, asked)
    if words and not any(verb.startswith(words[0]) for verb in ("show", "list", "lst")):
        return _wrong_verb(system, asked, words[0])
    device = words[words.index("dev") + 1] if "dev" in words[:-1] else ""
    only = "default" in words
    for one in routes:
        if (device and one.interface != device) or (only and one.destination != "default"):
            continue
        if one.gateway:
            system.say(f"{one.destination} via {one.gateway} dev {one.interface} ")
        elif asked.iproute:
            system.say(f"{one.destination} dev {one.interface} proto kernel scope link src {one.source} ")
        else:
            system.say(f"{one.destination} dev {one.interface} scope link  src {one.source} ")
    return 0


def _get(system: System, asked: _Asked, words: list[str]) -> int:
    if not words or not is_address(words[0]):
        raise Usage("")
    target = words[0]
    own = [card for card in cards_of(system) if card.loop or card.address == target]
    local = next(
        (
            card
            for card in own
            if IPv4Interface(target) in ip_network(f"{card.address}/{card.prefix if card.loop else 32}", strict=False)
        ),
        None,
    )
    if local is not None:
        source = local.address if local.loop else target
        rest = f"src {source} uid 0 \n    cache <local> " if asked.iproute else f" src {source} "
        system.say(f"local {target} dev lo {rest}")
        return 0
    found = None
    for one in system.world.fabric.routes(system.stack):
        if one.destination == "default":
            found = found or one
        elif IPv4Interface(target) in ip_network(one.destination):
            found = one
    if found is None:
        system.complain(f"{'' if asked.iproute else 'ip: '}RTNETLINK answers: Network is unreachable")
        return 2
    card = system.stack.interface(found.interface)
    source = found.source or (card.address if card else "")
    via = f"via {found.gateway} " if found.gateway else ""
    if asked.iproute:
        system.say(f"{target} {via}dev {found.interface} src {source} uid 0 \n    cache ")
    else:
        system.say(f"{target} {via}dev {found.interface}  src {source} ")
    return 0


def _neighbour(system: System, asked: _Asked, words: list[str]) -> int:
    device = words[words.index("dev") + 1] if "dev" in words[:-1] else ""
    for one in system.world.fabric.neighbours(system.stack):
        if device and one.interface != device:
            continue
        mac = f"lladdr {one.mac} " if one.mac else ""
        if asked.iproute:
            system.say(f"{one.address} dev {one.interface} {mac}{one.state} ")
        else:
            held = "ref 1 " if one.state == "REACHABLE" else " "
            used = f"{held}used 0/0/0 probes {6 if one.state == 'FAILED' else 4} "
            system.say(f"{one.address} dev {one.interface} {mac}{used}{one.state}")
    return 0


async def bridge(system: System, argv: Sequence[str]) -> int:
    """``bridge``: its version only; there is no bridge inside a container."""
    if any(word.startswith("-V") for word in argv[1:]):
        system.say("bridge utility, iproute2-6.1.0")
        return 0
    if argv[1:2] and "fdb".startswith(argv[1]):
        for card in system.stack.interfaces:
            system.say(f"33:33:00:00:00:01 dev {card.name} self permanent")
            system.say(f"01:00:5e:00:00:01 dev {card.name} self permanent")
    return 0
