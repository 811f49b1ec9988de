"""The packet panel: capture VXLAN on a node while a container pings, see each packet, its headers and its way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ...outcome import MARKS
from ...topology.model import Topology
from ...topology.packet import VxlanPacket
from ..figures import draw_nested_packet, draw_packet_path
from ..french import count, milliseconds, typeset
from ..noted import table_html
from ..owners import owner_of
from ..tables import packets_table
from .chooser import Chooser
from .panel import LABEL_WIDTH, WIDE, Panel
from .ping import target_choices
from .sources import SourceMenu

if TYPE_CHECKING:
    from ...probes.capture import Capture, LiveCapture

__all__ = ["PacketMeans", "PacketPanel", "PacketRequest"]

MOST_PINGS = 20
MOST_CHOICES = 200
"""Packets that the menu offers; the table has them all."""
SAME_NODE = "nœud de la source"


@dataclass(frozen=True, slots=True)
class PacketRequest:
    """What the fields of the panel ask for."""

    source: str
    target: str
    node: str | None
    """Where to listen; None: on the source's own node."""
    count: int


@dataclass(frozen=True, slots=True)
class PacketMeans:
    """What the panel needs of a lab."""

    survey: Callable[[], Topology]
    """Gives a fresh snapshot."""
    capture: Callable[[PacketRequest, threading.Event], LiveCapture]
    """Prepares a capture, which the event stops."""


class PacketPanel(Panel):
    """Choose who pings whom and where to listen, see the packets pass, then one packet's headers and its whole way.

    Parameters
    ----------
    means
        What it needs of the lab.
    source, target, node, count
        What its fields hold at first.
    """

    def __init__(
        self,
        means: PacketMeans,
        *,
        source: str | None = None,
        target: str = "",
        node: str | None = None,
        count: int = 2,
    ) -> None:
        import ipywidgets

        super().__init__("Lancer la capture")
        self._means = means
        self.topology = means.survey()
        self.packets: list[VxlanPacket] = []
        self.result: Capture | None = None
        labelled: dict[str, Any] = {"style": {"description_width": LABEL_WIDTH}}
        wide = {**labelled, "layout": ipywidgets.Layout(width=WIDE)}
        self.source = SourceMenu(lambda: self._guard(self.refresh))
        self.target = ipywidgets.Combobox(
            description="Cible",
            continuous_update=False,
            placeholder="conteneur, service, VIP, adresse, ou http://…",
            value=target,
            **wide,
        )
        self.node: Chooser[str] = Chooser("Écoute")
        self.count = ipywidgets.BoundedIntText(
            description="Pings", min=1, max=MOST_PINGS, value=count, layout=ipywidgets.Layout(width="12em"), **labelled
        )
        self.live = ipywidgets.HTML()
        self.account = ipywidgets.HTML()
        self.nested = ipywidgets.HTML()
        self.earlier = ipywidgets.Button(icon="chevron-left", tooltip="Paquet précédent")
        self.later = ipywidgets.Button(icon="chevron-right", tooltip="Paquet suivant")
        for button, step in ((self.earlier, -1), (self.later, 1)):
            button.layout.width = "3em"
            button.on_click(lambda _, step=step: self._move(step))
        self.packet: Chooser[int] = Chooser(
            "Paquet",
            chosen=lambda: self._guard(self._show_nested),
            width="40em",
            beside=[self.earlier, self.later],
        )
        self.chosen = ipywidgets.VBox([self.packet.view, self.nested])
        self.target.on_msg(self._entered)
        self._fill()
        if source is not None:
            self.source.choose(source)
        if node is not None:
            self._listen_on(node)
        self._show_packets()
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0.2em 0.8em")
        self._view = ipywidgets.VBox(
            [
                self.source.view,
                self.target,
                self.node.view,
                self.count,
                ipywidgets.HBox([self.run_button, self.stop_button, self.state_line], layout=row),
                self.message,
                self.live,
                self.account,
                self.chosen,
            ]
        )

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self._view

    @property
    def request(self) -> PacketRequest:
        """What the fields ask for now."""
        node = self.node.text if self.node.value is None else self.node.value
        return PacketRequest(self.source.value, self.target.value, node or None, self.count.value)

    def refresh(self) -> None:
        """Read the swarm again, for the menus."""
        self.topology = self._means.survey()
        self._fill()

    def work(self, stop: threading.Event) -> None:
        """Capture what the fields ask for."""
        self.packets, self.result = [], None
        self.live.value = self.account.value = ""
        self._show_packets()
        with self._means.capture(self.request, stop) as live:
            self._tell_live(live.node)
            for packet in live:
                self.packets.append(packet)
                self._tell_live(live.node)
            self.result = live.result
        self.live.value = ""
        self.account.value = self._account_html()
        self._show_packets()

    def static_html(self) -> str:
        """What the panel says now, without a kernel."""
        if self.result is None and not self.packets:
            asked = self.request
            way = f"de {asked.source} vers {asked.target}" if asked.source and asked.target else "à lancer"
            said = f"Panneau des paquets, {way} : il s'anime quand le notebook est exécuté dans JupyterLab."
            return f"<p>{escape(typeset(said))}</p>{self.message.value}"
        return f"{self.live.value}{self._account_html()}{self.nested.value}{self.message.value}"

    def _tell_live(self, node: str) -> None:
        """How many packets passed until now."""
        seen = count(len(self.packets), "paquet")
        self._show("running", f"{seen} sur {node}")
        self.live.value = f"<p>{escape(typeset(f'{seen} VXLAN vu(s) sur {node}.'))}</p>" if self.packets else ""

    def _account_html(self) -> str:
        """What happened and why, its figure, its table, and the docker commands that do the same."""
        if self.result is None:
            return ""
        result = self.result
        commands = "".join(
            f"<li>{escape(typeset(f'sur {node} :'))} <code>{escape(command)}</code></li>"
            for node, command in result.commands
        )
        mark = MARKS[result.result.outcome]
        figure = draw_packet_path(result.topology or self.topology, result)._repr_mimebundle_()[0]["text/html"]
        own = len(result.own)
        seen = f"{count(len(result.packets), 'paquet')} VXLAN sur {result.node}, dont {own} de cet échange."
        table = table_html(packets_table(result.packets, result.topology)) if result.packets else ""
        more = f"<details><summary>le tableau des paquets</summary>{table}</details>" if table else ""
        return (
            f'<div style="line-height: 1.5"><ul style="margin: 0.3em 0">{commands}</ul>'
            f'<p><span style="color: {mark.colour}"><strong>{mark.sign}</strong></span> '
            f"<strong>{escape(typeset(seen))}</strong> {escape(typeset(result.route.reason))}</p></div>{figure}{more}"
        )

    def _show_packets(self) -> None:
        """Offer the captured packets, the first of this exchange chosen; nothing where there is none."""
        captured = self.result.packets[:MOST_CHOICES] if self.result is not None else ()
        own = self.result.own if self.result is not None else ()
        first = next((place for place, packet in enumerate(captured) if packet in own), 0)
        self.packet.options = [(self._packet_words(n, packet), n) for n, packet in enumerate(captured)]
        if captured:
            self.packet.value = first
        self.chosen.layout.display = "" if captured else "none"
        self._show_nested()

    def _packet_words(self, number: int, packet: VxlanPacket) -> str:
        known = self.result.topology if self.result is not None else None
        ends = (
            owner_of(known, packet.vni, address) or address or "?"
            for address in (packet.inner_source, packet.inner_destination)
        )
        at = milliseconds(packet.time_s * 1000)
        return typeset(f"{number + 1} · {at} · {packet.protocol} · {' → '.join(ends)}")

    def _move(self, step: int) -> None:
        """Choose the packet before or after, if there is one."""
        place = -1 if self.packet.value is None else self.packet.value + step
        if 0 <= place < len(self.packet.options):
            self.packet.value = place

    def _show_nested(self) -> None:
        """The headers of the packet that is chosen."""
        if self.result is None or self.packet.value is None:
            self.nested.value = ""
            return
        figure = draw_nested_packet(self.result.packets[self.packet.value], self.result.topology)
        self.nested.value = figure._repr_mimebundle_()[0]["text/html"]

    def _fill(self) -> None:
        """Put in the menus what the snapshot knows."""
        self.source.fill(self.topology)
        self.target.options = target_choices(self.topology)
        chosen = self.node.value
        nodes = [(node.name, node.name) for node in self.topology.nodes]
        self.node.options = _with([(SAME_NODE, ""), *nodes], chosen or "")

    def _listen_on(self, node: str) -> None:
        """Choose a node, also one that the swarm does not know: the capture then says so."""
        self.node.options = _with(self.node.options, node)
        self.node.value = node


def _with(choices: Sequence[tuple[str, str]], node: str) -> Sequence[tuple[str, str]]:
    """The choices, and a node that is not among them."""
    return choices if node in [value for _, value in choices] else [*choices, (node, node)]
