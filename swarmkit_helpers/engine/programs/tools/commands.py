"""Name -> program."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from ..shell.conditions import ConditionFault, condition
from ..shell.formats import echoed, printed
from ..system import Program, System
from . import capture, columns, digests, grep, ip, netcat, nslookup, paths, ping, process, sed, storage, text, web

__all__ = ["COMMANDS"]


async def _echo(system: System, argv: Sequence[str]) -> int:
    system.write(echoed(argv[1:], always=False).encode("utf-8", "surrogateescape"))
    return 0


async def _printf(system: System, argv: Sequence[str]) -> int:
    said, faults = printed(argv[1] if len(argv) > 1 else "", argv[2:])
    system.write(said.encode("utf-8", "surrogateescape"))
    for fault in faults:
        system.complain(f"printf: {fault}")
    return int(bool(faults))


async def _test(system: System, argv: Sequence[str]) -> int:
    words = list(argv[1:])
    if argv[0].endswith("[") and (not words or words.pop() != "]"):
        system.complain("[: missing ]")
        return 2
    try:
        return int(not condition(system, words))
    except ConditionFault as err:
        system.complain(f"{argv[0]}: {err}")
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
        "curl": web.curl,
        "cut": columns.cut,
        "date": process.date,
        "df": storage.df,
        "dirname": storage.dirname,
        "echo": _echo,
        "env": process.env,
        "expr": process.expr,
        "false": process.false,
        "find": storage.find,
        "free": process.free,
        "grep": grep.grep,
        "head": text.head,
        "hostname": process.hostname,
        "id": process.id_,
        "ifconfig": ip.ifconfig,
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
        "nproc": process.nproc,
        "nslookup": nslookup.nslookup,
        "ping": ping.ping,
        "printf": _printf,
        "ps": process.ps,
        "pwd": _pwd,
        "readlink": storage.readlink,
        "realpath": storage.readlink,
        "rm": storage.rm,
        "rmdir": storage.rmdir,
        "route": ip.route,
        "sed": sed.sed,
        "seq": process.seq,
        "sha256sum": digests.sha256sum,
        "sleep": process.sleep,
        "sort": columns.sort,
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
        "tty": process.tty,
        "uname": process.uname,
        "uniq": columns.uniq,
        "uptime": process.uptime,
        "wc": text.wc,
        "wget": web.wget,
        "which": storage.which,
        "whoami": process.whoami,
        "xargs": process.xargs,
        "yes": process.yes,
    }
)
