"""Volumes, and what containers mount."""

from __future__ import annotations

from ..steps import Scenario, delete, get, post
from .shapes import filters, state

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        "volumes",
        (
            get("/volumes"),
            post("/volumes/create", {"Name": "data", "Labels": {"a": "1"}}),
            post("/volumes/create", {"Name": "data"}),
            post("/volumes/create", {"Name": "other", "Driver": "nothing"}),
            post("/volumes/create", {"Name": "a b"}),
            post("/volumes/create", {"Name": "a"}),
            post(
                "/volumes/create",
                {"Name": "opted", "Driver": "local", "DriverOpts": {"type": "tmpfs", "device": "tmpfs"}},
            ),
            post("/volumes/create", {"Name": "wrong", "DriverOpts": {"nothing": "1"}}),
            get("/volumes"),
            get("/volumes/data"),
            get("/volumes/opted"),
            get("/volumes?" + filters(label=["a"])),
            get("/volumes?" + filters(label=["a=2"])),
            get("/volumes?" + filters(name=["da"])),
            get("/volumes?" + filters(driver=["local"])),
            get("/volumes?" + filters(dangling=["true"])),
            post(
                "/containers/create?name=user",
                {
                    "Image": "alpine",
                    "Cmd": ["sh", "-c", "echo kept > /data/file; cat /data/file"],
                    "HostConfig": {"Binds": ["data:/data", "made:/made:ro"]},
                },
            ),
            get("/volumes/made"),
            get("/containers/user/json"),
            delete("/volumes/data"),
            get("/volumes?" + filters(dangling=["true"])),
            post("/containers/user/start"),
            state("user", "exited"),
            get("/containers/user/logs?stdout=1&stderr=1", read="frames"),
            post(
                "/containers/create?name=second",
                {
                    "Image": "alpine",
                    "Cmd": ["cat", "/x/file"],
                    "HostConfig": {
                        "Mounts": [
                            {"Type": "volume", "Source": "data", "Target": "/x", "ReadOnly": True},
                            {"Type": "tmpfs", "Target": "/t"},
                        ]
                    },
                },
            ),
            post("/containers/second/start"),
            state("second", "exited"),
            get("/containers/second/logs?stdout=1&stderr=1", read="frames"),
            get("/containers/second/json"),
            post(
                "/containers/create?name=wrong",
                {"Image": "alpine", "HostConfig": {"Mounts": [{"Type": "nothing", "Target": "/x"}]}},
            ),
            post(
                "/containers/create?name=wrong",
                {"Image": "alpine", "HostConfig": {"Mounts": [{"Type": "volume", "Source": "a b", "Target": "x"}]}},
            ),
            post(
                "/containers/create?name=wrong",
                {"Image": "alpine", "HostConfig": {"Mounts": [{"Type": "bind", "Source": "/nothing", "Target": "/x"}]}},
            ),
            post("/containers/create?name=wrong", {"Image": "alpine", "HostConfig": {"Binds": ["data:relative"]}}),
            post("/containers/create?name=wrong", {"Image": "alpine", "HostConfig": {"Binds": ["data:/x:nothing"]}}),
            delete("/containers/user?v=true"),
            delete("/containers/second"),
            get("/volumes?" + filters(dangling=["true"])),
            delete("/volumes/data"),
            get("/volumes/data"),
            get("/system/df"),
            post("/volumes/prune"),
            get("/volumes"),
        ),
        swarm=False,
    ),
)
