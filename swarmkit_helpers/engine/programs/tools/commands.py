"""Name -> program."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from ..options import Usage
from ..shell.conditions import ConditionFault, condition
from ..shell.formats import echoed, printed
from ..system import Program, System
from . import (
    calculation,
    capture,
    columns,
    curl,
    digests,
    finding,
    grep,
    ifconfig,
    ip,
    machine,
    netcat,
    nslookup,
    paths,
    ping,
    process,
    sed,
    sort,
    storage,
    text,
    wget,
)

__all__ = ["COMMANDS"]


async def _echo(system: System, argv: Sequence[str]) -> int:
    system.write(echoed(argv[1:], always=False).encode("utf-8", "surrogateescape"))
    return 0


async def _printf(system: System, argv: Sequence[str]) -> int:
    if len(argv) < 2:
        raise Usage("")
    said, faults = printed(argv[1], argv[2:])
    system.write(said.encode("utf-8", "surrogateescape"))
    for fault in faults:
        system.complain(f"printf: {fault}")
    return int(bool(faults))


async def _test(system: System, argv: Sequence[str]) -> int:
    words, name = list(argv[1:]), argv[0].rpartition("/")[2]
    if name == "[" and (not words or words.pop() != "]"):
        system.complain("[: missing ]")
        return 2
    try:
        return int(not condition(system, words))
    except ConditionFault as err:
        system.complain(f"{name}: {err}")
        return 2


async def _pwd(system: System, argv: Sequence[str]) -> int:
    system.say(system.directory)
    return 0


async def _clear(system: System, argv: Sequence[str]) -> int:
    system.write(b"\x1b[H\x1b[J")
    return 0


COMMANDS = MappingProxyType[str, Program](
    {
        "[": _test,
        "arp": paths.arp,
        "base64": digests.base64,
        "basename": storage.basename,
        "bridge": ip.bridge,
        "busybox": process.busybox,
        "cat": text.cat,
        "chmod": storage.chmod,
        "chown": storage.chmod,
        "clear": _clear,
        "cp": storage.cp,
        "curl": curl.curl,
        "cut": columns.cut,
        "date": machine.date,
        "df": storage.df,
        "dirname": storage.dirname,
        "echo": _echo,
        "env": process.env,
        "expr": calculation.expr,
        "false": process.false,
        "find": finding.find,
        "free": machine.free,
        "grep": grep.grep,
        "head": text.head,
        "hostname": machine.hostname,
        "id": machine.id_,
        "ifconfig": ifconfig.ifconfig,
        "ip": ip.ip,
        "kill": process.kill,
        "ln": storage.ln,
        "ls": storage.ls,
        "md5sum": digests.md5sum,
        "mkdir": storage.mkdir,
        "mkfifo": storage.mkfifo,
        "mktemp": storage.mktemp,
        "mv": storage.mv,
        "nc": netcat.nc,
        "netstat": paths.netstat,
        "nproc": machine.nproc,
        "nslookup": nslookup.nslookup,
        "ping": ping.ping,
        "printf": _printf,
        "ps": process.ps,
        "pwd": _pwd,
        "readlink": storage.readlink,
        "realpath": storage.readlink,
        "rm": storage.rm,
        "rmdir": storage.rmdir,
        "route": ifconfig.route,
        "sed": sed.sed,
        "seq": calculation.seq,
        "sha256sum": digests.sha256sum,
        "sleep": process.sleep,
        "sort": sort.sort,
        "stat": storage.stat,
        "sync": storage.sync,
        "tac": text.tac,
        "tail": text.tail,
        "tcpdump": capture.tcpdump,
        "tee": text.tee,
        "test": _test,
        "timeout": process.timeout,
        "top": process.top,
        "touch": storage.touch,
        "tr": columns.tr,
        "traceroute": paths.traceroute,
        "true": process.true,
        "tty": machine.tty,
        "uname": machine.uname,
        "uniq": columns.uniq,
        "uptime": machine.uptime,
        "wc": text.wc,
        "wget": wget.wget,
        "which": storage.which,
        "whoami": machine.whoami,
        "xargs": process.xargs,
        "yes": process.yes,
    }
)
