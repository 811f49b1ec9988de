"""Load balancers of networks on nodes: each has an address of its own, as long as a task there is on the network."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from ..refusal import Refusal
from .networks import ingress_of
from .spaces import Spaces
from .store import Store

__all__ = ["Balancers"]


class Balancers:
    """Gives them their addresses, and takes these back."""

    def __init__(self, store: Store, spaces: Spaces) -> None:
        self.store = store
        self.spaces = spaces
        self.addresses: dict[tuple[str, str], str] = {}
        """Node and network -> address of the network's load balancer there, with its prefix."""
        self._of_node: defaultdict[str, set[str]] = defaultdict(set)
        self._uses: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def use(self, node: str, networks: Iterable[str], count: int) -> None:
        """Count attachments of a node that begin (1) or end (-1)."""
        uses = self._uses[node]
        for network in networks:
            uses[network] += count
            if not uses[network]:
                del uses[network]
        self.sync(node)

    def sync(self, node: str) -> None:
        """Give a node the load balancers that it needs, and take back the others: ingress, and its tasks' networks."""
        if self.store.get("node", node) is None:
            return
        ingress = ingress_of(self.store)
        needed = [ingress["ID"]] if ingress is not None and ingress["ID"] in self.spaces else []
        needed += [network for network in self._uses[node] if network not in needed]
        here = self._of_node[node]
        gone = [network for network in here if network not in needed]
        for network in gone:
            self._drop(node, network)
        changed = bool(gone)
        for network in needed:
            if network in here or network not in self.spaces:
                continue
            try:
                address = self.spaces.take(network)
            except Refusal:
                continue
            self.addresses[node, network] = self.spaces.written(network, address)
            here.add(network)
            changed = True
        if changed:
            self.store.update("node", node, {})

    def forget_node(self, node: str) -> None:
        """Take back all that a node had."""
        for network in list(self._of_node[node]):
            self._drop(node, network)
        del self._of_node[node]

    def forget_network(self, network: str) -> list[str]:
        """A network is gone, with its addresses; return the nodes that had it."""
        nodes = [node for node, networks in self._of_node.items() if network in networks]
        for node in nodes:
            self._of_node[node].discard(network)
            del self.addresses[node, network]
        return nodes

    def _drop(self, node: str, network: str) -> None:
        self._of_node[node].discard(network)
        self.spaces.give_back(network, self.addresses.pop((node, network)))
