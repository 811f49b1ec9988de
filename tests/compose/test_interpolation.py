"""Variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmkit_helpers.compose.interpolation import substitute

from .conftest import Read, Refusals

VARIABLES = {"V": "valeur", "VIDE": ""}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$V", "valeur"),
        ("${V}", "valeur"),
        ("x${V}y", "xvaleury"),
        ("${V:-d}", "valeur"),
        ("${U:-d}", "d"),
        ("${U-d}", "d"),
        ("${VIDE:-d}", "d"),
        ("${VIDE-d}", ""),
        ("${U:-}", ""),
        ("${U:-a-b:c/d}", "a-b:c/d"),
        ("${U:-${V}}", "${V}"),
        ("${V:?il le faut}", "valeur"),
        ("${VIDE?il le faut}", ""),
        ("${V?c'est-à-dire}", "valeur"),
        ("$$V", "$V"),
        ("$$$V", "$valeur"),
        ("$$$$", "$$"),
        ("rien", "rien"),
    ],
)
def test_values_and_defaults(text: str, result: str) -> None:
    assert substitute(text, VARIABLES) == (result, [])


def test_what_is_not_set_is_empty_and_told() -> None:
    assert substitute("a${U}b$W c", VARIABLES) == ("ab c", ["U", "W"])


@pytest.mark.parametrize(
    "text", ["$", "$ $V", "${", "${}", "${V", "$1", "${1}", "${V!x}", "${V/a/b}", "100 $ HT", "$É"]
)
def test_no_variables(text: str) -> None:
    with pytest.raises(ValueError, match=r"n'est pas une variable\s; pour un dollar, écrivez \$\$"):
        substitute(text, VARIABLES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${U:?}", "la variable U doit être définie"),
        ("${U?}", "la variable U doit être définie"),
        ("${VIDE:?donnez-la}", "la variable VIDE doit être définie : donnez-la"),
        ("${U?c'est-à-dire une image}", "la variable U doit être définie : c'est-à-dire une image"),
    ],
)
def test_required_variables(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        substitute(text, VARIABLES)
    assert str(caught.value).replace("\N{NO-BREAK SPACE}", " ") == why


@given(st.text())
def test_a_text_whose_dollars_are_doubled_stays(text: str) -> None:
    assert substitute(text.replace("$", "$$"), {}) == (text, [])


@given(
    st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,10}", fullmatch=True),
    st.text(),
    st.text(st.characters(exclude_characters="}$")),
)
def test_a_value_is_put_as_it_is(name: str, value: str, default: str) -> None:
    assert substitute(f"${{{name}}}", {name: value}) == (value, [])
    assert substitute(f"<${{{name}-{default}}}>", {name: value}) == (f"<{value}>", [])
    assert substitute(f"<${{{name}-{default}}}>", {}) == (f"<{default}>", [])


def test_variables_go_over_the_environment(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("U", "environnement")
    monkeypatch.setenv("V", "environnement")
    stack = read("    hostname: $U\n    user: $V\n", variables={"V": "argument"})
    assert (stack.services["a"].hostname, stack.services["a"].user) == ("environnement", "argument")


def test_keys_stay_as_they_are(read: Read) -> None:
    assert read("    labels: {$V: x}\n").services["a"].labels == {"$V": "x"}


def test_source_is_what_is_written(read: Read) -> None:
    stack = read("    hostname: ${U:-nom}\n")
    assert stack.services["a"].hostname == "nom"
    assert stack.source[0]["services"]["a"]["hostname"] == "${U:-nom}"


def test_an_unset_variable_is_told(read: Read) -> None:
    (told,) = read("    hostname: x$U\n").ignored
    assert str(told).replace("\N{NO-BREAK SPACE}", " ") == (
        "stack.yml, ligne 5, services.a.hostname : la variable U n'est pas définie : elle vaut un texte vide."
    )


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        ("    deploy: {replicas: $U}\n", "deux", "un nombre entier est attendu, et les variables donnent « deux »"),
        ("    deploy: {replicas: $U}\n", "", "un nombre entier est attendu, et les variables donnent un texte vide"),
        ("    deploy: {replicas: $U}\n", "0x2", "un nombre entier est attendu, et les variables donnent « 0x2 »"),
        ("    tty: $U\n", "1", "true ou false est attendu, et les variables donnent « 1 »"),
        (
            "    deploy: {update_config: {max_failure_ratio: $U}}\n",
            "x",
            "un nombre est attendu, et les variables donnent « x »",
        ),
        ("    init: $U\n", "true", "true ou false est attendu, pas le texte « true »"),
    ],
)
def test_what_a_variable_may_not_give(refusals: Refusals, text: str, value: str, message: str) -> None:
    ((line, _, found),) = refusals(text, variables={"U": value})
    assert (line, found) == (5, message)


def test_all_variables_are_checked_at_once(refusals: Refusals) -> None:
    assert refusals("    hostname: $\n    user: ${U:?donnez U}\n    x-own: [a, $1]\n") == [
        (5, "services.a.hostname", "« $ » n'est pas une variable ; pour un dollar, écrivez $$"),
        (6, "services.a.user", "la variable U doit être définie : donnez U"),
        (7, "services.a.x-own[1]", "« $1 » n'est pas une variable ; pour un dollar, écrivez $$"),
    ]
