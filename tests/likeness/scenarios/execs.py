"""Processes that are started in a container."""

from __future__ import annotations

from typing import Any

from ..steps import Scenario, Step, get, post

__all__ = ["SCENARIOS"]


def run(name: str, *argv: str, **more: Any) -> tuple[Step, ...]:
    """Start a process as the docker CLI does, read it to its end, and ask what became of it."""
    asked = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(argv), **more}
    return (
        post("/containers/one/exec", asked, keep={name: "Id"}),
        post(f"/exec/${name}/start", {"Detach": False, "Tty": more.get("Tty", False)}, read="upgraded"),
        get(f"/exec/${name}/json"),
    )


ONE = {"Image": "alpine", "Cmd": ["sleep", "100000"], "Env": ["GIVEN=1"], "Hostname": "one"}

SCENARIOS = (
    Scenario(
        "exec",
        (
            post("/containers/create?name=one", ONE, keep={"one": "Id"}),
            post("/containers/one/start"),
            *run("a", "echo", "hello"),
            get("/containers/one/json"),
            *run("b", "sh", "-c", "echo out; echo err >&2; exit 3"),
            *run("c", "nothing"),
            *run("d", "sh", "-c", "nothing"),
            *run("e", "env", Env=["MORE=2"], WorkingDir="/tmp"),
            *run("f", "pwd", WorkingDir="/tmp"),
            *run("g", "id", User="1000:1000"),
            *run("h", "id", User="nobodyatall"),
            *run("i", "echo", "hello", Tty=True),
            *run("j", "cat", "/etc/hosts"),
            *run("k", "cat", "/nothing"),
            *run("l", "pwd", WorkingDir="/nothing"),
            post("/containers/one/exec", {"AttachStdin": True, "AttachStdout": True, "Cmd": ["cat"]}, keep={"m": "Id"}),
            post("/exec/$m/start", {"Detach": False, "Tty": False}, read="upgraded", send="written\n"),
            get("/exec/$m/json"),
            post("/exec/$m/start", {"Detach": False, "Tty": False}),
            post("/containers/one/exec", {"Cmd": ["sleep", "100000"]}, keep={"n": "Id"}),
            get("/exec/$n/json"),
            post("/exec/$n/start", {"Detach": True}),
            get("/exec/$n/json"),
            post("/exec/$n/resize?h=10&w=20"),
            post("/exec/$n/resize"),
            post("/exec/$n/start", {"Detach": True}),
            get("/containers/one/json"),
            post("/containers/one/exec", {"Cmd": []}),
            post("/containers/one/exec", {}),
            post("/containers/one/exec", {"Cmd": ["true"], "DetachKeys": "nothing"}),
            # As the SDK asks it: without an upgrade.
            post(
                "/containers/one/exec",
                {"AttachStdout": True, "AttachStderr": True, "Cmd": ["echo", "plain"]},
                keep={"o": "Id"},
            ),
            post("/exec/$o/start", {"Detach": False, "Tty": False}, read="frames"),
            post("/containers/one/exec", {"AttachStdout": True, "Cmd": ["true"]}, keep={"p": "Id"}),
            post("/containers/one/stop?t=0"),
            post("/exec/$p/start", {"Detach": False, "Tty": False}),
            get("/exec/$p/json"),
            get("/exec/$n/json"),
            get("/events?since=$start&until=$soon"),
        ),
        swarm=False,
    ),
    Scenario(
        "programs",
        (
            post("/networks/create", {"Name": "mine", "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}}),
            post("/containers/create?name=one", {**ONE, "HostConfig": {"NetworkMode": "mine"}}),
            post(
                "/containers/create?name=two",
                {
                    "Image": "alpine",
                    "Cmd": ["sleep", "100000"],
                    "HostConfig": {"NetworkMode": "mine"},
                    "NetworkingConfig": {"EndpointsConfig": {"mine": {"Aliases": ["second"]}}},
                },
            ),
            post("/containers/one/start"),
            post("/containers/two/start"),
            *run("a", "ping", "-c", "2", "two"),
            *run("b", "ping", "-c", "1", "-W", "1", "10.9.0.77"),
            *run("c", "ping", "-c", "1", "nothing.example"),
            *run("d", "nslookup", "two"),
            *run("e", "nslookup", "second"),
            *run("f", "nslookup", "nothing"),
            *run("g", "cat", "/etc/resolv.conf"),
            *run("h", "cat", "/etc/hosts"),
            *run("i", "ip", "-o", "-4", "addr"),
            *run("j", "ip", "route"),
            *run("k", "ip", "link"),
            *run("l", "hostname"),
            *run("m", "wget", "-q", "-O", "-", "http://two:81/"),
            *run("n", "sh", "-c", 'for x in 1 2 3; do echo "$$x"; done | tail -n 1; test -e /etc/hosts && echo there'),
            *run(
                "o",
                "sh",
                "-c",
                'A=b; echo ${A:-c} ${Z:-c} $((1 + 2)) $(echo d) "$$1"; false || echo e',
                "name",
                "first",
            ),
            *run("p", "ls", "/"),
            *run("q", "sh", "-c", "echo unterminated '"),
            *run("r", "ping"),
            *run("s", "wc", "-l", "/etc/hosts"),
            *run("t", "nc", "-z", "two", "82"),
            *run("u", "grep", "-c", "one", "/etc/hosts"),
            *run("v", "timeout", "1", "sleep", "5"),
            *run("w", "date", "-d", "@0", "+%Y"),
            *run("x", "ip", "neigh"),
        ),
        swarm=False,
    ),
)
