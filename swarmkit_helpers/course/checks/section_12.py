"""Section 12: a service of five tasks on an overlay network, with one published port."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from .observations import all_answered, get_all, running_tasks, trouble
from .question import Context, Verdict, define, failed, judge

__all__ = ["NETWORK", "PORT", "REPLICAS", "SERVICE"]

SERVICE = "my-nginx"
NETWORK = "nginx-net"
REPLICAS = 5
PORT = 80


@define(
    "12.1",
    "Le service my-nginx est défini comme demandé",
    hint="docker service inspect --pretty my-nginx ; pour le refaire : docker service rm my-nginx, puis service create",
)
def defined(context: Context) -> Verdict:
    """Image, replicas, network and port, as the command asked for them; nothing else published."""
    service = context.service(SERVICE)
    ports = [(port.published, port.target, port.protocol, port.mode) for port in service.ports]
    listed = ", ".join(f"{published}->{target}/{protocol} ({mode})" for published, target, protocol, mode in ports)
    seen = (
        f"image {service.image}, {service.mode}, {service.desired} répliques voulues, "
        f"réseaux {', '.join(service.networks) or 'aucun'}, ports {listed or 'aucun'}, accès {service.endpoint_mode}"
    )
    wrong = []
    if service.image.removesuffix(":latest") != "nginx":
        wrong.append("l'image attendue est nginx")
    if service.mode != "replicated" or service.desired != REPLICAS:
        wrong.append(f"{REPLICAS} répliques sont attendues : docker service scale {SERVICE}={REPLICAS}")
    if service.networks != (NETWORK,):
        wrong.append(f"le seul réseau attendu est {NETWORK}")
    if ports != [(PORT, PORT, "tcp", "ingress")]:
        wrong.append(f"un seul port attendu : {PORT}->{PORT}/tcp, publié par ingress")
    if service.endpoint_mode != "vip":
        wrong.append("l'accès attendu est vip")
    return judge(not wrong, seen, " ; ".join(wrong))


@define(
    "12.2",
    "Les cinq tâches tournent, et chacune a bien son conteneur sur son nœud",
    hint="docker service ps --no-trunc my-nginx : l'état et l'erreur de chaque tâche",
)
def converged(context: Context) -> Verdict:
    """5/5 as the manager counts, and as each node's own list of containers confirms."""
    tasks = running_tasks(context, SERVICE)
    alive = {(c.id, c.node) for c in context.topology.containers if c.state == "running"}
    ghosts = [task.name for task in tasks if (task.container, task.node) not in alive]
    slots = sorted(task.slot or 0 for task in tasks)
    service = context.service(SERVICE)
    seen = f"{len(tasks)}/{service.desired} tâches en marche : {', '.join(f'{t.name} sur {t.node}' for t in tasks)}"
    if ghosts:
        return failed(seen, f"le conteneur de {', '.join(ghosts)} ne tourne plus sur son nœud")
    missing = [f"{SERVICE}.{slot}" for slot in range(1, REPLICAS + 1) if slot not in slots]
    cause = trouble(context, SERVICE) or f"absentes : {', '.join(missing) or 'aucune'}"
    return judge(slots == list(range(1, REPLICAS + 1)), seen, cause)


@define(
    "12.3",
    "Les tâches sont réparties sur les trois nœuds, à une près",
    hint="docker service ps my-nginx, colonne NODE ; docker node ls dit quel nœud ne reçoit rien, et pourquoi",
)
def spread(context: Context) -> Verdict:
    """The scheduler spreads replicas: no node has two more than another."""
    tasks = running_tasks(context, SERVICE)
    loads = {name: sum(task.node == name for task in tasks) for name in context.lab.nodes}
    seen = ", ".join(f"{name} : {load}" for name, load in loads.items())
    unfit = [n.name for n in context.topology.nodes if n.availability != "active" or n.state != "ready"]
    cause = f"hors service ou indisponible : {', '.join(unfit)}" if unfit else "une contrainte de placement, ou un nœud"
    even = min(loads.values()) > 0 and max(loads.values()) - min(loads.values()) <= 1
    return judge(even, seen, cause if unfit else f"{cause} revenu après la création du service")


@define(
    "12.4",
    "nginx-net est apparu sur chaque nœud, qui n'y liste que ses propres tâches",
    hint="docker network inspect nginx-net, sur chaque nœud : partie Containers",
)
def carried_everywhere(context: Context) -> Verdict:
    """Each task has an address of its own in the subnet, and only its node's network inspect shows it."""
    network = context.network(NETWORK)
    tasks = running_tasks(context, SERVICE)
    carrying = {e.node for e in context.topology.containers_of(NETWORK)}
    absent = [name for name in context.lab.nodes if name not in carrying]
    if absent:
        idle = [name for name in absent if not any(task.node == name for task in tasks)]
        why = f"aucune tâche sur {', '.join(idle)}" if idle else "ses tâches ne sont pas sur ce réseau"
        return failed(f"{NETWORK} ne porte rien sur {', '.join(absent)}", why)
    wanted = {(task.node, task.name, task.addresses.get(NETWORK)) for task in tasks}
    held = {(e.node, e.name, e.address) for e in context.topology.containers_of(NETWORK)}
    seen = ", ".join(f"{name} {address} ({node})" for node, name, address in sorted(held, key=str)) or "aucun conteneur"
    apart = sorted({str(name) for _, name, _ in wanted ^ held})
    if apart or not held:
        return failed(seen, f"écart entre les tâches et les conteneurs du réseau : {', '.join(apart) or 'tout manque'}")
    addresses = [address for _, _, address in held]
    inside = all(address and ip_address(address) in ip_network(network.subnet or "") for address in addresses)
    return judge(inside and len(set(addresses)) == len(addresses), seen, f"attendu : des adresses de {network.subnet}")


@define(
    "12.5",
    "UpdateConfig et RestartPolicy ont les valeurs du support",
    hint="docker service inspect my-nginx, parties UpdateConfig et RestartPolicy",
)
def policies(context: Context) -> Verdict:
    """One task at a time, watched 5 s, the old one stopped first, pause on failure; restarted always, after 5 s."""
    service = context.service(SERVICE)
    update = service.update
    restart = f"RestartPolicy : {service.restart_condition}, {service.restart_delay_s:g} s"
    if update is None:
        return failed(f"UpdateConfig absent ; {restart}", "le service n'a pas été créé par docker service create")
    seen = (
        f"UpdateConfig : parallelism {update.parallelism}, {update.failure_action}, monitor {update.monitor_s:g} s, "
        f"{update.order} ; {restart}"
    )
    expected = (1, "pause", 5.0, "stop-first")
    right = (update.parallelism, update.failure_action, update.monitor_s, update.order) == expected
    again = (service.restart_condition, service.restart_delay_s) == ("any", 5.0)
    cause = "une option --update-… a changé UpdateConfig" if not right else "une option --restart-… a changé le reste"
    return judge(right and again, seen, cause)


@define(
    "12.6",
    "Le service a une VIP sur ingress et une sur nginx-net",
    hint="docker service inspect my-nginx, partie Endpoint.VirtualIPs ; sans port publié, il n'y en a pas sur ingress",
)
def virtual_addresses(context: Context) -> Verdict:
    """One per network, in its subnet, held by no task."""
    service = context.service(SERVICE)
    ingress = next((network.name for network in context.topology.networks if network.ingress), "ingress")
    vips = [vip for vip in context.topology.vips if vip.service == SERVICE]
    seen = ", ".join(f"{vip.address}/{vip.prefix} sur {vip.network}" for vip in vips) or "aucune VIP"
    if sorted(vip.network for vip in vips) != sorted((ingress, NETWORK)):
        cause = (
            "aucun port n'est publié" if not service.ports else f"réseaux : {', '.join(service.networks) or 'aucun'}"
        )
        return failed(seen, f"une VIP est attendue sur {ingress} et une sur {NETWORK} ; {cause}")
    taken = {address for task in running_tasks(context, SERVICE) for address in task.addresses.values()}
    astray = [
        vip.network
        for vip in vips
        if vip.address in taken or ip_address(vip.address) not in ip_network(context.network(vip.network).subnet or "")
    ]
    return judge(not astray, seen, f"VIP hors de son sous-réseau, ou tenue par une tâche : {', '.join(astray)}")


@define(
    "12.7",
    "Chaque tâche répond aux autres conteneurs sur sa propre adresse, d'un nœud à l'autre",
    hint="docker container exec, dans une tâche : wget -q -O - http:// et l'adresse d'une autre tâche sur nginx-net",
)
def reached_from_inside(context: Context) -> Verdict:
    """A request to each of the tasks, from one of them: through the overlay, without any published port."""
    tasks = running_tasks(context, SERVICE)
    addresses = [address for task in tasks if (address := task.addresses.get(NETWORK))]
    if len(addresses) < REPLICAS:
        return failed(f"tâches avec une adresse sur {NETWORK} : {len(addresses)}", trouble(context, SERVICE))
    source = tasks[0].name
    results = get_all(context.lab, [(source, f"http://{address}:{PORT}/") for address in addresses])
    return all_answered(results, f"depuis {source}, {len(addresses)} tâches ont répondu : {', '.join(addresses)}")


@define(
    "12.8",
    "Hors du réseau, l'adresse d'une tâche est inaccessible, sur les trois nœuds",
    hint="depuis un nœud : wget -q -O - http:// et l'adresse d'une tâche sur nginx-net ; rien ne doit répondre",
)
def closed_outside(context: Context) -> Verdict:
    """The same address answers from inside at that moment: the silence outside is the network's doing."""
    tasks = running_tasks(context, SERVICE)
    underlay = {node.address for node in context.lab.nodes.values()}
    targets = [a for task in tasks[1:] if (a := task.addresses.get(NETWORK)) and a not in underlay]
    if not targets:
        return failed(f"aucune tâche avec une adresse sur {NETWORK}", trouble(context, SERVICE))
    url = f"http://{targets[0]}:{PORT}/"
    control, *outside = get_all(context.lab, [(tasks[0].name, url), *((name, url) for name in context.lab.nodes)])
    if control.outcome != "passed":
        return Verdict(
            "not_run", f"{control.reason} (depuis {control.source}) : le silence ailleurs ne prouverait rien"
        )
    for result in outside:
        if result.outcome == "not_run":
            return Verdict("not_run", result.reason)
    open_to = [result.source for result in outside if result.outcome == "passed" or result.status]
    return judge(
        not open_to,
        f"{targets[0]} répond à {control.source}, et à {', '.join(open_to) or 'aucun nœud'}",
        f"{', '.join(open_to)} a une route vers {NETWORK}",
    )


@define(
    "12.9",
    "Le port publié répond sur les trois nœuds (routing mesh)",
    hint="depuis une autre machine : wget -q -O - http:// et l'adresse du nœud ; docker service ls, colonne PORTS",
)
def published_everywhere(context: Context) -> Verdict:
    """Asked from another node each time, so that the request comes from outside the one that answers."""
    context.needs("ipvs")
    if not running_tasks(context, SERVICE):
        return failed("aucune tâche en marche", trouble(context, SERVICE))
    nodes = list(context.lab.nodes.values())
    asked = [(nodes[n - 1].name, f"http://{node.address}:{PORT}/") for n, node in enumerate(nodes)]
    results = get_all(context.lab, asked)
    return all_answered(results, f"ont répondu : {', '.join(node.address for node in nodes)}, port {PORT}")


@define(
    "12.10",
    "La VIP du service répond depuis nginx-net",
    hint="docker container exec, dans une tâche : wget -q -O - http://my-nginx ; docker service inspect donne la VIP",
)
def virtual_address_answers(context: Context) -> Verdict:
    """IPVS takes the request to one of the tasks."""
    context.needs("ipvs")
    tasks = running_tasks(context, SERVICE)
    vip = next((v.address for v in context.topology.vips if (v.service, v.network) == (SERVICE, NETWORK)), None)
    if vip is None or not tasks:
        return failed(f"VIP : {vip or 'aucune'} ; tâches en marche : {len(tasks)}", trouble(context, SERVICE))
    results = get_all(context.lab, [(task.name, f"http://{vip}:{PORT}/") for task in tasks])
    return all_answered(results, f"{vip} a répondu aux {len(tasks)} tâches")
