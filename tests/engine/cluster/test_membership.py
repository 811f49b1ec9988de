"""An engine's part in a swarm: init, join, leave, unlock, and what is said when they are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from swarmkit_helpers.engine.cluster.membership import (
    EXISTS,
    LAST,
    LEAVING,
    LOCKED,
    NO_SWARM,
    NOT_INIT,
    NOT_MANAGER,
    RESTORE,
    TIMEOUT,
)
from swarmkit_helpers.engine.cluster.quorum import NO_LEADER
from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.refusal import Refusal
from swarmkit_helpers.engine.world import World

from .lab import HOSTS, Lab, in_lab, until, web
from .test_services import INVALID, refusal

LISTEN = {"ListenAddr": "0.0.0.0:2377"}
BAD_LISTEN = "listen address must be an IP address or network interface (with optional port number)"
BAD_ADVERTISE = "advertise address must be a non-zero IP address or network interface (with optional port number)"
BAD_DATA_PATH = "data path address must be a non-zero IP address or network interface (without a port number)"
INIT: list[tuple[Json, int, str]] = [
    ({"ListenAddr": ""}, 400, 'invalid ListenAddr "": invalid empty address'),
    ({"ListenAddr": "zz"}, 400, BAD_LISTEN),
    ({"ListenAddr": "zz:aa:bb"}, 500, "could not parse listen address zz:aa:bb"),
    ({"AdvertiseAddr": "zz"}, 400, BAD_ADVERTISE),
    ({"AdvertiseAddr": "0.0.0.0"}, 400, BAD_ADVERTISE),
    ({"DataPathAddr": "zz"}, 400, BAD_DATA_PATH),
    ({"DataPathPort": 80}, 500, "Datapath port number is not in valid range (1024-49151) : 80"),
    ({"DefaultAddrPool": ["zz"]}, 500, "invalid base pool zz: invalid CIDR address: zz"),
    (
        {"DefaultAddrPool": ["10.0.0.0/24"], "SubnetSize": 16},
        500,
        'invalid CIDR: "10.0.0.0/24". Subnet size is too small for pool: 16',
    ),
    ({"DefaultAddrPool": ["10.0.0.0/8"], "SubnetSize": 40}, 500, "subnet size is out of range: 40"),
    ({"Spec": {"Name": "zz"}}, 400, 'swarm spec must be named "default"'),
    ({"Availability": "zz"}, 500, 'invalid Availability: "zz"'),
]


@pytest.mark.parametrize(("body", "status", "message"), INIT)
def test_what_init_refuses(body: Json, status: int, message: str) -> None:
    host = World(HOSTS).hosts["m.loc"]
    with refusal(status, message):
        host.swarm.init(LISTEN | body)
    assert host.swarm.info() == {
        "NodeID": "",
        "NodeAddr": "",
        "LocalNodeState": "inactive",
        "ControlAvailable": False,
        "Error": "",
        "RemoteManagers": None,
    }


def test_all_that_init_takes() -> None:
    async def test() -> None:
        host = World(HOSTS, speed=1000).hosts["m.loc"]
        spec = {"EncryptionConfig": {"AutoLockManagers": True}, "Orchestration": {"TaskHistoryRetentionLimit": 2}}
        body = {
            "AdvertiseAddr": "eth0:2500",
            "DefaultAddrPool": ["10.20.0.0/16"],
            "SubnetSize": 26,
            "DataPathPort": 5000,
        }
        node_id = host.swarm.init(LISTEN | body | {"Spec": spec | {"Labels": {"x": "y"}}})
        swarm = host.swarm.require_manager()
        info = host.swarm.info()
        assert info["RemoteManagers"] == [{"NodeID": node_id, "Addr": "10.0.3.62:2500"}]
        cluster = info["Cluster"]
        assert list(cluster) == [
            *("ID", "Version", "CreatedAt", "UpdatedAt", "Spec", "TLSInfo", "RootRotationInProgress"),
            *("DefaultAddrPool", "SubnetSize", "DataPathPort"),
        ]
        assert (cluster["DefaultAddrPool"], cluster["SubnetSize"], cluster["DataPathPort"]) == (
            ["10.20.0.0/16"],
            26,
            5000,
        )
        assert cluster["Spec"] == {
            "Name": "default",
            "Labels": {"x": "y"},
            "Orchestration": {"TaskHistoryRetentionLimit": 2},
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
            "EncryptionConfig": {"AutoLockManagers": True},
        }
        key = swarm.unlock_key()
        assert key.startswith("SWMKEY-1-")
        version = swarm.inspect()["Version"]["Index"]
        tokens = swarm.inspect()["JoinTokens"]
        swarm.update(version, cluster["Spec"], rotate_worker=True, rotate_unlock=True)
        assert swarm.unlock_key() not in ("", key)
        assert swarm.inspect()["JoinTokens"]["Manager"] == tokens["Manager"]
        assert swarm.inspect()["JoinTokens"]["Worker"] != tokens["Worker"]
        with refusal(500, "rpc error: code = Unknown desc = update out of sequence"):
            swarm.update(version, {})
        with refusal(400, INVALID + "minimum certificate expiry time is: 1h0m0s"):
            swarm.update(version, {"CAConfig": {"NodeCertExpiry": 5}})
        swarm.update(swarm.inspect()["Version"]["Index"], {})
        assert swarm.inspect()["Spec"] == {
            "Name": "default",
            "Labels": {},
            "Orchestration": {"TaskHistoryRetentionLimit": 0},
            "Raft": {"KeepOldSnapshots": 0, "ElectionTick": 0, "HeartbeatTick": 0},
            "Dispatcher": {},
            "CAConfig": {},
            "TaskDefaults": {},
            "EncryptionConfig": {"AutoLockManagers": False},
        }
        assert swarm.unlock_key() == ""
        assert host.swarm.init(LISTEN | {"ForceNewCluster": True}) == node_id
        swarm.close()

    asyncio.run(test())


@in_lab
async def test_a_worker_says_less(lab: Lab) -> None:
    member = lab.worker1.swarm
    assert member.info() == {
        "NodeID": member.node_id,
        "NodeAddr": "10.0.3.63",
        "LocalNodeState": "active",
        "ControlAvailable": False,
        "Error": "",
        "RemoteManagers": [{"NodeID": lab.manager.swarm.node_id, "Addr": "10.0.3.62:2377"}],
    }
    with refusal(503, NOT_MANAGER):
        member.require_manager()
    with refusal(503, NOT_MANAGER):
        member.unlock("x")
    with refusal(409, "swarm is not locked"):
        lab.manager.swarm.unlock("x")
    with refusal(503, EXISTS):
        member.init(LISTEN)
    with refusal(503, EXISTS):
        await member.join(LISTEN)
    with refusal(503, LEAVING + LAST):
        await lab.manager.swarm.leave()


@in_lab
async def test_what_join_refuses(lab: Lab) -> None:
    member = lab.worker2.swarm
    await member.leave()
    with refusal(503, NO_SWARM):
        await member.leave()
    with refusal(503, NOT_INIT):
        member.require_manager()
    token = lab.swarm.inspect()["JoinTokens"]["Worker"]
    dial = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp '
    unreachable = "could not find local IP address: dial udp 198.51.100.1:2377: connect: network is unreachable"
    expected = "2944b8970a9cfc7f3fa920aae5c0394bcc716825075075075075075075075075"
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"RemoteAddrs": []}, 400, "at least 1 RemoteAddr is required to join"),
        ({"ListenAddr": ""}, 400, 'invalid ListenAddr "": invalid empty address'),
        ({"JoinToken": "x"}, 500, "invalid join token"),
        ({"JoinToken": ""}, 400, INVALID + "A valid join token is necessary to join this cluster"),
        ({"JoinToken": token[:-3] + "---"}, 500, "invalid join token"),
        ({"JoinToken": token[:-25] + "0" * 25}, 400, INVALID + "A valid join token is necessary to join this cluster"),
        (
            {"JoinToken": "SWMTKN-1-" + "1" * 50 + "-" + "2" * 25},
            500,
            f"remote CA does not match fingerprint. Expected: {expected}",
        ),
        ({"RemoteAddrs": ["10.0.3.63:2377"]}, 503, dial + '10.0.3.63:2377: connect: connection refused"'),
        ({"RemoteAddrs": ["10.0.3.62:99"]}, 503, dial + '10.0.3.62:99: connect: connection refused"'),
        ({"RemoteAddrs": ["198.51.100.1"]}, 500, unreachable),
        ({"Availability": "zz"}, 500, 'invalid Availability: "zz"'),
    ]
    good = LISTEN | {"RemoteAddrs": ["10.0.3.62:2377"], "JoinToken": token}
    for body, status, message in cases:
        with refusal(status, message):
            await member.join(good | body)
        assert member.state == "inactive"
    began = lab.world.clock.time()
    with refusal(503, TIMEOUT):
        await member.join(good | {"RemoteAddrs": ["10.0.3.99:2377"]})
    assert 20 <= lab.world.clock.time() - began < 40
    assert member.info()["LocalNodeState"] == "pending"
    assert member.info()["RemoteManagers"] == [{"NodeID": "", "Addr": "10.0.3.99:2377"}]
    await member.leave()
    await member.join(good | {"RemoteAddrs": ["10.0.3.62"], "AdvertiseAddr": "zz", "Availability": "drain"})
    assert lab.swarm.find("node", member.node_id)["Spec"]["Availability"] == "drain"


@in_lab
async def test_two_managers_of_which_one_is_lost(lab: Lab) -> None:
    lab.place(lab.worker1, Role="manager")
    await until(lambda: lab.worker1.swarm.manager)
    left = "Removing this node leaves 1 managers out of 2. Without a Raft quorum your swarm will be inaccessible. "
    for host in (lab.manager, lab.worker1):
        with refusal(503, LEAVING + left + RESTORE):
            await host.swarm.leave()
    lab.world.faults.links["w1.loc"] = Link(up=False)
    with refusal(500, NO_LEADER):
        lab.manager.swarm.require_manager()
    assert lab.manager.swarm.info()["Error"] == NO_LEADER
    with refusal(503, LEAVING + RESTORE):
        await lab.manager.swarm.leave()
    del lab.world.faults.links["w1.loc"]
    assert lab.manager.swarm.require_manager() is lab.swarm


def is_manager(host: Host) -> bool:
    return host.swarm.manager


@in_lab
async def test_of_three_managers_another_leads_when_the_first_is_lost(lab: Lab) -> None:
    for host in (lab.worker1, lab.worker2):
        lab.place(host, Role="manager")
        await until(partial(is_manager, host))
    swarm = lab.swarm
    swarm.create_service(web())
    await until(lambda: lab.running("web"))
    lab.world.faults.links["m.loc"] = Link(up=False)
    assert swarm.leader in (lab.worker1, lab.worker2)
    with refusal(500, NO_LEADER):
        lab.manager.swarm.require_manager()
    status = lab.worker1.swarm.require_manager().find("node", lab.manager.swarm.node_id)["ManagerStatus"]
    assert status == {"Reachability": "unreachable", "Addr": "10.0.3.62:2377"}
    await until(lambda: swarm.find("node", lab.manager.swarm.node_id)["Status"]["State"] == "down")
    await until(lambda: any(task["NodeID"] != lab.manager.swarm.node_id for task in lab.running("web")))


@in_lab
async def test_watchers_are_told_who_takes_part(lab: Lab) -> None:
    told: list[object] = []
    stop = lab.worker1.swarm.watch(told.append)
    await lab.worker1.swarm.leave()
    await lab.join(lab.worker1, lab.swarm.inspect()["JoinTokens"]["Worker"])
    assert told == [None, lab.swarm]
    stop()


@in_lab
async def test_a_locked_manager_needs_its_key(lab: Lab) -> None:
    swarm, member = lab.swarm, lab.manager.swarm
    spec = swarm.inspect()["Spec"] | {"EncryptionConfig": {"AutoLockManagers": True}}
    swarm.update(swarm.inspect()["Version"]["Index"], spec)
    lab.manager.running = False
    member._engine_changed(False)
    lab.manager.running = True
    member._engine_changed(True)
    assert member.info()["LocalNodeState"] == "locked"
    with refusal(503, LOCKED):
        member.require_manager()
    with refusal(401, "swarm could not be unlocked: invalid key provided"):
        member.unlock("SWMKEY-1-AAAA")
    with refusal(400, "invalid key string"):
        member.unlock("x")
    member.unlock(swarm.unlock_key())
    assert member.require_manager() is swarm


@in_lab
async def test_the_last_manager_ends_the_swarm(lab: Lab) -> None:
    swarm = lab.swarm
    await lab.manager.swarm.leave(force=True)
    assert swarm.background.closed
    assert lab.manager.swarm.info()["LocalNodeState"] == "inactive"
    lab.manager.swarm.init(LISTEN)
    assert lab.manager.swarm.require_manager() is not swarm


def knock(client: Host, host: Host, port: int) -> Coroutine[Any, Any, bool]:
    """Whether a host answers on a port."""

    async def asked() -> bool:
        try:
            pipe = await client.world.fabric.connect(client.stack, host.address, port)
        except OSError:
            return False
        pipe.abort()
        return True

    return asked()


@in_lab
async def test_nodes_answer_on_the_ports_of_their_part(made: Lab) -> None:
    async def doors(client: Host) -> list[tuple[bool, bool]]:
        return [(await knock(client, host, 2377), await knock(client, host, 7946)) for host in made.hosts]

    assert await doors(made.worker2) == [(True, True), (False, True), (False, True)]
    made.place(made.worker1, Role="manager")
    await until(lambda: made.worker1.swarm.manager)
    assert await doors(made.worker2) == [(True, True), (True, True), (False, True)]
    made.place(made.worker1, Role="worker")
    await until(lambda: not made.worker1.swarm.manager)
    await made.worker2.swarm.leave()
    assert await doors(made.worker1) == [(True, True), (False, True), (False, False)]
    await made.worker1.stop()
    assert await doors(made.worker2) == [(True, True), (False, False), (False, False)]
    await made.worker1.start()
    await made.manager.swarm.leave(force=True)
    assert await doors(made.worker2) == [(False, False), (False, True), (False, False)]


def test_a_swarm_needs_its_port() -> None:
    async def test() -> None:
        host = World(HOSTS, seed=1).hosts["m.loc"]

        async def handler(_: Any) -> None: ...

        host.world.fabric.listen(host.stack, 2377, handler)
        with pytest.raises(Refusal) as refused:
            host.swarm.init(LISTEN)
        why = "listen tcp 0.0.0.0:2377: bind: address already in use"
        assert (refused.value.status, refused.value.message) == (
            500,
            f"manager stopped: failed to listen on remote API address: {why}",
        )
        assert host.swarm.state == "inactive"
        host.swarm.init({"ListenAddr": "eth0:2400"})
        assert sorted(host.stack.listening) == [2377, 2400, 7946]

    asyncio.run(test())
