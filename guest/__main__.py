"""``python -m guest``: what `make test-full-kernel` runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from swarmkit_helpers.course.sections import section
from swarmkit_helpers.errors import SwarmLabError

from . import record, verdict
from .errors import NBSP, GuestError, GuestLate
from .stage import DEADLINE_S, run_stage

PROJECT = Path(__file__).parent.parent
HERE = PROJECT / "build/cours/report.json"
"""This machine's own report, left by `make cours`."""


@click.command()
@click.argument("sections", nargs=-1)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "build/full-kernel",
    help="Dossier de ce qui sort de l'invité.",
)
@click.option("--broken/--no-broken", default=True, help="Casse aussi le routing mesh, exprès.")
@click.option("--if-changed", is_flag=True, help="Rien si le résultat enregistré est celui de ces fichiers.")
@click.option(
    "--within", type=float, help="N'a que N secondes : rien si, d'après le résultat enregistré, c'est trop peu."
)
def main(sections: tuple[str, ...], out: Path, broken: bool, if_changed: bool, within: float | None) -> None:
    """Exécute le cours (tout, ou des sections) dans un invité émulé, sous un noyau complet."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        for identity in sections:
            section(identity)
        if if_changed and record.is_current(PROJECT):
            click.echo(f"Rien à faire{NBSP}: {record.RESULT} a été obtenu avec ces fichiers.")
            return
        if within is not None and not record.fits(PROJECT, within):
            click.echo(f"Rien n'est fait{NBSP}: cela ne tient pas en {within:.0f} s, d'après {record.RESULT}.")
            return
        wrong = _run(sections, out.absolute(), broken, within)
    except GuestLate as err:
        if within is None:
            click.echo(f"✘ {err}", err=True)
            sys.exit(1)
        click.echo(f"Rien n'est prouvé, faute de temps{NBSP}: {err}")
        return
    except (GuestError, SwarmLabError) as err:
        click.echo(f"✘ {err}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("✘ Interrompu.", err=True)
        sys.exit(130)
    for line in wrong:
        click.echo(f"✘ {line}", err=True)
    sys.exit(bool(wrong))


def _run(sections: tuple[str, ...], out: Path, broken: bool, within: float | None) -> list[str]:
    """Run the stage, and record a whole and good result."""
    timeout_s = DEADLINE_S if within is None else within
    run_stage(PROJECT, out, sections, broken=broken, notice=click.echo, timeout_s=timeout_s)
    facts = verdict.read(out / "facts.json")
    report = verdict.read(out / "course/report.json")
    more = [verdict.read(out / name / "report.json") for name in ("proofs", "broken")] if broken else []
    wrong = verdict.faults(report, facts, more, sections)
    totals = report["totals"]
    click.echo(
        f"{totals['sections']} sections, {totals['checks']} contrôles{NBSP}: {totals['passed']} réussis, "
        f"{totals['failed']} échoués, {totals['not_run']} non faits, en {totals['duration_s']:.0f} s. "
        f"Rapport{NBSP}: {out}"
    )
    if not wrong and broken and not sections:
        record.write(PROJECT, report, facts, verdict.read(HERE) if HERE.exists() else None)
        click.echo(f"Résultat enregistré{NBSP}: {record.RESULT}")
    return wrong


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
