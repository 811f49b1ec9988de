"""Networks of one engine, of a swarm, and the ingress network's replacement."""

from __future__ import annotations

from ..steps import W1, W2, M, Scenario, Until, delete, get, post
from .shapes import everywhere, filters, gone, running, service

__all__ = ["SCENARIOS"]


def subnet(address: str, **more: str) -> dict[str, object]:
    return {"Driver": "default", "Config": [{"Subnet": address, **more}]}


SLEEP = {"Image": "alpine", "Cmd": ["sleep", "100000"]}

SCENARIOS = (
    Scenario(
        "bridge networks",
        (
            get("/networks"),
            post(
                "/networks/create", {"Name": "mine", "Labels": {"a": "1"}, "CheckDuplicate": True}, keep={"mine": "Id"}
            ),
            post("/networks/create", {"Name": "mine", "CheckDuplicate": True}),
            get("/networks/mine"),
            get("/networks/$mine?verbose=true"),
            get("/networks/mine?scope=swarm"),
            post(
                "/networks/create",
                {
                    "Name": "given",
                    "Driver": "bridge",
                    "IPAM": subnet("10.9.0.0/24", Gateway="10.9.0.254", IPRange="10.9.0.64/26"),
                },
            ),
            post("/networks/create", {"Name": "again", "IPAM": subnet("10.9.0.0/25")}),
            post("/networks/create", {"Name": "wrong", "IPAM": subnet("10.9.0/24")}),
            post("/networks/create", {"Name": "wrong", "IPAM": subnet("10.8.0.0/24", Gateway="10.9.0.1")}),
            post("/networks/create", {"Name": "wrong", "Driver": "nothing"}),
            post("/networks/create", {"Name": "wrong", "Driver": "host"}),
            post("/networks/create", {"Name": "wrong", "Driver": "overlay"}),
            post("/networks/create", {"Name": ""}),
            post("/networks/create", {"Name": "bridge"}),
            post("/networks/create", {"Name": "a b"}),
            post(
                "/networks/create",
                {"Name": "inside", "Internal": True, "Options": {"com.docker.network.bridge.name": "br9"}},
            ),
            get("/networks"),
            get("/networks?" + filters(driver=["bridge"])),
            get("/networks?" + filters(type=["custom"])),
            get("/networks?" + filters(label=["a=1"])),
            get("/networks?" + filters(name=["give"])),
            get("/networks?" + filters(dangling=["true"])),
            get("/networks?" + filters(id=["$mine"])),
            post("/containers/create?name=one", {**SLEEP, "HostConfig": {"NetworkMode": "mine"}}, keep={"one": "Id"}),
            post(
                "/networks/given/connect",
                {
                    "Container": "one",
                    "EndpointConfig": {"Aliases": ["first"], "IPAMConfig": {"IPv4Address": "10.9.0.7"}},
                },
            ),
            get("/containers/one/json"),
            post("/containers/one/start"),
            get("/containers/one/json"),
            get("/networks/mine"),
            get("/networks/given"),
            post("/networks/given/connect", {"Container": "one"}),
            post(
                "/networks/inside/connect",
                {"Container": "one", "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.9.0.7"}}},
            ),
            post("/networks/inside/connect", {"Container": "one"}),
            post("/networks/host/connect", {"Container": "one"}),
            post("/networks/none/connect", {"Container": "one"}),
            delete("/networks/mine"),
            post("/networks/mine/disconnect", {"Container": "one"}),
            post("/networks/mine/disconnect", {"Container": "one"}),
            get("/containers/one/json"),
            post(
                "/containers/create?name=two",
                {
                    **SLEEP,
                    "HostConfig": {"NetworkMode": "given"},
                    "NetworkingConfig": {"EndpointsConfig": {"given": {"IPAMConfig": {"IPv4Address": "10.9.0.7"}}}},
                },
            ),
            post("/containers/two/start"),
            post(
                "/containers/create?name=three",
                {
                    **SLEEP,
                    "HostConfig": {"NetworkMode": "given"},
                    "NetworkingConfig": {"EndpointsConfig": {"given": {"IPAMConfig": {"IPv4Address": "10.7.0.7"}}}},
                },
            ),
            post("/containers/three/start"),
            post(
                "/containers/create?name=four",
                {
                    **SLEEP,
                    "HostConfig": {"NetworkMode": "mine"},
                    "NetworkingConfig": {"EndpointsConfig": {"mine": {}, "given": {}}},
                },
            ),
            post(
                "/containers/create?name=five",
                {
                    **SLEEP,
                    "NetworkingConfig": {"EndpointsConfig": {"bridge": {"IPAMConfig": {"IPv4Address": "172.17.0.9"}}}},
                },
            ),
            post("/containers/five/start"),
            post("/networks/given/disconnect", {"Container": "one", "Force": True}),
            post("/containers/one/stop?t=0"),
            get("/containers/one/json"),
            get("/networks/given"),
            delete("/networks/mine"),
            delete("/networks/bridge"),
            delete("/networks/host"),
            post("/networks/prune"),
            get("/networks"),
            get("/events?since=$start&until=$soon&" + filters(type=["network"])),
        ),
        swarm=False,
    ),
    Scenario(
        "overlay networks",
        (
            get("/networks"),
            get("/networks/ingress"),
            get("/networks/ingress", on=W1),
            get("/networks/docker_gwbridge"),
            post("/networks/create", {"Name": "first", "Driver": "overlay"}, keep={"first": "Id"}),
            post("/networks/create", {"Name": "first", "Driver": "overlay", "CheckDuplicate": True}),
            post("/networks/create", {"Name": "first", "Driver": "bridge", "CheckDuplicate": True}),
            post(
                "/networks/create",
                {
                    "Name": "open",
                    "Driver": "overlay",
                    "Attachable": True,
                    "Labels": {"a": "1"},
                    "Options": {"com.docker.network.driver.mtu": "1200"},
                },
            ),
            post("/networks/create", {"Name": "secret", "Driver": "overlay", "Options": {"encrypted": ""}}),
            post(
                "/networks/create",
                {"Name": "given", "Driver": "overlay", "IPAM": subnet("10.20.0.0/16", Gateway="10.20.0.1")},
            ),
            post(
                "/networks/create",
                {"Name": "again", "Driver": "overlay", "IPAM": subnet("10.20.1.0/24")},
                keep={"again": "Id"},
            ),
            post("/networks/create", {"Name": "wrong", "Driver": "overlay", "IPAM": subnet("10.20.1")}),
            post("/networks/create", {"Name": "wrong", "Driver": "overlay", "Scope": "local"}),
            post("/networks/create", {"Name": "wrong", "Driver": "overlay", "Ingress": True}),
            post("/networks/create", {"Name": "wrong", "Driver": "bridge", "Attachable": True}),
            post("/networks/create", {"Name": "wrong", "Driver": "overlay"}, on=W1),
            post("/networks/create", {"Name": "a b", "Driver": "overlay"}),
            get("/networks/first"),
            get("/networks/open"),
            get("/networks/secret"),
            get("/networks/given"),
            get("/networks/first", on=W1),
            get("/networks?" + filters(scope=["swarm"])),
            get("/networks?" + filters(driver=["overlay"]), on=W1),
            post(
                "/services/create",
                service("web", task={"Networks": [{"Target": "first", "Aliases": ["www"]}]}),
                keep={"web": "ID"},
            ),
            running("web"),
            get("/networks/first"),
            get("/networks/first", on=W1),
            get("/networks/first?verbose=true", on=W1),
            get("/networks/first", on=W2),
            get("/networks/docker_gwbridge", on=W1),
            get("/services/web"),
            delete("/networks/first"),
            delete("/networks/first", on=W1),
            post("/services/create", service("wrong", task={"Networks": [{"Target": "nothing"}]})),
            post("/services/create", service("wrong", task={"Networks": [{"Target": "bridge"}]})),
            post("/services/create", service("wrong", task={"Networks": [{"Target": "ingress"}]})),
            # A container of its own on an attachable network.
            post("/containers/create?name=alone", {**SLEEP, "HostConfig": {"NetworkMode": "first"}}),
            post("/containers/alone/start"),
            delete("/containers/alone?force=true"),
            post("/containers/create?name=alone", {**SLEEP, "HostConfig": {"NetworkMode": "open"}}, on=W2),
            post("/containers/alone/start", on=W2),
            get("/containers/alone/json", on=W2),
            get("/networks/open", on=W2),
            get("/networks/open"),
            get("/tasks?" + filters(label=["nothing"])),
            delete("/networks/open"),
            post("/networks/open/disconnect", {"Container": "alone"}, on=W2),
            post("/networks/open/connect", {"Container": "alone"}, on=W2),
            get("/containers/alone/json", on=W2),
            delete("/containers/alone?force=true", on=W2),
            gone("/networks/open", W2),
            delete("/networks/open"),
            delete("/services/web"),
            gone("/networks/first", W1),
            delete("/networks/first"),
            delete("/networks/$again"),
            post("/networks/prune"),
            get("/networks"),
            get("/networks", on=W1),
            get("/events?since=$start&until=$soon&" + filters(type=["network"], scope=["swarm"])),
        ),
    ),
    Scenario(
        "names on an overlay",
        (
            post("/networks/create", {"Name": "net", "Driver": "overlay", "Attachable": True}),
            post("/services/create", service("web", host=W1, task={"Networks": [{"Target": "net"}]})),
            running("web"),
            post(
                "/services/create",
                service("round", host=W2, task={"Networks": [{"Target": "net"}]}, EndpointSpec={"Mode": "dnsrr"}),
            ),
            running("round"),
            post("/containers/create?name=one", {**SLEEP, "HostConfig": {"NetworkMode": "net"}}),
            post("/containers/one/start"),
            get("/containers/one/json"),
            *(
                step
                for name, command in (
                    ("a", "nslookup web"),
                    ("b", "nslookup tasks.web"),
                    ("c", "nslookup round"),
                    ("d", "nslookup tasks.round"),
                    ("e", "nslookup nothing"),
                    ("f", "ping -c 1 tasks.web"),
                    ("g", "ping -c 1 round"),
                    ("h", "ip -o -4 addr"),
                    ("i", "ip route"),
                    ("j", "cat /etc/resolv.conf"),
                    ("k", "cat /etc/hosts"),
                )
                for step in (
                    post(
                        "/containers/one/exec",
                        {"AttachStdout": True, "AttachStderr": True, "Cmd": command.split()},
                        keep={name: "Id"},
                    ),
                    post(f"/exec/${name}/start", {"Detach": False}, read="upgraded"),
                    get(f"/exec/${name}/json"),
                )
            ),
            get("/networks/net"),
            get("/networks/net?verbose=true"),
            get("/networks/net", on=W1),
            get("/networks/net", on=W2),
        ),
    ),
    Scenario(
        "ingress replaced",
        (
            post(
                "/services/create", service("web", EndpointSpec={"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]})
            ),
            running("web"),
            get("/networks/ingress"),
            get("/networks/ingress", on=W1),
            delete("/networks/ingress"),
            delete("/services/web"),
            *everywhere("/containers/json?all=true"),
            delete("/networks/ingress"),
            *everywhere("/networks?" + filters(name=["ingress"])),
            get("/networks/ingress"),
            post(
                "/services/create", service("web", EndpointSpec={"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]})
            ),
            post("/networks/create", {"Name": "entry", "Driver": "overlay", "Ingress": True, "Attachable": True}),
            post(
                "/networks/create",
                {
                    "Name": "entry",
                    "Driver": "overlay",
                    "Ingress": True,
                    "IPAM": subnet("10.11.0.0/16", Gateway="10.11.0.2"),
                    "Options": {"com.docker.network.driver.mtu": "1200"},
                },
            ),
            Until(M, "/networks/entry", lambda found: found["Name"] == "entry", "entry is there"),
            get("/networks/entry"),
            get("/networks/entry", on=W1),
            post("/networks/create", {"Name": "more", "Driver": "overlay", "Ingress": True}),
            get("/nodes"),
            post(
                "/services/create",
                service("again", EndpointSpec={"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]}),
            ),
            running("again"),
            get("/services/again"),
            get("/tasks?" + filters(service=["again"])),
            get("/networks/entry", on=W1),
        ),
    ),
    Scenario(
        "networks that are in use",
        (
            post("/networks/create", {"Name": "mine"}),
            post("/containers/create?name=one", {**SLEEP, "HostConfig": {"NetworkMode": "mine"}}),
            delete("/networks/mine"),
            post("/containers/one/start"),
            post("/networks/create", {"Name": "mine"}),
            get("/networks?" + filters(name=["mine"])),
            get("/networks/mine"),
        ),
        swarm=False,
    ),
)
