"""Requests and answers of HTTP, read without an engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.http import HttpResult, http_get, http_post, parse_answer

NOWHERE = Lab("essai", "local", {})
PAGE = (
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Set-Cookie: voter_id=1a2b; HttpOnly; Path=/\r\nset-cookie: theme=clair\r\n\r\n<p>Chats : 1</p>\r\n\r\n<p>fin</p>\n"
)


def read(output: str, exit_code: int = 0) -> HttpResult:
    return parse_answer("worker1", "http://10.0.3.62/", "wget ...", exit_code, output, timeout_s=3)


def test_a_page() -> None:
    result = read(PAGE)
    assert (result.outcome, result.status) == ("passed", 200)
    assert result.body == "<p>Chats : 1</p>\n\n<p>fin</p>"
    assert result.headers[0] == ("content-type", "text/html; charset=utf-8")
    assert result.cookies == {"voter_id": "1a2b", "theme": "clair"}


@pytest.mark.parametrize("status", [302, 400, 404, 503])
def test_another_status_keeps_its_page(status: int) -> None:
    result = read(f"HTTP/1.1 {status} NON\r\nServer: x\r\n\r\nredis ne répond pas\n")
    assert (result.outcome, result.status, result.body) == ("failed", status, "redis ne répond pas")
    assert f"statut {status}" in result.reason
    assert "redis ne répond pas" in result._repr_html_()


def test_an_answer_without_an_end_is_not_a_pass() -> None:
    result = read("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\nTerminated\n", 143)
    assert (result.outcome, result.status, result.body) == ("failed", 200, "data: 1")
    assert "pas fini de répondre en 3 s" in result.reason


@pytest.mark.parametrize(
    ("output", "exit_code", "words"),
    [
        ("nc: can't connect to remote host (10.0.3.62): Connection refused\n", 1, "Connection refused"),
        ("nc: bad address 'vote'\n", 1, "bad address"),
        ("Terminated\n", 143, "aucune réponse en 3 s"),
        ("", 124, "aucune réponse en 3 s"),
        ("", 0, "aucune réponse"),
        ("SSH-2.0-OpenSSH_9.2\r\n", 0, "SSH-2.0"),
    ],
)
def test_no_answer(output: str, exit_code: int, words: str) -> None:
    result = read(output, exit_code)
    assert (result.outcome, result.status, result.body, result.headers) == ("failed", None, "", ())
    assert words in result.reason


@given(st.text(max_size=300), st.integers(0, 255))
def test_no_output_passes_by_chance(output: str, exit_code: int) -> None:
    result = read(output, exit_code)
    assert result.outcome != "passed" or output.startswith("HTTP/")
    assert result._repr_html_()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x/",
        "https://10.0.3.62/",
        "http://",
        "http:///",
        "http://x:99999/",
        "http://x:0/",
        "http://x/ y",
        "http://x/\r\nHost: y",
        "http://x/;id",
        "http://a@b/",
        "http://é/",
        "http://x:١/",
    ],
)
def test_what_is_no_address_is_not_sent(url: str) -> None:
    assert http_get(NOWHERE, url, source="manager").outcome == "not_run"
    assert http_post(NOWHERE, url, {"vote": "a"}, source="manager").outcome == "not_run"


@pytest.mark.parametrize(
    "cookies", [{"a b": "c"}, {"": "c"}, {"a": "b;c"}, {"a": "b\r\nX: y"}, {"a=": '"'}, {"é": "c"}, {"a": "é"}]
)
def test_what_is_no_cookie_is_not_sent(cookies: dict[str, str]) -> None:
    result = http_post(NOWHERE, "http://x/", {}, source="manager", cookies=cookies)
    assert result.outcome == "not_run"
    assert "cookie" in result.reason


def test_a_form_that_is_too_long_is_not_sent() -> None:
    result = http_post(NOWHERE, "http://x/", {"vote": "a" * 40_000}, source="manager")
    assert result.outcome == "not_run"
    assert "32768 au plus" in result.reason
