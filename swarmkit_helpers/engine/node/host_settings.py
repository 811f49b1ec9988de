"""``HostConfig`` of a container: what its host gives it, checked, with the engine's defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal

if TYPE_CHECKING:
    from .host import Host

__all__ = [
    "LAST_PORT",
    "PROCESSORS",
    "RUNTIME",
    "check_host",
    "check_joined",
    "check_log",
    "check_modes",
    "host_completed",
    "port_of",
]

RUNTIME = "runc"
PROCESSORS = 2
LEAST_MEMORY = 6 * 2**20
LEAST_MEMORY_TEXT = "6MB"
LAST_PORT = 65_535
DRIVERS = frozenset(
    [
        "awslogs",
        "fluentd",
        "gcplogs",
        "gelf",
        "journald",
        "json-file",
        "local",
        "logentries",
        "none",
        "splunk",
        "syslog",
    ],
)
_CAPABILITIES_TEXT = (
    "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH "
    "FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN "
    "NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT "
    "SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM ALL"
)
CAPABILITIES = frozenset(_CAPABILITIES_TEXT.split())
MASKED = [
    *("/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"),
    *("/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"),
]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
DEFAULTS: Json = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "json-file", "Config": {}},
    "NetworkMode": "default",
    "PortBindings": None,
    "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "VolumeDriver": "",
    "VolumesFrom": None,
    "CapAdd": None,
    "CapDrop": None,
    "CgroupnsMode": "host",
    "Dns": None,
    "DnsOptions": None,
    "DnsSearch": None,
    "ExtraHosts": None,
    "GroupAdd": None,
    "IpcMode": "private",
    "Cgroup": "",
    "Links": None,
    "OomScoreAdj": 0,
    "PidMode": "",
    "Privileged": False,
    "PublishAllPorts": False,
    "ReadonlyRootfs": False,
    "SecurityOpt": None,
    "StorageOpt": None,
    "Tmpfs": None,
    "UTSMode": "",
    "UsernsMode": "",
    "ShmSize": 67_108_864,
    "Sysctls": None,
    "Runtime": "",
    "ConsoleSize": [0, 0],
    "Isolation": "",
    "CpuShares": 0,
    "Memory": 0,
    "NanoCpus": 0,
    "CgroupParent": "",
    "BlkioWeight": 0,
    "BlkioWeightDevice": None,
    "BlkioDeviceReadBps": None,
    "BlkioDeviceWriteBps": None,
    "BlkioDeviceReadIOps": None,
    "BlkioDeviceWriteIOps": None,
    "CpuPeriod": 0,
    "CpuQuota": 0,
    "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0,
    "CpusetCpus": "",
    "CpusetMems": "",
    "Devices": None,
    "DeviceCgroupRules": None,
    "DeviceRequests": None,
    "KernelMemory": 0,
    "KernelMemoryTCP": 0,
    "MemoryReservation": 0,
    "MemorySwap": 0,
    "MemorySwappiness": None,
    "OomKillDisable": False,
    "PidsLimit": None,
    "Ulimits": None,
    "CpuCount": 0,
    "CpuPercent": 0,
    "IOMaximumIOps": 0,
    "IOMaximumBandwidth": 0,
    "Mounts": None,
    "MaskedPaths": MASKED,
    "ReadonlyPaths": READ_ONLY,
    "Init": None,
}
LEFT_OUT_EMPTY = frozenset(("StorageOpt", "Tmpfs", "Sysctls", "Runtime", "Mounts", "Init"))
"""Keys that `inspect` leaves out where they hold nothing."""
_PORT = re.compile(r"(\d+)(?:-(\d+))?(?:/(\w*))?", re.ASCII)


def check_modes(config: Json, host_config: Json) -> None:
    """Refuse network modes that contradict the rest, as the engine does when it reads a request.

    Raises
    ------
    Refusal
        400.
    """
    mode = host_config.get("NetworkMode") or ""
    joins = mode == "container" or mode.startswith("container:")
    if joins and not mode.removeprefix("container").removeprefix(":"):
        raise Refusal(400, "Invalid network mode: invalid container format container:<name|id>")
    conflicts = (
        (joins and config.get("Hostname"), "hostname and the network mode"),
        (
            joins and host_config.get("Links"),
            "container type network can't be used with links. This would result in undefined behavior",
        ),
        (joins and host_config.get("Dns"), "dns and the network mode"),
        (joins and host_config.get("ExtraHosts"), "custom host-to-IP mapping and the network mode"),
        ((joins or mode == "host") and config.get("MacAddress"), "mac-address and the network mode"),
        (
            joins and (host_config.get("PortBindings") or host_config.get("PublishAllPorts")),
            "port publishing and the container type network mode",
        ),
        (joins and config.get("ExposedPorts"), "port exposing and the container type network mode"),
        (host_config.get("UTSMode") == "host" and config.get("Hostname"), "hostname and the UTS mode"),
        (
            mode == "host" and host_config.get("Links"),
            "host type networking can't be used with links. This would result in undefined behavior",
        ),
    )
    for conflict, text in conflicts:
        if conflict:
            raise Refusal(400, f"conflicting options: {text}")


def check_host(host_config: Json) -> None:
    """Refuse what the engine refuses in it, but for mounts.

    Raises
    ------
    Refusal
        400.
    """
    for entry in host_config.get("ExtraHosts") or ():
        name, colon, address = entry.partition(":")
        if not colon or not name:
            raise Refusal(400, f'bad format for add-host: "{entry}"')
        if address != "host-gateway" and not re.fullmatch(r"[0-9.]+|[0-9a-fA-F:.]+", address):
            raise Refusal(400, f'invalid IP address in add-host: "{address}"')
    _check_ports(host_config.get("PortBindings") or {})
    _check_policy(host_config.get("RestartPolicy") or {})
    for key in ("CapAdd", "CapDrop"):
        for capability in host_config.get(key) or ():
            bare = capability.upper().removeprefix("CAP_")
            if bare not in CAPABILITIES:
                raise Refusal(400, f'invalid {key}: unknown capability: "CAP_{bare}"')
    _check_resources(host_config)
    runtime = host_config.get("Runtime") or RUNTIME
    if runtime not in (RUNTIME, "io.containerd.runc.v2", "io.containerd.runtime.v1.linux"):
        raise Refusal(400, f"Unknown runtime specified {runtime}")


def check_joined(host: Host, host_config: Json) -> None:
    """Refuse containers that it refers to and that are not there, and what is not simulated.

    Raises
    ------
    Refusal
        400; 501: not simulated.
    """
    for link in host_config.get("Links") or ():
        name = link.partition(":")[0]
        try:
            host.containers.find(name)
        except Refusal as err:
            raise Refusal(400, f"could not get container for {name}: {err.message}") from err
        raise Refusal(501, "the embedded engine does not simulate HostConfig.Links")
    for reference in host_config.get("VolumesFrom") or ():
        _there(host, reference.partition(":")[0])
    for key in ("PidMode", "IpcMode"):
        mode = host_config.get(key) or ""
        if mode.startswith("container:"):
            _there(host, mode.removeprefix("container:"))
        if mode.startswith("container:") or (key == "PidMode" and mode):
            raise Refusal(501, f"the embedded engine does not simulate HostConfig.{key} {mode}")


def _there(host: Host, reference: str) -> None:
    try:
        host.containers.find(reference)
    except Refusal as err:
        raise Refusal(400, err.message) from err


def check_log(host_config: Json) -> None:
    """Refuse a log driver that is not there.

    Raises
    ------
    Refusal
        400.
    """
    driver = (host_config.get("LogConfig") or {}).get("Type") or "json-file"
    if driver not in DRIVERS:
        raise Refusal(400, f'error looking up logging plugin {driver}: plugin "{driver}" not found')


def _check_ports(bindings: Json) -> None:
    for port, several in bindings.items():
        number = port.partition("/")[0]
        if number and (port_of(number) is None or "-" in number):
            raise Refusal(400, f'invalid port specification: "{number}"')
        for binding in several or ():
            asked = binding.get("HostPort") or ""
            if asked and port_of(asked) is None:
                raise Refusal(400, f'invalid port specification: "{asked}"')


def port_of(text: str) -> tuple[int, int, str] | None:
    """First port, last one and protocol of ``80``, ``80/udp`` or ``8000-8010``; None for what is none of these."""
    found = _PORT.fullmatch(text)
    if found is None:
        return None
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    return (first, last, found[3] or "tcp") if 0 <= first <= last <= LAST_PORT else None


def _check_policy(policy: Json) -> None:
    name, most = policy.get("Name") or "", policy.get("MaximumRetryCount") or 0
    if name in ("always", "unless-stopped", "no"):
        if most:
            raise Refusal(400, f"maximum retry count cannot be used with restart policy '{name}'")
    elif name == "on-failure":
        if most < 0:
            raise Refusal(400, "maximum retry count cannot be negative")
    elif name:
        raise Refusal(400, f"invalid restart policy '{name}'")


def _check_resources(host_config: Json) -> None:
    memory, swap = host_config.get("Memory") or 0, host_config.get("MemorySwap") or 0
    if memory and memory < LEAST_MEMORY:
        raise Refusal(400, f"Minimum memory limit allowed is {LEAST_MEMORY_TEXT}")
    if memory and 0 < swap < memory:
        raise Refusal(400, "Minimum memoryswap limit should be larger than memory limit, see usage")
    if not memory and swap > 0:
        raise Refusal(400, "You should always set the Memory limit when using Memoryswap limit, see usage")
    if memory and memory < (host_config.get("MemoryReservation") or 0):
        raise Refusal(400, "Minimum memory limit can not be less than memory reservation limit, see usage")
    if (host_config.get("NanoCpus") or 0) and (host_config.get("CpuPeriod") or host_config.get("CpuQuota")):
        key = "Period" if host_config.get("CpuPeriod") else "Quota"
        raise Refusal(400, f"Conflicting options: Nano CPUs and CPU {key} cannot both be set")
    cpus = host_config.get("NanoCpus") or 0
    if cpus < 0 or cpus > PROCESSORS * 1e9:
        span = f"Range of CPUs is from 0.01 to {PROCESSORS}.00, as there are only {PROCESSORS} CPUs available"
        raise Refusal(400, span)


def host_completed(host: Host, host_config: Json | None) -> Json:
    """``HostConfig`` as `inspect` shows it, in the engine's order.

    Parameters
    ----------
    host_config
        None: the request has none, which the engine treats otherwise than an empty one.
    """
    given = dict(host_config or {})
    if host_config is not None:
        given["Runtime"] = given.get("Runtime") or RUNTIME
    driver = given.get("LogConfig") or {}
    given["LogConfig"] = {"Type": driver.get("Type") or "json-file", "Config": driver.get("Config") or {}}
    policy = given.get("RestartPolicy") or {}
    given["RestartPolicy"] = {
        "Name": policy.get("Name") or "",
        "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
    }
    if given.get("PortBindings") is not None:
        given["PortBindings"] = {
            port: several
            and [
                {"HostIp": binding.get("HostIp") or "", "HostPort": binding.get("HostPort") or ""}
                for binding in several
            ]
            for port, several in sorted(given["PortBindings"].items())
        }
    for key in ("CapAdd", "CapDrop"):
        if given.get(key):
            given[key] = [_capability(capability) for capability in given[key]]
    if given.get("Memory") and not given.get("MemorySwap"):
        given["MemorySwap"] = 2 * given["Memory"]
    if given.get("Privileged"):
        given["MaskedPaths"] = given["ReadonlyPaths"] = None
    mode = given.get("NetworkMode") or ""
    if mode.startswith("container:"):
        given["NetworkMode"] = f"container:{_joined(host, mode.removeprefix('container:'))}"
    made = {}
    for key, default in DEFAULTS.items():
        value = given.get(key)
        empty = value is None or (value == "" and default) or (value == 0 and key == "ShmSize")
        if key in ("MaskedPaths", "ReadonlyPaths") and key in given:
            empty = False
        made[key] = default if empty else value
    return {key: value for key, value in made.items() if key not in LEFT_OUT_EMPTY or value or value is False}


def _capability(name: str) -> str:
    return name if name.upper() == "ALL" else name.upper() if name.upper().startswith("CAP_") else name


def _joined(host: Host, reference: str) -> str:
    """Its full id, where it is there: the name may go to another one before the start."""
    try:
        return host.containers.find(reference).id
    except Refusal:
        return reference
