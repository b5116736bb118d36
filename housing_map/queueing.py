"""Is the door full on the day? Units, households a year, and the queues between them.

The cascade counts yearly flows: a pool of U units takes U × occupancy × 365 unit-days a year,
and its ``no_room`` comes from the allocation alone. Whether a place is free on the day somebody
asks is another question. It is answered here, shown *beside* the cascade, and never subtracted
from it again.

Households ask at random (a Poisson stream), load A = households a year × stay ÷ 365 Erlangs, for
c places. A share of a unit is allowed: every formula is continued to any c ≥ 0, and equals the
textbook at whole numbers. Three cases:

- nobody waits (Erlang B): whoever finds it full is turned away;
- everybody waits (Erlang C), in order of asking;
- households wait, but for no longer than their patience (Erlang A).

Erlang B holds whatever the spread of stays (Sevastyanov 1957); C and A suppose that stays, and
in A patience, are exponential.

Sources: A. K. Erlang, *Solution of some problems in the theory of probabilities of significance
in automatic telephone exchanges* (1917); D. L. Jagerman, *Some properties of the Erlang loss
function*, Bell System Technical Journal 53 (1974); C. Palm, *Research on telephone traffic
carried by full availability groups* (1957); A. Mandelbaum and S. Zeltyn, *Service engineering in
action: the Palm/Erlang-A queue* (2007).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import integrate, special

from housing_map.errors import UsageError
from housing_map.provision import DAYS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.provision import Pool
    from housing_map.stance import Stance

_NEGLIGIBLE: Final = 45.0
"""States less likely than exp(-45) of the likeliest are left out of a sum."""
_TINY: Final = 1e-280
"""A probability below which a ratio of two is worked out in another way."""


@dataclass(frozen=True, slots=True)
class UnitDays:
    """The identity that ties units to households: Σ households × stay ≤ units × occupancy × 365.

    ``uses`` are pairs of households a year and their mean stay in days. At a full pool the two
    sides are equal.
    """

    units: float
    occupancy: float
    uses: tuple[tuple[float, float], ...]

    @property
    def available(self) -> float:
        """Unit-days of a year that can be lived in."""
        return self.units * self.occupancy * DAYS_A_YEAR

    @property
    def used(self) -> float:
        """Unit-days of a year that the households take up."""
        return math.fsum(households * stay for households, stay in self.uses)

    @property
    def households(self) -> float:
        """Households a year, together."""
        return math.fsum(households for households, _ in self.uses)

    @property
    def sentence(self) -> str:
        """Both sides in figures, for printing beside a number of units."""
        sides = [
            f"{households:,.1f} households × {stay:,.0f} days" for households, stay in self.uses
        ]
        return (
            f"{' + '.join(sides) or 'No households'} = {self.used:,.0f} unit-days, of "
            f"{self.units:,.1f} units × {self.occupancy:.2f} × 365 = {self.available:,.0f}"
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which everybody waits (Erlang C, M/M/c).

    ``chance`` that a household has to wait at all; ``mean_days`` over all households, infinite
    when they ask for as much as there is, or more. ``clears_days`` is the mean wait of those who
    do wait.
    """

    chance: float
    mean_days: float
    clears_days: float

    def within(self, share: float) -> float:
        """Days within which ``share`` of households (0 to below 1) have a place."""
        _within(share, "The share of households", 0.0, 1.0, below=True)
        if 1.0 - share >= self.chance:
            return 0.0
        return self.clears_days * math.log(self.chance / (1.0 - share))


@dataclass(frozen=True, slots=True)
class Patience:
    """A queue that households leave when they have waited too long (Erlang A, M/M/c+M).

    ``chance`` that a household has to wait; ``gone``, the share of all that leaves without a
    place; ``mean_days``, the mean wait of all, whether they leave or stay.
    """

    chance: float
    gone: float
    mean_days: float


@dataclass(frozen=True, slots=True)
class SiteDoor:
    """The door of a pool whose places stand in ``sites`` equal groups, each asked equally often.

    With one site all places are shared. ``full`` is the chance that a site is full on the day,
    which is also the share of its callers who are turned away when nobody waits; ``all_full``
    that every site is full at once. ``turned_away`` are households a year. ``waiting`` says what
    happens when everybody waits, ``patience`` when they wait for no longer than they can (None
    where no patience was given).
    """

    sites: int
    places_each: float
    full: float
    all_full: float
    turned_away: float
    waiting: Waiting
    patience: Patience | None


@dataclass(frozen=True, slots=True)
class Door:
    """Whether a pool of units is full on the day, by number of sites.

    Shown beside the cascade, never subtracted from it. ``places`` = units × occupancy;
    ``load`` = seeking × stay ÷ 365 Erlangs; ``by_sites`` runs from 1 site to the pool's own
    number.
    """

    pool_id: str
    label: str
    units: float
    places: float
    stay_days: float
    seeking: float
    load: float
    by_sites: tuple[SiteDoor, ...]


def households_a_year(units: float, occupancy: float, stay_days: float) -> float:
    """Households a year that units can take: units × occupancy × 365 ÷ mean stay in days.

    Raises :class:`UsageError` for impossible figures.
    """
    _units(units, occupancy)
    _within(stay_days, "The mean stay in days", 0.0, above=True)
    return units * occupancy * DAYS_A_YEAR / stay_days


def units_needed(households: float, occupancy: float, stay_days: float) -> float:
    """Units that so many households a year take up: households × stay ÷ (occupancy × 365).

    Raises :class:`UsageError` for impossible figures.
    """
    _within(households, "Households a year", 0.0)
    _within(stay_days, "The mean stay in days", 0.0)
    _within(occupancy, "Occupancy", 0.0, 1.0, above=True)
    return households * stay_days / (occupancy * DAYS_A_YEAR)


def unit_days(units: float, occupancy: float, uses: Sequence[tuple[float, float]]) -> UnitDays:
    """Return the unit-day identity of units and the households who use them.

    ``uses`` are pairs of households a year and mean stay in days. Raises :class:`UsageError`
    for impossible figures.
    """
    _units(units, occupancy)
    for households, stay in uses:
        _within(households, "Households a year", 0.0)
        _within(stay, "The mean stay in days", 0.0)
    return UnitDays(units, occupancy, tuple(uses))


def pool_unit_days(pool: Pool, run: Stance, used: float | None = None) -> UnitDays:
    """Return the unit-day identity of a pool in a run.

    ``used`` are the unit-days in use, as in :attr:`housing_map.coverage.Cells.pool_use` (None:
    the pool is full). Raises :class:`UsageError` for a pool that has no units.
    """
    units, occupancy, stay = _of_pool(pool, run)
    used = pool.limit(run) if used is None else used
    _within(used, "Unit-days in use", 0.0)
    return unit_days(units, occupancy, [(used / stay, stay)])


def erlang_b(load: float, places: float) -> float:
    """Chance that all places are taken when nobody waits (M/G/c/c).

    ``load`` in Erlangs, 0 or more; ``places``, 0 or more, not only whole numbers:
    1 / B = ∫₀^∞ exp(-t) (1 + t / A)^c dt, or B = P(N = c) ÷ P(N ≤ c) for a Poisson number N of
    mean A, with the gamma and incomplete gamma functions in the place of factorials and sums
    (Jagerman 1974). The relative error is below 1e-13 × (10 + A). Raises :class:`UsageError` for
    impossible figures.
    """
    _load(load, places)
    if places == 0:
        return 1.0
    if load == 0:
        return 0.0
    at_most = float(special.gammaincc(places + 1, load))
    if at_most > _TINY:
        log_exactly = special.xlogy(places, load) - load - special.gammaln(places + 1)
        return min(float(np.exp(log_exactly)) / at_most, 1.0)
    # Far more is asked than there is: both terms are too small for a number, their ratio is not.
    scale = load / (load - places)
    integral, _ = integrate.quad(
        lambda t: math.exp(places * math.log1p(scale * t / load) - scale * t),
        0.0,
        math.inf,
        epsabs=0.0,
        epsrel=1e-12,
    )
    return 1.0 / (scale * integral)


def erlang_c(load: float, places: float) -> float:
    """Chance of having to wait when everybody waits (M/M/c); 1 when load ≥ places.

    C = B ÷ (1 - (A / c) (1 - B)). Raises :class:`UsageError` for impossible figures.
    """
    blocked = erlang_b(load, places)
    if load >= places:
        return 1.0
    return blocked / (1.0 - load / places * (1.0 - blocked))


def waiting(load: float, places: float, stay_days: float) -> Waiting:
    """Wait when everybody waits: mean C × stay ÷ (c - A) days, infinite when load ≥ places.

    Raises :class:`UsageError` for impossible figures.
    """
    _within(stay_days, "The mean stay in days", 0.0, above=True)
    chance = erlang_c(load, places)
    if load >= places:
        return Waiting(chance, math.inf, math.inf)
    clears = stay_days / (places - load)
    return Waiting(chance, chance * clears, clears)


def erlang_a(load: float, places: float, stay_days: float, patience_days: float) -> Patience:
    """Wait when households leave after an exponential patience of mean ``patience_days``.

    With x = c × patience ÷ stay, y = A × patience ÷ stay and t_j = y^j ÷ Π_{k=1..j} (x + k), the
    weight of j households waiting,

    P(wait) = B ΣT ÷ (1 + B (ΣT - 1)) and P(leaves | wait) = Σ t_j (j + 1) ÷ (x + j + 1) ÷ ΣT,

    where ΣT = Σ t_j: sums of positive terms, so nothing cancels at any load. Mean wait = share
    who leave × patience. Raises :class:`UsageError` for impossible figures.
    """
    _within(stay_days, "The mean stay in days", 0.0, above=True)
    _within(patience_days, "The mean patience in days", 0.0)
    blocked = erlang_b(load, places)
    if patience_days == 0 or load == 0:
        return Patience(blocked, blocked, 0.0)
    x, y = places * patience_days / stay_days, load * patience_days / stay_days
    shortfall, leaves = _queue(x, y)
    chance = blocked / (blocked + (1.0 - blocked) * shortfall)
    gone = chance * leaves
    return Patience(chance, gone, gone * patience_days)


def _queue(x: float, y: float) -> tuple[float, float]:
    """Return 1 ÷ Σ t_j, and the chance that somebody who has to wait leaves."""
    if y > x > 0:
        # Σ t_j = x e^y y^-x times the lower incomplete gamma function of x and y: large here, so
        # that its rounding does not matter below.
        log_total = (
            y - special.xlogy(x, y) + special.gammaln(x + 1) + np.log(special.gammainc(x, y))
        )
        inverse = float(np.exp(-log_total))
        return inverse, 1.0 - x / y * (1.0 - inverse)
    if x == 0:
        inverse = math.exp(-y)
        return inverse, 1.0
    # log t_j <= j log(y / (x + 1)) and <= -j² / (2 (x + j)): few states count.
    by_ratio = _NEGLIGIBLE / math.log((x + 1) / y)
    by_spread = _NEGLIGIBLE + math.sqrt(_NEGLIGIBLE**2 + 2 * _NEGLIGIBLE * x)
    states = np.arange(1, math.ceil(min(by_ratio, by_spread)) + 2, dtype=np.float64)
    weights = np.concatenate([[1.0], np.exp(np.cumsum(np.log(y) - np.log(x + states)))])
    places = np.arange(1, len(weights) + 1)
    total = float(weights.sum())
    return 1.0 / total, float((weights * places / (x + places)).sum()) / total


def wait_for_home(reaching: float, homes: float) -> float:
    """Mean days that a household waits for a home, in one queue in order of asking.

    ``reaching`` households a year ask and ``homes`` come up a year, both at random; the wait is
    365 ÷ (homes - reaching), infinite when as many ask as there are, or more. It is Erlang C
    with one server, and the time until the home comes up included (M/M/1). Raises
    :class:`UsageError` for impossible figures.
    """
    _within(reaching, "Households a year", 0.0)
    _within(homes, "Homes a year", 0.0)
    return DAYS_A_YEAR / (homes - reaching) if homes > reaching else math.inf


def door(
    pool: Pool, run: Stance, seeking_households_a_year: float, patience_days: float | None = None
) -> Door:
    """Whether a pool of units is full on the day, for 1 to as many sites as it has.

    ``seeking_households_a_year`` are those who ask for a place in the pool, helped or not;
    ``patience_days``, if given, how long they can wait on average. Raises :class:`UsageError`
    for a pool that has no units, and for impossible figures.
    """
    units, occupancy, stay = _of_pool(pool, run)
    places = units * occupancy
    _within(seeking_households_a_year, "Households a year who seek a place", 0.0)
    load = seeking_households_a_year * stay / DAYS_A_YEAR
    return Door(
        pool_id=pool.id,
        label=pool.label,
        units=units,
        places=places,
        stay_days=stay,
        seeking=seeking_households_a_year,
        load=load,
        by_sites=tuple(
            site_door(load, places, sites, stay_days=stay, patience_days=patience_days)
            for sites in range(1, pool.sites + 1)
        ),
    )


def site_door(
    load: float,
    places: float,
    sites: int,
    *,
    stay_days: float,
    patience_days: float | None = None,
) -> SiteDoor:
    """Door of ``places`` in ``sites`` equal groups that do not share places.

    ``load`` in Erlangs is asked of all of them together. Raises :class:`UsageError` for
    impossible figures.
    """
    if sites < 1:
        message = f"The number of sites must be 1 or more; it is {sites}"
        raise UsageError(message)
    each, load_each = places / sites, load / sites
    full = erlang_b(load_each, each)
    leaving = None
    if patience_days is not None:
        leaving = erlang_a(load_each, each, stay_days, patience_days)
    return SiteDoor(
        sites=sites,
        places_each=each,
        full=full,
        all_full=full**sites,
        turned_away=full * load * DAYS_A_YEAR / stay_days,
        waiting=waiting(load_each, each, stay_days),
        patience=leaving,
    )


def _of_pool(pool: Pool, run: Stance) -> tuple[float, float, float]:
    """Return the units, occupancy and mean stay in days of a pool of units.

    The units are those that are left where part of a pool was lost.
    """
    if pool.stay_days is None or pool.occupancy is None:
        message = f"{pool.label} has no units: its capacity is a number of households a year"
        raise UsageError(message)
    occupancy, stay = pool.occupancy.at(run), pool.stay_days.at(run)
    _within(occupancy, "Occupancy", 0.0, 1.0, above=True)
    units = pool.limit(run) / (occupancy * DAYS_A_YEAR)
    _units(units, occupancy)
    _within(stay, "The mean stay in days", 0.0, above=True)
    return units, occupancy, stay


def _units(units: float, occupancy: float) -> None:
    _within(units, "The number of units", 0.0)
    _within(occupancy, "Occupancy", 0.0, 1.0)


def _load(load: float, places: float) -> None:
    _within(load, "The load in Erlangs", 0.0)
    _within(places, "The number of places", 0.0)


def _within(
    value: float,
    what: str,
    low: float,
    high: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> None:
    """Raise :class:`UsageError` unless low ≤ value ≤ high, or strictly ``above`` and ``below``."""
    fits = low < value if above else low <= value
    fits &= value < high if below else value <= high
    if math.isfinite(value) and fits:
        return
    limits = f"{'above' if above else 'at least'} {low:g}"
    if high < math.inf:
        limits += f" and {'below' if below else 'at most'} {high:g}"
    message = f"{what} must be a number {limits}; it is {value!r}"
    raise UsageError(message)
