"""Each wrong key, type and reference: its line, its path and its exact words."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmkit_helpers.compose.file import read_stack
from swarmkit_helpers.errors import StackFileError

from .conftest import HEAD, Refusals

KEYS = "des clés (`nom: valeur`) sont attendues"

WRONG = [
    # the version
    (
        HEAD.replace('"3.8"', "3.8"),
        1,
        "version",
        'la version est un texte ; écrivez `version: "3.8"`, avec ses guillemets',
    ),
    *(
        (
            HEAD.replace("3.8", version),
            1,
            "version",
            f"version « {version} » inconnue : docker stack ne lit que le format 3 (3.0 à 3.13), "
            'par exemple `version: "3.8"`',
        )
        for version in ("2", "2.4", "1", "3.99", "3.08", "4", "trois")
    ),
    (
        HEAD.replace('"3.8"', "[3]"),
        1,
        "version",
        'la version est un texte ; écrivez `version: "3.8"`, avec ses guillemets',
    ),
    # keys
    ("    imagee: x\n", 5, "services.a.imagee", "clé inconnue ; vouliez-vous dire « image » ?"),
    ("    réseaux: x\n", 5, "services.a.réseaux", None),
    (
        "    replicas: 2\n",
        5,
        "services.a.replicas",
        "clé inconnue ici ; elle se donne sous deploy (services.a.deploy.replicas)",
    ),
    ("    profiles: [x]\n", 5, "services.a.profiles", "clé inconnue de docker stack (seul docker compose la connaît)"),
    ("    mem_limit: 1g\n", 5, "services.a.mem_limit", "les limites se donnent sous deploy.resources"),
    (
        "    deploy:\n      update_config:\n        paralelism: 1\n",
        7,
        "services.a.deploy.update_config.paralelism",
        "clé inconnue ; vouliez-vous dire « parallelism » ?",
    ),
    (
        "    ports:\n      - 80:80\n      - target: 80\n        publish: 80\n",
        8,
        "services.a.ports[1].publish",
        "clé inconnue ; vouliez-vous dire « published » ?",
    ),
    ("servicess: {}\n" + HEAD, 1, "servicess", "clé inconnue ; vouliez-vous dire « services » ?"),
    (
        HEAD + "networks:\n  n1:\n    atachable: true\n",
        7,
        "networks.n1.atachable",
        "clé inconnue ; vouliez-vous dire « attachable » ?",
    ),
    (
        HEAD + "configs: {c1: {zzz: x}}\n",
        5,
        "configs.c1.zzz",
        "clé inconnue ; choisissez parmi external, file, labels, name, template_driver",
    ),
    (
        HEAD.replace("3.8", "3.0") + "    init: true\n",
        5,
        "services.a.init",
        "cette clé est du format 3.7, et le fichier est au format 3.0",
    ),
    (HEAD + "volumes: {v1: {external: {nom: x}}}\n", 5, "volumes.v1", "clé inconnue « nom » sous external"),
    (
        HEAD + "volumes: {v1: {external: {name: x}, name: x}}\n",
        5,
        "volumes.v1",
        "le nom est donné deux fois, par name et par external.name",
    ),
    # types
    (HEAD + "volumes:\n", 5, "volumes", f"{KEYS}, et il n'y a rien"),
    (HEAD + "networks: [n1]\n", 5, "networks", f"{KEYS}, pas une liste"),
    ('version: "3.8"\nservices:\n  a:\n', 3, "services.a", f"{KEYS}, et il n'y a rien"),
    ('version: "3.8"\nservices: a\n', 2, "services", f"{KEYS}, pas le texte « a »"),
    (
        "    hostname: 3\n",
        5,
        "services.a.hostname",
        "un texte est attendu, pas le nombre 3 : mettez cette valeur entre guillemets",
    ),
    (
        "    user: yes\n",
        5,
        "services.a.user",
        "un texte est attendu, pas le booléen true : mettez cette valeur entre guillemets",
    ),
    ("    tty: oui\n", 5, "services.a.tty", "true ou false est attendu, pas le texte « oui »"),
    ("    init:\n", 5, "services.a.init", "rien n'est donné ; donnez une valeur, ou ôtez la clé"),
    ("    ports:\n", 5, "services.a.ports", "une liste est attendue, et il n'y a rien"),
    ("    ports: 80:80\n", 5, "services.a.ports", "une liste est attendue, pas le texte « 80:80 »"),
    ("    command:\n", 5, "services.a.command", "un texte ou une liste est attendu, et il n'y a rien"),
    (
        "    command: [sleep, 10]\n",
        5,
        "services.a.command[1]",
        "un texte est attendu, pas le nombre 10 : mettez cette valeur entre guillemets",
    ),
    ("    depends_on: {b: {}}\n", 5, "services.a.depends_on", "une liste est attendue, pas des clés"),
    (
        "    deploy: {replicas: '2'}\n",
        5,
        "services.a.deploy.replicas",
        "un nombre entier est attendu, pas le texte « 2 »",
    ),
    (
        "    deploy: {replicas: 2.5}\n",
        5,
        "services.a.deploy.replicas",
        "un nombre entier est attendu, pas le nombre 2.5",
    ),
    ("    deploy: {replicas: -1}\n", 5, "services.a.deploy.replicas", "-1 est trop petit : 0 au moins"),
    (
        "    deploy: {update_config: {max_failure_ratio: 2}}\n",
        5,
        "services.a.deploy.update_config.max_failure_ratio",
        "2 est trop grand : 1 au plus",
    ),
    (
        "    deploy: {update_config: {max_failure_ratio: .inf}}\n",
        5,
        "services.a.deploy.update_config.max_failure_ratio",
        "inf est trop grand : 1 au plus",
    ),
    (
        "    environment:\n      A: 1\n      B: no\n",
        7,
        "services.a.environment.B",
        "un texte, un nombre ou rien est attendu, pas le booléen false : mettez-le entre guillemets",
    ),
    (
        "    environment: [A=1, 3]\n",
        5,
        "services.a.environment[1]",
        "un texte est attendu, pas le nombre 3 : mettez cette valeur entre guillemets",
    ),
    ("    environment: A=1\n", 5, "services.a.environment", f"{KEYS}, pas le texte « A=1 »"),
    ("    labels: [A=1, A=1]\n", 5, "services.a.labels", "« A=1 » est donné deux fois"),
    ("    dns: [1.1.1.1, 1.1.1.1]\n", 5, "services.a.dns", "« 1.1.1.1 » est donné deux fois"),
    ("    ports: ['80:80', '80:80']\n", 5, "services.a.ports", "la même valeur est donnée deux fois"),
    (
        HEAD + "networks: {n1: {driver_opts: {a: }}}\n",
        5,
        "networks.n1.driver_opts.a",
        "rien n'est donné ; donnez une valeur, ou ôtez la clé",
    ),
    # values
    (
        "    stop_grace_period: 10\n",
        5,
        "services.a.stop_grace_period",
        "une durée avec son unité est attendue, par exemple 10s ou 1m30s",
    ),
    (
        "    stop_grace_period: '10'\n",
        5,
        "services.a.stop_grace_period",
        "« 10 » n'est pas une durée ; écrivez par exemple 10s, 1m30s ou 500ms",
    ),
    (
        "    healthcheck: {interval: -1s}\n",
        5,
        "services.a.healthcheck.interval",
        "une durée ne peut pas être négative ici",
    ),
    (
        "    deploy: {resources: {limits: {memory: 10}}}\n",
        5,
        "services.a.deploy.resources.limits.memory",
        'une taille entre guillemets est attendue, par exemple "64M"',
    ),
    (
        "    deploy: {resources: {limits: {cpus: 0.5}}}\n",
        5,
        "services.a.deploy.resources.limits.cpus",
        'un nombre de processeurs entre guillemets est attendu, par exemple "0.5"',
    ),
    *(
        (
            f"    deploy: {{mode: {mode}}}\n",
            5,
            "services.a.deploy.mode",
            "les travaux (replicated-job, global-job) ne sont pas pris en charge ici : docker stack de Docker 20.10 "
            f"les refuse, seul docker service create --mode {mode} les connaît ; choisissez parmi replicated, global",
        )
        for mode in ("replicated-job", "global-job")
    ),
    (
        "    deploy: {mode: partout}\n",
        5,
        "services.a.deploy.mode",
        "valeur inconnue « partout » ; choisissez parmi replicated, global",
    ),
    (
        "    deploy: {endpoint_mode: dns}\n",
        5,
        "services.a.deploy.endpoint_mode",
        "valeur inconnue « dns » ; choisissez parmi vip, dnsrr",
    ),
    (
        "    deploy: {restart_policy: {condition: always}}\n",
        5,
        "services.a.deploy.restart_policy.condition",
        "valeur inconnue « always » ; choisissez parmi none, on-failure, any",
    ),
    (
        "    deploy: {update_config: {order: first}}\n",
        5,
        "services.a.deploy.update_config.order",
        "valeur inconnue « first » ; choisissez parmi start-first, stop-first",
    ),
    (
        "    restart: sometimes\n",
        5,
        "services.a.restart",
        "« sometimes » n'est pas admis ; choisissez parmi no, always, unless-stopped, on-failure ou on-failure:3",
    ),
    (
        "    ports:\n      - 80:80\n      - 81:http\n",
        7,
        "services.a.ports[1]",
        "« http » n'est pas un port (0 à 65535) ni un intervalle, dans « 81:http »",
    ),
    ("    ports: [{published: 80}]\n", 5, "services.a.ports[0].target", "cette clé manque"),
    ("    ports: [{target: 0}]\n", 5, "services.a.ports[0].target", "0 est trop petit : 1 au moins"),
    ("    ports: [true]\n", 5, "services.a.ports[0]", f"{KEYS}, pas le booléen true"),
    ("    extra_hosts: [nom]\n", 5, "services.a.extra_hosts", "« nom » n'a pas la forme nom:adresse"),
    (
        "    ulimits: {NOFILE: 3}\n",
        5,
        "services.a.ulimits.NOFILE",
        "« NOFILE » n'est pas un nom de limite : des lettres minuscules",
    ),
    ("    ulimits: {nofile: {soft: 3}}\n", 5, "services.a.ulimits.nofile.hard", "cette clé manque"),
    (
        HEAD.replace("  a:", "  a b:"),
        3,
        "services.a b",
        "« a b » n'est pas un nom : lettres sans accent, chiffres, « . », « _ » et « - » seulement",
    ),
    (
        HEAD.replace("  a:", "  a.b:"),
        3,
        "services.a.b",
        "le swarm refuse ce nom de service : lettres, chiffres, « _ » et « - », sans « - » ni « _ » à la fin",
    ),
    # what goes not together
    ('version: "3.8"\n', 0, "", "aucun service n'est décrit ; donnez-en sous la clé services"),
    ('version: "3.8"\nservices:\n  a: {user: x}\n', 3, "services.a", "la clé image manque"),
    (
        'version: "3.8"\nservices:\n  a: {build: .}\n',
        3,
        "services.a",
        "la clé image manque (docker stack ne construit pas d'image)",
    ),
    (
        "    networks: [default, n1]\n",
        5,
        "services.a.networks[1]",
        "« n1 » n'est pas décrit sous networks, à la racine du fichier (cette clé manque ou est vide)",
    ),
    (
        HEAD + "    networks:\n      n1:\nnetworks: {n2: , n3: }\n",
        6,
        "services.a.networks.n1",
        "« n1 » n'est pas décrit sous networks, à la racine du fichier (on y trouve n2, n3)",
    ),
    (
        "    volumes:\n      - /a\n      - v1:/b\n",
        7,
        "services.a.volumes[1]",
        "« v1 » n'est pas décrit sous volumes, à la racine du fichier (cette clé manque ou est vide)",
    ),
    (
        "    secrets: [s1]\n",
        5,
        "services.a.secrets[0]",
        "« s1 » n'est pas décrit sous secrets, à la racine du fichier (cette clé manque ou est vide)",
    ),
    (
        "    configs: [{source: c1}]\n",
        5,
        "services.a.configs[0]",
        "« c1 » n'est pas décrit sous configs, à la racine du fichier (cette clé manque ou est vide)",
    ),
    (
        "    credential_spec: {config: c1}\n",
        5,
        "services.a.credential_spec.config",
        "« c1 » n'est pas décrit sous configs, à la racine du fichier (cette clé manque ou est vide)",
    ),
    (
        "    credential_spec: {file: a, registry: b}\n",
        5,
        "services.a.credential_spec",
        "config, file et registry s'excluent ; donnez-en un seul",
    ),
    (
        "    healthcheck: {test: x, disable: true}\n",
        5,
        "services.a.healthcheck.disable",
        "disable et test s'excluent ; ôtez l'un des deux",
    ),
    (
        "    deploy:\n      mode: global\n      replicas: 2\n",
        7,
        "services.a.deploy.replicas",
        "un service global a une tâche par nœud ; ôtez replicas, ou `mode: global`",
    ),
    (
        "    deploy: {mode: global, placement: {max_replicas_per_node: 1}}\n",
        5,
        "services.a.deploy.placement.max_replicas_per_node",
        "un service global a une tâche par nœud ; ôtez max_replicas_per_node, ou `mode: global`",
    ),
    (
        "    ports:\n      - 80:80\n      - 79-81:79-81\n",
        7,
        "services.a.ports[1]",
        "le port 80/tcp est publié deux fois",
    ),
    (
        "    ports: ['80:80']\n  b:\n    image: x\n    ports:\n      - 79:79\n      - {target: 8080, published: 80}\n",
        10,
        "services.b.ports[1]",
        "le port 80/tcp est déjà publié par le service « a »",
    ),
    (
        "    ports:\n      - 80:80\n    deploy: {endpoint_mode: dnsrr}\n",
        6,
        "services.a.ports[0]",
        "sans VIP (`endpoint_mode: dnsrr`), le port 80 ne se publie qu'en `mode: host`",
    ),
    ("    volumes:\n      - /a\n      - /tmp:/a\n", 7, "services.a.volumes[1]", "un autre montage va déjà sur /a"),
    (
        "    volumes: [{type: bind, target: /a}]\n",
        5,
        "services.a.volumes[0]",
        "un montage de type bind demande une source",
    ),
    (
        "    volumes: [{type: tmpfs, source: a, target: /a}]\n",
        5,
        "services.a.volumes[0]",
        "un montage de type tmpfs n'a pas de source",
    ),
    ("    volumes: [{type: volume}]\n", 5, "services.a.volumes[0]", "la cible (target) manque"),
    ("    volumes: [data]\n", 5, "services.a.volumes[0]", "la cible « data » n'est pas un chemin absolu (/…)"),
    (
        "    volumes: ['/a:/b:nocopy']\n",
        5,
        "services.a.volumes[0]",
        "des options de type volume sur un montage de type bind",
    ),
    (
        HEAD + "    secrets: [{source: s1, target: x}, {source: s2, target: x}]\n"
        "secrets: {s1: {external: true}, s2: {external: true}}\n",
        5,
        "services.a.secrets[1]",
        "« s1 » va déjà dans le fichier x",
    ),
    (
        HEAD + "volumes: {v1: {external: true, driver: x}}\n",
        5,
        "volumes.v1.driver",
        "un volume externe existe déjà ; ôtez driver, ou external",
    ),
    *(
        (
            HEAD + f"networks:\n  n1: {{ipam: {{config: [{{subnet: 10.1.0.0/24}},\n    {{subnet: {subnet}}}]}}}}\n",
            7,
            "networks.n1.ipam.config[1].subnet",
            f"« {subnet} » n'est pas un sous-réseau ; écrivez par exemple 10.20.0.0/24",
        )
        for subnet in ("10.0.0.999/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0/16", "réseau")
    ),
    (HEAD + "secrets: {s1: {}}\n", 5, "secrets.s1", "donnez file (le fichier à lire), ou `external: true`"),
    (
        HEAD + "secrets: {s1: {file: x, driver: x}}\n",
        5,
        "secrets.s1.driver",
        "driver et file s'excluent ; ôtez l'un des deux",
    ),
    (HEAD + "configs: {c1: {}}\n", 5, "configs.c1", "donnez file (le fichier à lire), ou `external: true`"),
    # other files
    (
        "    env_file: nulle-part\n",
        5,
        "services.a.env_file[0]",
        "le fichier « nulle-part » ne se lit pas : il n'existe pas",
    ),
    ("    env_file: [.]\n", 5, "services.a.env_file[0]", "le fichier « . » ne se lit pas : c'est un dossier"),
    (
        "    env_file: bad.env\n",
        5,
        "services.a.env_file[0]",
        "dans « bad.env », ligne 2 : « export A » n'est pas un nom de variable",
    ),
    (
        "    env_file: nameless.env\n",
        5,
        "services.a.env_file[0]",
        "dans « nameless.env », ligne 1 : le nom de la variable manque",
    ),
    ("    env_file: latin.env\n", 5, "services.a.env_file[0]", "le fichier « latin.env » n'est pas en UTF-8"),
    (
        HEAD + "secrets: {s1: {file: nulle-part}}\n",
        5,
        "secrets.s1.file",
        "le fichier « nulle-part » ne se lit pas : il n'existe pas",
    ),
    (
        HEAD + "configs: {c1: {file: empty}}\n",
        5,
        "configs.c1.file",
        "le fichier « empty » a 0 octet : il en faut de 1 à 1023999",
    ),
    (
        HEAD + "secrets: {s1: {file: large}}\n",
        5,
        "secrets.s1.file",
        "le fichier « large » a 1024000 octets : il en faut de 1 à 511999",
    ),
    (
        HEAD + "configs: {c1: {file: large}}\n",
        5,
        "configs.c1.file",
        "le fichier « large » a 1024000 octets : il en faut de 1 à 1023999",
    ),
]


@pytest.fixture(autouse=True)
def files(place: Path) -> None:
    (place / "bad.env").write_text("A=1\nexport A=1\n", "utf-8")
    (place / "nameless.env").write_text("=1\n", "utf-8")
    (place / "latin.env").write_bytes(b"A=\xe9\n")
    (place / "empty").touch()
    (place / "large").write_bytes(b"x" * 1_024_000)


@pytest.mark.parametrize(
    ("text", "line", "path", "message"), WRONG, ids=[f"{n}-{case[2]}" for n, case in enumerate(WRONG)]
)
def test_what_is_wrong_is_told(refusals: Refusals, text: str, line: int, path: str, message: str | None) -> None:
    ((found_line, found_path, found),) = refusals(text)
    assert (found_line, found_path) == (line, path)
    if message is None:  # the list of all keys of a service
        assert found.startswith("clé inconnue ; choisissez parmi build, cap_add, cap_drop, ")
    else:
        assert found == message


def test_all_that_is_wrong_is_told_at_once_in_order(refusals: Refusals) -> None:
    text = HEAD + (
        "    ports:\n      - 80:80:80:80\n      - {target: x}\n"
        "    deploy:\n      replicas: deux\n"
        "networks:\n  n1: {extern: true}\n"
        "volumes: []\n"
    )
    assert [(line, path) for line, path, _ in refusals(text)] == [
        (6, "services.a.ports[0]"),
        (7, "services.a.ports[1].target"),
        (9, "services.a.deploy.replicas"),
        (11, "networks.n1.extern"),
        (12, "volumes"),
    ]


def test_versions_of_several_files_agree(refusals: Refusals) -> None:
    ((line, path, message),) = refusals(HEAD, HEAD.replace("3.8", "3.7"))
    assert (line, path) == (1, "version")
    assert message == "tous les fichiers sont à la même version (stack.yml : 3.8, stack1.yml : 3.7)"


def test_a_file_without_version_is_of_the_newest(refusals: Refusals) -> None:
    ((line, path, message),) = refusals(HEAD, HEAD.partition("\n")[2])
    assert (line, path) == (1, "version")
    assert message == "tous les fichiers sont à la même version (stack.yml : 3.8, stack1.yml : 3.13)"


def test_a_service_named_as_a_key_is_no_matter(refusals: Refusals) -> None:
    text = 'version: "3.8"\nservices:\n  deploy:\n    image: x\n    imag: x\n'
    assert refusals(text) == [(5, "services.deploy.imag", "clé inconnue ; vouliez-vous dire « image » ?")]


def test_what_two_files_do_together_is_told_in_the_last(refusals: Refusals) -> None:
    above = 'version: "3.8"\nservices:\n  a:\n    deploy:\n      endpoint_mode: dnsrr\n'
    assert refusals("    ports: ['80:80']\n", above) == [
        (5, "services.a.ports[0]", "sans VIP (`endpoint_mode: dnsrr`), le port 80 ne se publie qu'en `mode: host`")
    ]


@pytest.mark.parametrize("image", ["nginx:", "Nginx", "a//b", "nginx::1", "<x>", "a b", "nginx@sha256:12"])
def test_what_names_no_image_is_told_with_its_line(tmp_path: Path, image: str) -> None:
    file = tmp_path / "stack.yml"
    file.write_text(f'version: "3.8"\nservices:\n  a:\n    image: "{image}"\n', "utf-8")
    with pytest.raises(StackFileError, match="n'est pas un nom d'image") as caught:
        read_stack(file)
    assert (caught.value.line, caught.value.path) == (4, "services.a.image")


@pytest.mark.parametrize(
    "image", ["nginx", "redis:alpine", "localhost:5000/a/b:1.2-x", "quay.io/x_y/z", f"a:1@sha256:{'0' * 64}"]
)
def test_what_names_an_image_is_taken(tmp_path: Path, image: str) -> None:
    file = tmp_path / "stack.yml"
    file.write_text(f'version: "3.8"\nservices:\n  a:\n    image: "{image}"\n', "utf-8")
    assert read_stack(file).services["a"].image == image
