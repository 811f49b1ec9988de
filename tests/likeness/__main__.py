"""Record the real engine, play against the embedded one, or write the page.

::

    python -m tests.likeness record [SCENARIO...]    starts a real lab, and removes it
    python -m tests.likeness embedded [SCENARIO...]  tells what differs from the recordings
    python -m tests.likeness page                    writes docs/likeness.md
"""

from __future__ import annotations

import sys
import time

from .compare import compare
from .explained import explanation
from .labs import played_by, played_embedded, real_lab
from .page import PAGE, page
from .recording import place, read, written
from .scenarios import SCENARIOS


def main(what: str, names: list[str]) -> int:
    """Do it; 1 when something differs without a reason."""
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    if what == "record":
        with real_lab(f"like-{int(time.time()) % 1000}") as sockets:
            for scenario in chosen:
                begun = time.monotonic()
                text = written(played_by(scenario, sockets)) + "\n"
                place(scenario.name).write_text(text, "utf-8")
                print(f"{scenario.name}: {time.monotonic() - begun:.1f} s, {len(text)} characters", flush=True)
        return 0
    compared = {name: compare(read(name), played) for name, played in played_embedded(chosen).items()}
    if what == "page":
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(compared), "utf-8")
    found = [difference for one in compared.values() for difference in one.differences if not explanation(difference)]
    print(*found, sep="\n")
    fields = sum(fields for one in compared.values() for _, fields in one.steps)
    print(f"{fields} fields compared, {len(found)} differences without a reason")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
