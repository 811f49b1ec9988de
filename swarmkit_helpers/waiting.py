"""Wait until something holds: poll with a deadline, tell live what is seen, name what was missing.

The one place where the project polls. Progress is a tqdm line, never a widget, so that it also stands in an executed
notebook and in its HTML export.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .errors import EngineBusy, NotConverged

__all__ = ["Sighting", "wait_until"]

# The no-break space is how French sets a colon.
BAR = "{desc}\N{NO-BREAK SPACE}: {n_fmt}/{total_fmt}{postfix} [{elapsed}]"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one look saw of the expected state."""

    done: int
    """How many of the expected things hold."""
    total: int
    missing: str = ""
    """What does not hold yet, in French."""
    cause: str = ""
    """Why, where the engine says so: a task's own error text."""
    hopeless: bool = False
    """True when waiting longer cannot help."""

    @property
    def complete(self) -> bool:
        """True when all that was expected holds."""
        return self.done >= self.total


def wait_until(
    title: str,
    look: Callable[[], Sighting],
    *,
    timeout_s: float,
    remedy: str,
    every_s: float = 0.1,
    quiet: bool = False,
) -> Sighting:
    """Look again and again until all holds, and return the last sighting.

    Parameters
    ----------
    title
        What is expected, in French; it heads the progress line and the error.
    look
        Looks once; must not wait by itself. What an engine is too busy to answer is asked again.
    timeout_s, every_s
        Deadline and pause between looks, in seconds.
    remedy
        Command that helps when it does not come.
    quiet
        No progress line.

    Raises
    ------
    NotConverged
        After `timeout_s`, or as soon as the sighting is hopeless.
    """
    # They bring asyncio with them, which most commands do without.
    import tenacity
    from tqdm.std import tqdm

    last = Sighting(0, 1, missing=title)
    begun = time.monotonic()
    with tqdm(desc=title, total=1, bar_format=BAR, file=sys.stdout, disable=quiet, delay=every_s) as line:

        def once() -> Sighting:
            nonlocal last
            try:
                seen = look()
            except EngineBusy as err:
                # It says nothing of what is waited for.
                last = replace(last, cause=err.detail)
                return last
            if seen != last:
                line.total, line.n = seen.total, min(seen.done, seen.total)
                line.set_postfix_str(seen.missing)
            last = seen
            return seen

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_delay(timeout_s),
            wait=tenacity.wait_fixed(every_s),
            retry=tenacity.retry_if_result(lambda seen: not (seen.complete or seen.hopeless)),
            retry_error_callback=lambda state: last,
        )
        seen = retrying(once)
    if not seen.complete:
        raise NotConverged(title, seen.missing, seen.cause, time.monotonic() - begun, remedy)
    return seen
