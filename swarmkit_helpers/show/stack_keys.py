"""The keys of a service in a stack file, the fields of the Engine API they become, and what each one means.

The source is the Engine API 1.41, schema ``ServiceSpec``, and the Compose file reference, format 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..references import tagged
from .french import seconds

__all__ = ["ADDED", "KEYS", "Field", "Spec"]

Spec = Mapping[str, Any]
"""A service's specification, as the Engine API spells it."""
Words = Callable[[Any], str | None]
NANOSECONDS = 1e9
STACK_LABELS = "com.docker.stack."
CONTAINER = "TaskTemplate.ContainerSpec"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a service's specification."""

    name: str
    """As the API spells it, dots between levels: ``UpdateConfig.Parallelism``."""
    meaning: str
    """One French line."""
    words: Words
    """What to show of its value; None when there is none."""
    default: str | None = None
    """What the swarm does when nothing is recorded."""
    get: Callable[[Spec], Any] | None = None
    """How to find its value, where its name alone does not tell."""
    plain: Callable[[str], str] = str
    """What is compared of it, where the engine says the same in more words."""
    filled: str | None = None
    """What the engine itself writes there when it is asked nothing."""
    looked_up: bool = False
    """True when the client finds its value in the registry."""

    def read(self, spec: Spec) -> str | None:
        """What a specification says of it; None when it says nothing."""
        return self.words(self.get(spec) if self.get else _at(spec, self.name.split(".")))


def _at(spec: Any, path: Iterable[str]) -> Any:
    for step in path:
        spec = spec.get(step) if isinstance(spec, Mapping) else None
    return spec


# --- what to show of a value ----------------------------------------------------------------------


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _flag(value: Any) -> str | None:
    return None if value is None else "oui" if value else "non"


def _set_flag(value: Any) -> str | None:
    """For a field that the engine leaves out when it is false."""
    return "oui" if value else None


def _duration(value: Any) -> str | None:
    return None if value is None else seconds(value / NANOSECONDS)


def _bytes(value: Any) -> str | None:
    return f"{value} octets" if value else None


def _cpus(value: Any) -> str | None:
    return f"{value / NANOSECONDS:g} CPU".replace(".", ",") if value else None


def _list(value: Any) -> str | None:
    return ", ".join(str(item) for item in value) if value else None


def _sorted(value: Any) -> str | None:
    return ", ".join(sorted(str(item) for item in value)) if value else None


def _map(value: Any) -> str | None:
    return ", ".join(f"{key}={value[key]}" for key in sorted(value)) if value else None


def _plain_image(reference: str) -> str:
    """Without the digest that the client pins, with the tag that it supplies."""
    return tagged(reference.partition("@")[0])


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:g}".replace(".", ",")


def _ports(value: Any) -> str | None:
    found = [
        f"{port.get('PublishedPort') or 'auto'} -> {port['TargetPort']}/{port.get('Protocol') or 'tcp'} "
        f"({port.get('PublishMode') or 'ingress'})"
        for port in value or ()
    ]
    return ", ".join(sorted(found)) or None


def _mounts(value: Any) -> str | None:
    return ", ".join(sorted(_mount(mount) for mount in value or ())) or None


def _mount(mount: Spec) -> str:
    source = f"{mount['Source']} -> " if mount.get("Source") else ""
    options = ["lecture seule"] if mount.get("ReadOnly") else []
    options += ["nocopy"] if _at(mount, ("VolumeOptions", "NoCopy")) else []
    options += [found] if (found := _at(mount, ("BindOptions", "Propagation"))) else []
    options += [f"{found} octets"] if (found := _at(mount, ("TmpfsOptions", "SizeBytes"))) else []
    told = f" ({', '.join(options)})" if options else ""
    return f"{mount.get('Type', 'volume')} {source}{mount['Target']}{told}"


def _networks(value: Any) -> str | None:
    found = [
        f"{network['Target']} (alias {', '.join(sorted(network['Aliases']))})"
        if network.get("Aliases")
        else str(network["Target"])
        for network in value or ()
    ]
    return ", ".join(sorted(found)) or None


def _files(value: Any) -> str | None:
    found = [
        f"{item.get('SecretName') or item.get('ConfigName')} -> {_at(item, ('File', 'Name')) or '?'}"
        for item in value or ()
    ]
    return ", ".join(sorted(found)) or None


def _ulimits(value: Any) -> str | None:
    return ", ".join(sorted(f"{u['Name']}={u.get('Soft', 0)}:{u.get('Hard', 0)}" for u in value or ())) or None


def _preferences(value: Any) -> str | None:
    return ", ".join(f"spread {_at(item, ('Spread', 'SpreadDescriptor'))}" for item in value or ()) or None


def _resources(value: Any) -> str | None:
    kinds = [item.get("DiscreteResourceSpec") or item.get("NamedResourceSpec") or {} for item in value or ()]
    return ", ".join(sorted(f"{kind.get('Kind')}={kind.get('Value')}" for kind in kinds)) or None


def _platforms(value: Any) -> str | None:
    found = {f"{item.get('OS') or '?'}/{item.get('Architecture') or '?'}" for item in value or ()}
    return ", ".join(sorted(found)) or None


def _mode(spec: Spec) -> str | None:
    return next((kind.lower() for kind in spec.get("Mode") or {}), None)


def _own_labels(*path: str) -> Callable[[Spec], Any]:
    def get(spec: Spec) -> Any:
        labels = _at(spec, path) or {}
        return {key: value for key, value in labels.items() if not key.startswith(STACK_LABELS)}

    return get


def _label(name: str, *path: str) -> Callable[[Spec], Any]:
    return lambda spec: _at(spec, (*path, name))


# --- the keys -------------------------------------------------------------------------------------


def _rollout(key: str, name: str, word: str) -> dict[str, Field]:
    """The keys of update_config and of rollback_config."""
    update = name == "UpdateConfig"
    return {
        f"{key}.parallelism": Field(
            f"{name}.Parallelism",
            f"tâches remplacées en même temps lors {word} (0 : toutes)",
            _text,
            "1" if update else None,
        ),
        f"{key}.delay": Field(f"{name}.Delay", "pause entre deux remplacements", _duration),
        f"{key}.failure_action": Field(
            f"{name}.FailureAction",
            "que faire si une nouvelle tâche échoue : pause, continue, rollback",
            _text,
            filled="pause",
        ),
        f"{key}.monitor": Field(f"{name}.Monitor", "temps pendant lequel une nouvelle tâche est surveillée", _duration),
        f"{key}.max_failure_ratio": Field(
            f"{name}.MaxFailureRatio", "part d'échecs que l'on tolère", _number, filled="0"
        ),
        f"{key}.order": Field(
            f"{name}.Order",
            "stop-first : arrêter l'ancienne tâche d'abord ; start-first : l'inverse",
            _text,
            filled="stop-first",
        ),
    }


KEYS: dict[str, Field] = {
    "image": Field(f"{CONTAINER}.Image", "image de chaque tâche", _text, plain=_plain_image),
    "command": Field(f"{CONTAINER}.Args", "arguments du programme, à la place de ceux de l'image", _list),
    "entrypoint": Field(f"{CONTAINER}.Command", "programme lancé, à la place de celui de l'image", _list),
    "environment": Field(f"{CONTAINER}.Env", "variables d'environnement de chaque conteneur", _sorted),
    "env_file": Field(f"{CONTAINER}.Env", "fichier de variables, lu au déploiement", _sorted),
    "ports": Field(
        "EndpointSpec.Ports", "ports publiés : sur chaque nœud (ingress) ou celui de la tâche (host)", _ports
    ),
    "networks": Field(
        "TaskTemplate.Networks", "réseaux de chaque tâche ; l'alias est le nom court du service", _networks
    ),
    "volumes": Field(f"{CONTAINER}.Mounts", "volumes et dossiers montés dans chaque conteneur", _mounts),
    "labels": Field(
        f"{CONTAINER}.Labels", "étiquettes des conteneurs", _map, get=_own_labels(*CONTAINER.split("."), "Labels")
    ),
    "secrets": Field(f"{CONTAINER}.Secrets", "secrets montés dans /run/secrets", _files),
    "configs": Field(f"{CONTAINER}.Configs", "fichiers de configuration montés dans chaque conteneur", _files),
    "hostname": Field(f"{CONTAINER}.Hostname", "nom de machine de chaque conteneur", _text),
    "user": Field(f"{CONTAINER}.User", "utilisateur du programme", _text),
    "working_dir": Field(f"{CONTAINER}.Dir", "dossier de travail du programme", _text),
    "tty": Field(f"{CONTAINER}.TTY", "terminal attaché", _set_flag),
    "stdin_open": Field(f"{CONTAINER}.OpenStdin", "entrée standard ouverte", _set_flag),
    "read_only": Field(f"{CONTAINER}.ReadOnly", "système de fichiers en lecture seule", _set_flag),
    "init": Field(f"{CONTAINER}.Init", "petit init en processus 1, qui relaie les signaux", _flag),
    "isolation": Field(f"{CONTAINER}.Isolation", "isolation des conteneurs Windows", _text, filled="default"),
    "stop_signal": Field(f"{CONTAINER}.StopSignal", "signal envoyé pour arrêter le programme", _text),
    "stop_grace_period": Field(
        f"{CONTAINER}.StopGracePeriod", "délai laissé au programme pour s'arrêter, avant SIGKILL", _duration, "10 s"
    ),
    "healthcheck.test": Field(f"{CONTAINER}.Healthcheck.Test", "commande qui dit si le conteneur est sain", _list),
    "healthcheck.interval": Field(f"{CONTAINER}.Healthcheck.Interval", "temps entre deux tests de santé", _duration),
    "healthcheck.timeout": Field(
        f"{CONTAINER}.Healthcheck.Timeout", "durée au-delà de laquelle un test échoue", _duration
    ),
    "healthcheck.start_period": Field(
        f"{CONTAINER}.Healthcheck.StartPeriod", "temps de démarrage où un échec ne compte pas", _duration
    ),
    "healthcheck.start_interval": Field(
        f"{CONTAINER}.Healthcheck.StartInterval", "temps entre deux tests pendant le démarrage", _duration
    ),
    "healthcheck.retries": Field(f"{CONTAINER}.Healthcheck.Retries", "échecs de suite pour être déclaré malade", _text),
    "healthcheck.disable": Field(f"{CONTAINER}.Healthcheck.Test", "NONE : le test de l'image est désactivé", _list),
    "dns": Field(f"{CONTAINER}.DNSConfig.Nameservers", "serveurs DNS derrière 127.0.0.11", _list),
    "dns_search": Field(f"{CONTAINER}.DNSConfig.Search", "domaines où chercher un nom court", _list),
    "extra_hosts": Field(f"{CONTAINER}.Hosts", "lignes ajoutées à /etc/hosts", _sorted),
    "cap_add": Field(f"{CONTAINER}.CapabilityAdd", "capacités Linux ajoutées", _sorted),
    "cap_drop": Field(f"{CONTAINER}.CapabilityDrop", "capacités Linux retirées", _sorted),
    "sysctls": Field(f"{CONTAINER}.Sysctls", "réglages du noyau propres au conteneur", _map),
    "ulimits": Field(f"{CONTAINER}.Ulimits", "limites par processus", _ulimits),
    "credential_spec": Field(f"{CONTAINER}.Privileges.CredentialSpec", "identifiants d'un conteneur Windows", _map),
    "logging.driver": Field("TaskTemplate.LogDriver.Name", "où va la sortie des conteneurs", _text),
    "logging.options": Field("TaskTemplate.LogDriver.Options", "options de ce pilote", _map),
    "deploy.mode": Field(
        "Mode", "replicated : un nombre de tâches ; global : une sur chaque nœud, présent ou à venir", _text, get=_mode
    ),
    "deploy.replicas": Field("Mode.Replicated.Replicas", "nombre de tâches voulues", _text, filled="1"),
    "deploy.endpoint_mode": Field(
        "EndpointSpec.Mode",
        "vip : une adresse virtuelle ; dnsrr : le DNS donne les adresses des tâches",
        _text,
        "vip",
        filled="vip",
    ),
    "deploy.labels": Field("Labels", "étiquettes du service", _map, get=_own_labels("Labels")),
    **_rollout("deploy.update_config", "UpdateConfig", "d'une mise à jour"),
    **_rollout("deploy.rollback_config", "RollbackConfig", "d'un retour en arrière"),
    "deploy.restart_policy.condition": Field(
        "TaskTemplate.RestartPolicy.Condition", "quand relancer : any, on-failure (sur échec) ou none", _text, "any"
    ),
    "deploy.restart_policy.delay": Field(
        "TaskTemplate.RestartPolicy.Delay", "attente avant de relancer", _duration, "5 s"
    ),
    "deploy.restart_policy.max_attempts": Field(
        "TaskTemplate.RestartPolicy.MaxAttempts", "essais avant d'abandonner (0 : sans fin)", _text, filled="0"
    ),
    "deploy.restart_policy.window": Field(
        "TaskTemplate.RestartPolicy.Window", "durée sur laquelle les essais sont comptés", _duration
    ),
    "deploy.placement.constraints": Field(
        "TaskTemplate.Placement.Constraints", "nœuds qui peuvent porter une tâche", _list
    ),
    "deploy.placement.preferences": Field(
        "TaskTemplate.Placement.Preferences", "étiquette de nœud selon laquelle répartir", _preferences
    ),
    "deploy.placement.max_replicas_per_node": Field(
        "TaskTemplate.Placement.MaxReplicas", "tâches au plus sur un même nœud", _text
    ),
    "deploy.resources.limits.cpus": Field(
        "TaskTemplate.Resources.Limits.NanoCPUs", "processeurs qu'une tâche peut occuper", _cpus
    ),
    "deploy.resources.limits.memory": Field(
        "TaskTemplate.Resources.Limits.MemoryBytes", "mémoire qu'une tâche peut occuper", _bytes
    ),
    "deploy.resources.limits.pids": Field(
        "TaskTemplate.Resources.Limits.Pids", "processus qu'une tâche peut lancer", _text
    ),
    "deploy.resources.reservations.cpus": Field(
        "TaskTemplate.Resources.Reservations.NanoCPUs", "processeurs qu'un nœud doit avoir libres", _cpus
    ),
    "deploy.resources.reservations.memory": Field(
        "TaskTemplate.Resources.Reservations.MemoryBytes", "mémoire qu'un nœud doit avoir libre", _bytes
    ),
    "deploy.resources.reservations.generic_resources": Field(
        "TaskTemplate.Resources.Reservations.GenericResources", "ressources déclarées qu'un nœud doit avoir", _resources
    ),
}
"""Key under ``services.NAME`` -> its field. A key that is not here has none."""

ADDED: tuple[Field, ...] = (
    Field("Name", "nom de la pile, un trait bas, nom du service", _text),
    Field(
        "Labels.com.docker.stack.namespace",
        "la pile du service : le moteur ne connaît pas de pile, seulement cette étiquette",
        _text,
        get=_label("com.docker.stack.namespace", "Labels"),
    ),
    Field(
        "Labels.com.docker.stack.image",
        "image telle que le fichier la nomme",
        _text,
        get=_label("com.docker.stack.image", "Labels"),
        plain=_plain_image,
    ),
    Field(
        f"{CONTAINER}.Labels.com.docker.stack.namespace",
        "la pile de chaque conteneur",
        _text,
        get=_label("com.docker.stack.namespace", *CONTAINER.split("."), "Labels"),
    ),
    Field(
        "TaskTemplate.Placement.Platforms",
        "plateformes de l'image : seuls leurs nœuds conviennent",
        _platforms,
        looked_up=True,
    ),
    Field("TaskTemplate.Runtime", "une tâche est un conteneur", _text, filled="container"),
    Field("TaskTemplate.ForceUpdate", "nombre de mises à jour forcées", _text, filled="0"),
)
"""Fields that no key of the file gives."""
