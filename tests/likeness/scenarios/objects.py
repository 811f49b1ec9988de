"""Secrets and configs."""

from __future__ import annotations

from ..steps import Scenario, Step, delete, get, post
from .shapes import filters, running, service

__all__ = ["SCENARIOS"]


def life(kind: str) -> tuple[Step, ...]:
    """The same of both: they differ in what is told of them."""
    one = f"/{kind}/$one"
    return (
        get(f"/{kind}"),
        post(f"/{kind}/create", {"Name": "one", "Data": "aGVsbG8=", "Labels": {"a": "1"}}, keep={"one": "ID"}),
        post(f"/{kind}/create", {"Name": "one", "Data": "aGVsbG8="}),
        post(f"/{kind}/create", {"Name": "two", "Data": ""}),
        post(f"/{kind}/create", {"Name": "", "Data": "aGVsbG8="}),
        post(f"/{kind}/create", {"Name": "a b", "Data": "aGVsbG8="}),
        post(f"/{kind}/create", {"Name": "three"}),
        post(f"/{kind}/create", {"Name": "four", "Data": "aGVsbG8=", "Templating": {"Name": "golang"}}),
        post(f"/{kind}/create", {"Name": "five", "Data": "aGVsbG8=", "Templating": {"Name": "nothing"}}),
        post(f"/{kind}/create", {"Name": "n" * 65, "Data": "aGVsbG8="}),
        get(f"/{kind}"),
        get(f"/{kind}/one", keep={"v": "Version.Index"}),
        get(one),
        get(f"/{kind}?" + filters(name=["on"])),
        get(f"/{kind}?" + filters(names=["one"])),
        get(f"/{kind}?" + filters(label=["a=1"])),
        get(f"/{kind}?" + filters(id=["$one"])),
        post(f"{one}/update?version=$v", {"Name": "one", "Labels": {"b": "2"}}),
        post(f"{one}/update?version=$v", {"Name": "one", "Labels": {"b": "3"}}),
        get(one, keep={"v": "Version.Index"}),
        post(f"{one}/update?version=$v", {"Name": "other"}),
        post(f"{one}/update?version=$v", {"Name": "one", "Data": "b3RoZXI="}),
        post(f"{one}/update", {"Name": "one"}),
        post(f"{one}/update?version=abc", {"Name": "one"}),
    )


FILE = {"UID": "0", "GID": "0", "Mode": 292}

SCENARIOS = (
    Scenario(
        "secrets",
        (
            *life("secrets"),
            post(
                "/services/create",
                service(
                    "user",
                    host="manager",
                    command=["sh", "-c", "cat /run/secrets/pass; exec sleep 100000"],
                    container={
                        "Secrets": [{"SecretID": "$one", "SecretName": "one", "File": {"Name": "pass", **FILE}}]
                    },
                ),
                keep={"user": "ID"},
            ),
            running("user"),
            get("/services/user"),
            get("/services/user/logs?stdout=1", read="frames"),
            delete("/secrets/one"),
            post(
                "/services/create",
                service(
                    "wrong",
                    container={
                        "Secrets": [{"SecretID": "nothing", "SecretName": "one", "File": {"Name": "pass", **FILE}}]
                    },
                ),
            ),
            post(
                "/services/create", service("wrong", container={"Secrets": [{"SecretID": "$one", "SecretName": "one"}]})
            ),
            delete("/services/user"),
            delete("/secrets/$one"),
            get("/secrets/one"),
            get("/events?since=$start&until=$soon&" + filters(type=["secret"])),
        ),
    ),
    Scenario(
        "configs",
        (
            *life("configs"),
            post(
                "/services/create",
                service(
                    "user",
                    host="manager",
                    command=["sh", "-c", "cat /etc/conf; exec sleep 100000"],
                    container={
                        "Configs": [{"ConfigID": "$one", "ConfigName": "one", "File": {"Name": "/etc/conf", **FILE}}]
                    },
                ),
                keep={"user": "ID"},
            ),
            running("user"),
            get("/services/user"),
            get("/services/user/logs?stdout=1", read="frames"),
            get("/containers/json"),
            delete("/configs/one"),
            post(
                "/services/create",
                service(
                    "wrong",
                    container={
                        "Configs": [{"ConfigID": "nothing", "ConfigName": "one", "File": {"Name": "/c", **FILE}}]
                    },
                ),
            ),
            delete("/services/user"),
            delete("/configs/$one"),
            get("/configs/one"),
            get("/events?since=$start&until=$soon&" + filters(type=["config"])),
        ),
    ),
)
