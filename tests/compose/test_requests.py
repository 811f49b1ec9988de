"""Our requests are those of the docker CLI, byte for byte but for what the engine takes for the same."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from swarmkit_helpers.compose import specs
from swarmkit_helpers.compose.file import read_stack
from swarmkit_helpers.errors import StackFileError

from .conftest import HEAD
from .recorder import CLIS, deploy, major

Json = dict[str, Any]
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
VARIABLES = {"HOME": "/root", "V": "vv", "E": "", "R": "3", "T": "true", "OFF": "off", "P": "80", "B": "benv"}
EXTERNAL = ("seen", "known", "cfg")
FILES = {
    "one.env": '# c\nA=1\nB\nC=  sp ace \n\nE="q"\n  F=lead\nZZ\nI=\n\tT=2\nU=a\tb\r\n',
    "two.env": "C=2\nH=#x\nG=$HOME\n",
    "content.txt": "hello\n",
}
SERVICE = 'version: "3.8"\nservices:\n  a:\n'

EQUAL = {
    "scalars": """    environment: {B: 1.5, C: 3.0, D: 1e21, E2: ~, F: 0444, G: 1_000, I: 22:22, J: 2001-01-01,
      K: 1e3, L: .5, M: -0x1F, "N": 0b11, O: 0o17, P2: 1e-7, Q: 123456789012345678901234567890, R2: 1.0e+2, T2: 00012,
      U: 089, V2: 12345678.9, X: 1_0.5, Z: -0, A1: 0x, A2: +5, A3: 1e400, A4: 0b12, A5: -0b1, A6: 1., A7: .,
      A8: =, A9: 1__0, B1: 0.0000001, B2: 100000.0, B3: 1234567.0, B4: 123456789.0, B5: 18446744073709551615,
      B6: 18446744073709551616, B7: -9223372036854775809, B8: 0_7, B9: 0xFFFFFFFFFFFFFFFF,
      C1: 0x10000000000000000, C2: 0.0001, C3: -1.25, C4: "yes", C5: !!str 12, C6: -0.0}
""",
    "variables": """    labels:
      a: $V
      b: ${V}
      c: ${U:-d}
      d: ${U-d}
      e: ${E:-d}
      f: ${E-d}
      g: $$V $$$V
      h: "${U}"
      i: x$V-z
      j: $V:-z
      k: ${U:-${V}}
      l: ${V:?m}
      m: $v_a
      q: ${U:-a-b}
      p: ${U:-}
      r: ${V:-a}b
      s: ${U-a?b}
      u: $U-x.z y/k
      v: ${V-a?b}
      w: ${V?a}
      z: "${U:-{x}}"
      $V: key
    tty: ${T}
    read_only: ${OFF}
    deploy: {replicas: "${R}", update_config: {max_failure_ratio: "$E.5"}}
    ports: [{target: "${P}", published: $P}]
""",
    "environment": """    env_file: [one.env, two.env]
    environment: [A, B=, C=x, HOME, D=a=b, "X Y=1"]
    labels: [x, y=, "z=1=2"]
""",
    "ports": """    ports:
      - 22:22
      - 8080
      - "9000-9002:9000-9002/udp"
      - "127.0.0.1:5000:80"
      - "[::1]:5001:80"
      - "0.0.0.0::83"
      - "53:53/UDP"
  b:
    image: busybox
    ports:
      - "3000-3003:80"
      - 80/tcp
      - {target: 80, published: 91, protocol: UDP, mode: host}
      - {target: 81}
      - {target: 1, published: 80, mode: host}
      - "80:90"
      - "70-71:6-7/sctp"
""",
    "all": r"""    entrypoint: sh -c "echo 'a b' \\x" 'd "e' f\ g h#i # j
    command: ["echo", "a b"]
    hostname: h
    user: "1:2"
    working_dir: /w
    tty: true
    stdin_open: true
    read_only: true
    init: false
    isolation: default
    stop_signal: SIGINT
    stop_grace_period: 1m30.5s
    dns: 1.1.1.1
    dns_search: [a.b, c.d]
    extra_hosts: {zz: 1.1.1.1, aa: "::1", mm: }
    cap_add: [net_admin, CAP_SYS_TIME, RESET]
    cap_drop: [chown, SYS_TIME, ALL]
    sysctls: {net.core.somaxconn: 1024, a: "b", c: }
    ulimits: {nproc: 65535, nofile: {soft: 20000, hard: 40000}, core: 0, stack: -1}
    logging: {driver: json-file, options: {max-size: 10m, max-file: 3, z: ~}}
    credential_spec: {file: a.json}
    networks: {default: {aliases: [b, a]}, net1: , host1: }
    healthcheck: {test: curl x, interval: 1m, timeout: 10s, retries: 3, start_period: 40s}
    x-own: 1
    deploy:
      mode: replicated
      replicas: 0
      labels: {x: 1, z: 1.50, com.docker.stack.namespace: other}
      endpoint_mode: VIP
      update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 60s, max_failure_ratio: 0.3,
        order: start-first}
      rollback_config: {parallelism: 0, delay: 1ms, failure_action: pause, monitor: 0s, max_failure_ratio: 1}
      resources:
        limits: {cpus: '0.5', memory: 50M}
        reservations: {cpus: '1/4', memory: 20m,
          generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}, {}]}
      restart_policy: {condition: on-failure, delay: 5s, max_attempts: 0, window: 0s}
      placement: {constraints: ["node.role==manager"], preferences: [{spread: node.labels.zone}],
        max_replicas_per_node: 1}
    volumes:
      - /var/lib/x
      - vol:/a:ro
      - vol2:/b:nocopy
      - /tmp:/c:ro,rshared
      - ./rel/../rel:/d
      - ~/home:/e
      - {type: bind, source: /x, target: /f, bind: {propagation: rslave, create_host_path: true}, consistency: cached}
      - {type: tmpfs, target: /g, tmpfs: {size: 1000}}
      - {type: volume, source: vol3, target: /h, read_only: true, volume: {nocopy: true}}
      - {type: volume, target: /i}
      - {type: tmpfs, target: /j}
      - {type: volume, source: ext, target: /k}
      - {type: bind, source: rel2, target: /l}
      - old:/m
    secrets: [own, {source: out, target: /x/y, uid: "103", gid: "104", mode: 0440}, old, driven]
    configs: [tmpl, {source: cfg, mode: 0}]
networks:
  host1: {external: true, name: host}
  unused: {external: true}
  net1:
    driver: overlay
    driver_opts: {encrypted: "", mtu: 1400}
    attachable: true
    internal: true
    ipam: {driver: default, config: [{subnet: 10.9.0.0/24}]}
    labels: [q=1]
volumes:
  vol:
  vol2: {driver: local, driver_opts: {type: nfs, o: 1}, labels: {a: b}}
  vol3: {name: custom, driver_opts: {}}
  ext: {external: true}
  old: {external: {name: older}}
  unused: {}
secrets:
  own: {file: ./content.txt, labels: {a: b}}
  out: {external: true, name: seen}
  old: {external: {name: known}}
  driven: {driver: d, driver_opts: {a: 1}, template_driver: golang, name: zz}
configs:
  tmpl: {file: content.txt, template_driver: golang, labels: [a=b]}
  cfg: {external: true}
  unused: {file: content.txt, name: u}
x-own: &own {a: [1]}
""",
    "several": """    networks: []
    deploy:
    restart: on-failure:3
    dns: []
    cap_add: [ALL, SYS_TIME]
  b: {image: busybox, networks: {}, restart: always, healthcheck: {disable: true}, logging: {}}
  c: {image: busybox, restart: unless-stopped, deploy: {restart_policy: {condition: none}}, healthcheck: {}}
  d: {image: busybox, restart: "no", deploy: {mode: global, update_config: {}, resources: {limits: {}}}, command: ""}
  e: {image: busybox, deploy: {endpoint_mode: dnsrr, restart_policy: {}, placement: {preferences: [{}]}},
    credential_spec: {config: cfg}, networks: [default], command: [], entrypoint: [""]}
  f: {image: busybox, healthcheck: {test: [NONE], retries: 2.0, interval: 1.5h}, stop_grace_period: "0",
    deploy: {replicas: 2.0, resources: {limits: {memory: 1.5gb, cpus: "1e-1"}, reservations: {memory: 1 KiB}}}}
  g: {image: busybox, build: ., links: [b], container_name: x, expose: [80], depends_on: [b], privileged: true,
    tmpfs: [/a], domainname: x, devices: [a], security_opt: [a], shm_size: 1g, pid: host, network_mode: host,
    networks: {default: {ipv4_address: 10.0.0.5}}, command: "a 'b c' # d"}
configs: {cfg: {external: true}}
networks: {default: {external: true, name: elsewhere}}
""",
    "extensions": """    labels: &labels {k1: "1", k2: "2"}
    deploy: {labels: {<<: *labels, k1: own}}
  b:
    <<: *defaults
    labels: {<<: [*labels, {k1: no, k3: "3"}]}
""".replace("k1: no", 'k1: "no"').replace("  b:\n    <<: *defaults", "  b:\n    <<: {image: busybox, tty: true}"),
}

MERGED = {
    "values": (
        '    hostname: h\n    tty: true\n    init: true\n    user: "1"\n    stop_grace_period: 10s\n',
        '    hostname: ""\n    tty: false\n    init: false\n    user: "2"\n'
        "    stop_grace_period: 0s\n"
        "    image: busybox\n",
    ),
    "lists": (
        '    dns: [1.1.1.1]\n    cap_add: [NET_ADMIN]\n    extra_hosts: ["a:1.1.1.1"]\n    sysctls: {a: 1}\n'
        "    deploy: {placement: {constraints: [a==b], preferences: [{spread: node.labels.x}]}}\n",
        '    dns: 2.2.2.2\n    cap_add: [NET_ADMIN, SYS_TIME]\n    extra_hosts: ["b:1.1.1.2"]\n'
        "    sysctls: [a=2, b=3]\n"
        "    deploy: {placement: {constraints: [c==d], preferences: [{spread: node.labels.w}]}}\n",
    ),
    "names": (
        '    environment: {A: x, B2: z, C: z, D: , E2: }\n    labels: {A: x, B: z}\n    deploy: {labels: {L: "1"}}\n',
        '    environment: {A: "", B2: , C: c, D: d, F: f, G: ""}\n    labels: {A: "", C: z}\n'
        '    deploy: {labels: {L: "2", M: "3"}}\n',
    ),
    "empty variables": (
        '    environment: {A: "", B: , C: x, D: x, E: "", F: }\n',
        '    environment: {A: , B: "", C: , D: "", E: "", F: , G: , H: ""}\n',
    ),
    "ports": (
        '    ports: ["80", "81", "5000:80", "9:9", "8:8"]\n',
        '    ports: ["82", {target: 80, published: 5000, mode: host}, "7:7"]\n',
    ),
    "ports of the first": ('    ports: ["80", "81", "9:9", "8:8"]\n', "    tty: true\n"),
    "ports of the second": ("    tty: true\n", '    ports: ["80", "81", "9:9", "8:8"]\n'),
    "networks": (
        "    networks: {n1: {aliases: [a1]}, p: , q: {aliases: [q1]}, s: {aliases: [s1]}}\n"
        "networks: {n1: {driver: foo, labels: {a: b}, internal: true, driver_opts: {a: b}}, p: {}, q: {},\n"
        "  s: {name: zz}}\n",
        "    networks: {n1: {aliases: [a2]}, p: {aliases: [p1]}, q: , r: {aliases: [r1]}, s: {}}\n"
        "networks: {n1: {attachable: true, labels: {c: d}}, r: {}, p: {external: true}, s: }\n",
    ),
    "limits": (
        "    ulimits: {nofile: 10, nproc: {soft: 1, hard: 2}, core: {soft: 1, hard: 2}}\n"
        "    healthcheck: {test: [CMD, a], interval: 10s, retries: 3, timeout: 1s}\n"
        '    deploy: {resources: {limits: {cpus: "1", memory: 10M}, reservations: {generic_resources: [{}]}}}\n',
        "    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 7, rss: 8}\n"
        "    healthcheck: {test: b, interval: 20s}\n"
        "    deploy: {resources: {limits: {memory: 20M}, reservations: {memory: 5M, generic_resources: [{}]}},\n"
        "      update_config: {delay: 1s}, endpoint_mode: dnsrr}\n",
    ),
    "logging": ('    logging: {driver: a, options: {x: "1"}}\n', '    logging: {options: {z: "1", x: "2"}}\n'),
    "logging elsewhere": ('    logging: {driver: a, options: {x: "1"}}\n', "    logging: {driver: b}\n"),
    "logging lost": ("    logging: {driver: a}\n", '    logging: {driver: a, options: {z: "1"}}\n'),
    "logging driver": ('    logging: {options: {x: "1"}}\n', '    logging: {driver: a, options: {x: ""}}\n'),
    "contents": (
        "    secrets: [s, {source: t, target: tt, mode: 0400}, s2]\n    configs: [c1]\n    env_file: one.env\n"
        "secrets: {s: {external: true, name: seen}, t: {external: true, name: known}, s2: {file: content.txt}}\n"
        "configs: {c1: {file: one.env, labels: {a: b}}}\n",
        '    secrets: [{source: t, uid: "1"}]\n    env_file: two.env\nconfigs: {c1: {file: two.env, labels: {c: d}}}\n',
    ),
    "new": ("    tty: true\n", "    user: root\n  b: {image: busybox}\n"),
}
ONE_SINCE_28 = {
    "subpath": """    volumes:
      - {type: volume, source: vol, target: /a, volume: {subpath: d/e, nocopy: true}}
      - {type: volume, source: ext, target: /b, volume: {subpath: d}}
      - {type: volume, source: vol, target: /c, volume: {subpath: ""}}
      - {type: volume, target: /d, volume: {subpath: d}}
volumes: {vol: , ext: {external: true}}
""",
}
SINCE_28 = {
    "command": ("    command: echo a b\n    entrypoint: [x]\n", "    command: [c]\n    entrypoint: []\n"),
    "zero": (
        "    healthcheck: {retries: 3}\n    deploy: {replicas: 2, update_config: {parallelism: 2, delay: 5s},\n"
        "      restart_policy: {condition: any, max_attempts: 3, delay: 1s}}\n",
        "    healthcheck: {retries: 0}\n    deploy: {replicas: 0, update_config: {parallelism: 0, delay: 0s},\n"
        "      restart_policy: {max_attempts: 0, window: 2s}}\n",
    ),
    "mounts": (
        '    volumes: ["vol:/a:ro", /z, /b]\nvolumes: {vol: {driver: foo, labels: {x: z}}, wol: }\n',
        '    volumes: ["wol:/a", "/c:/c"]\nvolumes: {vol: {driver_opts: {a: c}}}\n',
    ),
    "driver options on a network": (
        "    networks: {n1: {driver_opts: {a: b}}, n2: {aliases: [x]}, n3: {}, n4: , n5: {driver_opts: {}},\n"
        "      n6: {aliases: [x], driver_opts: {a: b}}, n7: {aliases: [x], driver_opts: {a: b}},\n"
        "      n8: {aliases: [x], driver_opts: {a: b}}}\n"
        "networks: {n1: , n2: , n3: , n4: , n5: , n6: , n7: , n8: }\n",
        "    networks: {n1: {aliases: [x]}, n2: {driver_opts: {a: b}}, n3: {driver_opts: {a: b}},\n"
        "      n4: {driver_opts: {a: b}}, n5: {driver_opts: {a: b}}, n6: {aliases: [z], driver_opts: {a: c, d: e}},\n"
        "      n7: , n8: {aliases: []}}\n",
    ),
    "subpath": (
        "    volumes: [{type: volume, source: vol, target: /a, volume: {subpath: d}},\n"
        "      {type: volume, source: vol, target: /b, volume: {subpath: d}}]\nvolumes: {vol: }\n",
        "    volumes: [{type: volume, source: vol, target: /a, volume: {nocopy: true}}]\n",
    ),
}


@pytest.fixture(params=CLIS or [None], ids=lambda cli: cli or "none")
def cli(request: pytest.FixtureRequest) -> str:
    if request.param is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no docker CLI on this machine")
    return str(request.param)


def compare(
    cli: str, place: Path, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, version: str = "3.8"
) -> None:
    for name, content in FILES.items():
        (place / name).write_bytes(content.encode())
    files = [place / f"stack{index}.yml" for index in range(len(texts))]
    for index, (file, text) in enumerate(zip(files, texts, strict=True)):
        file.write_text((SERVICE if index else HEAD).replace("3.8", version) + text, "utf-8")
    theirs, said = deploy(cli, files, place, external=EXTERNAL, variables=VARIABLES)
    assert said == ""
    for name in os.environ:
        monkeypatch.delenv(name)
    assert requests(files) == {key: alike(key[0], body) for key, body in theirs.items()}


def requests(files: list[Path]) -> dict[tuple[str, str], Json]:
    stack = read_stack(files, variables=VARIABLES)
    ids: defaultdict[str, str] = defaultdict(str)
    ids.update({name: f"id-{name}" for name in (*specs.secret_names(stack, "app"), *specs.config_names(stack, "app"))})
    return {
        **{("networks", name): spec for name, spec in specs.network_specs(stack, "app").items()},
        **{("secrets", name): spec for name, spec in specs.secret_specs(stack, "app").items()},
        **{("configs", name): spec for name, spec in specs.config_specs(stack, "app").items()},
        **{
            ("services", spec["Name"]): spec
            for spec in (specs.service_spec(stack, name, "app", secrets=ids, configs=ids) for name in stack.services)
        },
    }


def alike(kind: str, body: Json) -> Json:
    """What the CLI asks, without what says nothing: later fields of the API, nulls, the tag that it adds."""
    if kind != "services":
        lean = {
            key: value for key, value in body.items() if value not in (None, False, "", {}) and key != "CheckDuplicate"
        }
        if "IPAM" in lean:
            lean["IPAM"] = {key: value for key, value in lean["IPAM"].items() if value}
        return lean
    assert body["TaskTemplate"].pop("ForceUpdate") == 0
    container = body["TaskTemplate"]["ContainerSpec"]
    container["Privileges"].pop("NoNewPrivileges", None)
    written = body["Labels"][specs.IMAGE_LABEL]
    assert container["Image"] in (written, f"{written}:latest")
    container["Image"] = written
    return body


@pytest.mark.parametrize("case", EQUAL)
def test_one_file(cli: str, case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if case == "scalars" and major(cli) > 20:
        pytest.skip("later versions write dates in the manner of Go")
    compare(cli, place, (EQUAL[case],), monkeypatch)


@pytest.mark.parametrize("case", ONE_SINCE_28)
def test_one_file_as_in_later_versions(cli: str, case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if major(cli) < 28:
        pytest.skip("this version passes over it")
    compare(cli, place, (ONE_SINCE_28[case],), monkeypatch)


def test_a_file_without_version(cli: str, place: Path) -> None:
    file = place / "stack.yml"
    file.write_text(HEAD.partition("\n")[2] + "    init: true\n", "utf-8")
    theirs, said = deploy(cli, [file], place, variables={})
    assert requests([file])["services", "app_a"]["TaskTemplate"]["ContainerSpec"]["Init"] is True
    if major(cli) < 23:
        assert "unsupported Compose file version: 1.0" in said
    else:
        assert requests([file]) == {key: alike(key[0], body) for key, body in theirs.items()}


@pytest.mark.parametrize("case", MERGED)
def test_several_files(cli: str, case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(cli, place, MERGED[case], monkeypatch)


@pytest.mark.parametrize("case", SINCE_28)
def test_several_files_as_in_later_versions(cli: str, case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if major(cli) < 28:
        pytest.skip("a fault of this version: see merging.py")
    compare(cli, place, SINCE_28[case], monkeypatch, "3.13")


@pytest.mark.parametrize("names", [["docker-stack.yml"], ["docker-stack.yml", "docker-stack-sans-ipvs.yml"]])
def test_the_voting_application(cli: str, names: list[str], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [NOTEBOOKS / name for name in names]
    theirs, said = deploy(cli, files, place, variables={})
    for name in ("REDIS_IMAGE", "DB_IMAGE", "VOTE_IMAGE", "RESULT_IMAGE", "WORKER_IMAGE", "VISUALIZER_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    assert said == ""
    assert requests(files) == {key: alike(key[0], body) for key, body in theirs.items()}


BOTH_REFUSE = {
    "version 2": 'version: "2"\nservices: {a: {image: alpine}}\n',
    "version 3.99": 'version: "3.99"\nservices: {a: {image: alpine}}\n',
    "version that is a number": "version: 3.8\nservices: {a: {image: alpine}}\n",
    "not YAML": 'version: "3.8"\nservices: [\n',
    "a list": "- a\n",
    "unknown key": HEAD + "    imagee: x\n",
    "unknown section": HEAD + "servicess: {}\n",
    "forbidden key": HEAD + "    mem_limit: 1g\n",
    "nothing": HEAD + "volumes:\n",
    "no keys": 'version: "3.8"\nservices: {a: }\n',
    "number for a text": HEAD + "    hostname: 3\n",
    "text for a number": HEAD + '    deploy: {replicas: "2"}\n',
    "text for a boolean": HEAD + '    init: "true"\n',
    "keys for a list": HEAD + "    depends_on: {b: {}}\n",
    "boolean in variables": HEAD + "    environment: {A: true}\n",
    "key that is a number": HEAD + "    environment: {1: x}\n",
    "twice in a list": HEAD + '    ports: ["80:80", "80:80"]\n',
    "name of a service": HEAD.replace("  a:", '  "a b":'),
    "key of a later version": HEAD.replace("3.8", "3.0") + "    init: true\n",
    "lone dollar": HEAD + '    hostname: "$"\n',
    "required variable": HEAD + "    hostname: ${UNSET:?il le faut}\n",
    "variable for a number": HEAD + '    deploy: {replicas: "${V}"}\n',
    "duration without unit": HEAD + '    stop_grace_period: "10"\n',
    "size": HEAD + '    deploy: {resources: {limits: {memory: "1x"}}}\n',
    "CPUs": HEAD + '    deploy: {resources: {limits: {cpus: "abc"}}}\n',
    "ranges": HEAD + '    ports: ["3000-3002:80-81"]\n',
    "protocol": HEAD + '    ports: ["80:80/foo"]\n',
    "port": HEAD + '    ports: ["70000:80"]\n',
    "quote": HEAD + "    command: 'a \"b'\n",
    "colons": HEAD + '    volumes: ["vol:/a:ro:z"]\nvolumes: {vol: }\n',
    "mount": HEAD + "    volumes: [{target: /a}]\n",
    "options of a mount": HEAD + '    volumes: ["/x:/y:nocopy"]\n',
    "undefined volume": HEAD + '    volumes: ["vol:/y"]\n',
    "undefined network": HEAD + "    networks: [foo]\n",
    "undefined secret": HEAD + "    secrets: [foo]\n",
    "undefined config": HEAD + "    configs: [foo]\n",
    "secret without file": HEAD + "    secrets: [foo]\nsecrets: {foo: {}}\n",
    "file that is not there": HEAD + "    secrets: [foo]\nsecrets: {foo: {file: nowhere}}\n",
    "variables that are not there": HEAD + "    env_file: nowhere\n",
    "external volume with a driver": HEAD + "volumes: {vol: {external: true, driver: x}}\n",
    "external name twice": HEAD + "volumes: {vol: {external: {name: zz}, name: xx}}\n",
    "replicas of a global service": HEAD + "    deploy: {mode: global, replicas: 2}\n",
    "mode": HEAD + "    deploy: {mode: everywhere}\n",
    "order": HEAD + "    deploy: {update_config: {order: Start-First}}\n",
    "restart": HEAD + "    restart: sometimes\n",
    "disabled test": HEAD + "    healthcheck: {disable: true, test: a}\n",
    "two credentials": HEAD + "    credential_spec: {file: a, registry: b}\n",
}


@pytest.mark.parametrize("case", BOTH_REFUSE)
def test_what_the_cli_refuses_we_refuse(case: str, place: Path) -> None:
    file = place / "stack.yml"
    file.write_text(BOTH_REFUSE[case], "utf-8")
    for cli in CLIS:
        assert deploy(cli, [file], place, variables=VARIABLES)[1] != "", "the CLI takes it"
    with pytest.raises(StackFileError):
        read_stack(file, variables=VARIABLES)
