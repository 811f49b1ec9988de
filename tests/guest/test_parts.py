"""The parts of the guest: its initrd, its modules, what goes in and comes out, the broken mesh, the table."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from guest import __main__ as program
from guest import comparison, delivery, kernel, record, stage, verdict
from guest.command import run
from guest.cpio import write_initrd
from guest.errors import GuestError, GuestLate
from guest.inside.broken import judge
from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.lab import slowness

MODULES = """\
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/net/virtio_net.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
"""


def test_modules_are_loaded_after_what_they_need() -> None:
    names = [path.stem for path in kernel._load_order(MODULES)]
    assert names == ["virtio_ring", "virtio", "virtio_pci", "virtio_blk"]


def test_initrd_is_what_the_kernel_reads(tmp_path: Path) -> None:
    write_initrd(tmp_path / "initrd.gz", {"bin/a": b"abc", "init": b""}, directories=("bin",))
    raw = gzip.decompress((tmp_path / "initrd.gz").read_bytes())
    assert raw.count(b"070701") == 4
    assert len(raw) % 4 == 0
    first = raw.index(b"070701", 6)
    # mode (a file, for all to run), size, length of the name with its end
    assert raw[first + 14 : first + 22] == b"000081ED"
    assert raw[first + 54 : first + 62] == b"00000003"
    assert raw[first + 94 : first + 102] == b"00000006"


def git(directory: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=directory, check=True)


def test_the_project_goes_in_as_it_stands(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name, text in ((".gitignore", "build/\n"), ("a.py", "a"), ("new.py", "not committed")):
        (project / name).write_text(text, "utf-8")
    (project / "build").mkdir()
    (project / "build/report.json").touch()
    git(project, "init", "--quiet")
    git(project, "add", "a.py", ".gitignore")
    files = delivery.project_files(project)
    assert [str(name) for name in files] == [".gitignore", "a.py", "new.py"]
    delivery.pack(project, files, tmp_path / "disk", added={"plan.json": "{}"})
    assert (tmp_path / "disk").stat().st_size % 512 == 0
    delivery.collect(tmp_path / "disk", tmp_path / "out")
    assert (tmp_path / "out/new.py").read_text("utf-8") == "not committed"
    assert (tmp_path / "out/plan.json").read_text("utf-8") == "{}"


def test_a_disk_with_nothing_on_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"\x01" * 4096)
    with pytest.raises(GuestError, match="rien laissé de lisible"):
        delivery.collect(tmp_path / "disk", tmp_path / "out")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'E: not found'; exit 100", r"le noyau.*sh a échoué \(E: not found\)"),
        ("echo 'tar: No space left on device'; exit 2", "plus de place"),
        ("exec sleep 30", "pas fini en 1 s"),
    ],
)
def test_a_command_that_fails_is_told_with_its_remedy(script: str, told: str) -> None:
    with pytest.raises(GuestError, match=told):
        run(["sh", "-c", script], "le noyau", timeout_s=1, remedy="apt-get update")


def test_a_meta_package_that_names_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "run", lambda *words, **options: "Package: linux-image-cloud-amd64\nDepends: rien\n")
    with pytest.raises(GuestError, match="ne dit plus quel noyau"):
        kernel.find()


def test_the_kernel_is_the_one_that_the_meta_package_names(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Package: x\nDepends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)\n"
    monkeypatch.setattr(kernel, "run", lambda *words, **options: said)
    assert kernel.find() == kernel.KernelPackage("linux-image-6.1.0-56-cloud-amd64", "6.1.192-2")


def seen(**outcomes: str) -> dict[str, dict[str, str]]:
    found = {"12.1": "passed", "12.9": "passed", "12.10": "passed"}
    found |= {name.removeprefix("c").replace("_", "."): outcome for name, outcome in outcomes.items()}
    cause = "aucune réponse de http://10.0.3.63:80/"
    return {name: {"outcome": outcome, "observed": "", "cause": cause} for name, outcome in found.items()}


def test_the_broken_mesh_must_turn_exactly_one_check_red() -> None:
    address = "10.0.3.63"
    assert judge(seen(), seen(c12_9="failed"), seen(), address) == []
    assert judge(seen(), seen(), seen(), address) != []
    assert judge(seen(), seen(c12_9="failed", c12_10="failed"), seen(), address) != []
    assert judge(seen(), seen(c12_9="not_run"), seen(c12_9="failed"), address) != []
    assert judge(seen(), seen(c12_9="failed"), seen(), "10.0.3.99") != []


def report(outcome: str, *, ipvs: bool) -> dict[str, object]:
    check = {"id": "12.9", "title": "Le port répond", "outcome": outcome, "observed": "seen"}
    lack = {} if ipvs else {"lack": "ipvs"}
    return {
        "lab": {"capabilities": {"ipvs": ipvs}},
        "sections": [{"id": "12", "duration_s": 3.25, "checks": [check | lack]}],
    }


def test_the_table_says_what_differs_and_why() -> None:
    here, guest = report("not_run", ipvs=False), report("passed", ipvs=True)
    assert [row[:4] for row in comparison.differences(here, guest)] == [("12.9", "Le port répond", "not_run", "passed")]
    assert comparison.differences(guest, guest) == []
    text = comparison.table(here, guest)
    assert "| ipvs | non | oui |" in text
    assert "| 12.9 | Le port répond | non fait | réussi | le noyau n'a pas IPVS" in text


def test_the_factor_of_a_machine() -> None:
    assert slowness.factor(0.01) == 1.0
    assert slowness.factor(slowness.USUAL_S * 4) == 4.0
    assert slowness.factor(1000) == slowness.MOST


def outcome(**changes: object) -> list[str]:
    checks = [{"id": "12.9", "outcome": "passed", "observed": "seen"}]
    given: dict[str, object] = {"status": "passed", "checks": checks} | changes
    whole = {"sections": [{"id": identity, **given} for identity in SECTIONS]}
    facts = {"steps": {"up": {"code": 0}, "course": {"code": 0}}, "left": []}
    return verdict.faults(whole, facts, [{"wrong": []}], ())


def test_a_good_result_has_no_fault() -> None:
    assert outcome() == []


def test_what_was_not_run_is_a_fault() -> None:
    (first, *_) = outcome(checks=[{"id": "12.9", "outcome": "not_run", "observed": "pas d'IPVS"}])
    assert first == "le contrôle 12.9 n'a pas été fait\N{NO-BREAK SPACE}: pas d'IPVS"


def test_a_section_left_out_a_step_that_failed_and_what_was_left_are_faults() -> None:
    facts = {"steps": {"up": {"code": 0}, "course": {"code": 124}}, "left": ["net.ipv4.ip_forward"]}
    found = verdict.faults({"sections": []}, facts, [{"wrong": ["12.9 ne nomme pas 10.0.3.63"]}], ["12"])
    assert len(found) == 4
    assert len(verdict.faults({"sections": []}, facts, [], ())) == len(SECTIONS) + 2


def test_a_report_that_is_not_there_leads_to_the_console(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match=r"report\.json") as caught:
        verdict.read(tmp_path / "course/report.json")
    assert str(tmp_path / "console.log") in caught.value.remedy


def test_the_result_is_of_the_past_once_a_notebook_has_changed(tmp_path: Path) -> None:
    for name in ("notebooks/12.ipynb", "swarmkit_helpers/lab/local.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    assert not record.is_current(tmp_path)
    facts = {"kernel": "6.1", "slowness": 20.0, "steps": {}}
    good = report("passed", ipvs=True) | {"totals": {}}
    record.write(tmp_path, good, facts, report("not_run", ipvs=False))
    assert record.is_current(tmp_path)
    assert "| 12.9 |" in (tmp_path / record.PAGE).read_text("utf-8")
    (tmp_path / "README.md").write_text("another", "utf-8")
    assert record.is_current(tmp_path)
    (tmp_path / "notebooks/12.ipynb").write_text("another", "utf-8")
    assert not record.is_current(tmp_path)


def test_it_begins_only_when_what_it_took_last_fits_in_the_time_left(tmp_path: Path) -> None:
    assert not record.fits(tmp_path, 1e6)
    (tmp_path / record.RESULT).parent.mkdir()
    steps = {"up": {"code": 0, "duration_s": 100.0}, "course": {"code": 0, "duration_s": 1400.0}}
    (tmp_path / record.RESULT).write_text(json.dumps({"steps": steps}), "utf-8")
    assert record.fits(tmp_path, 1500 * record.MARGIN + record.BUILDING_S)
    assert not record.fits(tmp_path, 1500 * record.MARGIN + record.BUILDING_S - 1)


@pytest.mark.parametrize(("words", "code", "told"), [((), 1, "✘"), (("--within", "60"), 0, "faute de temps")])
def test_a_guest_that_is_late_fails_only_when_it_had_all_the_time(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, told: str
) -> None:
    def late(*given: object, timeout_s: float, **options: object) -> None:
        assert timeout_s == (60 if words else stage.DEADLINE_S)
        raise GuestLate("l'invité n'a pas fini à temps", "lisez la console")

    monkeypatch.setattr(program, "run_stage", late)
    monkeypatch.setattr(record, "fits", lambda project, left_s: True)
    result = CliRunner().invoke(program.main, words)
    assert result.exit_code == code
    assert told in result.output
    assert "n'a pas fini à temps" in result.output


def test_nothing_begins_without_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "fits", lambda project, left_s: False)
    monkeypatch.setattr(program, "run_stage", lambda *given, **options: pytest.fail("it began"))
    result = CliRunner().invoke(program.main, ("--within", "600"))
    assert (result.exit_code, "ne tient pas en 600 s" in result.output) == (0, True)
