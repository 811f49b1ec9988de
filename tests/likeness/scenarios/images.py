"""Images, as an engine without a registry has them."""

from __future__ import annotations

from ..steps import Scenario, delete, get, post
from .shapes import filters

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        "images",
        (
            get("/images/json"),
            get("/images/json?all=true&digests=true"),
            get("/images/json?" + filters(reference=["alpine"])),
            get("/images/json?" + filters(reference=["*/outils"])),
            get("/images/json?" + filters(label=["org.swarmlab.of=nginx:latest"])),
            get("/images/json?" + filters(dangling=["true"])),
            get("/images/alpine/json", keep={"alpine": "Id"}),
            get("/images/alpine:latest/json"),
            get("/images/$alpine/json"),
            get("/images/swarmlab/outils/json"),
            get("/images/nginx:latest/json"),
            get("/images/alpine/history"),
            get("/images/alpine/get", read="tar"),
            get("/images/alpine:3/json"),
            post("/images/alpine/tag?repo=mine&tag=one"),
            post("/images/alpine/tag?repo=Mine&tag=one"),
            post("/images/alpine/tag"),
            get("/images/mine:one/json"),
            get("/images/json?" + filters(reference=["mine"])),
            post("/containers/create?name=user", {"Image": "mine:one", "Cmd": ["true"]}),
            delete("/images/mine:one"),
            post("/images/alpine/tag?repo=mine&tag=two"),
            delete("/images/mine:two?noprune=1"),
            delete("/images/alpine"),
            post("/images/user/tag?repo=mine"),
            delete("/containers/user"),
            post("/images/create?fromImage=alpine&tag=nothing"),
            post("/images/create?fromImage=swarmlab/nothing&tag=latest"),
            post("/images/create?fromImage=Alpine"),
            post("/images/create"),
            post("/images/alpine/push", headers={"X-Registry-Auth": "e30="}),
            post("/images/alpine/push"),
            post("/images/load", b"", headers={"Content-Type": "application/x-tar"}),
            post("/images/load", b"not a tar", headers={"Content-Type": "application/x-tar"}),
            get("/distribution/nothing/json"),
            post("/images/prune"),
            get("/images/search"),
            get("/system/df"),
        ),
        swarm=False,
    ),
)
