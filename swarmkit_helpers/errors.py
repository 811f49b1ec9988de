"""The errors of the project, as one tree.

::

    SwarmLabError
    ├── LabError                  the lab itself
    │   ├── LabNotUp              no lab of that name
    │   ├── LabNameRefused        a name that cannot be a lab's
    │   ├── LabBusy               another command works on that lab
    │   ├── LabDamaged            a lab that is up by half
    │   ├── LabOfAnotherKind      a lab of that name exists, and is not of the asked kind
    │   ├── BackendUnavailable    this machine cannot run that kind of lab
    │   ├── NodeUnknown           no node of that name in the lab
    │   ├── NodeUnreachable       a node's engine does not answer
    │   ├── EngineStartFailed     a node's engine did not start
    │   ├── ImageUnavailable      an image could not be had anywhere
    │   ├── PageUnavailable       a node's page that this machine's browser cannot be led to
    │   ├── FaultUnavailable      a fault that this kind of lab cannot be given
    │   └── DiskFull              no space left
    ├── ActionError               something asked of the swarm
    │   ├── StackFileError        a stack file that is not correct: all that is wrong in it
    │   ├── ObjectNotFound        a service, network, container or node that does not exist
    │   ├── NameRefused           a name that Docker refuses
    │   ├── NameInUse             a name that is taken
    │   ├── SubnetOverlap         a subnet that overlaps another
    │   ├── PortInUse             a published port that is taken
    │   ├── StillInUse            an object that others still use
    │   ├── NameAmbiguous         a name that several containers answer to
    │   ├── NotAManager           a node that does not manage a swarm
    │   ├── ContentChanged        a secret or config, whose content never changes, that was given another
    │   ├── EngineRefused         any other refusal of the engine
    │   │   └── EngineBusy        it gave up before it had an answer to a question
    │   └── NotConverged          the swarm did not reach the expected state in time
    ├── ProbeError                a measurement that could not be made
    │   ├── TargetRefused         a ping or DNS target that is not a name or an address
    │   ├── TooManyContainers     more containers than can ping each other in a few seconds
    │   └── CommandFailed         a command in a container ended in error
    └── CourseError               the course
        ├── SectionUnknown        no section of that number
        ├── CheckUnknown          no check of that number
        └── CapabilityLacking     a check needs what the lab's kernel has not

Messages are for learners: what failed, what was seen, and the command that mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = [
    "ActionError",
    "BackendUnavailable",
    "CapabilityLacking",
    "CheckUnknown",
    "CommandFailed",
    "ContentChanged",
    "CourseError",
    "DiskFull",
    "EngineBusy",
    "EngineRefused",
    "EngineStartFailed",
    "FaultUnavailable",
    "ImageUnavailable",
    "LabBusy",
    "LabDamaged",
    "LabError",
    "LabNameRefused",
    "LabNotUp",
    "LabOfAnotherKind",
    "NameAmbiguous",
    "NameInUse",
    "NameRefused",
    "NodeUnknown",
    "NodeUnreachable",
    "NotAManager",
    "NotConverged",
    "ObjectNotFound",
    "PageUnavailable",
    "PortInUse",
    "ProbeError",
    "SectionUnknown",
    "StackFileError",
    "StillInUse",
    "SubnetOverlap",
    "SwarmLabError",
    "TargetRefused",
    "TooManyContainers",
]

NBSP = "\N{NO-BREAK SPACE}"
LONGEST_NAME = 64
"""Characters of an id, the longest of what names something."""


def _quote(name: object) -> str:
    return f"«{NBSP}{_cut(str(name))}{NBSP}»"


def _cut(typed: str) -> str:
    """What was typed; of what is longer than any id, the first characters only."""
    return typed if len(typed) <= LONGEST_NAME else f"{typed[:40]}…"


def _listing(names: Iterable[str]) -> str:
    return ", ".join(names) or "aucun"


class SwarmLabError(Exception):
    """Root of every error this project raises on purpose."""

    def __init__(self, problem: str, *, remedy: str | None = None) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem if remedy is None else f"{problem}\n→ {remedy}")

    def _render_traceback_(self) -> list[str]:
        """Lines that Jupyter shows instead of a traceback: the message is made to be read by itself."""
        return [f"\N{HEAVY BALLOT X} {line}" if not n else line for n, line in enumerate(str(self).splitlines())]


# --- the lab --------------------------------------------------------------------------------------


class LabError(SwarmLabError):
    """The lab itself: its nodes, its engines, its images."""


class LabNotUp(LabError):
    """No lab of that name is up."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"Aucun labo {_quote(name)} n'est démarré.", remedy=f"swarmlab up --name {name}")


class LabNameRefused(LabError):
    """A lab's name is a short word: it names directories and network namespaces."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{_quote(name)} ne peut pas nommer un labo{NBSP}: 1 à 20 caractères parmi a-z, 0-9 et -, "
            "le premier étant une lettre.",
            remedy="swarmlab up --name cours",
        )


class LabBusy(LabError):
    """Another command is starting or removing the same lab."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"Une autre commande travaille déjà sur le labo {_quote(name)}.",
            remedy=f"attendez sa fin, puis{NBSP}: swarmlab status --name {name}",
        )


class LabDamaged(LabError):
    """A lab of that name exists, but not whole: a crash, or an engine that died."""

    def __init__(self, name: str, seen: str) -> None:
        self.name = name
        self.seen = seen
        super().__init__(
            f"Le labo {_quote(name)} existe mais il est incomplet{NBSP}: {seen}.",
            remedy=f"swarmlab down --name {name} && swarmlab up --name {name}",
        )


class LabOfAnotherKind(LabError):
    """A lab of that name exists, and is not of the kind that is asked for."""

    def __init__(self, name: str, kind: str, asked: str) -> None:
        self.name = name
        self.kind = kind
        self.asked = asked
        super().__init__(
            f"Le labo {_quote(name)} existe déjà, et il est de sorte {_quote(kind)}.",
            remedy=f"swarmlab down --name {name} && swarmlab up --name {name} --backend {asked}"
            f", ou un autre nom{NBSP}: swarmlab up --name autre --backend {asked}",
        )


class BackendUnavailable(LabError):
    """This machine cannot run the asked kind of lab, and why."""

    def __init__(self, backend: str, lacks: Sequence[str], remedy: str) -> None:
        self.backend = backend
        self.lacks = tuple(lacks)
        super().__init__(
            f"Cette machine ne peut pas démarrer un labo {_quote(backend)}{NBSP}: {' ; '.join(lacks)}.",
            remedy=remedy,
        )


class NodeUnknown(LabError):
    """No node of that name in the lab."""

    def __init__(self, node: str, known: Iterable[str]) -> None:
        self.node = node
        self.known = tuple(known)
        super().__init__(
            f"Le labo n'a pas de nœud {_quote(node)}.",
            remedy=f"choisissez parmi{NBSP}: {_listing(self.known)}",
        )


class NodeUnreachable(LabError):
    """A node's engine does not answer."""

    def __init__(self, node: str, detail: str, lab: str = "cours") -> None:
        self.node = node
        self.detail = detail
        super().__init__(
            f"Le moteur Docker du nœud {_quote(node)} ne répond pas{NBSP}: {detail}.",
            remedy=f"swarmlab status --name {lab}, puis au besoin"
            f"{NBSP}: swarmlab down --name {lab} && swarmlab up --name {lab}",
        )


class EngineStartFailed(LabError):
    """A node's engine did not start; its last words are kept."""

    def __init__(self, node: str, last_words: str, log: Path) -> None:
        self.node = node
        self.last_words = last_words
        self.log = log
        super().__init__(
            f"Le moteur Docker du nœud {_quote(node)} n'a pas démarré{NBSP}: {last_words}",
            remedy=f"swarmlab doctor (journal complet{NBSP}: {log})",
        )


class ImageUnavailable(LabError):
    """An image could not be had: neither on a node, nor from a registry, nor built."""

    def __init__(self, image: str, tried: Sequence[str], remedy: str) -> None:
        self.image = image
        self.tried = tuple(tried)
        super().__init__(f"L'image {_quote(image)} est introuvable{NBSP}: {' ; '.join(tried)}.", remedy=remedy)


class PageUnavailable(LabError):
    """A node's page that the browser of this machine cannot be led to, and why."""

    def __init__(self, node: str, port: object, why: str, remedy: str) -> None:
        self.node = node
        self.port = port
        self.why = why
        super().__init__(
            f"Le port {port} du nœud {_quote(node)} ne peut pas être ouvert d'ici{NBSP}: {why}.", remedy=remedy
        )


class FaultUnavailable(LabError):
    """A fault that this kind of lab, or this machine, cannot be given."""

    def __init__(self, fault: str, why: str, remedy: str) -> None:
        self.fault = fault
        self.why = why
        super().__init__(f"Impossible de {fault}{NBSP}: {why}.", remedy=remedy)


class DiskFull(LabError):
    """No space left where the lab writes."""

    def __init__(self, where: Path | str, doing: str, lab: str = "cours") -> None:
        self.where = where
        self.doing = doing
        super().__init__(
            f"Plus de place sur le disque ({where}) pendant{NBSP}: {doing}.",
            remedy=f"libérez de la place (df -h), puis{NBSP}: swarmlab down --name {lab} && swarmlab up --name {lab}",
        )


# --- actions on the swarm -------------------------------------------------------------------------


class ActionError(SwarmLabError):
    """Something asked of the swarm that it did not do."""


KINDS = {
    "network": ("Le réseau", "docker network ls"),
    "service": ("Le service", "docker service ls"),
    "container": ("Le conteneur", "docker container ls --all"),
    "node": ("Le nœud", "docker node ls"),
    "image": ("L'image", "docker image ls"),
    "task": ("La tâche", "docker service ps"),
    "described service": ("Dans le fichier de pile, le service", "sk.stack_services_table(stack)"),
    "stack": ("La pile", "docker stack ls"),
    "secret": ("Le secret", "docker secret ls"),
    "config": ("La config", "docker config ls"),
    "volume": ("Le volume", "docker volume ls"),
}
"""How each kind of object is named to a learner, and the command that lists them."""


class StackFileError(ActionError):
    """A stack file that is not correct: all that is wrong in it, line by line.

    Each problem is the file, the line (from 1; 0 for the whole file), the path of the key (``services.vote.ports[0]``,
    or empty) and what is wrong, in French.
    """

    def __init__(self, problems: Sequence[tuple[str, int, str, str]]) -> None:
        self.problems = tuple(problems)
        self.file, self.line, self.path, _ = self.problems[0]
        told = [
            ", ".join(part for part in (file, f"ligne {line}" if line else "", path) if part)
            + f"{NBSP}: {wrong}{'' if wrong.endswith('?') else '.'}"
            for file, line, path, wrong in problems
        ]
        files = " et ".join(dict.fromkeys(file for file, *_ in problems))
        if len(told) > 1:
            told = [f"{len(told)} erreurs dans {files}{NBSP}:", *(f"  {line}" for line in told)]
        super().__init__("\n".join(told), remedy=f"corrigez {files}, puis relancez")


class ObjectNotFound(ActionError):
    """A service, network, container or node that does not exist."""

    def __init__(self, kind: str, name: str, where: str | None = None, remedy: str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.where = where
        noun, listing = KINDS[kind]
        place = f" sur {where}" if where else ""
        super().__init__(f"{noun} {_quote(name)} n'existe pas{place}.", remedy=remedy or listing)


class NameRefused(ActionError):
    """A name that Docker refuses."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        if kind in ("service", "stack"):
            form = f"{_quote('_')} et {_quote('-')}, en commençant et en finissant par une lettre ou un chiffre"
        else:
            form = f"{_quote('_')}, {_quote('.')} et {_quote('-')}, en commençant par une lettre ou un chiffre"
        super().__init__(
            f"Docker refuse le nom {_quote(name)}{NBSP}: 1 à 63 caractères parmi a-z, A-Z, 0-9, {form}.",
            remedy=f"choisissez un autre nom, par exemple {'app' if kind == 'stack' else 'nginx-net'}",
        )


class NameInUse(ActionError):
    """A name that is taken."""

    def __init__(self, kind: str, name: str, remedy: str) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"{KINDS[kind][0]} {_quote(name)} existe déjà.", remedy=remedy)


class NameAmbiguous(ActionError):
    """A name that several containers answer to: a service with several tasks."""

    def __init__(self, name: str, choices: Sequence[str]) -> None:
        self.name = name
        self.choices = tuple(choices)
        super().__init__(
            f"{_quote(name)} désigne {len(self.choices)} conteneurs.",
            remedy=f"nommez celui que vous voulez{NBSP}: {_listing(self.choices)}",
        )


class SubnetOverlap(ActionError):
    """A subnet that overlaps one that is in use."""

    def __init__(self, network: str, subnet: str | None, detail: str) -> None:
        self.network = network
        self.subnet = subnet
        asked = f" {subnet}" if subnet else ""
        super().__init__(
            f"Le sous-réseau{asked} demandé pour {_quote(network)} recouvre celui d'un autre réseau ({detail}).",
            remedy="docker network inspect --format '{{.Name}} {{.IPAM.Config}}' $(docker network ls -q)"
            f", puis choisissez un sous-réseau libre{NBSP}: --subnet 10.20.0.0/24",
        )


class PortInUse(ActionError):
    """A published port that another service holds."""

    def __init__(self, port: int | None, holder: str) -> None:
        self.port = port
        self.holder = holder
        number = f" {port}" if port else ""
        super().__init__(
            f"Le port{number} est déjà publié par {_quote(holder)}.",
            remedy=f"publiez un autre port, ou{NBSP}: docker service rm {holder}",
        )


class StillInUse(ActionError):
    """An object that others still use."""

    def __init__(self, kind: str, name: str, users: Sequence[str], remedy: str) -> None:
        self.kind = kind
        self.name = name
        self.users = tuple(users)
        super().__init__(
            f"{KINDS[kind][0]} {_quote(name)} est encore utilisé par{NBSP}: {_listing(users)}.", remedy=remedy
        )


class NotAManager(ActionError):
    """A node that does not manage a swarm: it has left, or it is a worker."""

    def __init__(self, node: str) -> None:
        self.node = node
        super().__init__(
            f"Le nœud {_quote(node)} n'est pas un manager de swarm.",
            remedy='docker swarm init, ou dans le notebook, sk.restore(lab, "21")',
        )


class ContentChanged(ActionError):
    """A secret or a config that exists with another content: Docker never changes the content of one."""

    def __init__(self, kind: str, name: str, remedy: str) -> None:
        self.kind = kind
        self.name = name
        super().__init__(
            f"{KINDS[kind][0]} {_quote(name)} existe déjà avec un autre contenu, et Docker ne le modifie jamais.",
            remedy=remedy,
        )


class EngineRefused(ActionError):
    """Any other refusal of the engine, with its own words."""

    _answer = "a refusé de"
    _remedy = "corrigez la demande d'après ce message, puis relancez"

    def __init__(self, operation: str, detail: str, node: str) -> None:
        self.operation = operation
        self.detail = detail
        self.node = node
        super().__init__(
            f"Le moteur du nœud {_quote(node)} {self._answer} {operation}{NBSP}: {detail}", remedy=self._remedy
        )


class EngineBusy(EngineRefused):
    """The engine gave up before it had an answer to a question: the machine has too much to do just now."""

    _answer = "n'a pas trouvé le temps de"
    _remedy = "attendez que la machine soit moins chargée, puis relancez"


class NotConverged(ActionError):
    """The swarm did not reach the expected state in time: what was missing, and why."""

    def __init__(self, expected: str, missing: str, cause: str, waited_s: float, remedy: str) -> None:
        self.expected = expected
        self.missing = missing
        self.cause = cause
        self.waited_s = waited_s
        why = f" Cause{NBSP}: {cause}." if cause else ""
        super().__init__(
            f"Après {waited_s:.0f}{NBSP}s d'attente, toujours pas{NBSP}: {expected}. Il manque{NBSP}: {missing}.{why}",
            remedy=remedy,
        )


# --- probes ---------------------------------------------------------------------------------------


class ProbeError(SwarmLabError):
    """A measurement that could not be made."""


class TargetRefused(ProbeError):
    """A ping or DNS target that is neither a name nor an address."""

    def __init__(self, target: str, why: str) -> None:
        self.target = target
        super().__init__(
            f"{_cut(target)!r} ne peut pas être une cible{NBSP}: {why}.",
            remedy="donnez le nom d'un conteneur ou d'un service, ou une adresse IPv4",
        )


class TooManyContainers(ProbeError):
    """More containers than can ping each other in a few seconds."""

    def __init__(self, number: int, most: int) -> None:
        self.number = number
        self.most = most
        super().__init__(
            f"{number} conteneurs, c'est {number * (number - 1)} pings{NBSP}: cette mesure en prend {most} au plus.",
            remedy="choisissez un réseau (networks=[...]) ou des conteneurs (containers=[...])",
        )


class CommandFailed(ProbeError):
    """A command in a container ended in error."""

    def __init__(self, container: str, argv: Sequence[str], exit_code: int, output: str) -> None:
        self.container = container
        self.argv = tuple(argv)
        self.exit_code = exit_code
        self.output = output
        said = output.strip() or "rien n'a été écrit"
        super().__init__(
            f"Dans {_quote(container)}, la commande «{NBSP}{' '.join(argv)}{NBSP}» a échoué (code {exit_code})"
            f"{NBSP}: {said}",
            remedy="vérifiez que cette commande existe dans l'image du conteneur",
        )


# --- the course -----------------------------------------------------------------------------------


class CourseError(SwarmLabError):
    """The course: its sections, checks and notebooks."""


class SectionUnknown(CourseError):
    """No section of that number."""

    def __init__(self, section: str, known: Iterable[str]) -> None:
        self.section = section
        self.known = tuple(known)
        super().__init__(
            f"Le cours n'a pas de section {_quote(section)}.",
            remedy=f"choisissez parmi{NBSP}: {_listing(self.known)}",
        )


class CheckUnknown(CourseError):
    """No check of that number."""

    def __init__(self, check: str, known: Iterable[str]) -> None:
        self.check = check
        self.known = tuple(known)
        section = check.partition(".")[0]
        near = [one for one in self.known if one.partition(".")[0] == section]
        sections = dict.fromkeys(one.partition(".")[0] for one in self.known)
        choice = _listing(near) if near else f"ceux des sections {_listing(sections)}, par exemple {self.known[0]}"
        super().__init__(f"Il n'y a pas de contrôle {_quote(check)}.", remedy=f"choisissez parmi{NBSP}: {choice}")


class CapabilityLacking(CourseError):
    """A check needs what the lab's kernel has not: it cannot run."""

    def __init__(self, capability: str) -> None:
        self.capability = capability
        super().__init__(f"Ce labo n'a pas la capacité {_quote(capability)}.", remedy="swarmlab doctor")
