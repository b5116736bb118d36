"""The picture of referral routes: a graph in columns by stage, as SVG, and its words."""

from __future__ import annotations

import base64
import textwrap
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from housing_map.escape import escape
from housing_map.palette import FONT, INK, LOST_COLOURS, MET_COLOURS, QUIET_INK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

State = Literal["open", "refuses", "unreached"]

STAGES: Final[Mapping[str, str]] = {
    "entry": "Asks for help",
    "coordination": "Assessed and referred",
    "safety": "Safe place",
    "housing": "Housing help",
    "home": "Settled home",
}
_STATE_WORDS: Final[Mapping[State, str]] = {
    "open": "",
    "refuses": "does not take them",
    "unreached": "not reached",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A service, a way in or a home on the picture of routes.

    ``state`` says whether it takes the household (``open``), does not (``refuses``) or lies
    beyond every route (``unreached``).
    """

    id: str
    label: str
    stage: str
    state: State = "open"


@dataclass(frozen=True, slots=True)
class Edge:
    """A referral from one node to another; ``weight`` counts households a year."""

    source: str
    target: str
    weight: float = 1.0
    state: State = "open"


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Households that come to ``source`` and find no way on, with the reason in words."""

    source: str
    label: str
    weight: float = 1.0


def route_diagram(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd] = (),
    *,
    title: str,
    stages: Mapping[str, str] = STAGES,
) -> str:
    """Return an SVG picture of the referral graph in columns by stage, from left to right.

    Thickness shows households; a dead end is a line that stops at a bar, with its reason.
    Border and words tell what is closed, so that the picture reads without colour. The same
    input always gives the same picture.

    Parameters
    ----------
    nodes
        In the order in which they should stand, where the lines leave a choice.
    edges
        Referrals between nodes. With equal weights all lines are equally thick.
    dead_ends
        Where households find no way on.
    title
        The finding; also what is read out.
    stages
        Code and heading of each column, in order.

    Raises
    ------
    ValueError
        An unknown stage or node, or a node that stands twice.
    """
    return _Routes(nodes, edges, dead_ends, title, stages).svg()


def route_alt(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd] = (),
    *,
    title: str,
) -> str:
    """Return the words of :func:`route_diagram`: where each node leads and where ways end."""
    label = {node.id: node.label for node in nodes}
    sentences = []
    for node in nodes:
        ways = [label[e.target] for e in edges if e.source == node.id and e.state == "open"]
        ends = [end.label for end in dead_ends if end.source == node.id]
        state = f" ({_STATE_WORDS[node.state]})" if node.state != "open" else ""
        parts = [f"leads to {', '.join(ways)}"] if ways else []
        parts += [f"dead end: {end}" for end in ends]
        if parts or state:
            sentences.append(f"{node.label}{state}{': ' if parts else ''}{'; '.join(parts)}.")
    return f"Diagram of referral routes. {title} {' '.join(sentences)}"


def picture_html(svg: str, alt_text: str, *, least_width: int = 1000) -> str:
    """Return HTML that shows an SVG as a picture, to scroll sideways on a narrow screen.

    Parameters
    ----------
    svg
        The picture.
    alt_text
        Its words.
    least_width
        Width in pixels below which it scrolls instead of shrinking.
    """
    data = base64.b64encode(svg.encode()).decode()
    return (
        '<div style="overflow-x:auto" tabindex="0" role="region" '
        f'aria-label="Diagram, scrolls sideways"><img alt="{escape(alt_text)}" '
        f'src="data:image/svg+xml;base64,{data}" '
        f'style="display:block;width:100%;min-width:{least_width}px;height:auto"></div>'
    )


_BOX: Final = 146
_GAP: Final = 56
_DEEPEST: Final = 3
_SPACE: Final = 14
_TOP: Final = 44
_LETTERS: Final = 18
_LINE: Final = 16
_THICKEST: Final = 16.0
_THINNEST: Final = 1.5
_UNIFORM: Final = 3.0
_SWEEPS: Final = 6


@dataclass(slots=True)
class _Slot:
    """A place in a column: a node, a bend of a long line, or the end of a dead end."""

    key: str
    column: int
    lines: list[str]
    kind: Literal["node", "bend", "end"]
    state: State = "open"
    order: float = 0.0
    y: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class _Link:
    """A piece of a line between two slots of neighbouring columns (or of one column)."""

    source: str
    target: str
    thickness: float
    state: State
    dead: bool
    last: bool
    y1: float = 0.0
    y2: float = 0.0


class _Routes:
    """Layout of one picture of routes."""

    def __init__(
        self,
        nodes: Sequence[Node],
        edges: Sequence[Edge],
        dead_ends: Sequence[DeadEnd],
        title: str,
        stages: Mapping[str, str],
    ) -> None:
        _check_graph(nodes, edges, dead_ends, stages)
        self.title = title
        self.alt = route_alt(nodes, edges, dead_ends, title=title)
        columns, self.headings = _columns(nodes, edges, stages)
        self.slots: dict[str, _Slot] = {}
        for node in nodes:
            lines = _wrapped(node.label) + _wrapped(_STATE_WORDS[node.state])
            self.slots[node.id] = _Slot(node.id, columns[node.id], lines, "node", node.state)
        weights = [edge.weight for edge in edges] + [end.weight for end in dead_ends]
        self.heaviest = max(weights, default=0.0)
        self.uniform = len(set(weights)) <= 1
        self.links: list[_Link] = []
        for number, edge in enumerate(edges):
            self._add_edge(number, edge)
        for number, end in enumerate(dead_ends):
            key = f"\0end{number}"
            column = self.slots[end.source].column + 1
            self.slots[key] = _Slot(key, column, _wrapped(end.label), "end")
            self.links.append(
                _Link(end.source, key, self._thickness(end.weight), "open", dead=True, last=True)
            )
        self._arrange()

    def _thickness(self, weight: float) -> float:
        if self.uniform or self.heaviest <= 0:
            return _UNIFORM
        return max(_THINNEST, _THICKEST * weight / self.heaviest)

    def _add_edge(self, number: int, edge: Edge) -> None:
        first, last = self.slots[edge.source].column, self.slots[edge.target].column
        state = edge.state
        thick = self._thickness(edge.weight) if state == "open" else _THINNEST
        before = edge.source
        for column in range(first + 1, last):
            key = f"\0bend{number}.{column}"
            self.slots[key] = _Slot(key, column, [], "bend")
            self.links.append(_Link(before, key, thick, state, dead=False, last=False))
            before = key
        self.links.append(_Link(before, edge.target, thick, state, dead=False, last=True))

    # Layout: order the slots of each column by where their lines come from, then stack them.

    def _arrange(self) -> None:
        count = max((slot.column for slot in self.slots.values()), default=0) + 1
        self.columns: list[list[_Slot]] = [
            [slot for slot in self.slots.values() if slot.column == place]
            for place in range(max(count, 1 + max(self.headings, default=0)))
        ]
        self._renumber()
        for sweep in range(_SWEEPS):
            forward = sweep % 2 == 0
            for column in self.columns if forward else reversed(self.columns):
                around = {slot.key: self._neighbour_order(slot, forward=forward) for slot in column}
                column.sort(key=lambda slot: (around[slot.key], slot.order))
                self._renumber()
        for column in self.columns:
            for slot in column:
                flow = max(self._flow(slot.key, "target"), self._flow(slot.key, "source"))
                words = len(slot.lines) * _LINE + (14 if slot.kind == "node" else 0)
                slot.height = max(words, flow + 6)
        tall = max(sum(s.height + _SPACE for s in column) - _SPACE for column in self.columns)
        self.height = _TOP + max(tall, 0.0) + 2 * _LINE + 12
        for column in self.columns:
            y = _TOP + (tall - (sum(s.height + _SPACE for s in column) - _SPACE)) / 2
            for slot in column:
                slot.y = y
                y += slot.height + _SPACE
        for slot in self.slots.values():
            self._place_ports(slot)

    def _renumber(self) -> None:
        for column in self.columns:
            for place, slot in enumerate(column):
                slot.order = (place + 0.5) / len(column)

    def _neighbour_order(self, slot: _Slot, *, forward: bool) -> float:
        if forward:
            near = [link.source for link in self.links if link.target == slot.key]
        else:
            near = [link.target for link in self.links if link.source == slot.key]
        orders = [self.slots[k].order for k in near if self.slots[k].column != slot.column]
        return sum(orders) / len(orders) if orders else slot.order

    def _flow(self, key: str, side: Literal["source", "target"]) -> float:
        widths = [link.thickness + 3 for link in self.links if getattr(link, side) == key]
        return sum(widths)

    def _place_ports(self, slot: _Slot) -> None:
        middle = slot.y + slot.height / 2
        out = [link for link in self.links if link.source == slot.key]
        into = [link for link in self.links if link.target == slot.key]
        out.sort(key=lambda link: self._middle(link.target))
        into.sort(key=lambda link: self._middle(link.source))
        y = middle - self._flow(slot.key, "source") / 2
        for link in out:
            link.y1 = y + (link.thickness + 3) / 2
            y += link.thickness + 3
        y = middle - self._flow(slot.key, "target") / 2
        for link in into:
            link.y2 = y + (link.thickness + 3) / 2
            y += link.thickness + 3

    def _middle(self, key: str) -> float:
        return self.slots[key].y + self.slots[key].height / 2

    # Drawing

    @staticmethod
    def _left(slot: _Slot) -> float:
        return 8.0 + slot.column * (_BOX + _GAP)

    def svg(self) -> str:
        width = 16 + len(self.columns) * (_BOX + _GAP) - _GAP
        name = f"routes{zlib.crc32(self.alt.encode()):08x}"
        heads = "".join(
            _text(8.0 + place * (_BOX + _GAP), 20, [heading], weight="bold")
            for place, heading in self.headings.items()
        )
        key = "" if self.uniform else "Thicker lines carry more households. "
        if any(link.dead or link.state == "refuses" for link in self.links):
            key += "A bar across a line is a dead end."
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {self.height:.0f}" '
            f'width="{width}" height="{self.height:.0f}" role="img" '
            f'aria-labelledby="{name}t {name}d" font-family="{FONT}" font-size="13">'
            f'<title id="{name}t">{escape(self.title)}</title>'
            f'<desc id="{name}d">{escape(self.alt)}</desc>'
            f"{heads}{''.join(map(self._draw_link, self.links))}"
            f"{''.join(map(self._draw_slot, self.slots.values()))}"
            f"{_text(8, self.height - 10, [key], ink=QUIET_INK)}</svg>"
        )

    def _draw_link(self, link: _Link) -> str:
        source, target = self.slots[link.source], self.slots[link.target]
        x1, x2, y1, y2 = self._left(source) + _BOX, self._left(target), link.y1, link.y2
        tip = 0.0 if target.kind != "node" else 7.0
        if source.column < target.column:
            bend = (x2 - x1) / 2
            path = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} "
            path += f"{x2 - tip:.1f} {y2:.1f}"
            head = 1.0
        else:
            # Within a column, or back: out and in on the right of the boxes.
            x2 = self._left(target) + _BOX
            far = max(x1, x2) + _GAP * 0.6
            path = f"M{x1:.1f} {y1:.1f}C{far:.1f} {y1:.1f} {far:.1f} {y2:.1f} "
            path += f"{x2 + tip:.1f} {y2:.1f}"
            head = -1.0
        if target.kind == "bend":
            path += f"H{x2 + _BOX:.1f}"
        colour = LOST_COLOURS[4] if link.dead else MET_COLOURS[2]
        dash = ""
        if link.state != "open":
            colour = "#7c8388"
            dash = ' stroke-dasharray="' + ("6 4" if link.state == "refuses" else "2 4") + '"'
        drawn = (
            f'<path d="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="{link.thickness:.1f}"{dash}/>'
        )
        if link.dead or (link.state == "refuses" and link.last):
            half = link.thickness / 2 + 7
            bar = x2 - head * (0 if link.dead else 10)
            drawn += (
                f'<path d="M{bar:.1f} {y2 - half:.1f}V{y2 + half:.1f}" stroke="{INK}" '
                f'stroke-width="4"/>'
            )
        elif target.kind == "node":
            half = link.thickness / 2 + 3.5
            drawn += (
                f'<path d="M{x2:.1f} {y2:.1f}L{x2 - head * 8:.1f} {y2 - half:.1f}'
                f'V{y2 + half:.1f}Z" fill="{INK if link.state == "open" else colour}"/>'
            )
        return drawn

    def _draw_slot(self, slot: _Slot) -> str:
        if slot.kind == "bend":
            return ""
        x, middle = self._left(slot), slot.y + slot.height / 2
        first = middle - (len(slot.lines) - 1) * _LINE / 2 + 4.5
        if slot.kind == "end":
            return _text(x + 10, first, slot.lines)
        border = {
            "open": f'stroke="{INK}" stroke-width="1.5"',
            "refuses": f'stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 4"',
            "unreached": 'stroke="#7c8388" stroke-width="1.5" stroke-dasharray="2 3"',
        }[slot.state]
        ink = QUIET_INK if slot.state == "unreached" else INK
        return (
            f'<rect x="{x:.1f}" y="{slot.y:.1f}" width="{_BOX}" height="{slot.height:.1f}" '
            f'fill="#ffffff" {border}/>' + _text(x + 10, first, slot.lines, ink=ink)
        )


def _check_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dead_ends: Sequence[DeadEnd],
    stages: Mapping[str, str],
) -> None:
    known = [node.id for node in nodes]
    if len(set(known)) < len(known):
        msg = "a node stands twice"
        raise ValueError(msg)
    if strange := sorted({node.stage for node in nodes} - set(stages)):
        msg = f"a node with an unknown stage: {', '.join(strange)}"
        raise ValueError(msg)
    named = {i for edge in edges for i in (edge.source, edge.target)}
    if strange := sorted((named | {end.source for end in dead_ends}) - set(known)):
        msg = f"a line to a node that is not there: {', '.join(strange)}"
        raise ValueError(msg)


def _columns(
    nodes: Sequence[Node], edges: Sequence[Edge], stages: Mapping[str, str]
) -> tuple[dict[str, int], dict[int, str]]:
    """Return the column of each node, and the heading over the first column of each stage.

    A stage takes as many columns as its longest chain of referrals within it.
    """
    stage = {node.id: node.stage for node in nodes}
    inside = [e for e in edges if stage[e.source] == stage[e.target] and e.source != e.target]
    depth = dict.fromkeys(stage, 0)
    for _ in range(_DEEPEST):  # a circle of referrals stops here
        for edge in inside:
            depth[edge.target] = min(_DEEPEST, max(depth[edge.target], depth[edge.source] + 1))
    columns: dict[str, int] = {}
    headings: dict[int, str] = {}
    first = 0
    for code, heading in stages.items():
        members = [i for i in stage if stage[i] == code]
        levels = sorted({depth[i] for i in members})
        columns.update((i, first + levels.index(depth[i])) for i in members)
        headings[first] = heading
        first += max(1, len(levels))
    return columns, headings


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _LETTERS)


def _text(x: float, y: float, lines: Iterable[str], *, weight: str = "", ink: str = INK) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return "".join(
        f'<text x="{x:.1f}" y="{y + place * _LINE:.1f}" fill="{ink}"{bold}>{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
