"""Checks on the live swarm, one module per section; importing this registers them all."""

from importlib import import_module
from pkgutil import iter_modules

from .question import CHECKS, CheckResult, Context, Verdict, check, define, failed, judge, passed

__all__ = ["CHECKS", "CheckResult", "Context", "Verdict", "check", "define", "failed", "judge", "passed"]

for _module in iter_modules(__path__):
    if _module.name.startswith("section_"):
        import_module(f"{__name__}.{_module.name}")
