"""Ports that services publish through the routing mesh: those asked for, and those the swarm chooses."""

from __future__ import annotations

from ..kinds import Json
from ..net.addresses import Numbers

__all__ = ["Ports"]

FIRST_DYNAMIC = 30_000
LAST_DYNAMIC = 32_767


class Ports:
    """All published ports of a swarm, one space for each protocol."""

    def __init__(self) -> None:
        self._spaces: dict[str, Numbers] = {}

    def allocate(self, asked: list[Json], held: list[Json]) -> list[Json] | None:
        """The ports of a service: its spec's, with a number for each that has none; None if one is taken by another.

        Parameters
        ----------
        asked
            ``Ports`` of its EndpointSpec.
        held
            ``Ports`` that it has already: a port chosen before is kept.
        """
        before = [port for port in held if _meshed(port)]
        for port in before:
            self._space(port).give_back(port["PublishedPort"])
        given: list[Json] = []
        for port in asked:
            made = dict(port) if not _meshed(port) or port.get("PublishedPort") else self._chosen(port, before, given)
            if made is None or (
                _meshed(port) and port.get("PublishedPort") and not self._space(port).reserve(port["PublishedPort"])
            ):
                self.give_back(given)
                self.reserve(before)
                return None
            given.append(made)
        return given

    def give_back(self, ports: list[Json]) -> None:
        """Make a service's ports free again."""
        for port in ports:
            if _meshed(port):
                self._space(port).give_back(port["PublishedPort"])

    def reserve(self, ports: list[Json]) -> None:
        """Take ports that a service has already."""
        for port in ports:
            if _meshed(port):
                self._space(port).reserve(port["PublishedPort"])

    def _chosen(self, port: Json, before: list[Json], given: list[Json]) -> Json | None:
        space = self._space(port)
        same = (port.get("Name"), port["Protocol"], port.get("TargetPort"))
        for held in before:
            number = held["PublishedPort"]
            kept = (held.get("Name"), held["Protocol"], held.get("TargetPort")) == same
            if kept and FIRST_DYNAMIC <= number <= LAST_DYNAMIC and space.reserve(number):
                return _numbered(port, number)
        chosen = space.take()
        return None if chosen is None else _numbered(port, chosen)

    def _space(self, port: Json) -> Numbers:
        return self._spaces.setdefault(port["Protocol"], Numbers(FIRST_DYNAMIC, LAST_DYNAMIC))


def _meshed(port: Json) -> bool:
    return bool(port.get("PublishMode", "ingress") == "ingress")


def _numbered(port: Json, number: int) -> Json:
    """The port with its number, its keys in the API's order."""
    made = port | {"PublishedPort": number}
    order = ("Name", "Protocol", "TargetPort", "PublishedPort", "PublishMode")
    return {key: made[key] for key in order if key in made}
