"""The command `swarmlab`."""

from __future__ import annotations

import errno
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from .errors import BackendUnavailable, DiskFull, SwarmLabError
from .fault_commands import fault
from .lab.connection import BACKENDS
from .options import lab_name

__all__ = ["cli", "main"]

NBSP = "\N{NO-BREAK SPACE}"

as_json = click.option("--json", "as_json", is_flag=True, help="Écrit du JSON.")
kind_of_lab = click.option(
    "--backend", type=click.Choice(BACKENDS), default="auto", show_default=True, help="Sorte de labo."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="swarmkit-helpers", prog_name="swarmlab", message="%(prog)s %(version)s")
def cli() -> None:
    """Le labo du cours sur le réseau de Docker Swarm."""


cli.add_command(fault)


@cli.command()
@click.option("--tests", is_flag=True, help="Aussi ceux dont seuls les tests du projet se servent.")
@click.option("--check", is_flag=True, help="Regarde seulement, n'installe rien.")
@click.option("--optional", is_flag=True, help="Un manque est dit, mais n'est pas une erreur.")
def packages(tests: bool, check: bool, optional: bool) -> None:
    """Installe les paquets Debian qui manquent au labo local, ou dit comment les avoir."""
    from .lab.packages import install, missing

    try:
        install(missing(tests=tests), check=check, notice=click.echo)
    except BackendUnavailable as err:
        if not optional:
            raise
        click.echo(err, err=True)


@cli.command()
@lab_name
@kind_of_lab
@click.option("--speed", type=float, help="D'un labo simulé : secondes de ses moteurs en une seconde (10).")
def up(name: str, backend: str, speed: float | None) -> None:
    """Démarre un labo, ou dit qu'il l'est déjà."""
    from .lab import connection
    from .lab.record import Record

    known = Record.read(name)
    lab = connection.start(name, backend, speed=speed, notice=click.echo)
    was_up = known is not None and known.state == "up"
    kind = f"{lab.backend}, simulé" if lab.simulated else lab.backend
    click.echo(f"Le labo « {lab.name} » {'est déjà' if was_up else 'est'} démarré ({kind}).")
    _show(connection.status(name))
    _tell_lacks(lab.capabilities.asdict())
    _tell_substitutes(name)


@cli.command()
@lab_name
def down(name: str) -> None:
    """Supprime tout un labo, même après un arrêt brutal ; deux fois ne nuit pas."""
    from .lab import connection

    removed = connection.down(name)
    click.echo(f"Labo « {name} » supprimé." if removed else f"Aucun labo « {name} » : rien à supprimer.")


@cli.command()
@lab_name
@as_json
def status(name: str, as_json: bool) -> None:
    """Dit ce qui est démarré ; code de retour 1 si un nœud ne répond pas."""
    from dataclasses import asdict

    from .lab import connection
    from .lab.record import Record, lab_names

    lab = connection.attach(name)
    nodes = connection.status(name)
    record = Record.read(name)
    whole = all(node.answers for node in nodes)
    if as_json:
        content = {
            "name": name,
            "backend": lab.backend,
            "simulated": lab.simulated,
            "up": whole,
            "nodes": [asdict(node) for node in nodes],
            "capabilities": lab.capabilities.asdict(),
            "substitutes": list(record.substitutes) if record else [],
            "labs": lab_names(),
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        _show(nodes)
        _tell_substitutes(name)
    if not whole:
        sys.exit(1)


@cli.command()
@as_json
def doctor(as_json: bool) -> None:
    """Dit ce que cette machine peut faire, et le remède à chaque manque."""
    from .lab.doctor import examine

    findings = examine()
    ready = all(finding.present for finding in findings if finding.needed)
    if as_json:
        content = {"ready": ready, "findings": [finding.asdict() for finding in findings]}
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            mark = "✔" if finding.present else "✘" if finding.needed else "–"
            click.echo(f"{mark} {finding.name:10} {finding.detail}")
            if finding.remedy:
                click.echo(f"{'':13}→ {finding.remedy}")
    if not ready:
        sys.exit(1)


@cli.command()
@click.argument("node")
@lab_name
def env(node: str, name: str) -> None:
    """Écrit « export DOCKER_HOST=... » pour un nœud : eval "$(swarmlab env worker1)"."""
    from .lab import connection

    click.echo(f"export DOCKER_HOST={shlex.quote(connection.attach(name).node(node).docker_host)}")


@cli.command()
@click.argument("node")
@click.argument("port", type=int)
@lab_name
def url(node: str, port: int, name: str) -> None:
    """Écrit l'adresse, pour un navigateur de cette machine, d'un port publié par un nœud."""
    from .lab import connection

    click.echo(connection.attach(name).url(node, port))


@cli.command()
@click.argument("section")
@lab_name
def restore(section: str, name: str) -> None:
    """Met le swarm dans l'état où commence une section."""
    from .course.restore import restore as restore_section
    from .lab import connection

    click.echo(restore_section(connection.attach(name), section))


@cli.command()
@click.argument("sections", nargs=-1)
@lab_name
@kind_of_lab
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/cours"),
    show_default=True,
    help="Dossier du rapport.",
)
@click.option("--keep", is_flag=True, help="Laisse démarrés les labos que cette commande a démarrés.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Nombre de labos entre lesquels les sections sont partagées.",
)
def run(sections: tuple[str, ...], name: str, backend: str, out: Path, keep: bool, jobs: int) -> None:
    """Exécute des notebooks du cours (tous par défaut) et écrit le rapport."""
    from .course.runner import run_course
    from .course.sections import section
    from .lab import connection
    from .lab.record import Record, check_name

    for identity in sections:
        section(identity)
    names = [name, *(check_name(f"{name}-{number}") for number in range(2, jobs + 1))]
    ours = [known for known in names if Record.read(known) is None]
    others = [partial(connection.start, other, backend, notice=click.echo) for other in names[1:]]
    try:
        lab = connection.start(name, backend, notice=click.echo)
        report = run_course(lab, sections, out=out, notice=click.echo, others=others)
    finally:
        for started in () if keep else ours:
            connection.down(started)
    totals = report.asdict()["totals"]
    click.echo(
        f"{f'Labo simulé{NBSP}: ' if lab.simulated else ''}"
        f"{totals['sections']} sections, {totals['cells']} cellules, {totals['checks']} contrôles : "
        f"{totals['passed']} réussis, {totals['failed']} échoués, {totals['not_run']} non faits, "
        f"en {totals['duration_s']:.0f} s. Rapport : {out / 'report.json'}"
    )
    if not report.passed:
        failed = ", ".join(section.id for section in report.sections if section.status != "passed")
        click.echo(f"✘ Sections non réussies : {failed}", err=True)
        sys.exit(1)


def _show(nodes: list[Any]) -> None:
    for node in nodes:
        state = f"moteur {node.engine}, swarm {node.swarm}" if node.answers else f"✘ {node.detail}"
        click.echo(f"  {node.name:10} {node.address:12} {node.role:8} {state}")


def _tell_lacks(capabilities: dict[str, bool]) -> None:
    from .lab.kernel import LACKS

    for name in ("ipvs", "esp", "netem"):
        if not capabilities[name]:
            click.echo(f"  – {LACKS[name].effect}")


def _tell_substitutes(name: str) -> None:
    from .lab.record import Record

    record = Record.read(name)
    if record and record.backend == "embedded":
        pace = f"{record.speed:g}".replace(".", ",")
        click.echo(f"  labo simulé : aucun vrai moteur Docker derrière ce qu'il montre (vitesse {pace})")
    if record and record.substitutes:
        click.echo(f"  images de substitution, faites de paquets Debian : {', '.join(record.substitutes)}")


def main() -> None:
    """Run the command; each error is one French message and an exit code that is not 0."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        code = cli.main(standalone_mode=False)
    except SwarmLabError as err:
        _fail(str(err), 1)
    except click.UsageError as err:
        _fail(_usage(err), 2)
    except (click.Abort, KeyboardInterrupt):
        _fail("Interrompu.", 130)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as err:
        _fail(_machine_refusal(err), 1)
    except subprocess.CalledProcessError as err:
        said = (err.stderr or b"").decode("utf-8", "replace") if isinstance(err.stderr, bytes) else err.stderr or ""
        _fail(f"La commande « {shlex.join(map(str, err.cmd))} » a échoué{NBSP}: {said.strip()}\n→ swarmlab doctor", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _machine_refusal(err: OSError) -> str:
    """What this machine did not do, in French, with its own words."""
    if err.errno == errno.ENOSPC:
        return str(DiskFull(err.filename or "?", "cette commande"))
    subject = f" à « {err.filename} »" if err.filename else ""
    said = f"La machine a refusé l'accès{subject}{NBSP}: {err.strerror or err}"
    return f"{said}\n→ vérifiez ce chemin, puis{NBSP}: swarmlab doctor"


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"✘ {message}", err=True)
    sys.exit(code)


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _usage(err: click.UsageError) -> str:
    """What click says of a wrong command line, in French."""
    context = err.ctx.command_path if err.ctx else "swarmlab"
    said: dict[type[click.UsageError], Callable[[Any], str]] = {
        click.NoSuchOption: lambda e: f"option inconnue : {e.option_name}",
        click.MissingParameter: lambda e: f"il manque : {(e.param.human_readable_name if e.param else '?')}",
        click.BadParameter: lambda e: (
            f"valeur refusée pour {(e.param.human_readable_name if e.param else '?')} ({_wanted(e)})"
        ),
    }
    unknown = re.match(r"No such command '([^']*)'", err.message)
    fallback = f"commande inconnue : {unknown[1]}" if unknown else err.format_message()
    words = next((say(err) for kind, say in said.items() if isinstance(err, kind)), fallback)
    return f"Commande incorrecte{NBSP}: {words}\n→ {context} --help"


def _wanted(err: click.BadParameter) -> str:
    """What was expected instead, in French."""
    kind = err.param.type if err.param else None
    if isinstance(kind, click.IntRange):
        return f"un nombre de {kind.min} à {kind.max} est attendu"
    if isinstance(kind, click.Choice):
        return f"choisissez parmi {', '.join(kind.choices)}"
    if isinstance(kind, click.Path):
        return "un dossier est attendu"
    return "un nombre entier est attendu" if kind is click.INT else err.message


if __name__ == "__main__":
    main()
