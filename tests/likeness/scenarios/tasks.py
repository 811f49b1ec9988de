"""Tasks: what becomes of them."""

from __future__ import annotations

from ..steps import M, Scenario, Until, delete, get, post
from .shapes import filters, gone, running, service, task_states

__all__ = ["SCENARIOS"]

NO_RESTART = {"RestartPolicy": {"Condition": "none"}}

SCENARIOS = (
    Scenario(
        "tasks",
        (
            get("/tasks"),
            post(
                "/services/create",
                service(
                    "web", container={"Env": ["SLOT={{.Task.Slot}}"], "Hostname": "{{.Service.Name}}-{{.Task.Slot}}"}
                ),
                keep={"web": "ID"},
            ),
            running("web"),
            get("/tasks", keep={"task": "0.ID", "container": "0.Status.ContainerStatus.ContainerID"}),
            get("/tasks/$task"),
            get("/tasks?" + filters(id=["$task"])),
            get("/tasks?" + filters(name=["web"])),
            get("/tasks?" + filters(name=["web.1"])),
            get("/tasks?" + filters(node=["worker1.i2tch.loc"])),
            get("/tasks?" + filters(node=["nothing"])),
            get("/tasks?" + filters(service=["nothing"])),
            get("/tasks?" + filters(**{"desired-state": ["running", "shutdown"]})),
            get("/tasks?" + filters(label=["nothing"])),
            get("/tasks/web.1"),
            get("/tasks/$task/logs?stdout=1", read="frames"),
            get("/containers/$container/json", on="worker1"),
            # A container that dies is replaced by another task.
            post("/containers/$container/kill", on="worker1"),
            task_states("web", "failed", "running"),
            get("/tasks?" + filters(service=["web"])),
            delete("/containers/$container", on="worker1"),
            delete("/services/web"),
            gone("/tasks"),
            get("/tasks/$task"),
        ),
    ),
    Scenario(
        "tasks that end",
        (
            post("/services/create", service("done", command=["true"], task=NO_RESTART)),
            task_states("done", "complete"),
            get("/tasks?" + filters(service=["done"])),
            get("/services?status=true&" + filters(name=["done"])),
            post("/services/create", service("failed", command=["sh", "-c", "echo said; exit 3"], task=NO_RESTART)),
            task_states("failed", "failed"),
            get("/tasks?" + filters(service=["failed"])),
            get("/services/failed/logs?stdout=1&stderr=1", read="frames"),
            get("/services/failed/logs?stdout=1&details=1", read="frames"),
            get("/services/failed/logs?stdout=1&tail=0", read="frames"),
            post("/services/create", service("nothing", command=["nothing"], task=NO_RESTART)),
            task_states("nothing", "failed"),
            get("/tasks?" + filters(service=["nothing"])),
            post("/services/create", service("unknown", image="unknown:1", task=NO_RESTART)),
            task_states("unknown", "rejected"),
            get("/tasks?" + filters(service=["unknown"])),
            post(
                "/services/create", service("nowhere", task={"Placement": {"Constraints": ["node.labels.nothing==1"]}})
            ),
            task_states("nowhere", "pending"),
            Until(
                M, "/tasks?" + filters(service=["nowhere"]), lambda tasks: tasks[0]["Status"].get("Err"), "it says why"
            ),
            get("/tasks?" + filters(service=["nowhere"])),
            post("/services/create", service("large", task={"Resources": {"Reservations": {"MemoryBytes": 1 << 50}}})),
            Until(
                M, "/tasks?" + filters(service=["large"]), lambda tasks: tasks[0]["Status"].get("Err"), "it says why"
            ),
            get("/tasks?" + filters(service=["large"])),
            post(
                "/services/create",
                service(
                    "again",
                    command=["sh", "-c", "exit 1"],
                    task={"RestartPolicy": {"Condition": "on-failure", "MaxAttempts": 2, "Delay": 100_000_000}},
                ),
            ),
            task_states("again", "failed", "failed", "failed"),
            get("/tasks?" + filters(service=["again"])),
            post(
                "/services/create",
                service(
                    "limited",
                    replicas=2,
                    host=None,
                    task={"Placement": {"Constraints": ["node.role==manager"], "MaxReplicas": 1}},
                ),
            ),
            task_states("limited", "running", "pending"),
            Until(
                M,
                "/tasks?" + filters(service=["limited"]),
                lambda tasks: any(t["Status"].get("Err") for t in tasks),
                "it says why",
            ),
            get("/tasks?" + filters(service=["limited"])),
        ),
    ),
    Scenario(
        "jobs",
        (
            post(
                "/services/create",
                service(
                    "job",
                    command=["echo", "done"],
                    task=NO_RESTART,
                    Mode={"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}},
                ),
            ),
            task_states("job", "complete", "complete"),
            get("/services/job"),
            get("/services?status=true"),
            get("/tasks?" + filters(service=["job"])),
            post(
                "/services/create",
                service("every", command=["true"], host=None, task=NO_RESTART, Mode={"GlobalJob": {}}),
            ),
            task_states("every", "complete", "complete", "complete"),
            get("/services/every"),
            get("/tasks?" + filters(service=["every"])),
            post("/services/create", service("wrong", Mode={"ReplicatedJob": {}}, UpdateConfig={"Parallelism": 1})),
        ),
    ),
    Scenario(
        "logs of a service",
        (
            post(
                "/services/create",
                service("say", host=M, command=["sh", "-c", "echo one; sleep 0.3; echo two >&2"], task=NO_RESTART),
                keep={"say": "ID"},
            ),
            task_states("say", "complete"),
            get("/services/say/logs?stdout=1&stderr=1", read="frames"),
            get("/services/$say/logs?stdout=1&timestamps=1", read="frames"),
            get("/services/say/logs?stdout=1&details=1", read="frames"),
            get("/services/say/logs?stderr=1&tail=1", read="frames"),
            get("/services/say/logs"),
            get("/tasks?" + filters(service=["say"]), keep={"task": "0.ID"}),
            get("/tasks/$task/logs?stdout=1&stderr=1", read="frames"),
            get("/tasks/$task/logs"),
        ),
    ),
)
