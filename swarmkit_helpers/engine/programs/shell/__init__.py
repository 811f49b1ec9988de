"""A small sh: what dash and BusyBox's ash understand alike, run by an interpreter."""

from .program import sh

__all__ = ["sh"]
