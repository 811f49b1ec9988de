"""Services: what is kept of their specs, and what is refused, as seen on docker 20.10.24."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from swarmkit_helpers.engine.cluster.servicespec import check_service, service_spec, with_defaults
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.refusal import Refusal

from .lab import Lab, in_lab, merged, replicas, until, web

CHANCE = random.Random(1)
INVALID = "rpc error: code = InvalidArgument desc = "
ALPINE = {"Image": "alpine"}


def kept(given: Json) -> Json:
    return service_spec(given, CHANCE)


def container(**keys: object) -> Json:
    return {"TaskTemplate": {"ContainerSpec": keys}}


def test_a_short_spec_is_kept_with_what_the_engine_adds() -> None:
    spec = kept(web("s1", TaskTemplate={"ContainerSpec": {"Image": "alpine:latest", "Command": ["sleep", "100000"]}}))
    assert spec == {
        "Name": "s1",
        "Labels": {},
        "TaskTemplate": {
            "ContainerSpec": {"Image": "alpine:latest", "Command": ["sleep", "100000"], "Isolation": "default"},
            "ForceUpdate": 0,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 1}},
    }


def test_defaults_are_filled_in_when_asked_for() -> None:
    spec = with_defaults(kept(web()))
    task = spec["TaskTemplate"]
    assert task["ContainerSpec"]["StopGracePeriod"] == 10_000_000_000
    assert task["ContainerSpec"]["DNSConfig"] == {}
    assert task["RestartPolicy"] == {"Condition": "any", "Delay": 5_000_000_000, "MaxAttempts": 0}
    assert task["Resources"] == {} == task["Placement"]
    update = {
        "Parallelism": 1,
        "FailureAction": "pause",
        "Monitor": 5_000_000_000,
        "MaxFailureRatio": 0,
        "Order": "stop-first",
    }
    assert spec["UpdateConfig"] == update == spec["RollbackConfig"]
    assert list(task) == ["ContainerSpec", "Resources", "RestartPolicy", "Placement", "ForceUpdate", "Runtime"]


def test_a_long_spec_is_kept_in_the_engines_order() -> None:
    given = container(
        Image="alpine:latest",
        Command=["sleep"],
        TTY=True,
        ReadOnly=False,
        Init=True,
        Mounts=[
            {"Type": "volume", "Source": "v", "Target": "/v", "ReadOnly": False, "VolumeOptions": {"NoCopy": True}},
            {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000000}},
        ],
        Healthcheck={"Test": ["CMD", "true"], "Interval": 1_000_000_000, "Retries": 3},
        Privileges={"SELinuxContext": {"Disable": True}},
        Configs=[{"ConfigID": "c", "ConfigName": "k1", "File": {"Name": "/k1", "UID": "0", "GID": "0", "Mode": 292}}],
        Ulimits=[{"Name": "nofile", "Soft": 100, "Hard": 200}],
    )
    task = kept(merged(given, {"TaskTemplate": {"Placement": {"Preferences": [], "MaxReplicas": 5}}}))["TaskTemplate"]
    spec = task["ContainerSpec"]
    assert list(spec) == [
        *("Image", "Command", "Privileges", "Init", "TTY", "Mounts", "Healthcheck", "Configs", "Isolation", "Ulimits"),
    ]
    selinux = {"Disable": True, "User": "", "Role": "", "Type": "", "Level": ""}
    assert spec["Privileges"] == {"CredentialSpec": None, "SELinuxContext": selinux}
    assert spec["Mounts"][0] == {"Type": "volume", "Source": "v", "Target": "/v", "VolumeOptions": {"NoCopy": True}}
    file = {"Name": "/k1", "UID": "0", "GID": "0", "Mode": 292}
    assert spec["Configs"] == [{"File": file, "ConfigID": "c", "ConfigName": "k1"}]
    assert spec["Ulimits"] == [{"Name": "nofile", "Hard": 200, "Soft": 100}]
    assert task["Placement"] == {"MaxReplicas": 5}


def test_ports_get_a_protocol_and_a_mode() -> None:
    ports = [{"TargetPort": 80, "PublishedPort": 80}, {"TargetPort": 80, "Protocol": "x", "PublishMode": "host"}]
    assert kept(web(EndpointSpec={"Ports": ports}))["EndpointSpec"] == {
        "Mode": "vip",
        "Ports": [
            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 80, "PublishMode": "ingress"},
            {"Protocol": "tcp", "TargetPort": 80, "PublishMode": "host"},
        ],
    }


def test_a_rollback_config_gets_its_own_defaults() -> None:
    assert kept(web(RollbackConfig={"FailureAction": "rollback"}))["RollbackConfig"] == {
        "Parallelism": 0,
        "FailureAction": "rollback",
        "MaxFailureRatio": 0,
        "Order": "stop-first",
    }


REFUSED: list[tuple[Json, int, str]] = [
    ({"TaskTemplate": {}}, 400, "mismatched Runtime and *Spec fields"),
    (container(), 400, INVALID + "ContainerSpec: image reference must be provided"),
    (web("a b"), 400, INVALID + "name must be valid as a DNS name component"),
    (web("x" * 64), 400, INVALID + "name must be 63 characters or fewer"),
    (container(Image="AA:b c"), 400, INVALID + 'ContainerSpec: "AA:b c" is not a valid repository/tag'),
    (web(Mode={"Replicated": {}, "Global": {}}), 400, "must specify only one service mode"),
    (web(Mode={"ReplicatedJob": {}, "GlobalJob": {}}), 400, "must specify only one service mode"),
    (
        web(Mode={"ReplicatedJob": {}}, UpdateConfig={"Parallelism": 1}),
        400,
        INVALID + "Jobs may not have an update config",
    ),
    (web(EndpointSpec={"Mode": "foo"}), 400, 'invalid resolution mode: "foo"'),
    (
        web(EndpointSpec={"Mode": "dnsrr", "Ports": [{"TargetPort": 80}]}),
        400,
        INVALID + "EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
    ),
    (
        web(EndpointSpec={"Ports": [{"PublishedPort": 80}, {"PublishedPort": 80, "TargetPort": 81}]}),
        400,
        INVALID + "EndpointSpec: duplicate published ports provided",
    ),
    (web(TaskTemplate={"RestartPolicy": {"Condition": "zz"}}), 400, 'invalid RestartCondition: "zz"'),
    (
        web(TaskTemplate={"RestartPolicy": {"Delay": -1}}),
        400,
        INVALID + "TaskSpec: restart-delay cannot be negative",
    ),
    (web(UpdateConfig={"FailureAction": "zz"}), 400, "unrecognized update failure action zz"),
    (web(UpdateConfig={"Order": "zz"}), 400, "unrecognized update order zz"),
    (web(UpdateConfig={"Monitor": -1}), 400, INVALID + "TaskSpec: update-monitor cannot be negative"),
    (
        web(UpdateConfig={"MaxFailureRatio": 2}),
        400,
        INVALID + "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1",
    ),
    (
        web(TaskTemplate={"Placement": {"Constraints": ["node.role"]}}),
        500,
        "rpc error: code = Unknown desc = constraint expected one operator from ==, !=",
    ),
    (
        web(TaskTemplate={"Placement": {"Constraints": ["=="]}}),
        500,
        "rpc error: code = Unknown desc = key '' is invalid",
    ),
    (
        web(TaskTemplate={"Placement": {"Constraints": ["node.role=="]}}),
        500,
        "rpc error: code = Unknown desc = value '' is invalid",
    ),
    (
        web(TaskTemplate={"Resources": {"Limits": {"NanoCPUs": 1}}}),
        400,
        INVALID + "invalid cpu value 1e-09: Must be at least 0.001",
    ),
    (
        web(TaskTemplate={"Resources": {"Reservations": {"MemoryBytes": 1}}}),
        400,
        INVALID + "invalid memory value 1: Must be at least 4MiB",
    ),
    (
        container(Image="alpine", Mounts=[{"Target": "/a"}, {"Target": "/a"}]),
        400,
        INVALID + "ContainerSpec: duplicate mount point: /a",
    ),
    (container(Image="alpine", Mounts=[{"Type": "zz"}]), 400, 'invalid MountType: "zz"'),
    (
        container(Image="alpine", Healthcheck={"Interval": 10}),
        400,
        INVALID + "ContainerSpec: Interval in HealthConfig cannot be less than 1ms",
    ),
    (
        container(Image="alpine", Healthcheck={"Retries": -1}),
        400,
        INVALID + "ContainerSpec: Retries in HealthConfig cannot be negative",
    ),
    (
        container(Image="alpine", Secrets=[{"SecretID": "a", "SecretName": "b"}]),
        400,
        INVALID + "malformed secret reference, no target provided",
    ),
    (
        container(Image="alpine", Configs=[{"ConfigID": "a", "ConfigName": "b"}]),
        400,
        "invalid Config: either File or Runtime should be set",
    ),
    (
        container(Image="alpine", Env=["A={{.Foo}}"]),
        400,
        INVALID + 'expanding env failed: expanding env "A={{.Foo}}": template: expansion:1:2: executing "expansion" at '
        "<.Foo>: can't evaluate field Foo in type *template.Context",
    ),
    (
        container(Image="alpine", Env=["A={{.Foo"]),
        400,
        INVALID + 'expanding env failed: expanding env "A={{.Foo": template: expansion:1: unclosed action',
    ),
    (
        merged(container(Image="alpine"), {"TaskTemplate": {"Runtime": "plugin"}}),
        400,
        "mismatched Runtime and *Spec fields",
    ),
    (merged(container(Image="alpine"), {"TaskTemplate": {"Runtime": "zz"}}), 400, "unsupported runtime"),
    (
        container(Image="alpine", Privileges={"CredentialSpec": {"Config": "x"}}),
        400,
        INVALID + "CredentialSpec references config 'x', but that config isn't in config references with RuntimeTarget",
    ),
]


@pytest.mark.parametrize(("given", "status", "message"), REFUSED)
def test_what_the_engine_refuses(given: Json, status: int, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_service(kept(given))
    assert (refused.value.status, refused.value.message) == (status, message)


@contextmanager
def refusal(status: int, message: str) -> Iterator[None]:
    with pytest.raises(Refusal) as refused:
        yield
    assert (refused.value.status, refused.value.message) == (status, message)


def file(name: str) -> Json:
    return {"Name": name, "UID": "0", "GID": "0", "Mode": 292}


@in_lab
async def test_what_is_not_there_is_refused(lab: Lab) -> None:
    swarm = lab.swarm
    with refusal(500, "network nope not found"):
        swarm.create_service(web(TaskTemplate={"Networks": [{"Target": "nope"}]}))
    ingress = 'Service cannot be explicitly attached to the ingress network "ingress"'
    with refusal(400, INVALID + ingress):
        swarm.create_service(web(TaskTemplate={"Networks": [{"Target": "ingress"}]}))
    secret = {"SecretID": "a", "SecretName": "b", "File": file("b")}
    with refusal(400, INVALID + "secret not found: b"):
        swarm.create_service(web(**container(Image="alpine", Secrets=[secret])))
    configs = [{"ConfigID": one, "ConfigName": one, "File": file(one)} for one in ("b", "d")]
    with refusal(400, INVALID + "configs not found: b, d"):
        swarm.create_service(web(**container(Image="alpine", Configs=configs)))
    with refusal(404, "service nope not found"):
        swarm.remove_service("nope")


@in_lab
async def test_names_and_ports_are_taken(lab: Lab) -> None:
    swarm = lab.swarm
    port = {"TargetPort": 80, "PublishedPort": 8088}
    made = swarm.create_service(web("gl", EndpointSpec={"Ports": [port | {"PublishMode": "host"}]}))
    conflict = (
        "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service gl already exists"
    )
    with refusal(409, conflict):
        swarm.create_service(web("gl"))
    taken = f"port '8088' is already in use by service 'gl' ({made['ID']}) as a host-published port"
    with refusal(400, INVALID + taken):
        swarm.create_service(web("gl2", EndpointSpec={"Ports": [port]}))
    swarm.create_service(web("gl3", EndpointSpec={"Ports": [port | {"PublishMode": "host"}]}))
    made = swarm.create_service(web("in", EndpointSpec={"Ports": [port | {"PublishedPort": 81}]}))
    taken = f"port '81' is already in use by service 'in' ({made['ID']}) as an ingress port"
    with refusal(400, INVALID + taken):
        swarm.create_service(web("in2", EndpointSpec={"Ports": [port | {"PublishedPort": 81}]}))


@in_lab
async def test_what_an_update_refuses(lab: Lab) -> None:
    swarm = lab.swarm
    made = swarm.create_service(web())
    found = swarm.find("service", "web")
    version, spec = found["Version"]["Index"], found["Spec"]
    unimplemented = "rpc error: code = Unimplemented desc = "
    with refusal(501, unimplemented + "renaming services is not supported"):
        swarm.update_service("web", version, spec | {"Name": "other"})
    with refusal(501, unimplemented + "service mode change is not allowed"):
        swarm.update_service("web", version, spec | {"Mode": {"Global": {}}})
    with refusal(501, unimplemented + "networks must be migrated to TaskSpec before being changed"):
        swarm.update_service("web", version, spec | {"Networks": [{"Target": "bridge"}]})
    with refusal(500, "rpc error: code = Unknown desc = update out of sequence"):
        swarm.update_service("web", 1, spec)
    with refusal(500, "unrecognized rollback option zz"):
        swarm.update_service("web", version, spec, rollback="zz")
    previous = f"service {made['ID']} does not have a previous spec"
    with refusal(400, f"rpc error: code = FailedPrecondition desc = {previous}"):
        swarm.update_service("web", version, spec, rollback="previous")
    with refusal(500, "unsupported registryAuthFrom value"):
        swarm.update_service("web", version, spec, registry_auth_from="zz")
    with refusal(404, "service nope not found"):
        swarm.update_service("nope", version, spec)
    assert swarm.update_service("web", version, spec) == {"Warnings": None}


@in_lab
async def test_a_service_is_scaled_and_shows_what_it_was(lab: Lab) -> None:
    swarm = lab.swarm
    swarm.create_service(web(**replicas(1)))
    await until(lambda: len(lab.running("web")) == 1)
    lab.update("web", **replicas(3))
    await until(lambda: len(lab.running("web")) == 3)
    shown = swarm.find("service", "web")
    assert list(shown) == ["ID", "Version", "CreatedAt", "UpdatedAt", "Spec", "PreviousSpec", "Endpoint"]
    assert shown["PreviousSpec"]["Mode"] == {"Replicated": {"Replicas": 1}}
    assert shown["Endpoint"] == {"Spec": {}}
    assert swarm.listed("service", status=True)[0]["ServiceStatus"] == {
        "RunningTasks": 3,
        "DesiredTasks": 3,
        "CompletedTasks": 0,
    }
    assert ("update", {"name": "web", "replicas.new": "3", "replicas.old": "1"}) in lab.events("service")
    lab.update("web", **replicas(0))
    await until(lambda: not lab.tasks("web"))


@in_lab
async def test_a_removed_service_takes_its_tasks_with_it(lab: Lab) -> None:
    swarm = lab.swarm
    swarm.create_service(web(**replicas(4)))
    await until(lambda: len(lab.running("web")) == 4)
    swarm.remove_service("web")
    await until(lambda: not swarm.listed("task"))
    assert [action for action, _ in lab.events("service")] == ["create", "remove"]


@in_lab
async def test_a_task_looks_as_the_api_gives_it(lab: Lab) -> None:
    lab.swarm.create_service(web())
    await until(lambda: lab.running("web"))
    task = lab.running("web")[0]
    assert list(task) == [
        *("ID", "Version", "CreatedAt", "UpdatedAt", "Labels", "Spec", "ServiceID", "Slot", "NodeID", "Status"),
        "DesiredState",
    ]
    assert list(task["Spec"]) == ["ContainerSpec", "ForceUpdate"]
    assert lab.swarm.find("task", f"web.1.{task['ID']}") == task


@in_lab
async def test_lists_are_filtered(lab: Lab) -> None:
    swarm = lab.swarm
    for name in ("beta", "alpha"):
        swarm.create_service(web(name, Labels={"tier": name}))
    names = [one["Spec"]["Name"] for one in swarm.listed("service", {"name": ["a", "b"]})]
    assert names == ["alpha", "beta"]
    assert [one["Spec"]["Name"] for one in swarm.listed("service", {"label": ["tier=beta"]})] == ["beta"]
    assert swarm.listed("service", {"mode": ["global"]}) == []
    for kind, filters, status, message in (
        ("service", {"zz": ["a"]}, 400, "Invalid filter 'zz'"),
        ("task", {"service": ["nope"]}, 404, "service nope not found"),
        ("task", {"node": ["self"]}, 404, "node self not found"),
        ("task", {"desired-state": ["zz"]}, 500, "Invalid desired-state filter: 'zz'"),
        ("node", {"role": ["zz"]}, 500, "Invalid role filter: 'zz'"),
        ("node", {"membership": ["zz"]}, 500, "Invalid membership filter: 'zz'"),
    ):
        with refusal(status, message):
            swarm.listed(kind, filters)  # type: ignore[arg-type]
