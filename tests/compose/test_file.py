"""A stack as it is read: what a notebook sees of it, paths, several files, what has no effect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

import swarmkit_helpers as sk
from swarmkit_helpers.compose import specs
from swarmkit_helpers.compose.model import Port, ServiceNetwork

from .conftest import HEAD, Read

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
IMAGES = ("REDIS_IMAGE", "DB_IMAGE", "VOTE_IMAGE", "RESULT_IMAGE", "WORKER_IMAGE", "VISUALIZER_IMAGE")


def plain(text: object) -> str:
    return str(text).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(autouse=True)
def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in IMAGES:
        monkeypatch.delenv(name, raising=False)


def test_the_voting_application() -> None:
    stack = sk.read_stack(NOTEBOOKS / "docker-stack.yml", variables={"DB_IMAGE": "postgres:9.4"})
    assert stack.version == "3.8"
    assert list(stack.services) == ["redis", "db", "vote", "result", "worker", "visualizer"]
    assert (list(stack.networks), list(stack.volumes)) == (["frontend", "backend"], ["db-data"])
    assert stack.services["db"].image == "postgres:9.4"
    assert stack.services["redis"].image == "redis:alpine"
    assert stack.services["vote"].ports == (Port(target=80, published=5000, protocol="tcp", mode="ingress"),)
    assert list(stack.services["worker"].networks) == ["frontend", "backend"]
    assert stack.services["visualizer"].networks == {"default": ServiceNetwork()}
    assert stack.services["visualizer"].stop_grace_period == 90_000_000_000
    assert stack.services["worker"].deploy.labels == {"APP": "VOTING"}
    assert stack.services["worker"].depends_on == ("db", "redis")
    assert stack.files == (NOTEBOOKS / "docker-stack.yml",)
    assert [one.path for one in stack.ignored] == [
        f"services.{name}.depends_on" for name in ("vote", "result", "worker")
    ]


def test_the_voting_application_without_ipvs() -> None:
    files = [NOTEBOOKS / "docker-stack.yml", NOTEBOOKS / "docker-stack-sans-ipvs.yml"]
    stack = sk.read_stack(files)
    assert {service.deploy.endpoint_mode for name, service in stack.services.items()} == {"dnsrr"}
    ports = {name: service.ports for name, service in stack.services.items() if service.ports}
    assert ports == {
        "vote": (Port(target=80, published=5000, mode="host"),),
        "result": (Port(target=80, published=5001, mode="host"),),
        "visualizer": (Port(target=8080, published=8080, mode="host"),),
    }
    assert stack.services["vote"].deploy.replicas == 2
    assert len(stack.source) == 2
    assert stack.source[1]["services"]["redis"] == {"deploy": {"endpoint_mode": "dnsrr"}}


def test_names_in_the_engine(read: Read, place: Path) -> None:
    (place / "content").write_text("contenu", "utf-8")
    stack = read(
        HEAD + "    networks: [n1, n2, host1]\n    secrets: [s1, s2]\n    configs: [c1]\n"
        "    credential_spec: {config: c2}\n    volumes: [vol:/v, ext:/e, named:/n, /anonymous]\n"
        "    ports: ['5000:80', '81']\n  b: {image: alpine}\n  c: {image: busybox, ports: ['53:53/udp']}\n"
        "networks: {n1: , n2: {external: true, name: autre}, host1: {external: true, name: host}, unused: }\n"
        "secrets: {s1: {file: content}, s2: {external: true}, unused: {external: true}}\n"
        "configs: {c1: {external: {name: dehors}}, c2: {file: content, name: à moi}}\n"
        "volumes: {vol: , ext: {external: true}, named: {name: données}}\n"
    )
    assert list(specs.network_specs(stack, "app")) == ["app_n1", "app_default"]
    assert specs.external_networks(stack) == ("autre", "host")
    assert list(specs.secret_specs(stack, "app")) == ["app_s1"]
    assert specs.secret_names(stack, "app") == ("app_s1", "s2")
    assert specs.external_secrets(stack) == ("s2",)
    assert list(specs.config_specs(stack, "app")) == ["à moi"]
    assert specs.config_names(stack, "app") == ("dehors", "à moi")
    assert specs.external_configs(stack) == ("dehors",)
    assert specs.volume_names(stack, "app") == ("app_vol", "données")
    assert specs.image_names(stack) == ("alpine", "busybox")
    assert [(name, port.published) for name, port in specs.published_ports(stack)] == [("a", 5000), ("c", 53)]


def test_targets_and_ids_are_those_given(read: Read) -> None:
    stack = read("    networks: [n1]\n    secrets: [s1]\nnetworks: {n1: }\nsecrets: {s1: {external: true}}\n")
    spec = specs.service_spec(stack, "a", "app", networks={"app_n1": "id-n1"}, secrets={"s1": "id-s1"})
    assert spec["TaskTemplate"]["Networks"] == [{"Target": "id-n1", "Aliases": ["a"]}]
    assert spec["TaskTemplate"]["ContainerSpec"]["Secrets"][0]["SecretID"] == "id-s1"
    with pytest.raises(KeyError, match="s1"):
        specs.service_spec(stack, "a", "app")
    with pytest.raises(KeyError, match="nobody"):
        specs.service_spec(stack, "nobody", "app")


def test_a_spec_is_the_same_twice_and_the_stack_stays(read: Read) -> None:
    stack = read("    labels: {a: b}\n    networks: {default: {aliases: [x]}}\n    deploy: {labels: {c: d}}\n")
    before = stack.model_dump_json()
    first = specs.service_spec(stack, "a", "one")
    assert specs.service_spec(stack, "a", "two")["Labels"] == {
        "c": "d",
        "com.docker.stack.namespace": "two",
        "com.docker.stack.image": "alpine",
    }
    assert specs.service_spec(stack, "a", "one") == first
    assert stack.model_dump_json() == before


def test_relative_paths_start_in_the_directory_of_the_first_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "elsewhere"):
        (place / name).mkdir()
    (place / "one" / "vars.env").write_text("A=1\n", "utf-8")
    (place / "one" / "content").write_text("x", "utf-8")
    (place / "one" / "stack.yml").write_text(
        HEAD + "    volumes: ['./data:/a', '~/home:/b', 'C:\\data:/c']\nsecrets: {s1: {file: content}}\n", "utf-8"
    )
    (place / "two" / "stack.yml").write_text('version: "3.8"\nservices: {a: {env_file: vars.env}}\n', "utf-8")
    monkeypatch.chdir(place / "elsewhere")
    stack = sk.read_stack(["../one/stack.yml", "../two/stack.yml"], variables={"HOME": "/chez/moi"})
    sources = [mount.source for mount in stack.services["a"].volumes]
    assert sources == [str(place / "one" / "data"), "/chez/moi/home", "C:\\data"]
    assert stack.services["a"].environment == {"A": "1"}
    assert stack.secrets["s1"].content == b"x"


def test_a_home_that_is_not_known_stays(read: Read, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert read("    volumes: ['~/a:/b']\n").services["a"].volumes[0].source == str(place / "~" / "a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("    build: .\n", "services.a.build : docker stack ne construit pas d'image : seule la clé image compte"),
        ("    privileged: false\n", "services.a.privileged : le swarm n'a pas cette option"),
        (
            "    tmpfs: /a\n",
            "services.a.tmpfs : docker stack ne la porte pas ; un montage sous volumes, de type tmpfs, la remplace",
        ),
        (
            "    restart: always\n",
            "services.a.restart : annoncée comme ignorée par docker stack, mais elle vaut tant que "
            "deploy.restart_policy n'est pas donnée",
        ),
        (
            "    restart: always\n    deploy: {restart_policy: {}}\n",
            "services.a.restart : deploy.restart_policy la remplace",
        ),
        (
            "    networks: {default: {ipv4_address: 10.0.0.9}}\n",
            "services.a.networks.default.ipv4_address : le swarm choisit lui-même l'adresse d'une tâche",
        ),
        (
            "    ports: ['127.0.0.1:80:80']\n",
            "services.a.ports[0] : l'adresse ne compte pas : le swarm publie sur toutes celles du nœud",
        ),
        (
            "    healthcheck: {start_interval: 1s}\n",
            "services.a.healthcheck.start_interval : les moteurs d'avant Docker 25 ne la connaissent pas",
        ),
        (
            "    volumes: [{type: volume, source: v1, target: /a, volume: {subpath: d}}]\nvolumes: {v1: }\n",
            "services.a.volumes[0].volume.subpath : les moteurs d'avant Docker 26 ne la connaissent pas : "
            "ils montent tout le volume",
        ),
        ("    oom_score_adj: 1\n", "services.a.oom_score_adj : les moteurs d'avant Docker 28 ne la connaissent pas"),
    ],
)
def test_what_has_no_effect_is_told(read: Read, text: str, told: str) -> None:
    (one,) = read(HEAD.replace('"3.8"', '"3.13"') + text).ignored
    assert plain(one) == f"stack.yml, ligne 5, {told}."
    assert one.line == 5


UNKNOWN = "docker stack ne connaît pas cette clé et passe outre"


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        (
            "    volumes: [{type: bind, source: /a, target: /b, bind: {create_host_path: true}}]\n",
            "services.a.volumes[0].bind.create_host_path",
            f"{UNKNOWN}.",
        ),
        (
            "    volumes: [{type: volume, target: /b, volume: {nocoppy: true}}]\n",
            "services.a.volumes[0].volume.nocoppy",
            f"{UNKNOWN} ; vouliez-vous dire « nocopy » ?",
        ),
        (
            "    volumes: [{type: tmpfs, target: /b, tmpfs: {mode: 700}}]\n",
            "services.a.volumes[0].tmpfs.mode",
            f"{UNKNOWN}.",
        ),
        (
            HEAD + "    configs: [{source: c1, tarjet: /x}]\nconfigs: {c1: {external: true}}\n",
            "services.a.configs[0].tarjet",
            f"{UNKNOWN} ; vouliez-vous dire « target » ?",
        ),
        (
            HEAD + "    secrets: [{source: s1, x: y}]\nsecrets: {s1: {external: true}}\n",
            "services.a.secrets[0].x",
            f"{UNKNOWN}.",
        ),
        (
            "    volumes: ['/a:/b:ro,zz']\n",
            "services.a.volumes[0]",
            "docker stack ne connaît pas l'option « zz » et passe outre.",
        ),
        (
            "    volumes: ['/a:${V:-/b}:rhsared']\n",
            "services.a.volumes[0]",
            "docker stack ne connaît pas l'option « rhsared » et passe outre ; vouliez-vous dire « rshared » ?",
        ),
        *(
            (
                HEAD + f"    networks: [n1]\nnetworks: {{n1: {{external: true, name: dehors, {key}: {value}}}}}\n",
                f"networks.n1.{key}",
                "ce réseau est externe : rien de sa description ne compte, que son nom.",
            )
            for key, value in (
                ("driver", "x"),
                ("attachable", "true"),
                ("internal", "true"),
                ("labels", "{a: b}"),
                ("driver_opts", "{a: b}"),
                ("ipam", "{}"),
            )
        ),
        *(
            (
                HEAD + f"secrets: {{s1: {{external: true, {key}: {value}}}}}\n",
                f"secrets.s1.{key}",
                "ce secret est externe : rien de sa description ne compte, que son nom.",
            )
            for key, value in (("file", "nulle-part"), ("labels", "{a: b}"))
        ),
        (
            HEAD + "configs: {c1: {external: {name: x}, file: nulle-part, x-own: 1}}\n",
            "configs.c1.file",
            "cette config est externe : rien de sa description ne compte, que son nom.",
        ),
    ],
)
def test_what_the_cli_passes_over_in_silence_is_told(read: Read, text: str, path: str, why: str) -> None:
    (one,) = read(text).ignored
    line = 6 if path.startswith("networks") else 5
    assert plain(one) == f"stack.yml, ligne {line}, {path} : {why}"


def test_what_no_service_uses_is_told(read: Read) -> None:
    stack = read(HEAD + "networks: {n1: , default: }\nvolumes: {v1: }\n", HEAD + "    tty: true\nvolumes:\n  v1: {}\n")
    assert [plain(one) for one in stack.ignored] == [
        "stack.yml, ligne 5, networks.n1 : aucun service n'utilise ce réseau : il n'est pas créé.",
        "stack1.yml, ligne 7, volumes.v1 : aucun service n'utilise ce volume : il n'est pas créé.",
    ]


def test_extensions_are_no_keys(read: Read) -> None:
    stack = read(
        "x-a: &a {image: alpine}\n" + 'version: "3.8"\nservices: {a: {<<: *a, x-b: 1}}\n'
        "networks: {n1: {x-c: 1}}\nvolumes: {v1: {x-d: 1}}\n"
    )
    assert stack.services["a"].image == "alpine"


@pytest.mark.parametrize("minor", range(14))
def test_every_version_of_the_format(read: Read, minor: int) -> None:
    assert read(HEAD.replace("3.8", f"3.{minor}")).version == f"3.{minor}"


def test_a_file_without_version_is_read_and_told(read: Read) -> None:
    text = HEAD.partition("\n")[2] + "    oom_score_adj: 0\n"
    stack = read(text)
    assert stack.version == "3.13"
    assert plain(stack.ignored[0]) == (
        "stack.yml, ligne 1, version : elle manque : ce fichier est lu au format le plus récent, mais Docker 20.10 le "
        'refuserait ; commencez-le par `version: "3.8"`.'
    )
    assert "(format 3.13)" in stack._repr_html_()
    assert len(read(text, HEAD.replace("3.8", "3.13"), HEAD.replace("3.8", "3")).services) == 1


def test_version_3_is_the_newest(read: Read) -> None:
    assert read(HEAD.replace("3.8", "3") + "    init: true\n").services["a"].init is True


@pytest.mark.parametrize(
    ("own", "files", "variables", "environment"),
    [
        ("{A: 1, B: }", "", {}, {"A": "1", "B": None}),
        ("[A, B=]", "", {"A": "a", "B": "b"}, {"A": "a", "B": "b"}),
        ("{A: own}", "A=file\nC\nD\n", {"C": "c"}, {"A": "own", "C": "c"}),
        ("{A: }", "A=file\n", {}, {"A": None}),
        ("{}", "A=\n", {"A": "a"}, {"A": "a"}),
    ],
)
def test_environment(
    read: Read, place: Path, own: str, files: str, variables: Mapping[str, str], environment: dict[str, str | None]
) -> None:
    (place / "vars.env").write_text(files, "utf-8")
    stack = read(f"    environment: {own}\n    env_file: vars.env\n", variables=variables)
    assert stack.services["a"].environment == environment


def test_a_stack_does_not_change(read: Read) -> None:
    stack = read("    tty: true\n")
    with pytest.raises(ValidationError, match="frozen"):
        stack.services["a"].image = "busybox"  # type: ignore[misc]


def test_no_secret_is_shown(read: Read, place: Path) -> None:
    (place / "secret.txt").write_text("tr3s-secret", "utf-8")
    stack = read(HEAD + "secrets: {s1: {file: secret.txt}}\nconfigs: {c1: {file: secret.txt}}\n")
    assert stack.secrets["s1"].content == b"tr3s-secret"
    for shown in (repr(stack), str(stack), stack._repr_html_(), stack.model_dump_json()):
        assert "tr3s" not in shown


def test_what_a_notebook_shows(read: Read) -> None:
    shown = read(HEAD + "    depends_on: [b]\n  b: {image: x}\nnetworks: {default: , n1: }\n")._repr_html_()
    assert "<p>Pile de <code>stack.yml</code> (format 3.8)</p>" in shown
    assert "<th style='text-align: left'>services</th><td style='text-align: left'>a, b</td>" in shown
    assert "réseaux</th><td style='text-align: left'>default, n1</td>" in shown
    assert "secrets" not in shown
    assert plain(shown).count("<li>") == 2
    assert "Sans effet" in plain(shown)
    assert "Sans effet" not in read("    tty: true\n")._repr_html_()


def test_at_least_one_file() -> None:
    with pytest.raises(ValueError, match="at least one file"):
        sk.read_stack([])
