"""The live map of the swarm: nodes, tasks, networks and peers, drawn again when something really changes.

How it stays true: an event of any engine makes it read the whole swarm again, once the burst of events is over; and it
reads it now and then without any event, for not every change makes one. What is shown comes from snapshots only: an
event says when to look, never what is there.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal, Self

from ...errors import SwarmLabError
from ...topology.diff import same_state
from ...topology.model import Topology
from ..figures import draw_before_after, draw_peers, draw_subnets, draw_swarm
from ..french import count, listing, natural, typeset
from ..tables import (
    compare,
    containers_table,
    endpoints_table,
    inspect_table,
    networks_table,
    nodes_table,
    peers_table,
)
from .chooser import Chooser
from .hot_picture import KINDS, HotPicture, Target
from .journal import Entry, clock, entry_html, what_changed
from .pace import Pace
from .panel import STATES, Panel, State

if TYPE_CHECKING:
    import pandas as pd

    from ...probes.events import EngineEvent
    from ..figure import Figure, Place

__all__ = ["Drawn", "LiveMap", "MapMeans", "View", "target_tables"]

View = Literal["swarm", "subnets", "peers"]
VIEWS: Mapping[View, str] = {"swarm": "Le swarm", "subnets": "Les sous-réseaux", "peers": "Les pairs"}
MOST_ENTRIES = 12
"""Entries of the journal that are kept."""
MOST_EVENTS = 3
"""Events that an entry names."""
UNSEEN_S = 60.0
"""A map that nobody displays for so long stops."""
TICK_S = 1.0
"""How often it looks whether it is still displayed."""
NEWS = "border-left: 4px solid #0072b2; padding: 0.1em 0.6em; margin: 0.3em 0; line-height: 1.4"

Follow = Callable[
    [Callable[["EngineEvent"], None], Callable[[str, str | None], None]],
    AbstractContextManager[object],
]


@dataclass(frozen=True, slots=True)
class MapMeans:
    """What the map needs of a lab."""

    survey: Callable[[], Topology]
    """Gives a fresh snapshot."""
    follow: Follow
    """Tells events, and nodes whose engine is lost (with the reason) or back (None), as long as its block lasts."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One view, drawn."""

    picture: str
    width: int
    places: tuple[Place, ...]
    table: str


class LiveMap(Panel):
    """Look at the swarm, see it change, click a node or a network for its tables, compare with a reference.

    Parameters
    ----------
    means
        What it needs of the lab.
    view
        ``swarm``, ``subnets`` or ``peers``: what is shown at first.
    minutes
        How long it follows the swarm before it stops by itself.
    pace
        When it reads the swarm again.
    """

    words: Mapping[State, str] = STATES | {
        "ready": "○ ne suit pas encore le swarm",
        "running": "▶ suit le swarm",
        "done": "■ s'est arrêtée d'elle-même",
        "stopped": "■ arrêtée",
    }

    def __init__(
        self, means: MapMeans, *, view: View = "swarm", minutes: float = 30.0, pace: Pace | None = None
    ) -> None:
        import ipywidgets

        super().__init__("Suivre")
        self._means = means
        self._minutes = minutes
        self._pace = pace or Pace()
        self._bell = threading.Event()
        # One drawing at a time: a click waits until the reading under way has been drawn.
        self._lock = threading.RLock()
        self._heard: deque[EngineEvent] = deque(maxlen=1000)
        self._lost: dict[str, str] = {}
        self._drawn: dict[str, Drawn] = {}
        self._troubled = ""
        self._last_word = ""
        self._filling = False
        self.topology = means.survey()
        self.mark: Topology | None = None
        """The reference of the comparison."""
        self.journal: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        """The last one first."""
        self.readings, self.drawings = 1, 0
        """How many snapshots were taken, how many figures were drawn."""
        whole = ipywidgets.Layout(width="auto")
        self.view_menu = ipywidgets.ToggleButtons(
            options=[(label, name) for name, label in VIEWS.items()], value=view, style={"button_width": "auto"}
        )
        self.mark_button = ipywidgets.Button(
            description="Prendre un repère", icon="bookmark", layout=whole, tooltip="L'état d'avant, à comparer"
        )
        self.compare_toggle = ipywidgets.ToggleButton(description="Comparer au repère", icon="columns", layout=whole)
        self.chooser: Chooser[Target | None] = Chooser(
            "Détail",
            chosen=lambda: self._guard(self._chosen),
            placeholder="cliquez sur la carte, ou écrivez ici",
            width="24em",
            label_width="4em",
        )
        self.picture = HotPicture(self._toggle)
        self.reading_line = ipywidgets.HTML()
        self.news = ipywidgets.HTML()
        self.past = ipywidgets.HTML()
        self.detail = ipywidgets.HTML()
        self.table = ipywidgets.HTML()
        for shown in (self.detail, self.table):
            shown.add_class("jp-RenderedHTMLCommon")
            shown.add_class("swarm-map-tables")
        self.view_menu.observe(lambda _: self._guard(self._show_view), "value")
        self.compare_toggle.observe(lambda _: self._guard(self._show_comparison), "value")
        self.mark_button.on_click(lambda _: self._guard(self.take_mark))
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="0.2em 0.8em")
        self._view = ipywidgets.VBox(
            [
                ipywidgets.HBox([self.run_button, self.stop_button, self.state_line], layout=row),
                ipywidgets.HBox([self.view_menu, self.mark_button, self.compare_toggle], layout=row),
                self.message,
                self.news,
                self.picture.view,
                self.reading_line,
                self.chooser.view,
                self.detail,
                self.table,
                self.past,
            ]
        )
        # The page counts its views from here on: with none left, nobody looks.
        self._view._view_count = 0
        self._unseen_since = time.monotonic()
        self._view.observe(self._displayed, "_view_count")
        self._fill()
        self._show_figure()
        self._say_reading()
        self._say_news()

    @property
    def view(self) -> Any:
        """The widget to show."""
        return self._view

    @property
    def chosen(self) -> Target | None:
        """``("node", name)`` or ``("network", name)``: what its tables are shown of."""
        return self.chooser.value

    def run(self) -> Self:
        """Read the swarm once, here and now, without following it."""
        self._guard(self._read)
        return self

    def stop(self) -> None:
        """Ask the map to follow no longer, as the stop button does."""
        super().stop()
        self._bell.set()

    def choose(self, target: Target | None) -> None:
        """Show the tables of a node or a network, as a click on it does; None: of nothing."""
        if target is not None and target not in [value for _, value in self.chooser.options]:
            self.chooser.options = [*self.chooser.options, (f"{KINDS[target[0]]} {target[1]}", target)]
        self.chooser.value = target

    def take_mark(self) -> None:
        """Keep what is known now as the reference of the comparison."""
        with self._lock:
            self.mark = self.topology
            self.compare_toggle.description = f"Comparer au repère de {clock(self.mark.taken_at)}"
            self._drawn.pop("pair", None)
            self._note(("repère pris",))
            self._show_figure()

    def work(self, stop: threading.Event) -> None:
        """Follow the swarm until the stop, or until nobody looks any more, or for the time it was given."""
        self._last_word, self._troubled = "", ""
        self._unseen_since = time.monotonic()
        until = time.monotonic() + self._minutes * 60
        self._lost.clear()
        with self._means.follow(self._on_event, self._on_link):
            while not (stop.is_set() or self._last_word):
                self._read_or_tell()
                self._rest(stop, until)
        self._say_reading()

    def static_html(self) -> str:
        """What the map says now, without a kernel."""
        with self._lock:
            past = f"<p>{self.news.value}</p>{self.past.value}"
            return (
                f"{self._drawn[self._key].picture}{self.reading_line.value}{past}{self.message.value}"
                f"{self.detail.value}{self.table.value}"
            )

    # --- following --------------------------------------------------------------------------------

    def _on_event(self, event: EngineEvent) -> None:
        self._heard.append(event)
        self._pace.heard(time.monotonic())
        self._bell.set()

    def _on_link(self, node: str, problem: str | None) -> None:
        with self._lock:
            lost = self._lost.pop(node, None)
            if problem is not None:
                self._lost[node] = problem
                self._note((f"{node} : son moteur n'est plus suivi, {problem}",))
            elif lost is not None:
                self._note((f"{node} : son moteur répond de nouveau",))
            self._say_state()
        self._pace.heard(time.monotonic())
        self._bell.set()

    def _rest(self, stop: threading.Event, until: float) -> None:
        """Wait until it is time to read again, or to end."""
        while not stop.is_set():
            now = time.monotonic()
            if now > until:
                self._last_word = f"elle a suivi le swarm pendant {self._minutes:g} minutes"
            elif self._view._view_count == 0 and now - self._unseen_since > UNSEEN_S:
                self._last_word = f"aucune page ne l'affiche depuis {UNSEEN_S:g} s"
            wait_s = self._pace.wait_s(now)
            if self._last_word or not wait_s:
                return
            self._bell.wait(min(wait_s, TICK_S))
            self._bell.clear()

    def _displayed(self, change: Mapping[str, Any]) -> None:
        if not change["new"]:
            self._unseen_since = time.monotonic()
        elif self._last_word:
            # It had stopped by itself: whoever displays it again wants to see it live.
            self.start()

    def _read_or_tell(self) -> None:
        """Read the swarm; a manager that does not answer is told, and asked again."""
        try:
            self._read()
        except SwarmLabError as err:
            if not self._troubled:
                self._note((f"swarm illisible, la carte reste celle de {clock(self.topology.taken_at)}",))
            self._troubled = "le manager ne répond pas"
            self._tell(str(err))
        else:
            if self._troubled:
                self.message.value, self._troubled = "", ""
        self._say_state()

    def _read(self) -> None:
        """Take a snapshot, and show what is new in it."""
        began = time.monotonic()
        self._pace.begins()
        heard = [self._heard.popleft() for _ in range(len(self._heard))]
        try:
            topology = self._means.survey()
            with self._lock:
                self.readings += 1
                before, self.topology = self.topology, topology
                if not same_state(before, topology):
                    self._renew(before, heard)
                self._say_reading()
        finally:
            now = time.monotonic()
            self._pace.ended(now, now - began)

    def _renew(self, before: Topology, heard: Sequence[EngineEvent]) -> None:
        said = what_changed(before, self.topology)
        if said:
            self._note(said, _source(heard))
        self._drawn.clear()
        self._fill()
        self._show_figure()
        self._show_detail()
        self._keep()

    # --- showing ----------------------------------------------------------------------------------

    @property
    def _key(self) -> str:
        return "pair" if self.compare_toggle.value and self.mark else str(self.view_menu.value)

    def _show_view(self) -> None:
        """Show the view that was asked for, in place of the comparison too."""
        if self.compare_toggle.value:
            self.compare_toggle.value = False
        else:
            self._show_figure()

    def _show_comparison(self) -> None:
        """Show the comparison, or no longer; without a reference, what is known now becomes it."""
        if self.compare_toggle.value and self.mark is None:
            self.take_mark()
        else:
            self._show_figure()

    def _show_figure(self) -> None:
        """Show the view that is chosen, drawn once for each state of the swarm."""
        with self._lock:
            key = self._key
            new = key not in self._drawn
            drawn = self._drawn[key] = self._draw(key) if new else self._drawn[key]
            self.picture.show(drawn.picture, drawn.width, drawn.places)
            self.table.value = drawn.table
            self.drawings += new

    def _draw(self, key: str) -> Drawn:
        now = self.topology
        opened = ""
        if key == "pair" and self.mark is not None:
            figure, named, opened = draw_before_after(self.mark, now), "ce qui a changé", " open"
            tables = [(f"Depuis le repère de {clock(self.mark.taken_at)}", compare(self.mark, now))]
        elif key == "swarm":
            figure, named = draw_swarm(now), "la carte en tableaux"
            tables = [("Les nœuds", nodes_table(now)), ("Les conteneurs", _lasting(containers_table(now)))]
        elif key == "subnets":
            figure, named = draw_subnets(now), "la carte en tableau"
            tables = [("Les adresses de chaque réseau", endpoints_table(now))]
        else:
            figure, named = draw_peers(now), "la carte en tableau"
            tables = [("Les pairs de chaque réseau", peers_table(now))]
        table = f"<details{opened}><summary>{named}</summary>{_tables_html(tables)}</details>"
        return Drawn(_picture(figure), figure.css_size[0], figure.places, table)

    def _fill(self) -> None:
        """Offer the nodes and the overlay networks; what is chosen stays so, even once it is gone."""
        chosen = self.chosen
        options: list[tuple[str, Target | None]] = [("aucun", None), *_targets(self.topology)]
        if chosen is not None and chosen not in [target for _, target in options]:
            options.append((f"{KINDS[chosen[0]]} {chosen[1]} (n'existe plus)", chosen))
        if tuple(options) != tuple(self.chooser.options):
            self._filling = True
            try:
                self.chooser.options = options
            finally:
                self._filling = False

    def _toggle(self, target: Target) -> None:
        """What a click on the picture does: choose, or no longer."""
        self.choose(None if target == self.chosen else target)

    def _chosen(self) -> None:
        if not self._filling:
            with self._lock:
                self.picture.choose(self.chosen)
                self._show_detail()

    def _show_detail(self) -> None:
        target = self.chosen
        self.detail.value = "" if target is None else _detail_html(self.topology, target)

    def _note(self, said: tuple[str, ...], source: str = "") -> None:
        # In this machine's time, as all that is shown of a snapshot.
        self.journal.appendleft(Entry(time.strftime("%H:%M:%S"), said, source))
        self._say_news()

    def _say_news(self) -> None:
        if not self.journal:
            self.news.value = typeset("Rien n'a changé depuis l'ouverture de la carte.")
            return
        # A status is said by screen readers when it comes; what is past is not said again.
        self.news.value = f'<div style="{NEWS}">{entry_html(self.journal[0], status=True)}</div>'
        lines = "".join(f"<li>{entry_html(entry)}</li>" for entry in list(self.journal)[1:])
        past = f'<details><summary>journal</summary><ul style="line-height: 1.4">{lines}</ul></details>'
        self.past.value = past if lines else ""

    def _say_state(self) -> None:
        """Say the state again only when it is another one: each time, a screen reader says it."""
        if self.state != "running":
            return
        silent = dict.fromkeys([*(node.name for node in self.topology.silent_nodes), *self._lost])
        plural = "ne répondent pas" if len(silent) > 1 else "ne répond pas"
        detail = self._troubled or (f"{listing(silent, 4)} {plural}" if silent else "")
        if detail != getattr(self, "_detail", None):
            self._show("running", detail)

    def _show(self, state: State, detail: str = "") -> None:
        self._detail = detail if state == "running" else None
        super()._show(state, detail)

    def _say_reading(self) -> None:
        said = f"Dernier relevé : {clock(self.topology.taken_at)} ; {count(self.readings, 'relevé')}, "
        said += f"{count(self.drawings, 'dessin')}."
        if self._last_word:
            said += f" La carte ne suit plus le swarm : {self._last_word}. Le bouton « Suivre » la relance."
        self.reading_line.value = f'<span style="color: #5a5a5a">{escape(typeset(said))}</span>'


def target_tables(topology: Topology, target: Target) -> list[tuple[str, pd.DataFrame]]:
    """What a learner asks of a node or a network, each table with its title.

    Raises
    ------
    ObjectNotFound
        It is not in this snapshot.
    """
    kind, name = target
    if kind == "node":
        return [
            ("Réseaux qu'il liste (docker network ls)", networks_table(topology, node=name)),
            ("Conteneurs (docker container ls --all)", _lasting(containers_table(topology, node=name))),
            ("Adresses, réseau par réseau", endpoints_table(topology, node=name)),
        ]
    return [
        ("Ce qu'il faut y lire (docker network inspect, tous les nœuds fusionnés)", inspect_table(topology, name)),
        ("Adresses, nœud par nœud", endpoints_table(topology, network=name)),
        ("Pairs : quel nœud voit lequel", peers_table(topology, network=name)),
    ]


def _targets(topology: Topology) -> list[tuple[str, Target]]:
    overlays = dict.fromkeys(network.name for network in topology.networks if network.driver == "overlay")
    found: list[Target] = [("node", node.name) for node in topology.nodes]
    found += [("network", name) for name in sorted(overlays, key=natural)]
    return [(f"{KINDS[kind]} {name}", (kind, name)) for kind, name in found]


def _lasting(table: pd.DataFrame) -> pd.DataFrame:
    """Without how long each container has been up: that would be wrong a second later."""
    return table.drop(columns="depuis")


def _detail_html(topology: Topology, target: Target) -> str:
    kind, name = target
    known = topology.node(name) if kind == "node" else topology.network(name)
    title = f"{KINDS[kind].capitalize()} {name}"
    if known is None:
        said = f"n'existe pas dans le relevé de {clock(topology.taken_at)}."
        return f'<p role="status"><strong>{escape(title)}</strong> {escape(typeset(said))}</p>'
    tables = _tables_html(target_tables(topology, target))
    return f'<p role="status"><strong>{escape(title)}</strong></p>{tables}'


def _tables_html(tables: Sequence[tuple[str, pd.DataFrame]]) -> str:
    return "".join(
        f"<p>{escape(typeset(title))}</p>{table._repr_html_()}"  # type: ignore[operator]
        for title, table in tables
    )


def _picture(figure: Figure) -> str:
    html: str = figure._repr_mimebundle_()[0]["text/html"]
    return html


def _source(heard: Sequence[EngineEvent]) -> str:
    """How a change came to be known: by which events, or by looking."""
    if not heard:
        return "vu en relisant, sans événement"
    named = [f"{event.kind} {event.action} sur {event.node}" for event in heard]
    shown = list(dict.fromkeys(named))
    return f"{count(len(heard), 'événement')} : {listing(shown, MOST_EVENTS)}"
