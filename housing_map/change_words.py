"""Changes of a scenario in words: a sentence and a short label for each, and what is missing.

Everything here is text; callers escape it where it goes into HTML or Markdown. The *publishable*
words name no provider, no day on which money or a service ends, no cost, no figure of one
service, and no town: kinds of service stand in the place of names (``design.md`` section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Final

from housing_map import vocabulary as voc
from housing_map.cells import is_empty, records
from housing_map.change_terms import COUNTS, SORTS, UNITS, WHO, one_of
from housing_map.changes import (
    COSTED,
    AddRoute,
    AddService,
    ChangeArrivals,
    ChangeDemand,
    ChangeOccupancy,
    ChangeRoute,
    ChangeStay,
    ChangeTakes,
    CloseService,
    CutRoute,
    EndFunding,
    ExtendFunding,
    MoveService,
    Reserve,
    Resize,
    SetBudget,
    Weigh,
)
from housing_map.kinds import KINDS
from housing_map.places import area_names
from housing_map.vocabulary import Answer, CapacityBasis
from housing_map.words import joined, kind_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from housing_map.changes import Change, Route
    from housing_map.pack import Pack

LONGEST_LABEL: Final = 40
"""Most characters of a label."""
NO_COST: Final = "Nobody has given a cost."


_AIMS: Final = {
    "stay": "who want to stay",
    "move": "who want to move within the district",
    "leave": "who have to leave the district",
    "arrive": "who come from elsewhere",
}


def sentence(
    change: Change, pack: Pack, *, publishable: bool = False, among: Iterable[Change] = ()
) -> str:
    """Say a change in one sentence, with the pack's own names.

    ``among`` are the changes of the same scenario, since one may be about a service that another
    adds. ``publishable`` leaves out what only the restricted view may show.
    """
    return _sentence(_Names(pack, tuple(among), publishable).say(change))


def sentences(
    changes: Sequence[Change], pack: Pack, *, publishable: bool = False
) -> tuple[str, ...]:
    """Say each of the changes of a scenario in one sentence."""
    names = _Names(pack, tuple(changes), publishable)
    return tuple(_sentence(names.say(change)) for change in changes)


def labels(changes: Sequence[Change], pack: Pack, *, publishable: bool = False) -> tuple[str, ...]:
    """Return a label of at most :data:`LONGEST_LABEL` characters for each change.

    No two are the same, so that a chart keeps them apart.
    """
    names = _Names(pack, tuple(changes), publishable)
    found: list[str] = []
    for change in changes:
        label = _cut(names.label(change))
        number = 1
        while label in found:
            number += 1
            label = f"{_cut(names.label(change), LONGEST_LABEL - len(f' ({number})'))} ({number})"
        found.append(label)
    return tuple(found)


def cost_words(change: Change) -> str:
    """Say what a change costs, or that nobody has said; empty where there is nothing to cost.

    For the restricted view.
    """
    if not isinstance(change, COSTED):
        return ""
    given = [(change.cost_gbp_a_year, " a year"), (change.cost_gbp_once, " once")]
    parts = [f"{_money(amount)}{when}" for amount, when in given if amount is not None]
    return f"{_first_up(joined(parts))}." if parts else NO_COST


def lacking_cost(changes: Sequence[Change]) -> tuple[int, ...]:
    """Return the numbers of the changes that may have a cost, and for which nobody gave one."""
    return tuple(
        number
        for number, change in enumerate(changes)
        if isinstance(change, COSTED)
        and change.cost_gbp_a_year is None
        and change.cost_gbp_once is None
    )


def costs_missing(changes: Sequence[Change], pack: Pack, *, publishable: bool = False) -> str:
    """Ask for the costs nobody has given; empty when all have one."""
    without = lacking_cost(changes)
    if not without:
        return ""
    names = _Names(pack, tuple(changes), publishable)
    named = dict.fromkeys(names.label(changes[number]) for number in without)
    return (
        f"Nobody has given the cost of: {'; '.join(named)}. "
        "Until somebody does, scenarios compare by units and people."
    )


# Names ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    """Names of what changes are about: of the pack, and of services the changes add."""

    pack: Pack
    changes: tuple[Change, ...]
    publishable: bool
    _services: dict[str, tuple[str, str]] = field(init=False, default_factory=dict)
    _bases: dict[str, CapacityBasis] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Read names and kinds of services, and what their capacity counts."""
        for row in records(self.pack["services"]):
            self._services[str(row["service_id"])] = (str(row["name"]), str(row["kind"]))
        for row in records(self.pack["capacity"]):
            if not is_empty(row["basis"]):
                self._bases[str(row["service_id"])] = CapacityBasis(row["basis"])
        for row in records(self.pack["pool_assumptions"]):
            self._bases[f"pool:{row['kind']}"] = CapacityBasis(row["basis"])
        for change in self.changes:
            if isinstance(change, AddService):
                self._services.setdefault(change.service_id, (change.name, change.kind))
                if change.basis is not None:
                    self._bases.setdefault(change.service_id, change.basis)

    def kind(self, node: str) -> str | None:
        """Kind of a service or of a shared pool, None where there is no such thing."""
        if node.startswith("pool:"):
            kind = node.removeprefix("pool:")
            return kind if kind in KINDS else None
        return self._services.get(node, ("", None))[1]

    def node(self, node: str) -> str:
        """Name a service, a shared pool, an entry or a home in the middle of a sentence."""
        sort, _, code = node.rpartition(":")
        if sort == "entry":
            return _lower(voc.ENTRIES[code].label) if code in voc.ENTRIES else f"entry {code!r}"
        if sort == "home":
            return "a settled home" if code not in voc.HOMES else _lower(voc.HOMES[code].label)
        kind = self.kind(node)
        if kind is None:
            return "a service there is not" if self.publishable else f"{node!r} (not there)"
        if sort == "pool":
            return f"{kind_label(kind)} (all whose places are not known)"
        return one_of(kind) if self.publishable else self._services[node][0]

    def places(self, node: str, amount: float, basis: CapacityBasis | None = None) -> str:
        """Say so many places of a pool, in what its capacity counts."""
        kind = self.kind(node)
        counts = basis or self._bases.get(node) or self._bases.get(f"pool:{kind}")
        if counts is None or counts is CapacityBasis.UNITS:
            one, more = UNITS.get(kind or "", COUNTS[CapacityBasis.UNITS])
        else:
            one, more = COUNTS[counts]
        return f"{amount:,.6g} {one if amount == 1 else more}"

    def _hidden(self, pool: str) -> bool:
        """Whether the figures of a pool are not to be shown: those of one service are not."""
        return self.publishable and not pool.startswith("pool:")

    def areas(self, areas: Iterable[str]) -> str:
        """Name areas given by code or by name."""
        known = {code: name for (_, code), name in area_names(self.pack).items()}
        return joined([known.get(area, area) for area in areas])

    # Sentences ----------------------------------------------------------------------------

    @singledispatchmethod
    def say(self, change: Change) -> str:
        """Say a change, without a full stop."""
        return SORTS[change.change].title

    @say.register
    def _(self, change: AddService) -> str:
        basis = change.basis
        if basis is None and change.like in self._bases:
            basis = self._bases[change.like]
        if change.capacity is None:
            what = one_of(change.kind)
        elif self.publishable and change.organisation_id is not None:
            what = f"places in {one_of(change.kind)}"
        else:
            what = self.places(f"pool:{change.kind}", change.capacity, basis)
            if basis not in {None, CapacityBasis.UNITS} or what.endswith("a year"):
                what = f"{one_of(change.kind)}, for {what}"
        parts = [f"Add {what}", *self._taking(change)]
        if self.publishable:
            return ", ".join(parts)
        if change.name.casefold() not in what.casefold():
            parts[0] = f"Add {change.name}: {what}"
        if change.town:
            parts[0] += f" in {change.town}"
        if change.organisation_id is not None:
            parts.append(f"run by {self._organisation(change.organisation_id)}")
        if change.opens_on is not None:
            parts.append(f"from {_day(change.opens_on)}")
        if change.closes_on is not None:
            parts.append(f"until {_day(change.closes_on)}")
        return ", ".join(parts)

    def _organisation(self, code: str) -> str:
        rows = records(self.pack["organisations"])
        return next((str(row["name"]) for row in rows if row["organisation_id"] == code), code)

    def _taking(self, change: AddService) -> list[str]:
        """Say whom a new service takes, as far as it is said."""
        takes = {answer: [rule for rule, told in change.takes.items() if told is answer]
                 for answer in (Answer.YES, Answer.NO)}  # fmt: skip
        yes, no = (_people(takes[answer]) for answer in takes)
        if change.otherwise is Answer.YES:
            return [f"taking every household but {no}" if no else "taking every household"]
        if change.otherwise is Answer.NO:
            return [f"taking {yes} alone" if yes else "taking nobody"]
        said = [f"taking {yes}"] if yes else []
        return [*said, *([f"not taking {no}"] if no else [])]

    @say.register
    def _(self, change: CloseService) -> str:
        if self.publishable:
            return f"{_first_up(self.node(change.service_id))} closes"
        when = f" on {_day(change.on)}" if change.on else " before the year begins"
        return f"{_first_up(self.node(change.service_id))} closes{when}"

    @say.register
    def _(self, change: Resize) -> str:
        name = self.node(change.pool)
        if change.by is None:
            if self._hidden(change.pool):
                return f"{_first_up(name)} changes its number of places"
            return f"{_first_up(name)} has {self.places(change.pool, change.to or 0.0)}"
        more = "more" if change.by > 0 else "fewer"
        if self._hidden(change.pool):
            return f"{_first_up(more)} places in {name}"
        number, _, unit = self.places(change.pool, abs(change.by)).partition(" ")
        return f"{number} {more} {unit} in {name}"

    @say.register
    def _(self, change: MoveService) -> str:
        name, parts = _first_up(self.node(change.service_id)), []
        if change.areas is not None:
            parts.append(f"serves {self.areas(change.areas)}")
        if change.points is not None:
            where = joined([point.name for point in change.points]) or "nowhere in particular"
            parts.append("is visited elsewhere" if self.publishable else f"is visited at {where}")
        return f"{name} {joined(parts)}"

    @say.register
    def _(self, change: ChangeTakes) -> str:
        name = _first_up(self.node(change.service_id))
        if self.publishable:
            ends = {Answer.YES: "takes more households", Answer.NO: "takes fewer households"}
            return f"{name} {ends.get(change.answer, 'changes whom it takes')}"
        verbs = {
            Answer.YES: "takes",
            Answer.NO: "does not take",
            Answer.DEPENDS: "decides each time whether it takes",
            Answer.UNKNOWN: "has not said whether it takes",
        }
        return f"{name} {verbs[change.answer]} {_people(change.rules)}"

    @say.register
    def _(self, change: ChangeStay) -> str:
        name = self.node(change.pool)
        if change.times is not None:
            return f"Stays in {name} are {_as_long(change.times)}"
        if self._hidden(change.pool):
            return f"The mean stay in {name} changes"
        return f"The mean stay in {name} is {change.days:,.4g} days"

    @say.register
    def _(self, change: ChangeOccupancy) -> str:
        name = self.node(change.pool)
        if self._hidden(change.pool):
            return f"The homes of {name} are lived in on more or fewer days"
        return f"The homes of {name} are lived in on {_percent(change.share)} of days"

    @say.register
    def _(self, change: AddRoute) -> str:
        route = change.route
        who = joined(_conditions(route))
        whom = f"refers households {who} to" if who else "refers to"
        said = f"{_first_up(self.node(route.from_id))} {whom} {self.node(route.to_id)}"
        shares = _shares(route.accepts, route.succeeds, route.wait_days)
        return said if self.publishable or not shares else f"{said}: {joined(shares)}"

    @say.register
    def _(self, change: CutRoute) -> str:
        start, end = self.node(change.from_id), self.node(change.to_id)
        return f"{_first_up(start)} no longer refers to {end}"

    @say.register
    def _(self, change: ChangeRoute) -> str:
        start = f" from {self.node(change.from_id)}" if change.from_id else ""
        end = f" to {self.node(change.to_id)}" if change.to_id else ""
        if self.publishable:
            return f"Referrals{start}{end} come off, or are accepted, more or less often"
        shares = _shares(change.accepts, change.succeeds, change.wait_days)
        return f"Referrals{start}{end}: {joined(shares)}"

    @say.register
    def _(self, change: ChangeDemand) -> str:
        who = WHO[change.need] if change.need else "households"
        if change.tenures:
            who = _people([f"tenure_{tenure}" for tenure in change.tenures])
        where = f" from {self.areas(change.areas)}" if change.areas else ""
        return f"{_more(change.times)} {who}{where} ask for help"

    @say.register
    def _(self, change: ChangeArrivals) -> str:
        if change.times is not None:
            return f"{_more(change.times)} households arrive from elsewhere"
        return (
            f"For every 100 households that leave the district, "
            f"{(change.per_leaver or 0.0) * 100:,.4g} arrive"
        )

    @say.register
    def _(self, change: EndFunding) -> str:
        whose = f" for {self.node(change.service_id)}" if change.service_id else ""
        if self.publishable:
            return f"A grant or contract{whose} ends"
        when = f"on {_day(change.on)}" if change.on else "before the year begins"
        return f"{_first_up(change.stream)}{whose} ends {when}"

    @say.register
    def _(self, change: ExtendFunding) -> str:
        whose = f" for {self.node(change.service_id)}" if change.service_id else ""
        if self.publishable:
            return f"A grant or contract{whose} goes on for longer"
        return f"{_first_up(change.stream)}{whose} goes on until {_day(change.until)}"

    @say.register
    def _(self, change: Reserve) -> str:
        who = WHO[change.rule]
        if self._hidden(change.pool):
            return f"Places in {self.node(change.pool)} are kept for {who}"
        places = self.places(change.pool, change.units)
        verb = "is" if change.units == 1 else "are"
        return f"{places} in {self.node(change.pool)} {verb} kept for {who}"

    @say.register
    def _(self, change: Weigh) -> str:
        return f"{_first_up(WHO[change.rule])} count {change.weight:,.4g} times as much as others"

    @say.register
    def _(self, change: SetBudget) -> str:
        money = change.gbp_a_year
        parts = [] if money is None or self.publishable else [f"{_money(money)} a year"]
        parts += [] if change.units is None else [f"{change.units:,.6g} units of accommodation"]
        return f"A budget of {joined(parts)}" if parts else "A budget is set"

    # Labels -------------------------------------------------------------------------------

    @singledispatchmethod
    def label(self, change: Change) -> str:
        """Say a change in a few words."""
        return self.say(change)

    @label.register
    def _(self, change: AddService) -> str:
        if change.capacity is None or (self.publishable and change.organisation_id is not None):
            return f"New: {one_of(change.kind) if self.publishable else change.name}"
        basis = change.basis or self._bases.get(change.like or "")
        return f"+{self.places(f'pool:{change.kind}', change.capacity, basis)}"

    @label.register
    def _(self, change: CloseService) -> str:
        return f"Closes: {self.node(change.service_id)}"

    @label.register
    def _(self, change: Resize) -> str:
        if self._hidden(change.pool):
            return self.say(change)
        name = self._short(change.pool)
        sign, amount = ("", change.to) if change.by is None else ("+", change.by)
        if change.by is not None and change.by < 0:
            sign, amount = "−", -change.by
        return f"{sign}{self.places(change.pool, amount or 0.0)}: {name}"

    @label.register
    def _(self, change: ChangeTakes) -> str:
        if self.publishable:
            return self.say(change)
        sign = {Answer.YES: "takes", Answer.NO: "refuses"}.get(change.answer, "may take")
        rules = ", ".join(WHO[rule] for rule in change.rules)
        return f"{self._short(change.service_id)} {sign} {rules}"

    @label.register
    def _(self, change: AddRoute) -> str:
        return self._arrow(change.route.from_id, change.route.to_id, LONGEST_LABEL)

    @label.register
    def _(self, change: CutRoute) -> str:
        return f"No {self._arrow(change.from_id, change.to_id, LONGEST_LABEL - len('No '))}"

    @label.register
    def _(self, change: ChangeDemand) -> str:
        who = WHO[change.need] if change.need else self.areas(change.areas)
        who = who or _people([f"tenure_{tenure}" for tenure in change.tenures])
        return f"{_more(change.times)} ask{f': {who}' if who else ''}"

    @label.register
    def _(self, change: EndFunding) -> str:
        if change.service_id is not None:
            return f"Money ends: {self.node(change.service_id)}"
        return "Money ends" if self.publishable else f"Ends: {change.stream}"

    @label.register
    def _(self, change: ExtendFunding) -> str:
        if change.service_id is not None:
            return f"Money goes on: {self.node(change.service_id)}"
        return "Money goes on" if self.publishable else f"Goes on: {change.stream}"

    def _arrow(self, start: str, end: str, most: int) -> str:
        """Name both ends of a route, so that each can be told."""
        first, last = self._short(start), self._short(end)
        each = (most - len(" → ")) // 2
        first = _cut(first, max(each, most - len(" → ") - len(last)))
        return f"{first} → {_cut(last, most - len(first) - len(' → '))}"

    def _short(self, node: str) -> str:
        """Name what a node is in fewer words."""
        kind = self.kind(node)
        if kind is None or (not self.publishable and not node.startswith("pool:")):
            return _first_up(self.node(node))
        return _first_up(kind_label(kind))


def _conditions(route: Route) -> list[str]:
    """Say which households a route is for."""
    said = [joined([_AIMS[aim] for aim in route.aims], "or")]
    for what, codes, words in (
        ("whose home was", route.tenures, voc.TENURES),
        ("whose right to the home is", route.rights, voc.RIGHTS),
        ("at", route.risks, voc.RISKS),
    ):
        named = joined([_lower(words[code].label) for code in codes], "or")
        said.append(f"{what} {named}" if named else "")
    return [part for part in said if part]


def _shares(accepts: float | None, succeeds: float | None, wait: float | None) -> list[str]:
    """Say acceptance, success and wait, as far as they are given."""
    said = []
    if accepts is not None:
        said.append(f"{_percent(accepts)} accept")
    if succeeds is not None:
        said.append(f"{_percent(succeeds)} of tries come off")
    if wait is not None:
        said.append("no wait" if wait == 0 else f"a wait of {wait:,.4g} days")
    return said


def _people(rules: Sequence[str]) -> str:
    """Name those some rules are about.

    >>> _people(["tenure_owned", "male"])
    'owners and men'
    """
    return joined([WHO[rule] for rule in rules])


def _more(times: float) -> str:
    """Say so many times as many.

    >>> _more(1.1), _more(0.5), _more(3.0), _more(0.0)
    ('10% more', '50% fewer', '3 times as many', 'No')
    """
    if times == 0:
        return "No"
    if times == 1:
        return "As many"
    if times >= 2:  # noqa: PLR2004 - twice as many reads better than 100 % more
        return f"{times:,.4g} times as many"
    return f"{_percent(abs(times - 1))} {'more' if times > 1 else 'fewer'}"


def _as_long(times: float) -> str:
    """Say how much longer or shorter.

    >>> _as_long(0.8), _as_long(1.25), _as_long(2.0)
    ('20% shorter', '25% longer', '2 times as long')
    """
    if times == 1:
        return "as long as now"
    if times >= 2:  # noqa: PLR2004 - as above
        return f"{times:,.4g} times as long"
    return f"{_percent(abs(times - 1))} {'longer' if times > 1 else 'shorter'}"


def _percent(share: float) -> str:
    """Return a share as per cent, with decimals only where it has any.

    >>> _percent(0.1), _percent(0.198)
    ('10%', '19.8%')
    """
    return f"{share * 100:.3g}%"


def _money(amount: float) -> str:
    """Return pounds; a negative amount is a saving.

    >>> _money(120000), _money(-5000)
    ('£120,000', 'a saving of £5,000')
    """
    return f"£{amount:,.0f}" if amount >= 0 else f"a saving of £{-amount:,.0f}"


def _day(on: date) -> str:
    return f"{on:%-d %B %Y}"


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[0].lower() + label[1:]


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(said: str) -> str:
    return f"{_first_up(said)}."


def _cut(label: str, most: int = LONGEST_LABEL) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"
