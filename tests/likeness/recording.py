"""Recordings of the real engine, normalised: one file of JSON for each scenario, with a line for what fits on one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["DIRECTORY", "place", "read", "written"]

DIRECTORY = Path(__file__).parent / "recorded"
WIDTH = 160


def place(name: str) -> Path:
    """Give the file of a scenario's recording."""
    return DIRECTORY / (name.replace("'", "").replace(" ", "-") + ".json")


def read(name: str) -> Any:
    """Give a recording.

    Raises
    ------
    FileNotFoundError
        It was never made.
    """
    return json.loads(place(name).read_text("utf-8"))


def written(value: Any, indent: int = 0) -> str:
    """Write JSON that differs in few lines when it differs little, and takes few lines."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    margin = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {written(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(margin + item for item in items) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(margin + written(item, indent + 1) for item in value) + "\n" + " " * indent + "]"
