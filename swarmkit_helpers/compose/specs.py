"""A stack file as what the Engine API takes: the specs of its networks, secrets, configs and services.

Field by field what ``docker stack deploy`` sends (Engine API 1.41; docker CLI, cli/compose/convert). Pure: the caller
gives the ids.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from .file import StackFile
from .model import Config, Deploy, FileReference, Healthcheck, Port, Rollout, Secret, Service, ServiceVolume
from .short import capabilities

__all__ = [
    "IMAGE_LABEL",
    "NAMESPACE_LABEL",
    "config_names",
    "config_specs",
    "external_configs",
    "external_networks",
    "external_secrets",
    "image_names",
    "network_specs",
    "published_ports",
    "scoped",
    "secret_names",
    "secret_specs",
    "service_spec",
    "volume_names",
]

NAMESPACE_LABEL = "com.docker.stack.namespace"
"""Label of all that belongs to a stack: the stack's name."""
IMAGE_LABEL = "com.docker.stack.image"
"""Label of a service: its image as the file names it."""

PREDEFINED = ("bridge", "host", "none", "default", "nat")
"""Networks of an engine itself, on which there are no aliases."""

Json = dict[str, Any]
NO_IDS: Mapping[str, str] = MappingProxyType({})


def scoped(namespace: str, name: str) -> str:
    """Name, in the engine, of a thing of the stack: ``app_vote``."""
    return f"{namespace}_{name}"


def network_specs(stack: StackFile, namespace: str) -> dict[str, Json]:
    """Networks to create: name in the engine -> body of ``POST /networks/create``.

    Those that a service uses and that are not external; ``default`` is there when a service names no network.
    """
    specs = {}
    for name in _used_networks(stack):
        network = stack.networks.get(name)
        if network is None:
            specs[scoped(namespace, name)] = {"Driver": "overlay", "Labels": {NAMESPACE_LABEL: namespace}}
        elif not network.external:
            ipam = {
                "Driver": network.ipam.driver,
                "Config": [_lean({"Subnet": pool.subnet}) for pool in network.ipam.config],
            }
            specs[network.name or scoped(namespace, name)] = _lean(
                {
                    "Driver": network.driver or "overlay",
                    "Labels": network.labels | {NAMESPACE_LABEL: namespace},
                    "Options": network.driver_opts,
                    "IPAM": _lean(ipam),
                    "Internal": network.internal,
                    "Attachable": network.attachable,
                }
            )
    return {name: {"Name": name, **spec} for name, spec in specs.items()}


def external_networks(stack: StackFile) -> tuple[str, ...]:
    """Names, in the engine, of the external networks that a service uses."""
    used = (stack.networks.get(name) for name in _used_networks(stack))
    return tuple(dict.fromkeys(network.name for network in used if network is not None and network.external))


def _used_networks(stack: StackFile) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for service in stack.services.values() for name in service.networks))


def secret_specs(stack: StackFile, namespace: str) -> dict[str, Json]:
    """Secrets to create: name in the engine -> body of ``POST /secrets/create``, with the data in base64."""
    specs = {}
    for key, secret in stack.secrets.items():
        if not secret.external:
            spec = _stored(key, secret, namespace)
            if secret.driver:
                spec["Driver"] = _lean({"Name": secret.driver, "Options": secret.driver_opts})
            specs[spec["Name"]] = spec
    return specs


def config_specs(stack: StackFile, namespace: str) -> dict[str, Json]:
    """Configs to create: name in the engine -> body of ``POST /configs/create``, with the data in base64."""
    specs = (_stored(key, config, namespace) for key, config in stack.configs.items() if not config.external)
    return {spec["Name"]: spec for spec in specs}


def _stored(key: str, stored: Secret | Config, namespace: str) -> Json:
    spec: Json = {
        "Name": stored.name or scoped(namespace, key),
        "Labels": stored.labels | {NAMESPACE_LABEL: namespace},
        "Data": base64.b64encode(stored.content).decode("ascii"),
    }
    if stored.template_driver:
        spec["Templating"] = {"Name": stored.template_driver}
    return _lean(spec)


def external_secrets(stack: StackFile) -> tuple[str, ...]:
    """Names, in the engine, of the external secrets that a service uses."""
    return _external(stack.secrets, (service.secrets for service in stack.services.values()))


def external_configs(stack: StackFile) -> tuple[str, ...]:
    """Names, in the engine, of the external configs that a service uses."""
    return _external(stack.configs, map(_configs_of, stack.services.values()))


def _external(
    stored: Mapping[str, Secret] | Mapping[str, Config], uses: Iterable[tuple[FileReference, ...]]
) -> tuple[str, ...]:
    used = (stored[reference.source] for references in uses for reference in references)
    return tuple(dict.fromkeys(one.name for one in used if one.external))


def secret_names(stack: StackFile, namespace: str) -> tuple[str, ...]:
    """Names, in the engine, of all secrets that a service uses: `service_spec` needs their ids."""
    used = (reference.source for service in stack.services.values() for reference in service.secrets)
    return tuple(dict.fromkeys(stack.secrets[key].name or scoped(namespace, key) for key in used))


def config_names(stack: StackFile, namespace: str) -> tuple[str, ...]:
    """Names, in the engine, of all configs that a service uses: `service_spec` needs their ids."""
    used = (reference.source for service in stack.services.values() for reference in _configs_of(service))
    return tuple(dict.fromkeys(stack.configs[key].name or scoped(namespace, key) for key in used))


def _configs_of(service: Service) -> tuple[FileReference, ...]:
    config = service.credential_spec.config
    return (*service.configs, FileReference(source=config)) if config else service.configs


def volume_names(stack: StackFile, namespace: str) -> tuple[str, ...]:
    """Names, in the engine, of the stack's own volumes that a service uses, anonymous and external ones left out."""
    used = dict.fromkeys(
        mount.source
        for service in stack.services.values()
        for mount in service.volumes
        if mount.type == "volume" and mount.source
    )
    own = (key for key in used if not stack.volumes[key].external)
    return tuple(stack.volumes[key].name or scoped(namespace, key) for key in own)


def image_names(stack: StackFile) -> tuple[str, ...]:
    """The images of the services, as the file names them, each once."""
    return tuple(dict.fromkeys(service.image for service in stack.services.values()))


def published_ports(stack: StackFile) -> tuple[tuple[str, Port], ...]:
    """Service and port, for each port whose published number the file gives."""
    return tuple((name, port) for name, service in stack.services.items() for port in service.ports if port.published)


# --- a service ------------------------------------------------------------------------------------


def service_spec(
    stack: StackFile,
    service: str,
    namespace: str,
    *,
    networks: Mapping[str, str] = NO_IDS,
    secrets: Mapping[str, str] = NO_IDS,
    configs: Mapping[str, str] = NO_IDS,
) -> Json:
    """Body of ``POST /services/create``.

    Parameters
    ----------
    service
        Its name in the file.
    namespace
        The stack's name.
    networks
        Name of a network in the engine -> how the spec targets it; a name that is not there is sent as it is.
    secrets, configs
        Name in the engine -> id.

    Raises
    ------
    KeyError
        A service that the file does not have; a secret or a config without an id.
    """
    asked = stack.services[service]
    deploy = asked.deploy
    spec: Json = {
        "Name": scoped(namespace, service),
        "Labels": deploy.labels | {NAMESPACE_LABEL: namespace, IMAGE_LABEL: asked.image},
        "TaskTemplate": _task(stack, service, namespace, networks, secrets, configs),
        "Mode": _mode(deploy),
        "EndpointSpec": _lean({"Mode": deploy.endpoint_mode.lower(), "Ports": _ports(asked.ports)}),
    }
    if deploy.update_config:
        spec["UpdateConfig"] = _rollout(deploy.update_config)
    if deploy.rollback_config:
        spec["RollbackConfig"] = _rollout(deploy.rollback_config)
    return spec


def _task(
    stack: StackFile,
    name: str,
    namespace: str,
    networks: Mapping[str, str],
    secrets: Mapping[str, str],
    configs: Mapping[str, str],
) -> Json:
    service = stack.services[name]
    placement = service.deploy.placement
    task: Json = {
        "ContainerSpec": _container(stack, service, namespace, secrets, configs),
        "Resources": _resources(service.deploy),
        "Placement": _lean(
            {
                "Constraints": list(placement.constraints),
                "Preferences": [
                    {"Spread": {"SpreadDescriptor": preference.spread}} for preference in placement.preferences
                ],
                "MaxReplicas": placement.max_replicas_per_node,
            }
        ),
        "Networks": _attachments(stack, name, namespace, networks),
    }
    if service.logging:
        task["LogDriver"] = _lean({"Name": service.logging.driver, "Options": service.logging.options})
    policy = _restart_policy(service)
    if policy is not None:
        task["RestartPolicy"] = policy
    return task


def _container(
    stack: StackFile, service: Service, namespace: str, secrets: Mapping[str, str], configs: Mapping[str, str]
) -> Json:
    added, dropped = capabilities(service.cap_add, service.cap_drop)
    spec = _lean(
        {
            "Image": service.image,
            "Labels": service.labels | {NAMESPACE_LABEL: namespace},
            "Command": list(service.entrypoint),
            "Args": list(service.command),
            "Hostname": service.hostname,
            "Env": sorted(key if value is None else f"{key}={value}" for key, value in service.environment.items()),
            "Dir": service.working_dir,
            "User": service.user,
            "StopSignal": service.stop_signal,
            "TTY": service.tty,
            "OpenStdin": service.stdin_open,
            "ReadOnly": service.read_only,
            "Mounts": [_mount(mount, stack, namespace) for mount in service.volumes],
            "Hosts": [_host(entry) for entry in service.extra_hosts],
            "Isolation": service.isolation,
            "Sysctls": service.sysctls,
            "CapabilityAdd": added,
            "CapabilityDrop": dropped,
            "Ulimits": [
                {"Name": kind, "Hard": limit.hard, "Soft": limit.soft}
                for kind, limit in sorted(service.ulimits.items())
            ],
            "OomScoreAdj": service.oom_score_adj,
            "Secrets": _references(service.secrets, stack.secrets, "Secret", namespace, secrets),
            "Configs": _references(service.configs, stack.configs, "Config", namespace, configs),
        }
    )
    # What the engine takes even when it is empty or false.
    if {"dns", "dns_search"} & service.model_fields_set:
        spec["DNSConfig"] = _lean({"Nameservers": list(service.dns), "Search": list(service.dns_search)})
    if service.init is not None:
        spec["Init"] = service.init
    if service.stop_grace_period is not None:
        spec["StopGracePeriod"] = service.stop_grace_period
    if service.healthcheck is not None:
        spec["Healthcheck"] = _healthcheck(service.healthcheck)
    credentials = service.credential_spec
    if credentials.config:
        name = stack.configs[credentials.config].name or scoped(namespace, credentials.config)
        runtime = {"ConfigID": configs[name], "ConfigName": name, "Runtime": {}}
        spec["Configs"] = sorted([*spec.get("Configs", []), runtime], key=lambda one: str(one["ConfigName"]))
        credentials = credentials.model_copy(update={"config": configs[name]})
    given = {"Config": credentials.config, "File": credentials.file, "Registry": credentials.registry}
    spec["Privileges"] = {"CredentialSpec": given if any(given.values()) else None, "SELinuxContext": None}
    return spec


def _references(
    references: tuple[FileReference, ...],
    stored: Mapping[str, Secret] | Mapping[str, Config],
    kind: str,
    namespace: str,
    ids: Mapping[str, str],
) -> list[Json]:
    found = []
    for reference in references:
        name = stored[reference.source].name or scoped(namespace, reference.source)
        file = {
            "Name": reference.target or reference.source,
            "UID": reference.uid or "0",
            "GID": reference.gid or "0",
            "Mode": 0o444 if reference.mode is None else reference.mode,
        }
        found.append({"File": file, f"{kind}ID": ids[name], f"{kind}Name": name})
    return sorted(found, key=lambda one: str(one[f"{kind}Name"]))


def _healthcheck(check: Healthcheck) -> Json:
    if check.disable:
        return {"Test": ["NONE"]}
    return _lean(
        {
            "Test": list(check.test),
            "Interval": check.interval,
            "Timeout": check.timeout,
            "StartPeriod": check.start_period,
            "StartInterval": check.start_interval,
            "Retries": check.retries,
        }
    )


def _host(entry: str) -> str:
    # The swarm writes them as /etc/hosts has them: the address first.
    name, _, address = entry.partition(":")
    return f"{address} {name}"


def _mount(mount: ServiceVolume, stack: StackFile, namespace: str) -> Json:
    spec = _lean(
        {
            "Type": mount.type,
            "Source": mount.source,
            "Target": mount.target,
            "ReadOnly": mount.read_only,
            "Consistency": mount.consistency,
        }
    )
    if mount.type == "bind" and mount.bind:
        spec["BindOptions"] = _lean({"Propagation": mount.bind.propagation})
    if mount.type == "tmpfs" and mount.tmpfs:
        spec["TmpfsOptions"] = _lean({"SizeBytes": mount.tmpfs.size})
    if mount.type == "volume" and mount.source:
        volume = stack.volumes[mount.source]
        spec["Source"] = volume.name or scoped(namespace, mount.source)
        options = _lean({"NoCopy": mount.volume.nocopy, "Subpath": mount.volume.subpath}) if mount.volume else {}
        if not volume.external:
            options["Labels"] = volume.labels | {NAMESPACE_LABEL: namespace}
            if volume.driver or volume.driver_opts is not None:
                options["DriverConfig"] = _lean({"Name": volume.driver, "Options": volume.driver_opts})
        spec["VolumeOptions"] = options
    return spec


def _attachments(stack: StackFile, name: str, namespace: str, targets: Mapping[str, str]) -> list[Json]:
    found = {}
    for key, attachment in stack.services[name].networks.items():
        network = stack.networks.get(key)
        target = (network.name if network else "") or scoped(namespace, key)
        aliases = list(attachment.aliases)
        if target not in PREDEFINED and not target.startswith("container:"):
            aliases.append(name)
        spec = {"Target": targets.get(target, target), "Aliases": aliases, "DriverOpts": attachment.driver_opts}
        found[target] = _lean(spec)
    return [found[target] for target in sorted(found)]


def _resources(deploy: Deploy) -> Json:
    limits, reservations = deploy.resources.limits, deploy.resources.reservations
    spec = {}
    if limits:
        spec["Limits"] = _lean({"NanoCPUs": limits.cpus, "MemoryBytes": limits.memory, "Pids": limits.pids})
    if reservations:
        generic = [
            {"DiscreteResourceSpec": _lean({"Kind": given.kind, "Value": given.value})} if given else {}
            for given in (resource.discrete_resource_spec for resource in reservations.generic_resources)
        ]
        spec["Reservations"] = _lean(
            {"NanoCPUs": reservations.cpus, "MemoryBytes": reservations.memory, "GenericResources": generic}
        )
    return spec


def _restart_policy(service: Service) -> Json | None:
    policy = service.deploy.restart_policy
    if policy is not None:
        spec = {
            "Condition": policy.condition or None,
            "Delay": policy.delay,
            "MaxAttempts": policy.max_attempts,
            "Window": policy.window,
        }
        return {key: value for key, value in spec.items() if value is not None}
    condition, _, attempts = service.restart.partition(":")
    if condition in ("", "no"):
        return None
    if condition != "on-failure":
        return {"Condition": "any"}
    return {"Condition": condition} | ({"MaxAttempts": int(attempts)} if int(attempts or 0) else {})


def _rollout(rollout: Rollout) -> Json:
    optional = {"Delay": rollout.delay, "FailureAction": rollout.failure_action, "Monitor": rollout.monitor}
    return _lean(optional) | {
        "Parallelism": 1 if rollout.parallelism is None else rollout.parallelism,
        "MaxFailureRatio": rollout.max_failure_ratio,
        "Order": rollout.order,
    }


def _mode(deploy: Deploy) -> Json:
    if deploy.mode == "global":
        return {"Global": {}}
    return {"Replicated": {} if deploy.replicas is None else {"Replicas": deploy.replicas}}


def _ports(ports: tuple[Port, ...]) -> list[Json]:
    return [
        _lean(
            {
                "Protocol": port.protocol,
                "TargetPort": port.target,
                "PublishedPort": port.published,
                "PublishMode": port.mode,
            }
        )
        for port in sorted(ports, key=lambda port: port.published)
    ]


def _lean(spec: Json) -> Json:
    """Leave out what is empty, zero or false: the API takes it for the same."""
    return {key: value for key, value in spec.items() if value not in (None, "", 0, False, [], {})}
