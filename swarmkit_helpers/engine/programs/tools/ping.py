"""``ping``: BusyBox's, and that of iputils."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .. import catalogue
from ..options import Options, Usage, read_options
from ..system import System
from .names import is_address, lookup, reverse
from .waiting import Interruption

__all__ = ["ping"]

FOR_EVER = 10**9
NUMBER = re.compile(r"\d+(\.\d*)?")
BUSYBOX_WAIT_S = 10.0
IPUTILS_WAIT_S = 10.0
TIMED_FROM = {False: 4, True: 16}
"""Fewest bytes of data that carry the time they left at: BusyBox's, iputils'."""
IPUTILS_USAGE = """
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -c <count>         stop after <count> replies
  -D                 print timestamps
  -f                 flood ping
  -h                 print help and exit
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -v                 verbose output
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

For more details see ping(8).
"""


@dataclass
class _Ping:
    """One run."""

    system: System
    iputils: bool
    name: str
    address: str
    count: int
    size: int
    interval_s: float
    wait_s: float
    deadline_s: float
    ttl: int
    dont_fragment: bool
    quiet: bool
    shown: str = ""
    """Who answers, as iputils writes it."""
    sent: int = 0
    errors: int = 0
    rtts_ms: list[float] = field(default_factory=list)
    received: int = 0
    waiting: set[asyncio.Task[None]] = field(default_factory=set)


async def ping(system: System, argv: Sequence[str]) -> int:
    """Send ICMP echo requests."""
    iputils = "tcpdump" in catalogue.available(system)
    try:
        options = _options(argv, iputils)
    except Usage as err:
        if not iputils:
            raise
        system.error(f"ping: {err}\n{IPUTILS_USAGE}".encode() if str(err) else f"ping: {IPUTILS_USAGE}".encode())
        return 2
    if not iputils:
        wrong = next((v for k, v in options.given if k in "csitWw" and not NUMBER.fullmatch(v)), None)
        if wrong is not None:
            system.complain(f"ping: invalid number '{wrong}'")
            return 1
    name = options.rest[-1]
    address = lookup(system, name)
    if address is None:
        system.complain(f"ping: {name}: Name or service not known" if iputils else f"ping: bad address '{name}'")
        return 2 if iputils else 1
    try:
        run = _Ping(
            system,
            iputils,
            name,
            address,
            count=int(options.get("c") or FOR_EVER),
            size=int(options.get("s") or 56),
            interval_s=float(options.get("i") or 1),
            wait_s=float(options.get("W") or (IPUTILS_WAIT_S if iputils else BUSYBOX_WAIT_S)),
            deadline_s=float(options.get("w") or FOR_EVER),
            ttl=int(options.get("t") or 64),
            dont_fragment=options.get("M") == "do",
            quiet="q" in options,
        )
    except ValueError as err:
        value = str(err).rpartition(": ")[2]
        system.complain(f"ping: invalid argument: {value}" if iputils else f"ping: invalid number {value}")
        return 1
    return await _run(run, numeric="n" in options or is_address(name))


def _options(argv: Sequence[str], iputils: bool) -> Options:
    letters = "46c:i:W:w:s:t:I:M:nqvfADOUbdl:p:Q:R" if iputils else "46c:s:i:t:I:W:w:p:qA"
    options = read_options(argv, letters)
    if not options.rest or (len(options.rest) > 1 and not iputils):
        raise Usage("usage error: Destination address required" if iputils else "")
    return options


async def _run(run: _Ping, *, numeric: bool) -> int:
    system = run.system
    if run.iputils:
        name = None if numeric else reverse(system, run.address)
        run.shown = f"{name} ({run.address})" if name else run.address
    fabric = system.world.fabric
    if run.iputils:
        first = fabric.send(system.stack, run.address, size=run.size, ttl=run.ttl, dont_fragment=run.dont_fragment)
        if first.outcome == "no route":
            system.complain("ping: connect: Network is unreachable")
            return 2
        system.say(f"PING {run.name} ({run.address}) {run.size}({run.size + 28}) bytes of data.")
    else:
        first = None
        system.say(f"PING {run.name} ({run.address}): {run.size} data bytes")
    stop = Interruption(system, "SIGINT")
    begun = system.world.clock.time()
    try:
        while run.sent < run.count and not stop:
            late = system.world.clock.time() - begun >= run.deadline_s
            if run.sent and late:
                break
            delivery = first or fabric.send(
                system.stack,
                run.address,
                size=run.size,
                ttl=run.ttl,
                dont_fragment=run.dont_fragment,
                sequence=run.sent + run.iputils,
            )
            first = None
            if not _leaves(run, delivery):
                return 1
            run.sent += 1
            task = asyncio.create_task(_answer(run, run.sent, delivery))
            run.waiting.add(task)
            task.add_done_callback(run.waiting.discard)
            if run.sent < run.count:
                await stop.sleep(run.interval_s)
        elapsed_ms = (run.sent - 1) * run.interval_s * 1000 if run.sent else 0.0
        if run.waiting and not stop:
            await stop.first(asyncio.wait(list(run.waiting), timeout=run.wait_s / system.world.clock.speed))
    finally:
        for task in list(run.waiting):
            task.cancel()
    return _account(run, elapsed_ms)


def _leaves(run: _Ping, delivery: object) -> bool:
    """Whether the packet left; BusyBox's ping ends where it could not."""
    outcome = getattr(delivery, "outcome", "")
    if outcome == "no route" and not run.iputils:
        run.system.complain("ping: sendto: Network is unreachable")
        return False
    if outcome == "too long":
        if not run.iputils:
            run.system.complain("ping: sendto: Message too long")
            return False
        run.system.complain(f"ping: local error: message too long, mtu={getattr(delivery, 'mtu', 1500)}")
        run.errors += 1
    elif outcome == "no route":
        run.system.complain("ping: sendmsg: Network is unreachable")
    return True


async def _answer(run: _Ping, number: int, delivery: object) -> None:
    """Tell what comes back, when it does."""
    outcome, rtt_ms = getattr(delivery, "outcome", ""), float(getattr(delivery, "rtt_ms", 0.0) or 0.0)
    if outcome not in ("reached", "unreachable", "expired"):
        if outcome == "lost":
            await run.system.world.clock.sleep(FOR_EVER)
        return
    await run.system.world.clock.sleep(rtt_ms / 1000)
    if outcome != "reached":
        if run.iputils:
            why = getattr(delivery, "why", "") or "Destination Host Unreachable"
            why = "Time to live exceeded" if outcome == "expired" else why
            run.errors += 1
            run.system.say(f"From {getattr(delivery, 'source', '')} icmp_seq={number} {why}")
        else:
            await run.system.world.clock.sleep(FOR_EVER)
        return
    run.received += 1
    ttl = getattr(delivery, "ttl", 64)
    timed = run.size >= TIMED_FROM[run.iputils]
    if timed:
        run.rtts_ms.append(rtt_ms)
    if run.quiet:
        return
    if run.iputils:
        took = f" time={_milliseconds(rtt_ms)} ms" if timed else ""
        run.system.say(f"{run.size + 8} bytes from {run.shown}: icmp_seq={number} ttl={ttl}{took}")
    else:
        took = f" time={rtt_ms:.3f} ms" if timed else ""
        run.system.say(f"{run.size + 8} bytes from {run.address}: seq={number - 1} ttl={ttl}{took}")


def _milliseconds(rtt_ms: float) -> str:
    """As iputils writes a duration: three digits at least, and no more than are known."""
    digits = 0 if rtt_ms >= 100 else 1 if rtt_ms >= 10 else 2 if rtt_ms >= 1 else 3
    return f"{rtt_ms:.{digits}f}"


def _account(run: _Ping, elapsed_ms: float) -> int:
    system = run.system
    lost = 100 * (run.sent - run.received) / run.sent if run.sent else 0
    rtts = run.rtts_ms
    if run.iputils:
        errors = f" +{run.errors} errors," if run.errors else ""
        system.say(f"\n--- {run.name} ping statistics ---")
        system.say(
            f"{run.sent} packets transmitted, {run.received} received,{errors} {lost:.6g}% packet loss, "
            f"time {elapsed_ms:.0f}ms"
        )
        if rtts:
            mean = sum(rtts) / len(rtts)
            spread = math.sqrt(max(0.0, sum(rtt * rtt for rtt in rtts) / len(rtts) - mean * mean))
            system.say(f"rtt min/avg/max/mdev = {min(rtts):.3f}/{mean:.3f}/{max(rtts):.3f}/{spread:.3f} ms")
        else:
            system.say("")
        return 0 if run.received else 1
    system.say(f"\n--- {run.name} ping statistics ---")
    system.say(f"{run.sent} packets transmitted, {run.received} packets received, {int(lost)}% packet loss")
    if rtts:
        mean = sum(rtts) / len(rtts)
        system.say(f"round-trip min/avg/max = {min(rtts):.3f}/{mean:.3f}/{max(rtts):.3f} ms")
    return 0 if run.received else 1
