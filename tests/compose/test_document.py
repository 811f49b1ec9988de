"""Files as they are written: what is no stack file at all, scalars, lines."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from swarmkit_helpers.compose.document import MOST_BYTES, read_document
from swarmkit_helpers.compose.file import read_stack
from swarmkit_helpers.errors import StackFileError

from .conftest import HEAD, Refusals


def refusal(path: Path) -> str:
    with pytest.raises(StackFileError) as caught:
        read_stack(path)
    return caught.value.problem.replace("\N{NO-BREAK SPACE}", " ")


def test_no_file() -> None:
    assert refusal(Path("nulle-part.yml")) == "nulle-part.yml : ce fichier n'existe pas."


def test_a_directory(place: Path) -> None:
    (place / "dossier.yml").mkdir()
    assert refusal(Path("dossier.yml")) == "dossier.yml : c'est un dossier, pas un fichier."


def test_a_name_that_the_system_refuses() -> None:
    assert refusal(Path("x" * 300)).endswith(": ce fichier ne se lit pas : File name too long.")


@pytest.mark.parametrize("text", ["", "\n", "# rien\n"])
def test_an_empty_file(place: Path, text: str) -> None:
    (place / "vide.yml").write_text(text, "utf-8")
    assert refusal(Path("vide.yml")) == "vide.yml : le fichier est vide."


def test_a_file_that_is_not_utf_8(place: Path) -> None:
    (place / "latin.yml").write_bytes('version: "3.8"\n# été\n'.encode("latin-1"))
    assert refusal(Path("latin.yml")) == "latin.yml, ligne 2 : le fichier n'est pas en UTF-8."


def test_a_control_character(place: Path) -> None:
    (place / "stack.yml").write_bytes(b'version: "3.8"\nx: "\x07"\n')
    assert refusal(Path("stack.yml")) == "stack.yml, ligne 2 : un caractère que YAML n'admet pas (U+0007)."


def test_a_large_file_is_not_even_read(place: Path) -> None:
    file = place / "gros.yml"
    file.touch()
    os.truncate(file, 10_000_000)
    assert refusal(Path("gros.yml")) == "gros.yml : le fichier dépasse 1 Mo : ce n'est pas un fichier de pile."
    assert MOST_BYTES == 1_000_000


def test_a_byte_order_mark_is_no_matter(place: Path) -> None:
    (place / "stack.yml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert read_stack("stack.yml").services["a"].image == "alpine"


BROKEN = "ce n'est pas du YAML : "


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "services: [\n",
            2,
            f"{BROKEN}un crochet, une accolade ou un guillemet n'est pas refermé (while parsing a flow",
        ),
        ("a: 1\n  b: 2\n", 2, f"{BROKEN}un « : » de trop, ou une indentation qui a changé (mapping values"),
        ("a:\n\tb: 1\n", 2, f"{BROKEN}une tabulation ; l'indentation ne se fait qu'avec des espaces (while"),
        ("a: *rien\n", 1, f"{BROKEN}un alias (*nom) dont l'ancre (&nom) n'est pas écrite avant (found undef"),
        ("- a\n- b\n", 1, "un fichier de pile commence par des clés (`version:`, `services:`…)"),
        ("du texte\n", 1, "un fichier de pile commence par des clés (`version:`, `services:`…)"),
        ("a: 1\n---\nb: 2\n", 2, "plusieurs documents YAML (---) : un fichier de pile n'en a qu'un"),
        ("a: 1\nb: 2\na: 3\n", 3, "la clé « a » est déjà donnée à la ligne 1"),
        ("a:\n  1: x\n", 2, 'la clé 1 n\'est pas un texte : écrivez "1"'),
        ("a:\n  on: x\n", 2, 'la clé on n\'est pas un texte : écrivez "on"'),
        ("a:\n  ? [b]\n  : x\n", 2, "une clé qui n'est pas un texte"),
        ("a: &a\n  b: *a\n", 1, "un alias qui se contient lui-même"),
        ("a: &a\n  <<: *a\n", 1, "un alias qui se contient lui-même"),
        ("a: &a [1]\nb:\n  <<: *a\n", 1, "« << » ne fusionne que des clés (`<<: *nom`)"),
        ("a: !!int x\n", 1, "une valeur que l'étiquette « tag:yaml.org,2002:int » n'admet pas"),
        ("a: !own x\n", 1, "une valeur que l'étiquette « !own » n'admet pas"),
        ("a: " + "[" * 2000, 0, "des listes ou des clés trop imbriquées"),
    ],
)
def test_what_is_not_taken(refusals: Refusals, text: str, line: int, message: str) -> None:
    ((found_line, path, found),) = refusals(text)
    assert (found_line, path) == (line, "")
    assert found.startswith(message)


def test_aliases_of_aliases_are_bounded(refusals: Refusals) -> None:
    names = "abcdefghij"
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise(names)
    )
    ((_, _, message),) = refusals(bomb)
    assert message == "plus de 100000 valeurs une fois les alias remplacés"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("", None),
        ("null", None),
        ("nULL", "nULL"),
        ("yes", True),
        ("Off", False),
        ("oN", "oN"),
        ("'yes'", "yes"),
        ("0444", 0o444),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0b11", -3),
        ("1_000", 1000),
        ("089", 89.0),
        ("22:22", "22:22"),
        ("2001-01-01", "2001-01-01"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1e400", "1e400"),
        (".", "."),
        ("_1", "_1"),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_scalars(place: Path, text: str, value: object) -> None:
    (place / "stack.yml").write_text(f"a: {text}\n", "utf-8")
    found = read_document(Path("stack.yml")).data["a"]
    assert found == value
    assert type(found) is type(value)


def test_merge_keys(place: Path) -> None:
    text = "k: &k {a: 1, b: 1}\nl: &l {b: 2, c: 2}\nz: {c: 3, <<: [*k, *l], d: 3}\n"
    (place / "stack.yml").write_text(text, "utf-8")
    assert read_document(Path("stack.yml")).data["z"] == {"a": 1, "b": 1, "c": 3, "d": 3}


def test_each_value_has_the_line_of_its_key(place: Path) -> None:
    (place / "stack.yml").write_text("a: &a\n  - b\n\n  -\n    c: 1\nd: *a\n", "utf-8")
    document = read_document(Path("stack.yml"))
    assert document.line(("a",)) == 1
    assert document.line(("a", 0)) == 2
    assert document.line(("a", 1, "c")) == 5
    assert document.line(("a", 1, "unknown")) == 5
    assert document.line(("d",)) == 6
    # What an alias stands for is where it was written.
    assert document.line(("d", 1, "c")) == 5


def test_the_message_names_the_file_and_what_to_do(place: Path) -> None:
    (place / "stack.yml").write_text(HEAD + "    imag: x\n    hostname: 3\n", "utf-8")
    with pytest.raises(StackFileError) as caught:
        read_stack("stack.yml")
    assert str(caught.value).replace("\N{NO-BREAK SPACE}", " ") == (
        "2 erreurs dans stack.yml :\n"
        "  stack.yml, ligne 5, services.a.imag : clé inconnue ; vouliez-vous dire « image » ?\n"
        "  stack.yml, ligne 6, services.a.hostname : un texte est attendu, pas le nombre 3 : "
        "mettez cette valeur entre guillemets.\n"
        "→ corrigez stack.yml, puis relancez"
    )
    assert (caught.value.file, caught.value.line, caught.value.path) == ("stack.yml", 5, "services.a.imag")
    assert re.fullmatch(r"[^ ]+", caught.value.file)
