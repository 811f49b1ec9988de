"""What an engine says of itself: /info, /version, /system/df."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kinds import Json
from . import inspection
from .host_settings import PROCESSORS
from .usage import MEMORY

if TYPE_CHECKING:
    from .host import Host

__all__ = ["API_VERSION", "LEAST_API_VERSION", "SERVER_VERSION", "disk_usage", "info", "version"]

SERVER_VERSION = "20.10.24+dfsg1"
API_VERSION = "1.41"
LEAST_API_VERSION = "1.12"
KERNEL = "6.1.0-simulated"
SYSTEM = "Debian GNU/Linux 12 (bookworm)"
CONTAINERD = "1.6.20~ds1-1+deb12u3"
RUNC = "1.1.5+ds1-1+deb12u1"
BUILT = "2026-05-07T21:09:36.000000000+00:00"
COMMIT = "5d6db84"
GO = "go1.19.8"
LOG_DRIVERS = [
    "awslogs",
    "fluentd",
    "gcplogs",
    "gelf",
    "journald",
    "json-file",
    "local",
    "logentries",
    "splunk",
    "syslog",
]
NETWORK_DRIVERS = ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]
LABEL = "org.swarmlab.simulated=1"


def info(host: Host) -> Json:
    """Body of ``GET /info``; its labels say that the engine is simulated."""
    states = [container.state for container in host.containers.all()]
    swarm = host.swarm.info()
    paused = sum(state.status == "paused" for state in states)
    running = sum(state.running for state in states) - paused
    return {
        "ID": host.id,
        "Containers": len(states),
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(states) - running - paused,
        "Images": len(host.images.all()),
        "Driver": "overlay2",
        "DriverStatus": [
            ["Backing Filesystem", "extfs"],
            ["Supports d_type", "true"],
            ["Native Overlay Diff", "true"],
            ["userxattr", "false"],
        ],
        "Plugins": {
            "Volume": ["local"],
            "Network": NETWORK_DRIVERS,
            "Authorization": None,
            "Log": LOG_DRIVERS,
        },
        "MemoryLimit": True,
        "SwapLimit": True,
        "KernelMemory": True,
        "KernelMemoryTCP": True,
        "CpuCfsPeriod": True,
        "CpuCfsQuota": True,
        "CPUShares": True,
        "CPUSet": True,
        "PidsLimit": True,
        "IPv4Forwarding": True,
        "BridgeNfIptables": True,
        "BridgeNfIp6tables": True,
        "Debug": False,
        "NFd": 31 + 2 * len(states),
        "OomKillDisable": True,
        "NGoroutines": 60 + 8 * len(states),
        "SystemTime": host.world.clock.now(),
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs",
        "CgroupVersion": "1",
        "NEventsListener": host.events.listeners,
        "KernelVersion": KERNEL,
        "OperatingSystem": SYSTEM,
        "OSVersion": "12",
        "OSType": "linux",
        "Architecture": "x86_64",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": {
            "AllowNondistributableArtifactsCIDRs": [],
            "AllowNondistributableArtifactsHostnames": [],
            "InsecureRegistryCIDRs": ["127.0.0.0/8"],
            "IndexConfigs": {"docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True, "Official": True}},
            "Mirrors": [],
        },
        "NCPU": PROCESSORS,
        "MemTotal": MEMORY,
        "GenericResources": None,
        "DockerRootDir": host.root,
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": host.hostname,
        "Labels": [LABEL, *host.labels],
        "ExperimentalBuild": False,
        "ServerVersion": SERVER_VERSION,
        "Runtimes": {
            "io.containerd.runc.v2": {"path": "runc"},
            "io.containerd.runtime.v1.linux": {"path": "runc"},
            "runc": {"path": "runc"},
        },
        "DefaultRuntime": "runc",
        "Swarm": swarm,
        "LiveRestoreEnabled": False,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": {"ID": CONTAINERD, "Expected": CONTAINERD},
        "RuncCommit": {"ID": RUNC, "Expected": RUNC},
        "InitCommit": {"ID": "", "Expected": ""},
        "SecurityOptions": ["name=seccomp,profile=default"],
        "Warnings": swarm.get("Warnings"),
    }


def version() -> Json:
    """Body of ``GET /version``."""
    return {
        "Platform": {"Name": ""},
        "Components": [
            {
                "Name": "Engine",
                "Version": SERVER_VERSION,
                "Details": {
                    "ApiVersion": API_VERSION,
                    "Arch": "amd64",
                    "BuildTime": BUILT,
                    "Experimental": "false",
                    "GitCommit": COMMIT,
                    "GoVersion": GO,
                    "KernelVersion": KERNEL,
                    "MinAPIVersion": LEAST_API_VERSION,
                    "Os": "linux",
                },
            },
            {"Name": "containerd", "Version": "1.6.20~ds1", "Details": {"GitCommit": CONTAINERD}},
            {"Name": "runc", "Version": "1.1.5+ds1", "Details": {"GitCommit": RUNC}},
            {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": ""}},
        ],
        "Version": SERVER_VERSION,
        "ApiVersion": API_VERSION,
        "MinAPIVersion": LEAST_API_VERSION,
        "GitCommit": COMMIT,
        "GoVersion": GO,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": KERNEL,
        "BuildTime": BUILT,
    }


def disk_usage(host: Host) -> Json:
    """Body of ``GET /system/df``."""
    images = []
    for image in host.images.all():
        images.append(host.images.listed(image) | {"Containers": len(host.images.users(image)), "SharedSize": 0})
    volumes = [
        volume
        | {
            "UsageData": {
                "RefCount": len(host.volumes.users(volume["Name"])),
                "Size": host.volumes.size(volume["Name"]),
            }
        }
        for volume in host.volumes.all()
        if not volume["Options"]
    ]
    return {
        "LayersSize": sum(image.size for image in host.images.all()),
        "Images": images,
        "Containers": [inspection.listed(container, size=True) for container in host.containers.all()],
        "Volumes": volumes,
        "BuildCache": None,
        "BuilderSize": 0,
    }
