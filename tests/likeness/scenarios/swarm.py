"""How a swarm is formed, changed and left."""

from __future__ import annotations

from typing import Any

from ..steps import W1, W2, M, Scenario, Until, delete, get, post

__all__ = ["SCENARIOS"]


def spec(**more: Any) -> dict[str, Any]:
    """A swarm's specification, as the docker CLI sends it back."""
    return {
        "Name": "default",
        "Labels": {},
        "Orchestration": {"TaskHistoryRetentionLimit": 5},
        "Raft": {
            "SnapshotInterval": 10000,
            "KeepOldSnapshots": 0,
            "LogEntriesForSlowFollowers": 500,
            "ElectionTick": 10,
            "HeartbeatTick": 1,
        },
        "Dispatcher": {"HeartbeatPeriod": 5000000000},
        "CAConfig": {"NodeCertExpiry": 7776000000000000},
        "TaskDefaults": {},
        "EncryptionConfig": {"AutoLockManagers": False},
        **more,
    }


def join(address: str, token: str, **more: Any) -> dict[str, Any]:
    return {
        "ListenAddr": "0.0.0.0:2377",
        "AdvertiseAddr": address,
        "RemoteAddrs": ["10.0.3.62:2377"],
        "JoinToken": token,
        **more,
    }


FALSE_TOKEN = "-".join(["SWMTKN", "1", "3" * 50, "4" * 25])

SCENARIOS = (
    Scenario(
        "a swarm's life",
        (
            post("/swarm/leave"),
            post("/swarm/leave?force=true"),
            post("/swarm/update?version=1", spec()),
            post("/swarm/unlock", {"UnlockKey": "nothing"}),
            post("/swarm/init", {"AdvertiseAddr": "nothing"}),
            post("/swarm/init", {"ListenAddr": "nothing", "AdvertiseAddr": "10.0.3.62"}),
            post(
                "/swarm/init",
                {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "DefaultAddrPool": ["nothing"]},
            ),
            post("/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "SubnetSize": 40}),
            post("/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "DataPathPort": 80}),
            post(
                "/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "Availability": "nothing"}
            ),
            post("/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "ForceNewCluster": True}),
            post(
                "/swarm/init",
                {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62", "Spec": {"Labels": {"a": "1"}}},
            ),
            get("/info"),
            get("/swarm", keep={"worker": "JoinTokens.Worker", "manager": "JoinTokens.Manager", "v": "Version.Index"}),
            get("/nodes", keep={"node": "0.ID"}),
            Until(M, "/networks/ingress", lambda found: "ingress-sbox" in found["Containers"], "its balancer is there"),
            get("/networks/ingress"),
            post("/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62"}),
            post("/swarm/join", join("10.0.3.62", "$worker")),
            post("/swarm/join", join("10.0.3.63", "nothing"), on=W1),
            post("/swarm/join", join("10.0.3.63", FALSE_TOKEN), on=W1),
            post("/swarm/join", join("10.0.3.63", "$worker", RemoteAddrs=[]), on=W1),
            post("/swarm/join", join("nothing", "$worker"), on=W1),
            get("/info", on=W1),
            post("/swarm/join", join("10.0.3.63", "$worker"), on=W1),
            Until(
                M, "/nodes", lambda nodes: [n["Status"]["State"] for n in nodes] == ["ready"] * 2, "two nodes are ready"
            ),
            get("/info", on=W1),
            get("/nodes"),
            post("/swarm/join", join("10.0.3.63", "$worker"), on=W1),
            post("/swarm/init", {"AdvertiseAddr": "10.0.3.63"}, on=W1),
            post("/swarm/join", join("10.0.3.64", "$worker", Availability="drain"), on=W2),
            Until(
                M,
                "/nodes",
                lambda nodes: [n["Status"]["State"] for n in nodes] == ["ready"] * 3,
                "three nodes are ready",
            ),
            get("/nodes"),
            get("/swarm", on=W1),
            get("/swarm/unlockkey", on=W1),
            post("/swarm/update?version=1", spec(), on=W1),
            post("/swarm/update?version=1", spec()),
            get("/swarm", keep={"v": "Version.Index"}),
            post("/swarm/update?version=$v", spec(Name="other")),
            post("/swarm/update?version=$v", spec(Dispatcher={"HeartbeatPeriod": -1})),
            post("/swarm/update?version=$v", spec(Orchestration={"TaskHistoryRetentionLimit": 2}, Labels={"b": "2"})),
            get("/swarm", keep={"v": "Version.Index"}),
            post("/swarm/update?version=$v&rotateWorkerToken=true", spec()),
            get("/swarm", keep={"v": "Version.Index", "newer": "JoinTokens.Worker"}),
            post("/swarm/update?version=$v&rotateManagerToken=true", spec()),
            post("/swarm/update?version=$v&rotateManagerToken=abc", spec()),
            get("/swarm", keep={"v": "Version.Index"}),
            get("/swarm/unlockkey"),
            post("/swarm/update?version=$v", spec(EncryptionConfig={"AutoLockManagers": True})),
            get("/swarm/unlockkey"),
            get("/swarm", keep={"v": "Version.Index"}),
            post(
                "/swarm/update?version=$v&rotateManagerUnlockKey=true",
                spec(EncryptionConfig={"AutoLockManagers": True}),
            ),
            get("/swarm", keep={"v": "Version.Index"}),
            post("/swarm/update?version=$v", spec()),
            post("/swarm/unlock", {"UnlockKey": "nothing"}),
            post("/swarm/leave", on=W1),
            get("/info", on=W1),
            get("/networks", on=W1),
            Until(M, "/nodes", lambda nodes: any(n["Status"]["State"] == "down" for n in nodes), "a node is down"),
            get("/nodes"),
            post("/swarm/join", join("10.0.3.63", "$worker"), on=W1),
            post("/swarm/join", join("10.0.3.63", "$newer"), on=W1),
            Until(
                M,
                "/nodes",
                lambda nodes: [n["Status"]["State"] for n in nodes].count("ready") == 3,
                "three nodes are ready",
            ),
            delete("/nodes/worker1.i2tch.loc"),
            post("/swarm/leave"),
            post("/swarm/leave?force=true", on=W2),
            post("/swarm/leave?force=true"),
            get("/info"),
            get("/nodes"),
            get("/networks"),
            get("/events?since=$start&until=$soon"),
        ),
        swarm=False,
    ),
    Scenario(
        "a swarm of managers",
        (
            get("/swarm", keep={"manager": "JoinTokens.Manager"}),
            post("/swarm/leave", on=W1),
            Until(W1, "/info", lambda info: info["Swarm"]["LocalNodeState"] == "inactive", "worker1 is in no swarm"),
            post("/swarm/join", join("10.0.3.63", "$manager"), on=W1),
            Until(
                M,
                "/nodes",
                lambda nodes: sum(n.get("ManagerStatus", {}).get("Reachability") == "reachable" for n in nodes) == 2,
                "two managers are reachable",
            ),
            get("/info", on=W1),
            get("/nodes", on=W1),
            get("/swarm", on=W1),
            get("/info"),
            post("/swarm/leave", on=W1),
            get("/nodes/self", on=W1),
        ),
    ),
)
