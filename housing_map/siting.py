"""Where services that people visit could open: candidates from a pack, the best set, in words.

Only services that people have to visit are sited: advice, advocates, hubs, programmes. Refuge and
every other accommodation is never sited, and neither is help that comes to the home: where such a
place is, or might be, is not asked. Candidates are the places of delivery there are, and the
centres of areas of a level (the mean of their small areas' centroids, weighted by residents): a
candidate stands for "somewhere in this area", never for a building. Times to a place of delivery
are those of :mod:`housing_map.travel`; times to a centre are estimates by the same detour and
speed. The two questions are :func:`housing_map.siting_covering.maximal_covering`, within the
threshold of the register, and :func:`housing_map.siting_median.p_median`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from housing_map import places, reach, travel, words
from housing_map.cells import records
from housing_map.errors import UsageError
from housing_map.kinds import KINDS
from housing_map.siting_covering import Covering, maximal_covering
from housing_map.siting_median import Median, p_median
from housing_map.siting_problem import SAME, TIME_LIMIT_S, Limits, Status, floors_by_area
from housing_map.vocabulary import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from housing_map.pack import Pack
    from housing_map.parameters import Register
    from housing_map.siting_problem import Floor
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

SITED: Final = (
    reach.ANY,
    "idva", "community_support", "wider_support", "housing_options", "owner_support",
    "homelessness_route", "privately_owned", "co_located_advocate", "flexible_funding",
    "perpetrator_programme", "perpetrator_management",
)  # fmt: skip
"""Kinds and components that people may have to visit, and no other, can be sited."""
THRESHOLD: Final = "travel_threshold_min"


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate: ``code`` of a place of delivery or of an area whose centre stands in."""

    code: str
    name: str
    existing: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: where to open ``what``, a kind, a component or any (:data:`SITED`).

    ``aim`` is *reach*, most people within the threshold, or *minutes*, the least travel in all.
    At most ``new`` places more than there are; with ``closable`` ones (``point_id``), one that
    closes may be replaced. ``cost`` in GBP by code, and ``budget`` for the new ones and those
    kept at a cost; a cost nobody has given is asked for. ``level`` is that of the areas whose
    centres are candidates; ``forced`` and ``closed`` are codes. ``floor_level`` names the areas
    that may not fall below what they reach now, which only matters where something may close.
    ``threshold`` in minutes is by default that of the register.
    """

    what: str
    aim: Literal["reach", "minutes"] = "reach"
    new: int | None = None
    budget: float | None = None
    cost: Mapping[str, float] = field(default_factory=dict)
    level: str = "ward"
    forced: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    closable: tuple[str, ...] = ()
    floor_level: str = "ward"
    threshold: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sited:
    """The answer: the best set of places, whom it reaches, and whom it leaves out.

    ``chosen`` has a row a place of the set: ``code``, ``name``, ``existing``; ``people`` within
    the threshold of it; ``nearest`` those of them for whom no other is nearer; ``only`` those whom
    no other of the set reaches. ``areas`` has a row an area of the floor level, those most left
    out first: ``code``, ``name``, ``people``, ``before`` and ``after`` within the threshold, and
    ``left_out``. ``not_placed`` counts people of small areas without a centroid or time, who are
    in no figure. ``unit`` is the word for who is counted, ``modelled`` whether they are an estimate
    rather than a census; ``mean_before`` the mean minutes now, infinite where there is no place;
    ``beyond`` the minutes that an area
    counts which no place serves, NaN where all are served.
    """

    question: Question
    points: tuple[Point, ...]
    chosen: pd.DataFrame
    closing: tuple[Point, ...]
    areas: pd.DataFrame
    threshold: float
    not_placed: float
    unit: str
    modelled: bool
    mean_before: float
    beyond: float
    answer: Covering | Median


def candidates(
    pack: Pack, register: Register, run: Stance, what: str, *, level: str = "ward"
) -> tuple[tuple[Point, ...], pd.DataFrame]:
    """Return candidate places and minutes from each LSOA (rows) to each (columns by code).

    Existing places of ``what`` that run on the pack's reference date come first, then the centres
    of areas of ``level``. Minutes are infinite where an existing service does not serve, NaN
    where nobody can say. Raises :class:`UsageError` for what is not visited, and for a level that
    the pack does not have.
    """
    _refuse_unvisited(what)
    found = reach.visits(pack, register, run)
    here = [
        point
        for service in found.services
        if service.kind.code == what or (what in found.groups() and service in found.of(what))
        for point in found.points[service.id]
    ]
    rows = pack["delivery_points"].set_index("point_id")
    existing = [Point(code, str(rows.at[code, "name"]), existing=True) for code in sorted(here)]
    centres = _centres(pack, level)
    homes = places.centroids(pack)
    metres = np.hypot(
        homes.x.to_numpy()[:, None] - centres["x"].to_numpy()[None, :],
        homes.y.to_numpy()[:, None] - centres["y"].to_numpy()[None, :],
    )
    km = np.where(np.isfinite(metres), metres, np.nan) / travel.METRES_PER_KM
    pace = travel.MINUTES_PER_HOUR * register.at("detour_factor", run)
    estimated = pd.DataFrame(
        km * pace / register.at("travel_speed_kmh", run), homes.index, pd.Index(centres.index)
    )
    codes = [point.code for point in existing]
    centre = [
        Point(str(code), str(centres.at[code, "name"]), existing=False) for code in centres.index
    ]
    return (*existing, *centre), pd.concat([found.minutes[codes], estimated], axis=1)


def _refuse_unvisited(what: str) -> None:
    if what in SITED:
        return
    terms: Mapping[str, object] = {**COMPONENTS, **KINDS}
    known = ", ".join(SITED)
    if what in terms:
        message = (
            f"{reach.group_label(what)} is not sited: a place is only ever looked for where "
            f"people have to visit ({known}), never for accommodation or help at home"
        )
    else:
        message = f"There is no service of {what!r} to site; there are {known}"
    raise UsageError(message)


def _centres(pack: Pack, level: str) -> pd.DataFrame:
    """Return the centre of each area of a level, on EPSG:27700: ``name``, ``x``, ``y``."""
    level = places.find_level(pack, level).code
    homes = places.centroids(pack)
    people = pack["lsoa_facts"].set_index("lsoa_code")["residents"].astype("float64")
    area = places.membership(pack)[level]
    names = places.area_names(pack)
    known = np.isfinite(homes.x.to_numpy()) & np.array([(level, code) in names for code in area])
    frame = pd.DataFrame(
        {"area": area, "weight": people, "x": homes.x * people, "y": homes.y * people}
    )[known]
    summed = frame.groupby("area").sum()
    summed = summed[summed["weight"] > 0]
    return pd.DataFrame(
        {
            "name": [names[level, str(code)] for code in summed.index],
            "x": summed["x"] / summed["weight"],
            "y": summed["y"] / summed["weight"],
        },
        index=summed.index,
    )


def site(
    pack: Pack,
    register: Register,
    run: Stance,
    question: Question,
    *,
    demand: pd.Series[float] | None = None,
    unit: str = "residents",
    prove: bool = True,
    time_limit: float = TIME_LIMIT_S,
) -> Sited:
    """Return the best places for a question, and whom they leave out.

    ``demand`` by LSOA, such as households that seek help, with ``unit`` the word for them; by
    default residents (Census 2021). With ``prove`` false it is the first answer, at once. Raises
    :class:`UsageError` for what makes no sense, and
    :class:`~housing_map.siting_problem.InfeasibleError` where no set of places is allowed.
    """
    points, table = candidates(pack, register, run, question.what, level=question.level)
    people = _people(pack, table.index, demand)
    threshold = register.at(THRESHOLD, run) if question.threshold is None else question.threshold
    placed = ~table.isna().any(axis=1).to_numpy()
    minutes = table.to_numpy(dtype=np.float64)[placed]
    weight = people[placed]
    now = np.array([point.existing for point in points])
    covers = np.asarray(minutes <= threshold)
    before = np.asarray(covers[:, now].any(axis=1))
    areas = _areas(pack, question.floor_level)[placed]
    limits = _limits(points, question)
    beyond = np.nan
    answer: Covering | Median
    if question.aim == "reach":
        kept = weight * before
        floors = _floors(areas, weight, kept) if question.closable else ()
        answer = maximal_covering(
            covers, weight, limits, floors=floors, prove=prove, time_limit=time_limit
        )
    else:
        if not np.isfinite(minutes).all():
            beyond = float(minutes[np.isfinite(minutes)].max(initial=0.0))
        answer = p_median(
            minutes,
            weight,
            limits,
            beyond=None if np.isnan(beyond) else beyond,
            prove=prove,
            time_limit=time_limit,
        )
    sites = list(answer.sites)
    nearest = minutes[:, now].min(axis=1, initial=np.inf)
    if (
        np.isfinite(nearest).all()
        and np.isfinite(minutes[:, sites].min(axis=1, initial=np.inf)).all()
    ):
        beyond = np.nan
    elif now.any() and not np.isnan(beyond):
        nearest = np.minimum(nearest, beyond)
    return Sited(
        question,
        points,
        _chosen(points, sites, minutes, weight, threshold),
        tuple(p for n, p in enumerate(points) if p.existing and n not in answer.sites),
        _by_area(
            pack,
            question.floor_level,
            areas,
            weight,
            (before, np.asarray(covers[:, sites].any(axis=1))),
        ),
        threshold,
        float(people[~placed].sum()),
        unit,
        demand is not None,
        float(weight @ nearest / weight.sum()) if now.any() and weight.any() else np.inf,
        beyond,
        answer,
    )


def _floors(areas: NDArray[np.object_], weight: Floats, kept: Floats) -> tuple[Floor, ...]:
    """Return a floor for each area: what it reaches now."""
    return floors_by_area(
        [str(area) for area in areas],
        weight,
        {str(area): float(kept[areas == area].sum()) for area in dict.fromkeys(areas)},
    )


def _people(pack: Pack, index: pd.Index[str], demand: pd.Series[float] | None) -> Floats:
    if demand is None:
        demand = pack["lsoa_facts"].set_index("lsoa_code")["residents"].astype("float64")
    if missing := sorted(set(index) - set(demand.index)):
        message = f"There is no demand for {len(missing)} small areas, such as {missing[0]}"
        raise UsageError(message)
    return np.asarray(demand.reindex(index), dtype=np.float64)


def _limits(points: tuple[Point, ...], question: Question) -> Limits:
    """Return the limits in numbers of sites; raises :class:`UsageError` for an unknown code."""
    number = {point.code: place for place, point in enumerate(points)}
    asked: Iterable[str] = (
        *question.forced, *question.closed, *question.closable, *question.cost
    )  # fmt: skip
    if unknown := [code for code in asked if code not in number]:
        message = f"There is no candidate place {unknown[0]!r}"
        raise UsageError(message)
    existing = {point.code for point in points if point.existing}
    if strange := [code for code in question.closable if code not in existing]:
        message = f"{points[number[strange[0]]].name} is not there yet, so it cannot close"
        raise UsageError(message)
    free = {*question.closable, *question.closed}
    kept = existing - free
    lacking = [p.name for p in points if not p.existing and p.code not in question.cost]
    lacking = [name for name in lacking if question.budget is not None]
    if lacking and not {p.name for p in points if p.code in question.closed} >= set(lacking):
        message = f"A budget needs the cost of each place; none is assumed: {', '.join(lacking)}"
        raise UsageError(message)
    return Limits(
        most=None if question.new is None else len(existing - {*question.closed}) + question.new,
        cost=tuple(question.cost.get(point.code, 0.0) for point in points),
        budget=question.budget,
        forced=tuple(sorted(number[code] for code in kept | set(question.forced))),
        closed=tuple(sorted(number[code] for code in question.closed)),
        names=tuple(point.name for point in points),
    )


def _areas(pack: Pack, level: str) -> NDArray[np.object_]:
    column = places.membership(pack)[places.find_level(pack, level).code]
    return column.fillna(reach.NOWHERE).to_numpy(dtype=object)


def _chosen(
    points: tuple[Point, ...], sites: list[int], minutes: Floats, weight: Floats, threshold: float
) -> pd.DataFrame:
    """Return whom each place of the set reaches."""
    there = minutes[:, sites]
    within = there <= threshold
    row = np.arange(len(weight))
    near = np.zeros(within.shape, dtype=bool)
    if sites:
        near[row, there.argmin(axis=1)] = True
    alone = within & (within.sum(axis=1) == 1)[:, None]
    return pd.DataFrame(
        {
            "code": [points[place].code for place in sites],
            "name": [points[place].name for place in sites],
            "existing": [points[place].existing for place in sites],
            "people": weight @ within,
            "nearest": weight @ (within & near),
            "only": weight @ alone,
        }
    )


def _by_area(
    pack: Pack,
    level: str,
    areas: NDArray[np.object_],
    weight: Floats,
    within: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> pd.DataFrame:
    """Return whom the set reaches and leaves out in each area, most left out first."""
    level = places.find_level(pack, level).code
    names = places.area_names(pack)
    before, after = within
    frame = pd.DataFrame({"people": weight, "before": weight * before, "after": weight * after})
    table = frame.groupby(pd.Series(areas, name="code")).sum().reset_index()
    table["left_out"] = table["people"] - table["after"]
    nowhere = f"In no area of the level {level}"
    table.insert(1, "name", [names.get((level, str(code)), nowhere) for code in table["code"]])
    order = table.sort_values(["left_out", "code"], ascending=[False, True]).index
    return table.loc[order].reset_index(drop=True)


# In words ------------------------------------------------------------------------------------


def sentences(sited: Sited) -> tuple[str, ...]:
    """Say which places, whom they reach, whom they leave out, and how far it is proved.

    Plain text: whoever puts it on a page escapes it. Estimated numbers are rounded as everywhere
    (:func:`housing_map.words.about`), and by area they are shares.
    """
    return (*_result(sited), _proved(sited), *_left_out(sited), *_rests_on(sited))


def _number(sited: Sited, people: float) -> str:
    return words.about(people) if sited.modelled else f"{people:,.0f}"


def _result(sited: Sited) -> tuple[str, ...]:
    new = sited.chosen[~sited.chosen["existing"]]
    areas, unit = sited.areas, sited.unit
    before, after, people = (float(areas[name].sum()) for name in ("before", "after", "people"))
    where = "; ".join(f"{one['name']}" for one in records(new))
    head = f"New places: {where}." if len(new) else "No new place."
    if sited.closing:
        head += f" Closing: {'; '.join(point.name for point in sited.closing)}."
    total = (
        f"Of {_number(sited, people)} {unit}, {_number(sited, after)} are within "
        f"{sited.threshold:g} minutes; {_number(sited, before)} are now."
    )
    each = tuple(
        f"{one['name']}: {_number(sited, one['people'])} {unit} within {sited.threshold:g} "
        f"minutes, of whom no other place reaches {_number(sited, one['only'])}."
        for one in records(new)
    )
    mean: tuple[str, ...] = ()
    if isinstance(sited.answer, Median):
        now = "nobody has a place to go to now"
        if np.isfinite(sited.mean_before):
            now = f"it is {sited.mean_before:.1f} now"
        mean = (f"The mean journey is {sited.answer.mean:.1f} minutes; {now}.",)
    return (head, total, *mean, *each)


def _proved(sited: Sited) -> str:
    proof = sited.answer.proof
    what = "reaches more" if sited.question.aim == "reach" else "means less travel"
    count = len(sited.points)
    if proof.status is Status.PROVED:
        return f"Proved: no other allowed choice among the {count} candidate places {what}."
    how = "The first answer" if proof.status is Status.FIRST else "Stopped at the time limit"
    return f"{how}: the best choice is at most {proof.gap:.1%} better."


def _left_out(sited: Sited) -> tuple[str, ...]:
    areas, unit = sited.areas, sited.unit
    left = areas[areas["left_out"] > SAME * areas["people"]]
    if left.empty:
        return (f"Nobody is left out: all {unit} counted are within {sited.threshold:g} minutes.",)
    named = "; ".join(
        f"{one['name']} {one['left_out'] / one['people']:.0%}"
        if sited.modelled
        else f"{one['name']} {one['left_out']:,.0f} of {one['people']:,.0f}"
        for one in records(left)
    )
    return (
        f"Left out, more than {sited.threshold:g} minutes from every place: "
        f"{_number(sited, left['left_out'].sum())} {unit}. By area: {named}.",
    )


def _rests_on(sited: Sited) -> tuple[str, ...]:
    said = []
    if not sited.chosen["existing"].all():
        said.append(
            "A new place stands for somewhere in the area it is named after; times to it are "
            "estimates, from the middle of the area."
        )
    if sited.not_placed > 0:
        said.append(
            f"Where no time is known: {_number(sited, sited.not_placed)} {sited.unit}; they are in "
            "no figure."
        )
    if not np.isnan(sited.beyond):
        said.append(
            f"An area that no place serves counts {sited.beyond:.0f} minutes, the longest journey "
            "of all."
        )
    return tuple(said)
