"""Short forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.compose import short

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("10s", 10 * S),
        ("1m30s", 90 * S),
        ("1.5h", 5400 * S),
        (".5s", S // 2),
        ("1.s", S),
        ("0", 0),
        ("-0", 0),
        ("+1h", 3600 * S),
        ("-1.5h2us3µs4ns", -5400 * S - 5004),
        ("3μs", 3000),
        ("500ms", S // 2),
        ("1.9ns", 1),
        ("2562047h47m16s854775807ns", 2**63 - 1),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert short.duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "10", "1d", "s", "1 s", "1s ", "-", ".s", "1h-2s", "3000000h", "1e3s", "١s"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"durée"):
        short.duration(text)


@given(st.integers(0, 2**62))
def test_durations_round_trip(nanoseconds: int) -> None:
    hours, rest = divmod(nanoseconds, 3600 * S)
    minutes, rest = divmod(rest, 60 * S)
    assert short.duration(f"{hours}h{minutes}m{rest // S}s{rest % S}ns") == nanoseconds
    assert short.duration(f"-{hours}h{minutes}m{rest // S}.{rest % S:09}s") == -nanoseconds


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [("100", 100), ("5b", 5), ("1k", 1024), ("50M", 50 << 20), ("1.5gb", 3 << 29), ("1 KiB", 1024), ("2TB", 2 << 40)],
)
def test_sizes(text: str, nbytes: int) -> None:
    assert short.size(text) == nbytes


@pytest.mark.parametrize("text", ["", "1x", "-1m", ".5g", "1  k", "m", "1kk", "1,5g"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="n'est pas une taille"):
        short.size(text)


@given(st.integers(0, 2**20), st.sampled_from("kmgKMG"), st.sampled_from(["", "b", "B", "ib", "iB"]))
def test_sizes_are_powers_of_1024(amount: int, unit: str, end: str) -> None:
    assert short.size(f"{amount}{unit}{end}") == amount * 1024 ** ("kmg".index(unit.lower()) + 1)


@pytest.mark.parametrize(
    ("text", "nano"), [("0.5", S // 2), (".25", S // 4), ("1/2", S // 2), ("1e-1", S // 10), ("2", 2 * S)]
)
def test_cpus(text: str, nano: int) -> None:
    assert short.cpus(text) == nano


@pytest.mark.parametrize(
    ("text", "why"),
    [("abc", "nombre de processeurs"), ("-1", "nombre"), ("1/0", "nombre"), ("1/3", "trop précis"), ("1e-10", "trop")],
)
def test_no_cpus(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        short.cpus(text)


def port(target: int, published: int = 0, protocol: str = "tcp") -> dict[str, Any]:
    return {"target": target, "published": published, "protocol": protocol, "mode": "ingress"}


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [port(80)]),
        ("5000:80", [port(80, 5000)]),
        ("53:53/UDP", [port(53, 53, "udp")]),
        ("127.0.0.1:5000:80", [port(80, 5000)]),
        ("[::1]:5000:80/sctp", [port(80, 5000, "sctp")]),
        ("0.0.0.0::80", [port(80)]),
        (":80", [port(80)]),
        ("80-82", [port(80), port(81), port(82)]),
        ("90-92:80-82", [port(80, 90), port(81, 91), port(82, 92)]),
        ("90-91:80", [port(80, 90), port(80, 91)]),
        ("0:80", [port(80)]),
    ],
)
def test_ports(text: str, ports: list[dict[str, Any]]) -> None:
    assert short.ports(text) == ports


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "« » n'est pas un port"),
        ("http", "n'est pas un port"),
        ("70000:80", "« 70000 » n'est pas un port (0 à 65535)"),
        ("80:80/foo", "« foo » n'est pas un protocole de port ; choisissez parmi tcp, udp, sctp"),
        ("80/", "n'est pas un protocole"),
        ("90-92:80-81", "n'ont pas la même longueur"),
        ("82-80", "l'intervalle « 82-80 » est à l'envers"),
        ("1-2-3", "n'est pas un port"),
        ("localhost:80:80", "« localhost » n'est pas une adresse IP"),
        ("::82:82", "n'est pas une adresse IP"),
    ],
)
def test_no_ports(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        short.ports(text)
    assert why.replace(" ", "") in str(caught.value).replace("\N{NO-BREAK SPACE}", "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/data", {"type": "volume", "target": "/data"}),
        ("/", {"type": "volume", "target": "/"}),
        ("db:/data", {"type": "volume", "source": "db", "target": "/data"}),
        ("db:/data:ro", {"type": "volume", "source": "db", "target": "/data", "read_only": True}),
        ("db:/data:rw,z", {"type": "volume", "source": "db", "target": "/data", "read_only": False}),
        ("db:/data:nocopy", {"type": "volume", "source": "db", "target": "/data", "volume": {"nocopy": True}}),
        ("./a:/b", {"type": "bind", "source": "./a", "target": "/b"}),
        ("~/a:/b:rslave", {"type": "bind", "source": "~/a", "target": "/b", "bind": {"propagation": "rslave"}}),
        ("C:\\a:/b", {"type": "bind", "source": "C:\\a", "target": "/b"}),
        ("\\\\.\\pipe\\a:/b", {"type": "bind", "source": "\\\\.\\pipe\\a", "target": "/b"}),
        ("v:/a", {"type": "volume", "target": "v:/a"}),
    ],
)
def test_volumes(text: str, mount: dict[str, Any]) -> None:
    assert short.volume(text) == mount


@pytest.mark.parametrize(
    ("text", "why"), [("", "vide"), ("/a:", "partie vide"), (":/a", "partie vide"), ("ab:/a:ro:z", "trop de")]
)
def test_no_volumes(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        short.volume(text)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", []),
        ("echo  a\tb\n", ["echo", "a", "b"]),
        ("a 'b c' \"d e\"f", ["a", "b c", "d ef"]),
        ("a '' \"\"", ["a", "", ""]),
        (r'a "b\"c\d" ' + r"'e\f' g\ h", ["a", 'b"cd', r"e\f", "g h"]),
        ("a b#c # d\n e", ["a", "b#c", "e"]),
    ],
)
def test_words(line: str, arguments: list[str]) -> None:
    assert short.words(line) == arguments


@pytest.mark.parametrize(
    ("line", "why"), [("a 'b", "n'est pas refermé"), ('a "b\\"', "n'est pas refermé"), ("a \\", "barre oblique")]
)
def test_no_words(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        short.words(line)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="'\0"))))
def test_words_round_trip(arguments: list[str]) -> None:
    assert short.words(" ".join(f"'{argument}'" for argument in arguments)) == arguments


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (1.5, "1.5"),
        (-0.0, "-0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (999999.0, "999999"),
        (1e6, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (1e21, "1e+21"),
        (-2.5e-7, "-2.5e-07"),
        (1e100, "1e+100"),
    ],
)
def test_numbers_as_texts(value: float, text: str) -> None:
    assert short.number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_as_texts_are_the_same_numbers(value: float) -> None:
    assert float(short.number(value)) == value


def test_infinity_is_no_text() -> None:
    with pytest.raises(ValueError, match="l'infini"):
        short.text_of(float("inf"))


@pytest.mark.parametrize("value", [[], {}])
def test_lists_are_no_text(value: object) -> None:
    with pytest.raises(ValueError, match="pas une liste ni des clés"):
        short.text_of(value)


@pytest.mark.parametrize(
    ("add", "drop", "added", "dropped"),
    [
        (("net_admin", "CAP_SYS_TIME", "NET_ADMIN"), ("chown",), ["CAP_NET_ADMIN", "CAP_SYS_TIME"], ["CAP_CHOWN"]),
        (("ALL", "SYS_TIME"), ("SYS_TIME",), ["ALL"], ["CAP_SYS_TIME"]),
        (("SYS_TIME",), ("ALL", "CHOWN"), ["CAP_SYS_TIME"], ["ALL"]),
        (("CHOWN", "RESET"), ("CHOWN",), ["CAP_CHOWN"], []),
        ((), (), [], []),
    ],
)
def test_capabilities(add: tuple[str, ...], drop: tuple[str, ...], added: list[str], dropped: list[str]) -> None:
    assert short.capabilities(add, drop) == (added, dropped)
