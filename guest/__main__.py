"""``python -m guest``: what `make test-full-kernel` runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from swarmkit_helpers.errors import SwarmLabError

from .errors import GuestError
from .stage import run_stage

PROJECT = Path(__file__).parent.parent


@click.command()
@click.argument("sections", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=PROJECT / "build/full-kernel")
@click.option("--broken/--no-broken", default=True)
def main(sections: tuple[str, ...], out: Path, broken: bool) -> None:
    """Exécute le cours dans un invité émulé, sous un noyau complet."""
    try:
        run_stage(PROJECT, out, sections, broken=broken, notice=click.echo)
    except (GuestError, SwarmLabError) as err:
        click.echo(f"✘ {err}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("✘ Interrompu.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
