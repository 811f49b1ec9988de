"""Logs, attached streams and events."""

from __future__ import annotations

from ..steps import Join, Scenario, delete, get, post
from .shapes import filters, state

__all__ = ["SCENARIOS"]

SAY = {"Image": "alpine", "Cmd": ["sh", "-c", "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three"]}

SCENARIOS = (
    Scenario(
        "logs",
        (
            post("/containers/create?name=say", SAY),
            get("/containers/say/logs?stdout=1&stderr=1", read="frames"),
            post("/containers/say/start"),
            state("say", "exited"),
            get("/containers/say/logs?stdout=1", read="frames"),
            get("/containers/say/logs?stderr=1", read="frames"),
            get("/containers/say/logs?stdout=1&stderr=1&tail=1", read="frames"),
            get("/containers/say/logs?stdout=1&tail=0", read="frames"),
            get("/containers/say/logs?stdout=1&tail=all", read="frames"),
            get("/containers/say/logs?stdout=1&timestamps=1&tail=1", read="frames"),
            get("/containers/say/logs?stdout=1&details=1", read="frames"),
            get("/containers/say/logs?stdout=1&since=$soon", read="frames"),
            get("/containers/say/logs?stdout=1&until=$start", read="frames"),
            get("/containers/say/logs?stdout=1&follow=1", read="frames"),
            post("/containers/create?name=slow", {"Image": "alpine", "Cmd": ["sh", "-c", "echo a; sleep 1; echo b"]}),
            post("/containers/slow/start"),
            get("/containers/slow/logs?stdout=1&follow=1", read="frames"),
            post("/containers/create?name=tty", {**SAY, "Tty": True}),
            post("/containers/tty/start"),
            state("tty", "exited"),
            get("/containers/tty/logs?stdout=1"),
            post("/containers/create?name=silent", {**SAY, "HostConfig": {"LogConfig": {"Type": "none"}}}),
            post("/containers/silent/start"),
            state("silent", "exited"),
            get("/containers/silent/logs?stdout=1"),
        ),
        swarm=False,
    ),
    Scenario(
        "attach",
        (
            post("/containers/create?name=say", {**SAY, "AttachStdout": True, "AttachStderr": True}),
            post("/containers/say/attach?stream=1&stdout=1&stderr=1", read="upgraded", behind="attached"),
            post("/containers/say/start"),
            Join("attached"),
            post("/containers/say/attach?logs=1&stdout=1&stderr=1", read="upgraded"),
            post(
                "/containers/create?name=cat",
                {
                    "Image": "alpine",
                    "Cmd": ["cat"],
                    "OpenStdin": True,
                    "StdinOnce": True,
                    "AttachStdin": True,
                    "AttachStdout": True,
                },
            ),
            post(
                "/containers/cat/attach?stream=1&stdin=1&stdout=1", read="upgraded", send="written\n", behind="attached"
            ),
            post("/containers/cat/start"),
            Join("attached"),
            state("cat", "exited"),
            get("/containers/cat/json"),
            get("/containers/cat/logs?stdout=1", read="frames"),
            post("/containers/create?name=tty", {"Image": "alpine", "Cmd": ["echo", "hello"], "Tty": True}),
            post("/containers/tty/attach?stream=1&stdout=1", read="upgraded", behind="attached"),
            post("/containers/tty/start"),
            Join("attached"),
            post("/containers/tty/resize?h=10&w=20"),
            post("/containers/say/resize?h=10&w=20"),
        ),
        swarm=False,
    ),
    Scenario(
        "events",
        (
            get("/events?since=$start&until=$soon", behind="live"),
            post("/containers/create?name=one", SAY),
            Join("live"),
            post("/containers/one/start"),
            state("one", "exited"),
            post("/networks/create", {"Name": "mine"}),
            delete("/networks/mine"),
            post("/volumes/create", {"Name": "data"}),
            delete("/volumes/data"),
            post("/images/alpine/tag?repo=mine&tag=one"),
            delete("/images/mine:one"),
            delete("/containers/one"),
            get("/events?since=$start&until=$soon"),
            get("/events?since=$start&until=$soon&" + filters(type=["network"])),
            get("/events?since=$start&until=$soon&" + filters(type=["container"], event=["die", "start"])),
            get("/events?since=$start&until=$soon&" + filters(container=["one"])),
            get("/events?since=$start&until=$soon&" + filters(image=["alpine"])),
            get("/events?since=$start&until=$soon&" + filters(label=["nothing"])),
            get("/events?since=$start&until=$soon&" + filters(scope=["swarm"])),
        ),
        swarm=False,
    ),
)
