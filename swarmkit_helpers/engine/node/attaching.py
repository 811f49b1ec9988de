"""Containers on networks: what they may ask for, and what they get."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..cluster.allocator import Grant
from ..ids import object_id
from ..kinds import Json
from ..net.addresses import mac_of
from ..net.stack import Published
from ..refusal import Refusal
from .container import Attachment, Container
from .network import Binding, Endpoint, Network
from .sandbox import Sandbox

if TYPE_CHECKING:
    from .host import Host

__all__ = ["Attaching", "attachment"]


class Attaching:
    """Attaches the containers of one host to its networks."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.sandboxes: WeakKeyDictionary[Container, Sandbox] = WeakKeyDictionary()
        self.bindings: WeakKeyDictionary[Container, Binding] = WeakKeyDictionary()
        self._grants: dict[tuple[str, str], Grant] = {}

    def asked(self, mode: str, configs: Json) -> dict[str, Attachment]:
        """The attachments that a container is created with.

        Raises
        ------
        Refusal
            400.
        """
        if len(configs) > 1:
            raise Refusal(400, f"Container cannot be connected to network endpoints: {', '.join(configs)}")
        if mode.startswith("container:"):
            return {}
        name = "bridge" if mode in ("", "default") else mode
        network = self.host.networks.known(name)
        name = network.name if network is not None and network.user_defined else name
        given = {("bridge" if key == "default" else key): config or {} for key, config in configs.items()} or {name: {}}
        return {key: attachment(key, config) for key, config in given.items()}

    def start(self, container: Container) -> None:
        """Put a container that starts on its networks.

        Raises
        ------
        Refusal
            As the engine says; it is on none then.
        """
        mode = container.host_config.get("NetworkMode") or "default"
        if mode.startswith("container:"):
            return
        assert container.stack is not None
        sandbox = Sandbox(self.host, container.stack)
        self.sandboxes[container] = sandbox
        wanted = sorted(container.attachments.items(), key=lambda item: item[0] != "bridge")
        try:
            for name, asked in wanted:
                self._allocate(container, sandbox, name, asked)
        except Refusal:
            self._undo(container, sandbox)
            raise
        if mode not in ("host", "none"):
            sandbox.plug_all()
            self._show(container, sandbox)
        for network, endpoint in list(sandbox.members):
            self._register(container, network, endpoint)

    def stop(self, container: Container) -> None:
        """Take a container whose process has ended from its networks."""
        sandbox = self.sandboxes.get(container)
        if sandbox is None or not sandbox.members:
            return
        self.deactivate(container)
        members = {network.name: (network, endpoint) for network, endpoint in sandbox.members}
        for name in [name for name in container.attachments if name in members]:
            self._leave(container, sandbox, *members[name])
        sandbox.close()

    def connect(self, container: Container, reference: str, config: Json) -> None:
        """Connect a container to one more network, whether it runs or not.

        Raises
        ------
        Refusal
            As the engine says.
        """
        if not container.state.running:
            network = self.host.networks.known(reference)
            name = network.name if network is not None else reference
            mode = container.host_config.get("NetworkMode") or "default"
            if network is not None:
                self._check_modes(container, network, mode)
                if name in container.attachments and network.scope == "swarm":
                    raise Refusal(409, f"{container.name} is already attached to network {name}")
                _check_config(network, config)
            made = attachment(name, config)
            if network is None or network.user_defined:
                _name_short(made, container)
            container.attachments[name] = made
            return
        sandbox = self.sandboxes[container]
        network = self.host.networks.reach(reference)
        if network is not None:
            self._check_modes(container, network, container.host_config.get("NetworkMode") or "default")
            if network.name in container.attachments and network.scope == "swarm":
                raise Refusal(409, f"{container.name} is already attached to network {network.name}")
            if container.id in network.endpoints:
                raise Refusal(403, f"endpoint with name {container.name} already exists in network {network.name}")
            _check_config(network, config)
        name = network.name if network is not None else reference
        made = attachment(name, config)
        endpoint = self._allocate(container, sandbox, name, made)
        container.attachments.pop(name, None)
        joined = next(network for network, held in sandbox.members if held is endpoint)
        container.attachments[joined.name] = made
        made.name = joined.name
        if joined.segment is not None:
            sandbox.plug(joined, endpoint)
            sandbox.mend()
        self._show(container, sandbox)
        self._register(container, joined, endpoint)

    def disconnect(self, container: Container, reference: str, *, force: bool) -> None:
        """Take a container from a network.

        Raises
        ------
        Refusal
            As the engine says.
        """
        network = self.host.networks.known(reference)
        if not container.state.running or (network is None and force):
            name = network.name if network is not None else reference
            if name not in container.attachments:
                raise Refusal(500, f"container {container.id} is not connected to the network {name}")
            del container.attachments[name]
            if network is not None:
                self.host.networks.tell("disconnect", network, container)
            return
        if network is None:
            raise Refusal(404, f"network {reference} not found")
        if container.host_config.get("NetworkMode") == "host" and network.driver == "host":
            raise Refusal(400, "container cannot be disconnected from host network or connected to host network")
        sandbox = self.sandboxes.get(container)
        held = next((end for one, end in sandbox.members if one is network), None) if sandbox is not None else None
        if sandbox is None or held is None:
            raise Refusal(500, f"container {container.id} is not connected to network {network.name}")
        self._leave(container, sandbox, network, held)
        container.attachments.pop(network.name, None)
        # It leaves, and it was asked to: the engine tells both.
        self.host.networks.tell("disconnect", network, container)
        sandbox.mend()
        self.host.networks.drop(network.id)

    def activate(self, container: Container) -> None:
        """Let a task's service send its connections to it, and give its names."""
        sandbox = self.sandboxes.get(container)
        if sandbox is None or (binding := self.bindings.get(container)) is None:
            return
        for network, endpoint in sandbox.members:
            segment = network.segment
            if segment is None or endpoint.interface is None or network.scope != "swarm" or endpoint.active:
                continue
            endpoint.active = True
            vip = binding.vips.get(network.id, "")
            if vip:
                backends = segment.vips.setdefault(vip, [])
                segment.vips[vip] = [*backends, endpoint.address]
            if network.ingress:
                _publish(segment.published, binding, endpoint.address)
            self.host.world.fabric.resolver.register(
                endpoint.interface,
                container.name,
                aliases=_own_names(container),
                service=binding.name,
                service_aliases=binding.aliases.get(network.id, []),
                vip=vip,
            )

    def deactivate(self, container: Container) -> None:
        """Let a task's service send nothing more to it."""
        sandbox = self.sandboxes.get(container)
        if sandbox is None or (binding := self.bindings.get(container)) is None:
            return
        for network, endpoint in sandbox.members:
            if not endpoint.active or network.segment is None:
                continue
            endpoint.active = False
            segment = network.segment
            vip = binding.vips.get(network.id, "")
            left = [address for address in segment.vips.pop(vip, []) if address != endpoint.address]
            if left:
                segment.vips[vip] = left
            for port, published in list(segment.published.items()):
                if published.service == binding.service and endpoint.address in published.backends:
                    published.backends.remove(endpoint.address)
                    if not published.backends:
                        del segment.published[port]
            if endpoint.interface is not None:
                self.host.world.fabric.resolver.unregister(endpoint.interface)

    def _allocate(self, container: Container, sandbox: Sandbox, name: str, asked: Attachment) -> Endpoint:
        """Give a container its address on a network, and tell it; its card comes later."""
        wanted = str((asked.ipam or {}).get("IPv4Address") or "")
        networks = self.host.networks
        if container.task is not None and asked.network and wanted:
            # Another task's end may have removed it since this one was prepared.
            network = networks.realize(asked.network)
            address = wanted
        else:
            found = networks.reach(name)
            if found is not None and found.scope == "local":
                network = found
                if network.config_only:
                    raise Refusal(403, f"cannot create endpoint on configuration-network {network.name}")
                _check_config(network, {"IPAMConfig": asked.ipam, "Aliases": asked.aliases})
                address = network.pool.take(wanted) if network.pool is not None else ""
            else:
                grant = networks.ask(name, container, wanted)
                network = networks.realize(grant.network)
                self._grants[container.id, network.id] = grant
                address = grant.address.partition("/")[0]
                asked.ipam = {**(asked.ipam or {}), "IPv4Address": address}
        prefix = networks.prefix(network) if address else 0
        own = container.config.get("MacAddress") if network.driver == "bridge" else ""
        mac = str(own or (mac_of(address) if address else ""))
        endpoint = Endpoint(container.id, container.name, object_id(), address, prefix, mac)
        endpoint.binding = self.bindings.get(container)
        network.endpoints[container.id] = endpoint
        sandbox.members.append((network, endpoint))
        asked.network = network.id
        asked.name = network.name
        asked.endpoint, asked.address, asked.prefix, asked.mac = endpoint.id, address, prefix, mac
        asked.gateway = network.gateway if network.driver == "bridge" else ""
        if network.user_defined:
            _name_short(asked, container)
        networks.tell("connect", network, container)
        return endpoint

    def _leave(self, container: Container, sandbox: Sandbox, network: Network, endpoint: Endpoint) -> None:
        sandbox.unplug(endpoint)
        sandbox.members.remove((network, endpoint))
        network.endpoints.pop(container.id, None)
        if network.pool is not None and endpoint.address:
            network.pool.give_back(endpoint.address)
        held = container.attachments.get(network.name)
        if held is not None:
            held.endpoint = held.address = held.gateway = held.mac = ""
            held.prefix = 0
            held.interface = None
        self.host.networks.tell("disconnect", network, container)
        grant = self._grants.pop((container.id, network.id), None)
        if grant is not None:
            self.host.networks.free(grant)
            self.host.networks.drop(network.id)

    def _undo(self, container: Container, sandbox: Sandbox) -> None:
        for network, endpoint in list(sandbox.members):
            self._leave(container, sandbox, network, endpoint)

    def _register(self, container: Container, network: Network, endpoint: Endpoint) -> None:
        if endpoint.interface is None or network.segment is None or self.bindings.get(container) is not None:
            return
        aliases = container.attachments[network.name].aliases
        if network.user_defined:
            self.host.world.fabric.resolver.register(endpoint.interface, container.name, aliases=aliases)

    def _show(self, container: Container, sandbox: Sandbox) -> None:
        for network, endpoint in sandbox.members:
            if (held := container.attachments.get(network.name)) is not None:
                held.interface = endpoint.interface

    def _check_modes(self, container: Container, network: Network, mode: str) -> None:
        if mode == "host" or network.driver == "host":
            raise Refusal(400, "container cannot be disconnected from host network or connected to host network")
        if mode == "none" or network.driver == "null":
            text = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
            raise Refusal(400, text)
        if mode.startswith("container:"):
            text = "container sharing network namespace with another container or host cannot be connected to any other"
            raise Refusal(400, f"{text} network")

    def settings(self, container: Container) -> Json:
        """``NetworkSettings`` of a container, as `inspect` shows it."""
        sandbox = self.sandboxes.get(container)
        mode = container.host_config.get("NetworkMode") or "default"
        key = "default" if mode == "host" else sandbox.id[:12] if sandbox is not None else ""
        first = container.attachments.get("bridge") or Attachment("", "")
        return {
            "Bridge": "",
            "SandboxID": sandbox.id if sandbox is not None else "",
            "HairpinMode": False,
            "LinkLocalIPv6Address": "",
            "LinkLocalIPv6PrefixLen": 0,
            "Ports": {},
            "SandboxKey": f"/var/run/docker/netns/{key}" if sandbox is not None else "",
            "SecondaryIPAddresses": None,
            "SecondaryIPv6Addresses": None,
            "EndpointID": first.endpoint,
            "Gateway": first.gateway,
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "IPAddress": first.address,
            "IPPrefixLen": first.prefix,
            "IPv6Gateway": "",
            "MacAddress": first.mac,
            "Networks": {name: _shown(held, container) for name, held in sorted(container.attachments.items())},
        }


def attachment(name: str, config: Json) -> Attachment:
    """What an EndpointConfig asks for on a network.

    Raises
    ------
    Refusal
        500: an address that is none.
    """
    ipam = config.get("IPAMConfig")
    for key in ("IPv4Address", "IPv6Address"):
        asked = (ipam or {}).get(key)
        if asked and key == "IPv6Address":
            raise Refusal(501, "IPv6 addresses are not served by this engine")
        if asked and not _is_address(asked):
            raise Refusal(500, f"Invalid IPv4 address: {asked})")
    if config.get("Links"):
        raise Refusal(501, "links between containers are not served by this engine")
    return Attachment(
        "", name, aliases=list(config.get("Aliases") or []), ipam=ipam, driver_options=config.get("DriverOpts")
    )


def _shown(held: Attachment, container: Container) -> Json:
    known = held.endpoint or container.attached
    return {
        "IPAMConfig": held.ipam,
        "Links": held.links,
        "Aliases": held.aliases or None,
        "NetworkID": held.network if known else "",
        "EndpointID": held.endpoint,
        "Gateway": held.gateway,
        "IPAddress": held.address,
        "IPPrefixLen": held.prefix,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": held.mac,
        "DriverOpts": held.driver_options,
    }


def _check_config(network: Network, config: Json) -> None:
    """Refuse addresses and names that a network does not give."""
    asked = str((config.get("IPAMConfig") or {}).get("IPv4Address") or "")
    if asked and not _is_address(asked):
        raise Refusal(500, f"Invalid IPv4 address: {asked})")
    if not network.user_defined:
        if asked:
            raise Refusal(400, "user specified IP address is supported on user defined networks only")
        if config.get("Aliases"):
            raise Refusal(400, "network-scoped alias is supported only for containers in user defined networks")
        return
    if not asked or network.scope != "local":
        return
    configs = network.ipam["Config"]
    if not configs or network.pool is None or network.automatic:
        text = "user specified IP address is supported only when connecting to networks with user configured subnets"
        raise Refusal(400, text)
    if not any(IPv4Address(asked) in IPv4Network(one["Subnet"], strict=False) for one in configs):
        raise Refusal(500, f"Invalid address {asked}: It does not belong to any of this network's subnets")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _name_short(held: Attachment, container: Container) -> None:
    held.aliases += [one for one in _own_names(container) if one not in held.aliases]


def _own_names(container: Container) -> list[str]:
    """The beginning of its id, and its host name, if that is neither this nor its name."""
    hostname = str(container.config["Hostname"])
    return [container.short_id, *([hostname] if hostname not in (container.short_id, container.name) else [])]


def _publish(published: dict[tuple[str, int], Published], binding: Binding, address: str) -> None:
    for port in binding.ports:
        key = (port["Protocol"], port["PublishedPort"])
        held = published.get(key)
        if held is None or held.service != binding.service or held.target != port["TargetPort"]:
            published[key] = Published(binding.service, port["TargetPort"], [address])
        elif address not in held.backends:
            held.backends.append(address)
