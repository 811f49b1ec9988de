"""What several commands of `swarmlab` are given in the same way."""

from __future__ import annotations

import click

from .lab.connection import DEFAULT_LAB

__all__ = ["lab_name"]

lab_name = click.option(
    "--name", "name", default=DEFAULT_LAB, envvar="SWARMLAB_NAME", show_default=True, help="Nom du labo."
)
