"""Endpoints of services: the ports that they publish, and their virtual addresses."""

from __future__ import annotations

from ..kinds import Json
from ..refusal import Refusal
from .networks import driver_of, ingress_of, is_ingress, needs_ingress
from .ports import Ports
from .spaces import Spaces
from .store import Store

__all__ = ["Endpoints", "targets"]


def targets(template: Json, spec: Json) -> list[str]:
    """Ids of the networks that a task's template asks for, or else its service's spec."""
    asked = template.get("Networks") or spec.get("Networks") or []
    return list(dict.fromkeys(network["Target"] for network in asked))


class Endpoints:
    """Gives services what they ask for, and writes it."""

    def __init__(self, store: Store, spaces: Spaces) -> None:
        self.store = store
        self.spaces = spaces
        self.unserved: dict[str, None] = {}
        """Services that wait for something, oldest first."""
        self._ports = Ports()
        self._vips: dict[str, dict[str, str]] = {}

    def vip(self, service: str, network: str) -> str:
        """The virtual address of a service on a network; empty without one."""
        return self._vips.get(service, {}).get(network, "")

    def pending(self, service: Json) -> bool:
        """Whether a service has not got its endpoint yet; the store may tell of it after its tasks."""
        if service["ID"] in self.unserved:
            return True
        endpoint = service.get("Endpoint") or {}
        asked = service["Spec"].get("EndpointSpec") or {}
        if asked.get("Ports") and not endpoint.get("Ports"):
            return True
        networks = targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"])
        return bool(asked.get("Mode", "vip") == "vip" and networks and not endpoint.get("VirtualIPs"))

    def open(self, identity: str) -> None:
        """Give a service what it asks for now; it waits if something cannot be had."""
        service = self.store.get("service", identity)
        if service is None:
            return
        asked = service["Spec"].get("EndpointSpec") or {}
        held = service.get("Endpoint") or {"Spec": {}}
        ports = self._ports.allocate(asked.get("Ports") or [], held.get("Ports") or [])
        vips = None if ports is None else self._virtual(service, self._wanted(service))
        if ports is None or vips is None:
            if ports is not None:
                # What is not written in the store is not the service's: it is asked for again later.
                self._ports.give_back(ports)
                self._ports.reserve(held.get("Ports") or [])
            self.unserved[identity] = None
            return
        self.unserved.pop(identity, None)
        if not (ports or vips or held.get("Ports") or held.get("VirtualIPs")):
            return
        made: Json = {"Spec": asked}
        if ports:
            made["Ports"] = ports
        if vips:
            made["VirtualIPs"] = [
                {"NetworkID": key} | ({"Addr": value} if value else {}) for key, value in vips.items()
            ]
        if made != held:
            self.store.update("service", identity, {"Endpoint": made})

    def close(self, service: Json) -> None:
        """Take back what a service had that is gone."""
        self._ports.give_back((service.get("Endpoint") or {}).get("Ports") or [])
        self.unserved.pop(service["ID"], None)
        for network, address in self._vips.pop(service["ID"], {}).items():
            self.spaces.give_back(network, address)

    def _wanted(self, service: Json) -> list[str]:
        """Networks on which it is to have a virtual address."""
        spec = service["Spec"]
        if (spec.get("EndpointSpec") or {}).get("Mode", "vip") != "vip":
            return []
        networks = targets(spec.get("TaskTemplate") or {}, spec)
        if needs_ingress(spec):
            ingress = ingress_of(self.store)
            networks = [ingress["ID"] if ingress else "", *networks]
        return networks

    def _virtual(self, service: Json, networks: list[str]) -> dict[str, str] | None:
        """Virtual addresses with their prefixes, by network; None when one cannot be given."""
        held = self._vips.setdefault(service["ID"], {})
        ports = (service.get("Endpoint") or {}).get("Ports")
        if "EndpointSpec" not in service["Spec"] and held and (ports or set(held) != set(networks)):
            # Without an endpoint spec all is given back first: no virtual address stays.
            for network in list(held):
                self.spaces.give_back(network, held.pop(network))
        for network in [network for network in held if network not in networks]:
            self.spaces.give_back(network, held.pop(network))
        named = targets(service["Spec"].get("TaskTemplate") or {}, service["Spec"])
        shown: dict[str, str] = {}
        for network in sorted(networks, key=lambda network: network not in held):
            known = self.store.get("network", network)
            if known is not None and is_ingress(known) and network in named:
                self._exhaust(service["ID"], network)
                return None
            if network not in self.spaces:
                if known is None or driver_of(known) == "overlay":
                    return None
                shown[network] = ""
                continue
            if network not in held:
                try:
                    held[network] = self.spaces.take(network)
                except Refusal:
                    return None
            shown[network] = self.spaces.written(network, held[network])
        return shown

    def _exhaust(self, service: str, network: str) -> None:
        """Do as 20.10 does for a service that names ingress: give it all addresses there are, and never be done.

        Seen on the real engine: its version grows by one with each address, its tasks stay new, and so do those of
        all services that publish a port later, until ingress is made again.
        """
        while True:
            try:
                self.spaces.take(network)
            except Refusal:
                return
            self.store.update("service", service, {})
