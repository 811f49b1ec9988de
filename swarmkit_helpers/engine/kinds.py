"""Types that all rooms share."""

from __future__ import annotations

from typing import Any

__all__ = ["Json"]

Json = dict[str, Any]
"""An object of the Engine API, with its own keys."""
