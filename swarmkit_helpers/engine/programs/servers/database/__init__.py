"""A small database: tables in memory, and the few SQL statements that are understood."""

from .statements import Database

__all__ = ["Database"]
