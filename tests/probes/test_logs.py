"""What `docker service logs` gathers, read without an engine."""

from __future__ import annotations

from swarmkit_helpers.probes.logs import LogLine, ServiceLogs, parse_logs

NODE = "com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id"
TASKS = {"t1": "app_vote.1", "t2": "app_vote.2"}
HOSTS = {"n1": "worker1.i2tch.loc"}


def read(output: str) -> tuple[LogLine, ...]:
    return parse_logs(output, "app_vote", TASKS, HOSTS)


def test_lines_come_in_the_order_of_time() -> None:
    lines = read(
        f"2026-11-24T10:00:02.000000000Z {NODE}=t1 second\n"
        f"2026-11-24T10:00:01.900000000Z {NODE}=t2 first\n"
        f"2026-11-24T10:00:02.000000000Z {NODE}=t1 third, of the same instant\n"
    )
    assert [line.text for line in lines] == ["first", "second", "third, of the same instant"]
    assert [line.origin for line in lines[:2]] == ["app_vote.2@worker1.i2tch.loc", "app_vote.1@worker1.i2tch.loc"]


def test_what_was_written_is_kept_as_it_was_written() -> None:
    [line] = read(f"2026-11-24T10:00:02.000000000Z {NODE}=t1   deux  espaces = , «é»\x1c {{}}\r\n")
    assert line.text == "  deux  espaces = , «é»\x1c {}"
    [empty] = read(f"2026-11-24T10:00:02.000000000Z {NODE}=t1 \n")
    assert empty.text == ""


def test_a_task_that_is_gone_is_named_by_its_id() -> None:
    [line] = read(
        "2026-11-24T10:00:02.000000000Z com.docker.swarm.node.id=abcdefghijklmnop,"
        "com.docker.swarm.service.id=s1,com.docker.swarm.task.id=qrstuvwxyz0123456 x\n"
    )
    assert line.origin == "app_vote.qrstuvwxyz01@abcdefghijkl"


def test_details_that_the_service_adds_are_not_the_text() -> None:
    [line] = read(f"2026-11-24T10:00:02.000000000Z app=a%2Cb,{NODE}=t1,zone=a%20b texte\n")
    assert (line.task, line.text) == ("app_vote.1", "texte")


def test_nothing_and_noise_give_no_line() -> None:
    assert read("") == ()
    assert read("bruit\n\n2026 bruit encore\n") == ()


def test_it_is_shown_as_the_command_shows_it() -> None:
    logs = ServiceLogs("app_vote", 5, (LogLine("1", "app_vote.1", "a", "<b>"), LogLine("2", "app_vote.10", "a", "x")))
    assert str(logs) == "app_vote.1@a  | <b>\napp_vote.10@a | x"
    assert logs.command == "docker service logs --no-task-ids --tail 5 app_vote"
    html = logs._repr_html_()
    assert "&lt;b&gt;" in html and logs.command in html
    assert "aucune ligne" in ServiceLogs("app_vote", 5, ())._repr_html_()
