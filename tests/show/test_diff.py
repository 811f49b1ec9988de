from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.show import tables
from swarmkit_helpers.topology.diff import Change, changes
from swarmkit_helpers.topology.model import Topology

from . import stacks, swarms


def test_nothing_changed(before: Topology) -> None:
    assert changes(before, replace(before, taken_at="2030-01-01T00:00:00Z")) == ()


def test_the_move_of_a_service(before: Topology, after: Topology) -> None:
    found = changes(before, after)
    assert Change("service", "my-nginx", None, "networks", "nginx-net", "nginx-net-2") in found
    assert Change("service", "my-nginx", None, "update_state", None, "completed") in found
    assert Change("vip", "my-nginx @ nginx-net-2", None, "existence", None, "10.0.2.2/24") in found
    assert Change("peer", "nginx-net", "manager", "existence", "manager, worker1, worker2", None) in found
    tasks = [change for change in found if change.kind == "task"]
    assert [change.nature for change in tasks] == ["replaced"] * 5
    assert (
        Change(
            "endpoint",
            "my-nginx.3",
            "worker2",
            "addresses",
            "ingress 10.0.0.8/24, nginx-net 10.0.1.7/24",
            "ingress 10.0.0.18/24, nginx-net-2 10.0.2.7/24",
        )
        in found
    )
    assert {change.kind for change in found} == {
        "network", "service", "vip", "task", "container", "endpoint", "peer",
    }  # fmt: skip


def test_a_network_made_again_under_the_same_name_is_seen(before: Topology) -> None:
    ingress = replace(before.networks[0], id="another".ljust(25, "y"), subnet="10.11.0.0/16")
    found = changes(before, replace(before, networks=(ingress, *before.networks[1:])))
    assert {(c.name, c.aspect, c.after) for c in found} == {
        ("ingress", "subnet", "10.11.0.0/16"),
        ("ingress", "id", "anotheryyyyy"),
    }
    assert {c.node for c in found} == set(swarms.NAMES)


def test_a_task_that_fails_in_place_changes_its_state(before: Topology) -> None:
    broken = replace(before.tasks[0], state="failed", error="task: non-zero exit (1)")
    found = changes(before, replace(before, tasks=(broken, *before.tasks[1:])))
    assert [(c.aspect, c.before, c.after, c.nature) for c in found] == [
        ("error", None, "task: non-zero exit (1)", "changed"),
        ("state", "running", "failed", "changed"),
    ]


def test_a_replaced_task_kept_in_the_history_is_not_a_second_one(before: Topology) -> None:
    old = replace(before.tasks[0], state="shutdown", desired_state="shutdown")
    new = replace(before.tasks[0], id="new".ljust(25, "z"), node="worker1", created="2026-11-23T11:00:00Z")
    found = changes(before, replace(before, tasks=(old, new, *before.tasks[1:])))
    assert [(c.name, c.nature) for c in found] == [("my-nginx.1", "replaced")]


def test_a_silent_node_has_lost_nothing(before: Topology, silent: Topology) -> None:
    found = changes(before, silent)
    assert [(c.kind, c.name, c.aspect, c.after) for c in found] == [("node", "worker2", "state", "down")]


def test_a_node_that_joins(before: Topology) -> None:
    found = changes(swarms.no_swarm(), replace(swarms.no_swarm(), nodes=before.nodes))
    assert ("manager", "role", None, "manager") in {(c.name, c.aspect, c.before, c.after) for c in found}
    assert ("manager", "leader", None, "leader") in {(c.name, c.aspect, c.before, c.after) for c in found}


snapshots = st.sampled_from(
    [
        swarms.before_move(),
        swarms.after_move(),
        swarms.alpines(),
        swarms.no_swarm(),
        swarms.silenced(swarms.alpines(), "worker1"),
        stacks.recorded(),
    ]
)


@given(snapshots, snapshots)
def test_the_way_back_undoes_the_way_there(one: Topology, other: Topology) -> None:
    def key(change: Change) -> tuple[str, ...]:
        return tuple(
            str(part) for part in (change.kind, change.name, change.node, change.aspect, change.before, change.after)
        )

    back = [replace(change, before=change.after, after=change.before) for change in changes(other, one)]
    assert sorted(map(key, back)) == sorted(map(key, changes(one, other)))


def test_a_network_is_summed_up_without_repeating_its_vxlan_id(before: Topology) -> None:
    options = {"com.docker.network.driver.overlay.vxlanid_list": "4099", "com.docker.network.driver.mtu": "1200"}
    added = replace(swarms.overlay("new-net", 3, ("manager",)), options=options, attachable=True)
    (found,) = changes(before, replace(before, networks=(*before.networks, added)))
    assert found == Change(
        "network",
        "new-net",
        "manager",
        "existence",
        None,
        "overlay, 10.0.3.0/24, 10.0.3.1, VXLAN 4099, attachable, com.docker.network.driver.mtu=1200, new-net-id-x",
    )


# --- a stack --------------------------------------------------------------------------------------


def test_a_stack_that_is_removed_leaves_its_volume() -> None:
    deployed = stacks.recorded()
    left = replace(
        deployed,
        services=(),
        networks=tuple(n for n in deployed.networks if n.stack is None),
        secrets=(),
        configs=(),
    )
    found = changes(deployed, left)
    (stack,) = (change for change in found if change.kind == "stack")
    assert (stack.name, stack.nature, stack.after) == ("app", "vanished", None)
    assert stack.before is not None and stack.before.startswith("app_db, app_probe, ")
    assert [(c.kind, c.name, c.nature) for c in found if c.kind in ("secret", "config")] == [
        ("secret", "app_token", "vanished"),
        ("config", "app_settings", "vanished"),
    ]
    assert not any(change.kind == "volume" for change in found)
    assert changes(left, replace(left, volumes=()))[0] == Change(
        "volume", "app_db-data", "manager", "existence", "local", None
    )


def test_a_service_more_in_a_stack_is_seen() -> None:
    deployed = stacks.recorded()
    fewer = replace(deployed, services=tuple(s for s in deployed.services if s.name != "app_probe"))
    (stack,) = (change for change in changes(fewer, deployed) if change.kind == "stack")
    assert (stack.aspect, stack.nature) == ("services", "changed")
    assert "app_probe" in (stack.after or "") and "app_probe" not in (stack.before or "")


def test_a_secret_made_again_under_the_same_name_is_seen() -> None:
    deployed = stacks.recorded()
    again = replace(deployed, secrets=tuple(replace(s, id="another".ljust(25, "y")) for s in deployed.secrets))
    assert [(c.kind, c.aspect, c.after) for c in changes(deployed, again)] == [("secret", "id", "anotheryyyyy")]


def test_the_volumes_of_a_silent_node_are_not_lost() -> None:
    deployed = stacks.recorded()
    silent = replace(swarms.silenced(deployed, "manager"), volumes=())
    assert not any(change.kind == "volume" for change in changes(deployed, silent))


def test_compare_names_stacks_and_volumes_in_french() -> None:
    deployed = stacks.recorded()
    table = tables.compare(replace(deployed, services=(), volumes=(), secrets=(), configs=()), deployed)
    assert {"pile", "volume", "secret", "config"} <= set(table["objet"])
