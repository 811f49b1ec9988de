"""What a stack file may hold: strict records, with the names that the file uses.

A short form is read into the long one: `Service.ports` is always a tuple of `Port`. A duration is in nanoseconds and a
size in bytes, as in the Engine API. What docker stack ignores is accepted here; `ignored` tells it.

The source is the schema of the Compose file, format 3.0 to 3.13, as the docker CLI checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Le
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from . import short

__all__ = [
    "Bind",
    "Config",
    "CredentialSpec",
    "Deploy",
    "Discrete",
    "FileReference",
    "GenericResource",
    "Healthcheck",
    "Ipam",
    "IpamPool",
    "Limits",
    "Logging",
    "Network",
    "NoCopy",
    "Placement",
    "Port",
    "Preference",
    "Record",
    "Reservations",
    "Resources",
    "RestartPolicy",
    "Rollout",
    "Secret",
    "Service",
    "ServiceNetwork",
    "ServiceVolume",
    "Stack",
    "Tmpfs",
    "Ulimit",
    "Volume",
]

T = TypeVar("T")
Item = TypeVar("Item", bound=Hashable)
Key = Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$")]


def _told(read: Callable[[Any], T], *kinds: type) -> Callable[[Any], T | Any]:
    """Use a reader of `short` on values of these kinds; leave the others to the type, which refuses them."""

    def validate(value: Any) -> T | Any:
        if kinds and (not isinstance(value, kinds) or isinstance(value, bool)):
            return value
        try:
            return read(value)
        except ValueError as err:
            raise PydanticCustomError("stack", "{said}", {"said": str(err)}) from err

    return validate


def _given(value: Any) -> Any:
    # The file may leave the key out, but not leave it empty.
    if value is None:
        raise PydanticCustomError("stack", "rien n'est donné ; donnez une valeur, ou ôtez la clé")
    return value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unique(items: tuple[Item, ...]) -> tuple[Item, ...]:
    twice = next((item for index, item in enumerate(items) if item in items[:index]), None)
    if twice is not None:
        raise PydanticCustomError("stack", "« {item} » est donné deux fois", {"item": str(twice)})
    return items


def _distinct(items: Any) -> Any:
    if isinstance(items, list) and any(item in items[:index] for index, item in enumerate(items)):
        raise PydanticCustomError("stack", "la même valeur est donnée deux fois")
    return items


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Given = BeforeValidator(_given)
Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
Natural = Annotated[Whole, Ge(0), Le(2**63 - 1)]
PortNumber = Annotated[Whole, Ge(0), Le(65535)]
Texts = tuple[Text, ...]
Set = Annotated[Texts, AfterValidator(_unique)]
TextOrSet = Annotated[Set, BeforeValidator(_listed)]
Words = Annotated[Texts, BeforeValidator(_told(short.words, str))]


def _duration(value: Any) -> int:
    # A whole number would be a number of what?
    if isinstance(value, bool) or not isinstance(value, str):
        raise PydanticCustomError("stack", "une durée avec son unité est attendue, par exemple 10s ou 1m30s")
    return int(_told(short.duration)(value))


def _size(value: Any) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("stack", 'une taille entre guillemets est attendue, par exemple "64M"')
    return int(_told(short.size)(value))


def _cpus(value: Any) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("stack", 'un nombre de processeurs entre guillemets est attendu, par exemple "0.5"')
    return int(_told(short.cpus)(value))


Duration = Annotated[int, BeforeValidator(_duration)]
Positive = Annotated[Duration, AfterValidator(lambda value: _not_negative(value))]
Size = Annotated[int, BeforeValidator(_size)]
Cpus = Annotated[int, BeforeValidator(_cpus)]
Written = Annotated[str, BeforeValidator(_told(short.text_of))]
WrittenOrNone = Annotated[str | None, BeforeValidator(lambda value: value if value is None else _text(value))]
Number = Annotated[str, BeforeValidator(lambda value: _text(_given(value)))]

_text = _told(short.text_of)
_SET: TypeAdapter[tuple[str, ...]] = TypeAdapter(Set)


def _not_negative(value: int) -> int:
    if value < 0:
        raise PydanticCustomError("stack", "une durée ne peut pas être négative ici")
    return value


def _pairs(empty: str | None) -> Callable[[Any], Any]:
    """Read a list of ``name=value`` as the same names and values in keys; a name alone is `empty`."""

    def validate(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        pairs = (entry.partition("=") for entry in _SET.validate_python(value))
        return {name: text if sign else empty for name, sign, text in pairs}

    return validate


Labels = Annotated[dict[str, Written], BeforeValidator(_pairs(""))]
Environment = Annotated[dict[str, WrittenOrNone], BeforeValidator(_pairs(None))]
Options = dict[str, Number]


def _hosts(value: Any) -> Any:
    if isinstance(value, dict):
        addresses: dict[str, str] = TypeAdapter(dict[str, Written]).validate_python(value)
        return sorted(f"{name}:{addresses[name]}" for name in value if value[name] is not None)
    if isinstance(value, list):
        # The separator may be `=` since version 23 of the CLI.
        found = _SET.validate_python(value)
        entries = [name if "=" not in name.partition(":")[0] else name.replace("=", ":", 1) for name in found]
        wrong = next((entry for entry in entries if ":" not in entry), None)
        if wrong is not None:
            raise PydanticCustomError("stack", "« {item} » n'a pas la forme nom:adresse", {"item": wrong})
        return entries
    return value


Hosts = Annotated[Texts, BeforeValidator(_hosts)]


def _one_of(*allowed: str, lower: bool = False) -> AfterValidator:
    def validate(value: str) -> str:
        if value and (value.lower() if lower else value) not in allowed:
            raise PydanticCustomError(
                "stack",
                "valeur inconnue « {value} » ; choisissez parmi {allowed}",
                {"value": value, "allowed": ", ".join(allowed)},
            )
        return value

    return AfterValidator(validate)


class Record(BaseModel):
    """A part of a stack file: frozen, and no other keys than these."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Extensible(Record):
    @model_validator(mode="before")
    @classmethod
    def _without_extensions(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if not key.startswith("x-")}
        return value


# --- a service ------------------------------------------------------------------------------------


class Port(Record):
    """A published port; `published` 0 leaves the number to the swarm."""

    target: Annotated[Whole, Ge(1), Le(65535)]
    published: PortNumber = 0
    protocol: Annotated[Text, _one_of("tcp", "udp", "sctp", lower=True)] = ""
    mode: Annotated[Text, _one_of("ingress", "host")] = ""


class Bind(Record):
    """Options of a bind mount."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    propagation: Annotated[Text, _one_of(*short.PROPAGATIONS)] = ""


class NoCopy(Record):
    """Options of a volume's mount."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    nocopy: Flag = False
    subpath: Text = ""
    """The directory of the volume that is mounted, instead of the whole."""


class Tmpfs(Record):
    """Options of a tmpfs."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    size: Natural = 0


class ServiceVolume(Record):
    """A mount: a named volume, an anonymous one, a directory of the node, or memory."""

    type: Annotated[Text, _one_of("volume", "bind", "tmpfs")]
    source: Text = ""
    target: Text = ""
    read_only: Flag = False
    consistency: Text = ""
    bind: Annotated[Bind | None, Given] = None
    volume: Annotated[NoCopy | None, Given] = None
    tmpfs: Annotated[Tmpfs | None, Given] = None


class ServiceNetwork(Record):
    """How a service is attached to a network."""

    aliases: Set = ()
    driver_opts: Options = {}
    ipv4_address: Text = ""
    ipv6_address: Text = ""


BARE = ServiceNetwork()
"""The attachment of a network that is only named: when files are merged, it changes nothing."""


class FileReference(Record):
    """A secret or a config in a service's containers."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    source: Text
    target: Text = ""
    uid: Text = ""
    gid: Text = ""
    mode: Annotated[Natural | None, Given] = None


class Healthcheck(Record):
    """How the health of a container is tested."""

    test: Texts = ()
    interval: Annotated[Positive | None, Given] = None
    timeout: Annotated[Positive | None, Given] = None
    start_period: Annotated[Positive | None, Given] = None
    start_interval: Annotated[Positive | None, Given] = None
    retries: Annotated[Natural | None, Given] = None
    disable: Flag = False

    @field_validator("test", mode="before")
    @classmethod
    def _shell(cls, value: Any) -> Any:
        return ["CMD-SHELL", value] if isinstance(value, str) else value


class Logging(Record):
    """Where the output of the containers goes."""

    driver: Text = ""
    options: Annotated[dict[str, Written] | None, Given] = None


class Ulimit(Record):
    """A limit on what a process may use."""

    soft: Whole
    hard: Whole

    @model_validator(mode="before")
    @classmethod
    def _single(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"soft": value, "hard": value}
        return value


class CredentialSpec(Record):
    """Credentials of a Windows container."""

    config: Text = ""
    file: Text = ""
    registry: Text = ""


class Rollout(Record):
    """How tasks are replaced, on an update or on a rollback."""

    parallelism: Annotated[Natural | None, Given] = None
    delay: Positive = 0
    failure_action: Annotated[Text, _one_of("pause", "continue", "rollback")] = ""
    monitor: Positive = 0
    max_failure_ratio: Annotated[float, Strict(), Ge(0), Le(1)] = 0.0
    order: Literal["", "start-first", "stop-first"] = ""


class RestartPolicy(Record):
    """When a task that ended is replaced."""

    condition: Annotated[Text, _one_of("none", "on-failure", "any")] = ""
    delay: Annotated[Positive | None, Given] = None
    max_attempts: Annotated[Natural | None, Given] = None
    window: Annotated[Positive | None, Given] = None


class Preference(Record):
    """Over what the tasks are spread."""

    spread: Text = ""


class Placement(Record):
    """On which nodes the tasks may run."""

    constraints: Texts = ()
    preferences: tuple[Preference, ...] = ()
    max_replicas_per_node: Natural = 0


class Limits(Record):
    """The most that a task may use."""

    cpus: Cpus = 0
    memory: Size = 0
    pids: Annotated[Whole, Ge(-1)] = 0


class Discrete(Record):
    """So many of one kind of resource."""

    kind: Text = ""
    value: Natural = 0


class GenericResource(Record):
    """A resource that the nodes declare themselves."""

    discrete_resource_spec: Annotated[Discrete | None, Given] = None


class Reservations(Record):
    """What a node must have free to take a task."""

    cpus: Cpus = 0
    memory: Size = 0
    generic_resources: tuple[GenericResource, ...] = ()


class Resources(Record):
    """Limits and reservations."""

    limits: Annotated[Limits | None, Given] = None
    reservations: Annotated[Reservations | None, Given] = None


def _lasting(mode: str) -> str:
    if mode.endswith("-job"):
        # Docker 20.10 has them for single services, but `docker stack` refuses them, and the networks of a stack whose
        # job was removed stay in use by its tasks.
        raise PydanticCustomError(
            "stack",
            "les travaux (replicated-job, global-job) ne sont pas pris en charge ici : docker stack de Docker 20.10 "
            "les refuse, seul docker service create --mode {mode} les connaît ; choisissez parmi replicated, global",
            {"mode": mode},
        )
    return mode


class Deploy(Record):
    """What the swarm does with a service."""

    mode: Annotated[Text, AfterValidator(_lasting), _one_of("replicated", "global")] = ""
    replicas: Annotated[Natural | None, Given] = None
    endpoint_mode: Annotated[Text, _one_of("vip", "dnsrr", lower=True)] = ""
    labels: Labels = {}
    update_config: Annotated[Rollout | None, Given] = None
    rollback_config: Annotated[Rollout | None, Given] = None
    restart_policy: Annotated[RestartPolicy | None, Given] = None
    placement: Placement = Placement()
    resources: Resources = Resources()


def _entries(model: type[Record], read: Callable[[str], Any]) -> Callable[[Any], Any]:
    """Read a list in which each entry is short (a text) or long (keys); a short one may stand for several."""
    several: TypeAdapter[list[tuple[Any, ...]]] = TypeAdapter(
        list[
            Annotated[
                tuple[model, ...],  # type: ignore[valid-type]
                BeforeValidator(lambda entry: read(entry) if isinstance(entry, str) else [entry]),
            ]
        ]
    )

    def validate(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return tuple(entry for entries in several.validate_python(value) for entry in entries)

    return validate


def _ports(value: Any) -> Any:
    return [str(entry) if isinstance(entry, int) and not isinstance(entry, bool) else entry for entry in value]


def _references(entry: str) -> list[dict[str, str]]:
    return [{"source": entry}]


References = Annotated[tuple[FileReference, ...], BeforeValidator(_entries(FileReference, _references))]
Restart = Annotated[Text, Field(pattern=r"^(no|always|unless-stopped|on-failure)?(:\d+)?$")]


class Service(_Extensible):
    """One service of the stack."""

    image: Text = ""
    command: Words = ()
    entrypoint: Words = ()
    environment: Environment = {}
    env_file: TextOrSet = ()
    labels: Labels = {}
    ports: Annotated[
        tuple[Port, ...],
        BeforeValidator(_entries(Port, _told(short.ports))),
        BeforeValidator(lambda value: _ports(value) if isinstance(value, list) else value),
        BeforeValidator(_distinct),
    ] = ()
    networks: dict[Key, ServiceNetwork] = {}
    volumes: Annotated[
        tuple[ServiceVolume, ...],
        BeforeValidator(_entries(ServiceVolume, lambda text: [_told(short.volume)(text)])),
        BeforeValidator(_distinct),
    ] = ()
    secrets: References = ()
    configs: References = ()
    deploy: Deploy = Deploy()
    depends_on: Set = ()
    healthcheck: Annotated[Healthcheck | None, Given] = None
    logging: Annotated[Logging | None, Given] = None
    hostname: Text = ""
    user: Text = ""
    working_dir: Text = ""
    tty: Flag = False
    stdin_open: Flag = False
    read_only: Flag = False
    init: Annotated[Flag | None, Given] = None
    isolation: Annotated[Text, _one_of("default", "process", "hyperv")] = ""
    stop_signal: Text = ""
    stop_grace_period: Annotated[Positive | None, Given] = None
    dns: TextOrSet = ()
    dns_search: TextOrSet = ()
    extra_hosts: Hosts = ()
    cap_add: Set = ()
    cap_drop: Set = ()
    sysctls: Labels = {}
    ulimits: dict[Annotated[str, Field(pattern=r"^[a-z]+$")], Ulimit] = {}
    credential_spec: CredentialSpec = CredentialSpec()
    oom_score_adj: Whole = 0
    restart: Restart = ""

    # What docker stack reads and does not use.
    build: Annotated[str | dict[str, Any] | None, Given] = None
    cgroup_parent: Text = ""
    cgroupns_mode: Text = ""
    container_name: Text = ""
    devices: Set = ()
    domainname: Text = ""
    expose: tuple[Any, ...] = ()
    external_links: Set = ()
    group_add: tuple[Any, ...] = ()
    ipc: Text = ""
    links: Set = ()
    mac_address: Text = ""
    network_mode: Text = ""
    pid: Text | None = None
    privileged: Flag = False
    security_opt: Set = ()
    shm_size: Any = None
    tmpfs: TextOrSet = ()
    userns_mode: Text = ""

    @field_validator("networks", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, list):
            return dict.fromkeys(_SET.validate_python(value), BARE)
        if isinstance(value, dict):
            return {name: BARE if settings is None else settings for name, settings in value.items()}
        return value

    @field_validator("deploy", mode="before")
    @classmethod
    def _undeployed(cls, value: Any) -> Any:
        return {} if value is None else value


# --- what services share --------------------------------------------------------------------------


class _Shared(_Extensible):
    name: Text = ""
    external: Flag = False
    labels: Labels = {}

    @model_validator(mode="before")
    @classmethod
    def _external_by_name(cls, value: Any) -> Any:
        """Read the old ``external: {name: …}`` as ``external: true`` with a name."""
        external = value.get("external") if isinstance(value, dict) else None
        if not isinstance(external, dict):
            return value
        wrong = sorted(set(external) - {"name"})
        if wrong:
            raise PydanticCustomError("stack", "clé inconnue « {key} » sous external", {"key": wrong[0]})
        if "name" not in external:
            return value | {"external": True}
        if "name" in value:
            raise PydanticCustomError("stack", "le nom est donné deux fois, par name et par external.name")
        return value | {"external": True, "name": external["name"]}


def _described(value: Any) -> Any:
    return {} if value is None else value


class IpamPool(Record):
    """A range of addresses."""

    subnet: Text = ""


class Ipam(Record):
    """How the addresses of a network are given out."""

    driver: Text = ""
    config: tuple[IpamPool, ...] = ()


class Network(_Shared):
    """A network of the stack, or an external one."""

    driver: Text = ""
    driver_opts: Options = {}
    ipam: Ipam = Ipam()
    internal: Flag = False
    attachable: Flag = False


class Volume(_Shared):
    """A volume of the stack, or an external one."""

    driver: Text = ""
    driver_opts: Annotated[Options | None, Given] = None


class Secret(_Shared):
    """A secret of the stack, or an external one."""

    file: Text = ""
    driver: Text = ""
    driver_opts: Options = {}
    template_driver: Text = ""
    content: Annotated[bytes, Field(repr=False, exclude=True)] = b""
    """What the file holds; not a key of the stack file."""


class Config(_Shared):
    """A config of the stack, or an external one."""

    file: Text = ""
    template_driver: Text = ""
    content: Annotated[bytes, Field(repr=False, exclude=True)] = b""
    """What the file holds; not a key of the stack file."""


class Stack(_Extensible):
    """All that one file describes, or several once merged."""

    version: Text = ""
    services: dict[Key, Service] = {}
    networks: dict[Key, Annotated[Network, BeforeValidator(_described)]] = {}
    volumes: dict[Key, Annotated[Volume, BeforeValidator(_described)]] = {}
    secrets: dict[Key, Secret] = {}
    configs: dict[Key, Config] = {}
