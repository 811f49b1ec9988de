"""Address spaces of a swarm's overlay networks: subnets, VXLAN ids, and the addresses taken from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..kinds import Json
from ..net.addresses import Numbers, Pool, Pools
from ..net.stack import Segment
from ..refusal import Refusal
from .networks import VXLAN_IDS, driver_of, is_ingress
from .store import Store

__all__ = ["Space", "Spaces"]

DEFAULT_POOLS = ("10.0.0.0/8",)
DEFAULT_SIZE = 24
FIRST_VXLAN_ID = 4096
LAST_VXLAN_ID = (1 << 24) - 1


@dataclass(eq=False)
class Space:
    """What an allocated overlay network has."""

    pool: Pool
    subnet: str
    vni: int
    segment: Segment


class Spaces:
    """The spaces of all networks that have one.

    Parameters
    ----------
    found
        Called when a network has got its space.
    """

    def __init__(self, store: Store, found: Callable[[], None]) -> None:
        self.store = store
        self.found = found
        self._pools: Pools | None = None
        self._spaces: dict[str, Space] = {}
        self._vnis = Numbers(FIRST_VXLAN_ID, LAST_VXLAN_ID)

    def __contains__(self, network: str) -> bool:
        return network in self._spaces

    def __getitem__(self, network: str) -> Space:
        return self._spaces[network]

    def get(self, network: str) -> Space | None:
        """The space of a network; None while it has none."""
        return self._spaces.get(network)

    def take(self, network: str, asked: str = "") -> str:
        """An address of a network: the one asked for, or the next one.

        Raises
        ------
        Refusal
            It has no subnet yet, or no address is left.
        """
        space = self._spaces.get(network)
        if space is None:
            raise Refusal(503, "it has no subnet")
        return space.pool.take(asked)

    def written(self, network: str, address: str) -> str:
        """An address as the API shows it: ``10.0.1.5/24``."""
        return f"{address}/{self._spaces[network].pool.prefix}"

    def give_back(self, network: str, address: str) -> None:
        """Make an address free again, with its prefix or without."""
        if (space := self._spaces.get(network)) is not None:
            space.pool.give_back(address.partition("/")[0])

    def open(self, identity: str) -> None:
        """Give a network what it needs, if it can be had: a subnet, a gateway, a VXLAN id."""
        network = self.store.get("network", identity)
        if network is None or "DriverState" in network:
            return
        driver = driver_of(network)
        if driver != "overlay":
            self.store.update("network", identity, {"DriverState": {"Name": driver}, "IPAMOptions": {"Driver": {}}})
            return
        spec = network["Spec"]
        asked: Json = next(iter(spec.get("IPAMOptions", {}).get("Configs", ())), {})
        pools = self._all_pools()
        try:
            subnet = pools.take(asked.get("Subnet", ""))
        except Refusal:
            return
        pool = Pool(subnet, asked.get("Range", ""), serial=True)
        try:
            gateway = pool.take(asked.get("Gateway", ""))
        except Refusal:
            pools.give_back(subnet)
            return
        options = dict(spec.get("DriverConfiguration", {}).get("Options") or {})
        vni = self._vxlan_id(options)
        options[VXLAN_IDS] = str(vni)
        config = {"Subnet": subnet, "Range": asked.get("Range"), "Gateway": gateway}
        configs = [{key: value for key, value in config.items() if value}]
        self._spaces[identity] = Space(pool, subnet, vni, _segment(network, str(pool.subnet), vni, options))
        filled: Json = {
            "DriverState": {"Name": "overlay", "Options": dict(sorted(options.items()))},
            "IPAMOptions": {"Driver": {"Name": "default"}, "Configs": configs},
        }
        if asked:
            filled["Spec"] = spec | {"IPAMOptions": spec["IPAMOptions"] | {"Configs": configs}}
        self.store.update("network", identity, filled)
        self.found()

    def close(self, identity: str) -> None:
        """Take all of it back; networks that wait for a subnet may get one then."""
        space = self._spaces.pop(identity, None)
        if space is None:
            return
        self._all_pools().give_back(space.subnet)
        self._vnis.give_back(space.vni)
        for network in self.store.all("network"):
            self.open(network["ID"])

    def _all_pools(self) -> Pools:
        if self._pools is None:
            cluster = next(iter(self.store.all("cluster")), {})
            pools = cluster.get("DefaultAddrPool") or DEFAULT_POOLS
            self._pools = Pools.of_swarm(pools, cluster.get("SubnetSize") or DEFAULT_SIZE)
        return self._pools

    def _vxlan_id(self, options: Json) -> int:
        asked = str(options.get(VXLAN_IDS, "")).partition(",")[0]
        if asked.isdecimal() and self._vnis.reserve(int(asked)):
            return int(asked)
        vni = self._vnis.take()
        assert vni is not None
        return vni


def _segment(network: Json, subnet: str, vni: int, options: Json) -> Segment:
    mtu = str(options.get("com.docker.network.driver.mtu", ""))
    return Segment(
        network["ID"],
        network["Spec"]["Name"],
        "overlay",
        subnet,
        mtu=int(mtu) if mtu.isdecimal() else 1500,
        vni=vni,
        encrypted="encrypted" in options,
        ingress=is_ingress(network),
    )
