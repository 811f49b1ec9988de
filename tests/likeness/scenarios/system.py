"""What an engine says of itself."""

from __future__ import annotations

from ..steps import W1, Scenario, get, head, post

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        "system",
        (
            get("/_ping"),
            head("/_ping"),
            get("/_ping", version=""),
            head("/_ping", version=""),
            get("/version"),
            get("/version", version=""),
            get("/info"),
            get("/info", on=W1),
            get("/system/df"),
            get("/events?since=$start&until=$start"),
            get("/plugins"),
            get("/plugins/nothing/json"),
            get("/plugins/privileges?remote=nothing"),
            post("/plugins/nothing/enable"),
            post("/plugins/nothing/disable"),
            get("/containers/json"),
            get("/images/search?term=alpine"),
            post("/auth", {"username": "one", "password": "two"}),
            post("/auth", {}),
            get("/distribution/alpine/json"),
            post("/build/prune"),
            post("/build"),
            get("/swarm"),
            get("/nodes"),
            get("/services"),
            get("/tasks"),
            get("/secrets"),
            get("/configs"),
            get("/swarm/unlockkey"),
        ),
        swarm=False,
    ),
    Scenario(
        "versions",
        (
            get("/_ping", version="/v1.24"),
            get("/_ping", version="/v1.40"),
            get("/version", version="/v1.30"),
            get("/_ping", version="/v1.11"),
            get("/version", version="/v1.11"),
            get("/version", version="/v1.12"),
            get("/version", version="/v1.42"),
            get("/version", version="/v1.99"),
            get("/version", version="/v2.0"),
            get("/version", version="/vx"),
            get("/version", version="/v1"),
            get("/version", version="/v1.41.0"),
            get("/info", version="/v1.24"),
            get("/containers/json", version="/v1.24"),
            get("/images/json", version="/v1.24"),
            get("/networks", version="/v1.24"),
        ),
        swarm=False,
    ),
    Scenario("info in a swarm", (get("/info"), get("/info", on=W1), get("/version", on=W1), get("/system/df"))),
)
