"""What a scenario may change: one typed model a sort of change, told apart by ``change``.

The models are the format of a scenario file: its JSON Schema comes from them
(:func:`housing_map.scenario.json_schema`). They say what is wished; :mod:`housing_map.applying`
knows what each does to the tables of a pack. Costs are optional everywhere: a cost that nobody
has given stays unknown, and is asked for.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from housing_map.free_text import gives_away, one_line, prose, public_name, town_name
from housing_map.kinds import KINDS
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    COMPONENTS,
    RULES,
    SUPPORT_TYPES,
    Aim,
    Answer,
    CapacityBasis,
    Delivery,
    Right,
    Risk,
    Tenure,
)

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$", max_length=60)]
Node = Annotated[str, Field(pattern=r"^([a-z]+:)?[a-z0-9][a-z0-9_\-]*$", max_length=80)]
"""A service, or ``entry:CODE``, ``home:CODE``, ``pool:KIND``."""
Words = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Times = Annotated[float, Field(ge=0, le=100)]
Amount = Annotated[float, Field(gt=0, le=1_000_000)]
Days = Annotated[float, Field(ge=0, le=3650)]
Money = Annotated[float, Field(ge=-1e10, le=1e10)]
Kind = Annotated[str, Field(json_schema_extra={"enum": sorted(KINDS)})]
Rule = Annotated[str, Field(json_schema_extra={"enum": sorted(RULES)})]


class _Change(BaseModel):
    """What all changes share: ``note`` says why, in somebody's own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    note: Annotated[str, Field(max_length=200), AfterValidator(prose)] = ""


class _Costed(_Change):
    """A change with a cost, in GBP: a year, and once. None is *not given*, never nothing."""

    cost_gbp_a_year: Money | None = None
    cost_gbp_once: Money | None = None


def _known(what: str, codes: tuple[str, ...], among: object) -> None:
    """Refuse codes that the vocabulary does not have."""
    strange = [code for code in codes if code not in among]  # type: ignore[operator]
    if strange:
        message = f"there is no {what} {', '.join(map(repr, strange))}"
        raise ValueError(message)


def _rising(opens: date, closes: date) -> None:
    if closes < opens:
        message = f"it closes on {closes} and opens on {opens}: the other way round"
        raise ValueError(message)


class Point(BaseModel):
    """A public place that people visit, in degrees (WGS 84)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(public_name)]
    lon: Annotated[float, Field(ge=-9, le=3)]
    lat: Annotated[float, Field(ge=49, le=61)]


class Route(BaseModel):
    """A referral route: who sends whom on to where, and on what condition.

    ``accepts`` and ``succeeds`` are shares; None stands for all. ``order`` is the sender's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    from_id: Node
    to_id: Node
    tenures: tuple[Tenure, ...] = ()
    rights: tuple[Right, ...] = ()
    risks: tuple[Risk, ...] = ()
    aims: tuple[Aim, ...] = ()
    accepts: Share | None = None
    succeeds: Share | None = None
    wait_days: Days | None = None
    order: Annotated[int, Field(ge=1, le=99)] | None = None


Areas = Annotated[tuple[Words, ...], Field(min_length=1, max_length=5000)]
"""Codes or names of areas; a name that several levels have is the widest's."""
Points = Annotated[tuple[Point, ...], Field(max_length=100)]


# Provision --------------------------------------------------------------------------------


class AddService(_Costed):
    """A new service.

    What is not said is as in the service ``like`` (by default the first of its kind that the pack
    has): rules, referral routes to and from it, areas, support, stay and occupancy. ``capacity``
    is in ``basis`` a year, or units; None leaves the service without a limit, where its kind has
    none. ``otherwise`` answers every rule that ``takes`` does not. ``town`` is for the restricted
    view alone and changes nothing: safe accommodation has no place.
    """

    change: Literal["add_service"] = "add_service"
    service_id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
    kind: Kind
    organisation_id: Identifier | None = None
    like: Identifier | None = None
    capacity: Amount | None = None
    basis: CapacityBasis | None = None
    stay_days: Annotated[float, Field(gt=0, le=3650)] | None = None
    occupancy: Annotated[float, Field(gt=0, le=1)] | None = None
    takes: dict[Rule, Answer] = Field(default_factory=dict)
    otherwise: Answer | None = None
    support_types: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    delivery: tuple[Delivery, ...] | None = None
    areas: Areas | None = None
    points: Points = ()
    routes: Annotated[tuple[Route, ...], Field(max_length=500)] | None = None
    opens_on: date | None = None
    closes_on: date | None = None
    town: Annotated[str, Field(max_length=60), AfterValidator(town_name)] = ""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _known("kind of service", (self.kind,), KINDS)
        _known("rule", tuple(self.takes), RULES)
        _known("support type", self.support_types or (), SUPPORT_TYPES)
        _known("component", self.components or (), COMPONENTS)
        if KINDS[self.kind].confidential:
            self._unlocated()
        if self.opens_on is not None and self.closes_on is not None:
            _rising(self.opens_on, self.closes_on)
        for route in self.routes or ():
            if self.service_id not in {route.from_id, route.to_id}:
                message = f"a route of a new service must start or end at it: {self.service_id}"
                raise ValueError(message)
        return self

    def _unlocated(self) -> None:
        """Refuse whatever would say where safe accommodation is, without repeating it."""
        if self.points:
            message = "safe accommodation has no place that is written down"
            raise ValueError(message)
        for name in ("service_id", "name", "note", "town"):
            what = gives_away(getattr(self, name), safe=True)
            if what is not None:
                message = f"{what} stands in {name!r}: safe accommodation is never located"
                raise ValueError(message)


class CloseService(_Costed):
    """A service closes: after the day ``on``, or, without one, before the year begins.

    What it saves is a negative cost.
    """

    change: Literal["close_service"] = "close_service"
    service_id: Identifier
    on: date | None = None


class Resize(_Costed):
    """More or fewer places in a pool: ``by`` so many, or ``to`` so many, in its own basis.

    ``pool`` is a service with a capacity of its own or ``pool:KIND``. All three figures of the
    pool move by as much.
    """

    change: Literal["resize"] = "resize"
    pool: Node
    by: Annotated[float, Field(ge=-1_000_000, le=1_000_000)] | None = None
    to: Annotated[float, Field(ge=0, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.by is None) == (self.to is None):
            message = "say either by how many places, or to how many"
            raise ValueError(message)
        return self


class MoveService(_Costed):
    """A service serves other ``areas``, or is visited at other ``points``; None leaves them."""

    change: Literal["move_service"] = "move_service"
    service_id: Identifier
    areas: Areas | None = None
    points: Points | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.areas is None and self.points is None:
            message = "say which areas it is to serve, or where it is visited"
            raise ValueError(message)
        return self


class ChangeTakes(_Costed):
    """A service gives ``answer`` to some ``rules``: it takes such households, or does not."""

    change: Literal["takes"] = "takes"
    service_id: Identifier
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    answer: Answer

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _known("rule", self.rules, RULES)
        return self


class ChangeStay(_Costed):
    """The mean stay in a pool of units becomes so many ``days``, or so many ``times`` as long."""

    change: Literal["stay"] = "stay"
    pool: Node
    days: Annotated[float, Field(gt=0, le=3650)] | None = None
    times: Annotated[float, Field(gt=0, le=100)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.days is None) == (self.times is None):
            message = "say either how many days, or how many times as long"
            raise ValueError(message)
        return self


class ChangeOccupancy(_Costed):
    """The share of unit-days that a pool of units can use."""

    change: Literal["occupancy"] = "occupancy"
    pool: Node
    share: Annotated[float, Field(gt=0, le=1)]


# Referral ---------------------------------------------------------------------------------


class AddRoute(_Costed):
    """A referral route that there was not, or that nobody knew of."""

    change: Literal["add_route"] = "add_route"
    route: Route


class CutRoute(_Costed):
    """Every referral route from one to the other ends."""

    change: Literal["cut_route"] = "cut_route"
    from_id: Node
    to_id: Node


class ChangeRoute(_Costed):
    """Acceptance, success or wait of the routes from one to another; an empty end is any."""

    change: Literal["change_route"] = "change_route"
    from_id: Node | None = None
    to_id: Node | None = None
    accepts: Share | None = None
    succeeds: Share | None = None
    wait_days: Days | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.from_id is None and self.to_id is None:
            message = "say where the routes start, or where they end"
            raise ValueError(message)
        if self.accepts is None and self.succeeds is None and self.wait_days is None:
            message = "say what changes: acceptance, success or the wait"
            raise ValueError(message)
        return self


# Demand -----------------------------------------------------------------------------------


class ChangeDemand(_Change):
    """So many ``times`` as many households seek help.

    All of them; those of some ``areas`` (codes or names of one level) or ``tenures``; or those with
    one ``need``, anywhere: a share s becomes s·f ÷ (1 − s + s·f).
    """

    change: Literal["demand"] = "demand"
    times: Times
    areas: Annotated[tuple[Words, ...], Field(max_length=5000)] = ()
    tenures: tuple[Tenure, ...] = ()
    need: str | None = Field(default=None, json_schema_extra={"enum": [*CIRCUMSTANCES, None]})

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.need is not None:
            _known("circumstance", (self.need,), CIRCUMSTANCES)
            if self.areas or self.tenures:
                message = "needs are known for the whole district: leave out areas and tenures"
                raise ValueError(message)
        return self


class ChangeArrivals(_Change):
    """So many households ``per_leaver`` arrive from elsewhere, or ``times`` as many as now."""

    change: Literal["arrivals"] = "arrivals"
    per_leaver: Times | None = None
    times: Times | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.per_leaver is None) == (self.times is None):
            message = "say either how many arrive for each who leaves, or how many times as many"
            raise ValueError(message)
        return self


# Money and rules --------------------------------------------------------------------------


class EndFunding(_Costed):
    """A stream of money ends after the day ``on``; None: before the year begins.

    Services with no other money known to go on close with it, which in the baseline nobody takes
    for granted, whatever day the pack has. ``service_id`` narrows it to one.
    """

    change: Literal["end_funding"] = "end_funding"
    stream: Words
    service_id: Identifier | None = None
    on: date | None = None


class ExtendFunding(_Costed):
    """A stream of money goes on until the day ``until``, and what would close with it stays."""

    change: Literal["extend_funding"] = "extend_funding"
    stream: Words
    service_id: Identifier | None = None
    until: date


class Reserve(_Change):
    """``units`` of a pool are kept for households with a ``rule``."""

    change: Literal["reserve"] = "reserve"
    pool: Node
    rule: Rule
    units: Amount

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _known("rule", (self.rule,), RULES)
        return self


class Weigh(_Change):
    """A household with a ``rule`` counts ``weight`` in the place of 1."""

    change: Literal["weight"] = "weight"
    rule: Rule
    weight: Amount

    @model_validator(mode="after")
    def _sound(self) -> Self:
        _known("rule", (self.rule,), RULES)
        return self


class SetBudget(_Change):
    """What may be spent: GBP a year, or units of accommodation, or both."""

    change: Literal["budget"] = "budget"
    gbp_a_year: Annotated[float, Field(ge=0, le=1e10)] | None = None
    units: Annotated[float, Field(ge=0, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.gbp_a_year is None and self.units is None:
            message = "say how much money, or how many units"
            raise ValueError(message)
        return self


Change = Annotated[
    AddService
    | CloseService
    | Resize
    | MoveService
    | ChangeTakes
    | ChangeStay
    | ChangeOccupancy
    | AddRoute
    | CutRoute
    | ChangeRoute
    | ChangeDemand
    | ChangeArrivals
    | EndFunding
    | ExtendFunding
    | Reserve
    | Weigh
    | SetBudget,
    Field(discriminator="change"),
]
"""Any change; ``change`` says which."""

COSTED: Final = _Costed
"""Changes that may have a cost."""
