"""Run the notebooks of the course on a lab with papermill, and report on each cell and each check."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from tqdm.std import tqdm

from ..errors import NodeUnreachable, SwarmLabError
from ..lab.cluster import Lab
from ..lab.node import Node
from ..outcome import MARKS
from .checks import CHECKS, CheckResult
from .checks.question import CHECK_MIME
from .export import write_html
from .kernels import START_S, Kernels
from .notebooks import notebooks_directory
from .report import Report, SectionReport
from .sections import SECTIONS, Section, section

__all__ = ["run_course"]

CELL_TIMEOUT_S = 300


def run_course(
    lab: Lab,
    sections: Sequence[str] = (),
    *,
    out: Path,
    notice: Callable[[str], None] = lambda line: None,
    others: Sequence[Callable[[], Lab]] = (),
) -> Report:
    """Run sections in order, each in a kernel of its own; write its notebook, its HTML and the report so far.

    Parameters
    ----------
    lab
        Where they run, and what the report tells of.
    sections
        Their numbers; all when empty.
    out
        Directory for report.json, junit.xml, and each section's .ipynb and .html.
    notice
        Called with one line in French per section.
    others
        Each starts one more lab, which then takes its share of the sections.

    Raises
    ------
    SectionUnknown
    NodeUnreachable
        An engine is silent before anything was run.
    """
    wanted = [section(identity) for identity in sections or SECTIONS]
    others = others[: len(wanted) - 1]
    directory = notebooks_directory()
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    report = _empty(lab)
    report.write(out)
    jobs = 1 + len(others)
    # Exports are made beside the next section, which mostly waits for the swarm.
    with ThreadPoolExecutor(max_workers=1) as exports, _kernels(lab, directory, len(wanted), jobs) as kernels:
        # Takes a second: meanwhile the first kernels start.
        import papermill  # noqa: F401

        run = _Run(wanted, directory, out, notice, report, kernels, exports)
        with ThreadPoolExecutor(max_workers=jobs) as threads:
            helping = [threads.submit(run.help, start, place) for place, start in enumerate(others, 2)]
            try:
                run.work(lab)
                for helper in helping:
                    helper.result()
            except BaseException:
                run.stop()
                raise
        return run.end()


class _Run:
    """The sections that wait, those that are done, and who works on them."""

    def __init__(
        self,
        wanted: Sequence[Section],
        directory: Path,
        out: Path,
        notice: Callable[[str], None],
        report: Report,
        kernels: Kernels,
        exports: Executor,
    ) -> None:
        self.waiting = deque(wanted)
        self.directory = directory
        self.out = out
        self.notice = notice
        self.report = report
        self.kernels = kernels
        self.exports = exports
        self.pages: list[Future[None]] = []
        self.lock = Lock()
        self.bar = tqdm(total=len(wanted), desc="cours", unit="section", disable=None, file=sys.stderr, position=0)

    def help(self, start: Callable[[], Lab], place: int) -> None:
        """Start one more lab and work on it; if it cannot be had, the others do all the work."""
        try:
            lab = start()
        except SwarmLabError as err:
            self.notice(f"Un labo de moins\N{NO-BREAK SPACE}: {err}")
            return
        self.work(lab, place)

    def work(self, lab: Lab, place: int = 1) -> None:
        """Run waiting sections on a lab, until none waits."""
        while (found := self._next()) is not None:
            kernel = self.kernels.take()
            try:
                done = _run_section(lab, found, self.directory, self.out, kernel, place)
            finally:
                self.kernels.end(kernel)
            self._keep(found, done)

    def stop(self) -> None:
        """Let no more section begin, and end those that run."""
        with self.lock:
            self.waiting.clear()
        self.kernels.kill()

    def end(self) -> Report:
        """Wait for the exports, and give the report."""
        self.bar.close()
        for page in self.pages:
            page.result()
        return self.report

    def _next(self) -> Section | None:
        with self.lock:
            return self.waiting.popleft() if self.waiting else None

    def _keep(self, found: Section, done: SectionReport) -> None:
        with self.lock:
            order = list(SECTIONS)
            known = sorted([*self.report.sections, done], key=lambda report: order.index(report.id))
            self.report = replace(self.report, sections=tuple(known))
            self.report.write(self.out)
            executed = self.out / found.notebook
            if executed.exists():
                self.pages.append(self.exports.submit(write_html, executed, executed.with_suffix(".html")))
            self.bar.update()
            self.bar.clear()
            self.notice(_summary(found, done))


def _run_section(lab: Lab, found: Section, directory: Path, out: Path, kernel: object, place: int) -> SectionReport:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    executed = out / found.notebook
    begun = time.monotonic()
    error: str | None = None
    try:
        papermill.execute_notebook(
            directory / found.notebook,
            executed,
            parameters={"lab_name": lab.name},
            kernel_name="python3",
            km=kernel,
            execution_timeout=round(lab.patience(CELL_TIMEOUT_S)),
            progress_bar={"disable": None, "position": place, "leave": False, "file": sys.stderr, "desc": found.id},
        )
    except PapermillExecutionError as err:
        error = f"la cellule {err.cell_index + 1} s'est arrêtée : {err.ename} : {_plain(err.evalue)}"
    except Exception as err:
        # A kernel that dies, a cell past its time, a full disk: the section failed, the others may still be run.
        error = f"le notebook s'est arrêté : {type(err).__name__} : {err}"
    duration_s = time.monotonic() - begun
    cells, checks = _read(executed)
    reasons = [error] if error else []
    reasons += _faults(lab, found, checks)
    if reasons:
        reasons += [f"le moteur du nœud {name} ne répond pas : {why}" for name, why in _silent(lab).items()]
    return SectionReport(
        id=found.id,
        notebook=found.notebook,
        status="failed" if reasons else "passed",
        duration_s=duration_s,
        cells=cells,
        checks=checks,
        error=" ; ".join(reasons) or None,
    )


def _faults(lab: Lab, found: Section, checks: Sequence[CheckResult]) -> list[str]:
    """Why a notebook that ran to its end is still not passed."""
    lacks = {name for name, has in lab.capabilities.asdict().items() if not has}
    expected = {identity for identity in CHECKS if identity.startswith(f"{found.id}.")}
    faults = [f"contrôle {check.id} échoué : {check.observed}" for check in checks if check.outcome == "failed"]
    faults += [
        f"contrôle {check.id} non fait, sans qu'un manque du noyau l'explique : {check.observed}"
        for check in checks
        if check.outcome == "not_run" and check.lack not in lacks
    ]
    # A notebook whose checks went missing must not look like one whose checks passed.
    absent = sorted(expected - {check.id for check in checks}, key=_number)
    if absent or not expected:
        faults.append(f"contrôles absents du notebook exécuté : {', '.join(absent) or 'tous'}")
    return faults


def _read(executed: Path) -> tuple[int, tuple[CheckResult, ...]]:
    """Number of code cells that ran, and the checks whose results stand in the notebook."""
    import nbformat

    if not executed.exists():
        return 0, ()
    cells: list[Any] = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    ran = [cell for cell in cells if cell.execution_count is not None]
    found = [
        CheckResult(**output.data[CHECK_MIME])
        for cell in ran
        for output in cell.outputs
        if CHECK_MIME in output.get("data", {})
    ]
    return len(ran), tuple(found)


def _kernels(lab: Lab, directory: Path, total: int, ahead: int) -> Kernels:
    return Kernels(directory, total=total, ahead=ahead, start_s=lab.patience(START_S))


def _empty(lab: Lab) -> Report:
    def version(node: Node) -> str:
        with node.asking("dire sa version"):
            return str(node.api.version()["Version"])

    versions = lab.each(version)
    return Report(lab.backend, versions[lab.manager.name], len(lab.nodes), lab.capabilities.asdict())


def _silent(lab: Lab) -> dict[str, str]:
    """Nodes whose engine does not answer now, and why."""

    def ask(node: Node) -> str:
        try:
            with node.asking("répondre"):
                node.client.ping()
        except NodeUnreachable as err:
            return err.detail
        return ""

    return {name: why for name, why in lab.each(ask).items() if why}


def _summary(found: Section, done: SectionReport) -> str:
    mark = MARKS[done.status].sign
    counts = [
        f"{number} {word}"
        for outcome, word in (("passed", "réussis"), ("failed", "échoués"), ("not_run", "non faits"))
        if (number := sum(check.outcome == outcome for check in done.checks))
    ]
    line = f"{mark} {found.id} {found.title} : {done.duration_s:.1f} s, contrôles : {', '.join(counts) or 'aucun'}"
    return f"{line}\n    {done.error}" if done.error else line


def _plain(text: str) -> str:
    return " ".join(text.split())


def _number(identity: str) -> list[int]:
    return [int(part) for part in identity.split(".")]
