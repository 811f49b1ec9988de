"""What the managers answer: objects as the API shows them, found by name and filtered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from ..kinds import Json
from ..refusal import Refusal
from .jobs import iteration
from .servicespec import mode_of, with_defaults
from .states import RANK
from .store import Kind, Store
from .tasks import task_name
from .updater import outdated

__all__ = ["Filters", "find", "listed", "name_of", "shown_with_defaults", "view"]

Filters = Mapping[str, Sequence[str]]

META = ("ID", "Version", "CreatedAt", "UpdatedAt")
ORDERS: dict[Kind, tuple[str, ...]] = {
    "service": ("Spec", "PreviousSpec", "Endpoint", "UpdateStatus", "ServiceStatus", "JobStatus"),
    "node": ("Spec", "Description", "Status", "ManagerStatus"),
    "task": (
        *("Labels", "Spec", "ServiceID", "Slot", "NodeID", "Status", "DesiredState", "NetworksAttachments"),
        "JobIteration",
    ),
    "secret": ("Spec",),
    "config": ("Spec",),
}
ACCEPTED: dict[Kind, tuple[str, ...]] = {
    "service": ("name", "id", "label", "mode", "runtime"),
    "node": ("name", "id", "label", "role", "membership", "node.label"),
    "task": ("name", "id", "label", "service", "node", "desired-state", "_up-to-date", "runtime"),
    "secret": ("names", "name", "id", "label"),
    "config": ("name", "id", "label"),
}
MEMBERSHIPS = ("pending", "accepted")


def view(kind: Kind, found: Json) -> Json:
    """An object as the API shows it: its keys in their order, nothing of what is kept for the managers only."""
    if kind not in ORDERS:
        return {key: value for key, value in found.items() if not key.startswith("_")}
    shown = {key: found[key] for key in (*META, *ORDERS[kind]) if found.get(key) is not None}
    if kind == "secret":
        shown["Spec"] = {key: value for key, value in shown["Spec"].items() if key != "Data"}
    if kind == "task":
        attachments = shown.get("NetworksAttachments")
        if not attachments:
            shown.pop("NetworksAttachments", None)
    return shown


def name_of(kind: Kind, found: Json) -> str:
    """The name that an object is found by, besides its id."""
    if kind == "node":
        return str((found.get("Description") or {}).get("Hostname", ""))
    if kind == "task":
        return task_name(found)
    return str(found["Spec"].get("Name", ""))


def find(store: Store, kind: Kind, reference: str) -> Json:
    """The object of that id, name or beginning of an id, as it is kept.

    Raises
    ------
    Refusal
        404: there is none; 400: there are several.
    """
    exact = store.get(kind, reference)
    if exact is not None:
        return exact
    everything = store.all(kind)
    matches = [one for one in everything if name_of(kind, one) == reference]
    matches = matches or [one for one in everything if reference and one["ID"].startswith(reference)]
    if not matches:
        raise Refusal(404, f"{kind} {reference} not found")
    if len(matches) > 1:
        raise Refusal(400, f"{kind} {reference} is ambiguous ({len(matches)} matches found)")
    return matches[0]


def listed(store: Store, kind: Kind, filters: Filters, *, status: bool = False) -> list[Json]:
    """Objects that pass filters, as they are kept, in the order that the engine gives them.

    Parameters
    ----------
    status
        Add ``ServiceStatus`` to services.

    Raises
    ------
    Refusal
        400 or 500: a filter or its value is not known; 404: it names what is not there.
    """
    for name in filters:
        if name not in ACCEPTED[kind]:
            raise Refusal(400, f"Invalid filter '{name}'")
    tests = _tests(store, kind, filters)
    found = [one for one in store.all(kind) if all(test(one) for test in tests)]
    if filters.get("name") or filters.get("names"):
        found.sort(key=lambda one: (name_of(kind, one), one["ID"]))
    else:
        found.sort(key=lambda one: str(one["ID"]))
    if status:
        by_service: defaultdict[str, list[Json]] = defaultdict(list)
        for task in store.all("task"):
            by_service[task.get("ServiceID", "")].append(task)
        found = [one | {"ServiceStatus": _status(one, by_service[one["ID"]])} for one in found]
    return found


def _tests(store: Store, kind: Kind, filters: Filters) -> list[Callable[[Json], bool]]:
    tests: list[Callable[[Json], bool]] = []
    if prefixes := tuple(filters.get("name") or ()):
        tests.append(lambda one: name_of(kind, one).startswith(prefixes))
    if names := tuple(filters.get("names") or ()):
        tests.append(lambda one: name_of(kind, one) in names)
    if ids := tuple(filters.get("id") or ()):
        tests.append(lambda one: one["ID"].startswith(ids))
    if labels := _pairs(filters.get("label") or ()):
        tests.append(lambda one: _labelled(_labels(kind, one), labels))
    if kind == "node":
        tests += _node_tests(filters)
    elif kind == "task":
        tests += _task_tests(store, filters)
    elif kind == "service":
        modes = tuple(filters.get("mode") or ())
        runtimes = tuple(filters.get("runtime") or ())
        tests.append(
            lambda one: (not modes or mode_of(one["Spec"]) in modes) and "container" in (runtimes or ("container",))
        )
    return tests


def _node_tests(filters: Filters) -> list[Callable[[Json], bool]]:
    roles = _known(filters.get("role") or (), ("worker", "manager"), "role")
    memberships = _known(filters.get("membership") or (), MEMBERSHIPS, "membership")
    labels = _pairs(filters.get("node.label") or ())
    return [
        lambda one: not roles or one["_Role"] in roles,
        lambda one: not memberships or "accepted" in memberships,
        lambda one: _labelled(one["Spec"].get("Labels") or {}, labels),
    ]


def _task_tests(store: Store, filters: Filters) -> list[Callable[[Json], bool]]:
    services = {find(store, "service", one)["ID"] for one in filters.get("service") or ()}
    nodes = {find(store, "node", one)["ID"] for one in filters.get("node") or ()}
    states = _known(filters.get("desired-state") or (), tuple(RANK), "desired-state")
    runtimes = tuple(filters.get("runtime") or ("container", "plugin"))
    current = bool(filters.get("_up-to-date"))

    def up_to_date(one: Json) -> bool:
        service = store.get("service", one.get("ServiceID", ""))
        return service is not None and not outdated(service, one, store.get("node", one.get("NodeID", "")))

    return [
        lambda one: not services or one.get("ServiceID") in services,
        lambda one: not nodes or one.get("NodeID") in nodes,
        lambda one: not states or one["DesiredState"] in states,
        lambda one: ("attachment" if "NetworkAttachmentSpec" in one["Spec"] else "container") in runtimes,
        lambda one: not current or up_to_date(one),
    ]


def _known(values: Sequence[str], known: tuple[str, ...], name: str) -> set[str]:
    lowered = set()
    for value in values:
        if value and value.lower() not in known:
            raise Refusal(500, f"Invalid {name} filter: '{value}'")
        lowered.add(value.lower())
    return lowered - {""}


def _pairs(written: Sequence[str]) -> dict[str, str]:
    return {key: value for key, _, value in (one.partition("=") for one in written)}


def _labelled(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(key in labels and value in ("", labels[key]) for key, value in wanted.items())


def _labels(kind: Kind, one: Json) -> Mapping[str, str]:
    if kind == "task":
        return one.get("_ServiceLabels") or {}
    if kind == "node":
        engine = (one.get("Description") or {}).get("Engine") or {}
        return engine.get("Labels") or {}
    return one["Spec"].get("Labels") or {}


def _status(service: Json, tasks: list[Json]) -> Json:
    current = iteration(service)
    if current is not None:
        tasks = [one for one in tasks if one.get("JobIteration") == current]
    states = Counter(one["Status"]["State"] for one in tasks)
    complete = states["complete"] if current is not None else 0
    mode = service["Spec"]["Mode"]
    if "Replicated" in mode:
        wanted = mode["Replicated"]["Replicas"]
    elif "ReplicatedJob" in mode:
        wanted = mode["ReplicatedJob"]["MaxConcurrent"]
    else:
        to_end = [one for one in tasks if one["DesiredState"] == "complete" and one["Status"]["State"] != "complete"]
        wanted = len(to_end) + sum(one["DesiredState"] == "running" for one in tasks)
    return {"RunningTasks": states["running"], "DesiredTasks": wanted, "CompletedTasks": complete}


def shown_with_defaults(service: Json) -> Json:
    """A service, with the defaults filled into its spec."""
    return service | {"Spec": with_defaults(service["Spec"])}
