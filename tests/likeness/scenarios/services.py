"""Services: as they are asked for, updated, rolled back."""

from __future__ import annotations

from typing import Any

from ..steps import W1, W2, M, Scenario, Step, Until, delete, get, post
from .shapes import filters, gone, on, running, service, task_states, updated

__all__ = ["SCENARIOS"]

SECOND = 1_000_000_000


def change(name: str, spec: dict[str, Any], options: str = "") -> tuple[Step, ...]:
    """Read a service's version, and update it."""
    return (
        get(f"/services/{name}", keep={"v": "Version.Index"}),
        post(f"/services/{name}/update?version=$v{options}", spec),
    )


def ports(*wanted: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"EndpointSpec": {"Ports": list(wanted), **more}}


def refused(**more: Any) -> Step:
    return post("/services/create", service("wrong", **more))


QUICK = {"Parallelism": 1, "Delay": 0, "Monitor": SECOND // 2}

SCENARIOS = (
    Scenario(
        "services",
        (
            get("/services"),
            post(
                "/services/create",
                service("web", Labels={"a": "1"}),
                keep={"web": "ID"},
                headers={"version": "1.41"},
            ),
            running("web"),
            # One after the other: which of two tasks has the first address is chance.
            *change("web", service("web", replicas=2, Labels={"a": "1"})),
            running("web", 2),
            get("/services"),
            get("/services?status=true"),
            get("/services/web"),
            get("/services/$web?insertDefaults=true"),
            get("/services?" + filters(name=["we"])),
            get("/services?" + filters(id=["$web"])),
            get("/services?" + filters(label=["a=1"])),
            get("/services?" + filters(mode=["replicated"])),
            get("/services?" + filters(mode=["global"])),
            get("/services?" + filters(mode=["nothing"])),
            get("/tasks?" + filters(service=["web"])),
            get("/containers/json?" + filters(name=["^/web.1"]), on=W1, keep={"one": "0.Id"}),
            get("/containers/$one/json", on=W1),
            post("/services/create", service("web")),
            post("/services/create", service("WEB")),
            post("/services/create", service("everywhere", replicas=None, host=None), keep={"everywhere": "ID"}),
            running("everywhere", 3),
            get("/services/everywhere"),
            get("/services?status=true&" + filters(mode=["global"])),
            get("/tasks?" + filters(service=["everywhere"])),
            *change("web", service("web", replicas=1, Labels={"a": "1"})),
            task_states("web", "running"),
            get("/tasks?" + filters(service=["web"])),
            *change("web", service("web", replicas=0)),
            task_states("web"),
            get("/services/web"),
            delete("/services/web"),
            get("/services/web"),
            delete("/services/web"),
            delete("/services/$everywhere"),
            gone("/containers/json", W1),
            get("/events?since=$start&until=$soon&" + filters(type=["service"])),
        ),
    ),
    Scenario(
        "services that are refused",
        (
            post("/services/create", {}),
            post("/services/create", {"Name": "wrong"}),
            post("/services/create", {"Name": "wrong", "TaskTemplate": {}}),
            post("/services/create", {"Name": "wrong", "TaskTemplate": {"ContainerSpec": {}}}),
            post("/services/create", {"TaskTemplate": {"ContainerSpec": {"Image": "alpine"}}}, keep={"nameless": "ID"}),
            delete("/services/$nameless"),
            post("/services/create", {"Name": "a b", "TaskTemplate": {"ContainerSpec": {"Image": "alpine"}}}),
            post("/services/create", {"Name": "a" * 64, "TaskTemplate": {"ContainerSpec": {"Image": "alpine"}}}),
            post("/services/create", {"Name": "wrong", "TaskTemplate": {"ContainerSpec": {"Image": "No Such"}}}),
            refused(Mode={}),
            refused(Mode={"Replicated": {}, "Global": {}}),
            refused(task={"RestartPolicy": {"Condition": "nothing"}}),
            refused(task={"RestartPolicy": {"Delay": -1}}),
            refused(task={"Placement": {"Constraints": ["nothing"]}}),
            refused(task={"Placement": {"Constraints": ["node.nothing==1"]}}),
            refused(task={"Resources": {"Limits": {"MemoryBytes": 1}}}),
            refused(task={"Resources": {"Limits": {"NanoCPUs": -1}}}),
            refused(task={"Runtime": "nothing"}),
            refused(task={"LogDriver": {"Name": "nothing"}}),
            refused(UpdateConfig={"FailureAction": "nothing"}),
            refused(UpdateConfig={"Order": "nothing"}),
            refused(UpdateConfig={"MaxFailureRatio": 2.0}),
            refused(UpdateConfig={"Delay": -1}),
            refused(RollbackConfig={"FailureAction": "rollback"}),
            refused(**ports({"TargetPort": 0})),
            refused(**ports({"TargetPort": 80, "Protocol": "nothing"})),
            refused(**ports({"TargetPort": 80, "PublishMode": "nothing"})),
            refused(**ports({"TargetPort": 80, "PublishedPort": 99999})),
            refused(**ports({"TargetPort": 80, "PublishedPort": 80}, {"TargetPort": 81, "PublishedPort": 80})),
            refused(**ports({"TargetPort": 80, "PublishedPort": 80}, Mode="dnsrr")),
            refused(EndpointSpec={"Mode": "nothing"}),
            refused(container={"Mounts": [{"Type": "nothing", "Target": "/x"}]}),
            refused(container={"Mounts": [{"Type": "volume", "Source": "v", "Target": "x"}]}),
            refused(container={"Mounts": [{"Type": "volume"}]}),
            refused(container={"Healthcheck": {"Interval": -1}}),
            refused(container={"Isolation": "nothing"}),
            refused(container={"Hosts": ["nothing"]}),
            refused(container={"StopSignal": "NOTHING"}),
            refused(container={"Env": ["=1"]}),
            refused(container={"Hostname": "{{.Nothing}}"}),
            refused(container={"User": "{{.Nothing}}"}),
            post(
                "/services/create",
                {"Name": "wrong", "TaskTemplate": {"ForceUpdate": -1, "ContainerSpec": {"Image": "alpine"}}},
            ),
            get("/services"),
        ),
    ),
    Scenario(
        "rolling updates",
        (
            post("/services/create", service("web", replicas=2, UpdateConfig=QUICK), keep={"web": "ID"}),
            running("web", 2),
            *change("web", service("web", replicas=2, container={"Env": ["A=1"]}, UpdateConfig=QUICK)),
            updated("web", "completed"),
            running("web", 2),
            get("/services/web", keep={"v": "Version.Index"}),
            get("/tasks?" + filters(service=["web"])),
            post("/services/web/update?version=$v&rollback=previous", service("web", replicas=2)),
            updated("web", "rollback_completed"),
            running("web", 2),
            get("/services/web"),
            *change(
                "web",
                service(
                    "web",
                    replicas=2,
                    task={"ForceUpdate": 1},
                    UpdateConfig={**QUICK, "Parallelism": 0, "Order": "start-first"},
                ),
            ),
            updated("web", "completed"),
            running("web", 2),
            get("/services/web"),
            post("/services/web/update?version=1", service("web")),
            get("/services/web", keep={"v": "Version.Index"}),
            post("/services/web/update?version=$v", service("other")),
            post("/services/web/update?version=$v&rollback=nothing", service("web")),
            post("/services/web/update?version=$v", service("web", replicas=None)),
            post("/services/web/update?version=$v&registryAuthFrom=nothing", service("web")),
            post("/services/web/update?version=$v", {"Name": "web"}),
            # What differs from before in nothing but its version.
            post(
                "/services/web/update?version=$v",
                service(
                    "web",
                    replicas=2,
                    task={"ForceUpdate": 1},
                    UpdateConfig={**QUICK, "Parallelism": 0, "Order": "start-first"},
                ),
            ),
            get("/services/web"),
            get("/events?since=$start&until=$soon&" + filters(type=["service"])),
        ),
    ),
    Scenario(
        "updates that fail",
        (
            post("/services/create", service("pauses", UpdateConfig={**QUICK, "FailureAction": "pause"})),
            running("pauses"),
            *change(
                "pauses",
                service(
                    "pauses",
                    command=["sh", "-c", "exit 1"],
                    task={"RestartPolicy": {"Condition": "none"}},
                    UpdateConfig={**QUICK, "FailureAction": "pause"},
                ),
            ),
            updated("pauses", "paused"),
            get("/services/pauses"),
            get("/tasks?" + filters(service=["pauses"])),
            post(
                "/services/create",
                service("returns", UpdateConfig={**QUICK, "FailureAction": "rollback"}, RollbackConfig=QUICK),
            ),
            running("returns"),
            *change(
                "returns",
                service(
                    "returns",
                    command=["nothing"],
                    task={"RestartPolicy": {"Condition": "none"}},
                    UpdateConfig={**QUICK, "FailureAction": "rollback"},
                    RollbackConfig=QUICK,
                ),
            ),
            updated("returns", "rollback_completed"),
            running("returns"),
            get("/services/returns"),
            get("/tasks?" + filters(service=["returns"])),
            get("/services/returns", keep={"v": "Version.Index"}),
            post("/services/returns/update?version=$v&rollback=previous", service("returns")),
            post("/services/create", service("new")),
            running("new"),
            get("/services/new", keep={"v": "Version.Index"}),
            post("/services/new/update?version=$v&rollback=previous", service("new")),
        ),
    ),
    Scenario(
        "published ports",
        (
            post(
                "/services/create",
                service("web", **ports({"TargetPort": 80, "PublishedPort": 8080})),
                keep={"web": "ID"},
            ),
            running("web"),
            get("/services/web"),
            get("/tasks?" + filters(service=["web"])),
            get("/networks/ingress"),
            get("/networks/ingress", on=W1),
            post("/services/create", service("taken", **ports({"TargetPort": 80, "PublishedPort": 8080}))),
            post(
                "/services/create",
                service("chosen", **ports({"TargetPort": 80}, {"TargetPort": 53, "Protocol": "udp"})),
            ),
            running("chosen"),
            get("/services/chosen"),
            post(
                "/services/create",
                service("hosted", host=W2, **ports({"TargetPort": 80, "PublishedPort": 8081, "PublishMode": "host"})),
            ),
            running("hosted"),
            get("/services/hosted"),
            get("/tasks?" + filters(service=["hosted"])),
            get("/containers/json", on=W2),
            post(
                "/services/create",
                service("second", host=W2, **ports({"TargetPort": 80, "PublishedPort": 8081, "PublishMode": "host"})),
            ),
            task_states("second", "pending"),
            Until(
                M, "/tasks?" + filters(service=["second"]), lambda tasks: tasks[0]["Status"].get("Err"), "it says why"
            ),
            get("/tasks?" + filters(service=["second"])),
            post("/services/create", service("round", EndpointSpec={"Mode": "dnsrr"})),
            running("round"),
            get("/services/round"),
            *change("web", service("web", **ports({"TargetPort": 81, "PublishedPort": 8090}))),
            running("web"),
            get("/services/web"),
            *change("web", service("web", **ports())),
            running("web"),
            get("/services/web"),
        ),
    ),
    Scenario(
        "a service's networks",
        (
            post("/networks/create", {"Name": "one", "Driver": "overlay"}, keep={"one": "Id"}),
            post("/networks/create", {"Name": "two", "Driver": "overlay"}, keep={"two": "Id"}),
            post("/services/create", service("web", task={"Networks": [{"Target": "$one"}]}), keep={"web": "ID"}),
            running("web"),
            *change(
                "web", service("web", task={"Networks": [{"Target": "$one"}, {"Target": "$two", "Aliases": ["www"]}]})
            ),
            updated("web", "completed"),
            running("web"),
            get("/services/web"),
            get("/tasks?" + filters(service=["web"])),
            get("/networks/two", on=W1),
            *change("web", service("web", task={"Networks": [{"Target": "$two"}]})),
            updated("web", "completed"),
            running("web"),
            get("/services/web"),
            gone("/networks/one", W1),
            delete("/networks/one"),
            delete("/networks/two"),
            # Networks of the service itself, as old clients give them.
            post("/services/create", service("old", Networks=[{"Target": "two"}])),
            running("old"),
            get("/services/old"),
        ),
    ),
    Scenario(
        "a stack's services",
        (
            post(
                "/networks/create",
                {"Name": "app_default", "Driver": "overlay", "Labels": {"com.docker.stack.namespace": "app"}},
            ),
            post(
                "/services/create",
                {
                    "Name": "app_web",
                    "Labels": {"com.docker.stack.image": "nginx:latest", "com.docker.stack.namespace": "app"},
                    "TaskTemplate": {
                        "ContainerSpec": {
                            "Image": "nginx:latest",
                            "Labels": {"com.docker.stack.namespace": "app"},
                            "Privileges": {"CredentialSpec": None, "SELinuxContext": None},
                        },
                        "Resources": {"Limits": {"MemoryBytes": 67108864}, "Reservations": {"NanoCPUs": 100000000}},
                        "RestartPolicy": {
                            "Condition": "on-failure",
                            "Delay": SECOND,
                            "MaxAttempts": 3,
                            "Window": 120 * SECOND,
                        },
                        "Placement": on(W1),
                        "Networks": [{"Target": "app_default", "Aliases": ["web"]}],
                        "ForceUpdate": 0,
                    },
                    "Mode": {"Replicated": {"Replicas": 1}},
                    "UpdateConfig": {"Parallelism": 1, "Delay": 10 * SECOND},
                    "EndpointSpec": {
                        "Ports": [
                            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 5000, "PublishMode": "ingress"}
                        ]
                    },
                },
                keep={"web": "ID"},
            ),
            running("app_web"),
            get("/services?" + filters(label=["com.docker.stack.namespace=app"]) + "&status=true"),
            get("/services/app_web?insertDefaults=true"),
            get("/networks?" + filters(label=["com.docker.stack.namespace=app"])),
            get("/tasks?" + filters(label=["com.docker.stack.namespace=app"])),
            get("/containers/json?" + filters(label=["com.docker.stack.namespace=app"]), on=W1, keep={"one": "0.Id"}),
            get("/containers/$one/json", on=W1),
            get("/networks/app_default", on=W1),
            delete("/services/$web"),
            gone("/containers/json", W1),
            delete("/networks/app_default"),
        ),
    ),
)
