"""One programme that holds every candidate, each behind a gate of its own.

All candidates are made at once, in a pack that nobody will ever see; then each limit of its
allocation problem is written as what it is without any candidate, plus what each adds:

    Σ use · x  ≤  limit₀ + Σ added_c · y_c          y_c is 1 where candidate c is chosen

A new service has the limit 0 without its candidate. A service that takes more households has a
limit of its own for these households: what its pool could give them before, and the candidate's
part beside (:mod:`housing_map.additions`). What such a limit cannot say (a path that only the
service closed or opened would use) can make the programme too hopeful, and never too gloomy;
whoever solves it asks the model itself what a set comes to (:mod:`housing_map.choosing`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.additions import Additions
from housing_map.blocks import limits_of, summed
from housing_map.changes import AddService, ChangeTakes, CloseService, Resize
from housing_map.decomposition import Programme, programme
from housing_map.errors import UsageError
from housing_map.model import Result, posed
from housing_map.places import area_names
from housing_map.scenario import Scenario, apply
from housing_map.tabulate import GROUP_DIMENSIONS, area_shares, checked
from housing_map.vocabulary import CIRCUMSTANCES, ELSEWHERE, RISKS, TENURES, CapacityBasis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.allocation import Instance
    from housing_map.candidates import Candidate
    from housing_map.changes import Change
    from housing_map.model import Posed, Settings
    from housing_map.pack import Pack
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

GATE: Final = 100_000.0
"""Households a year that a service without a limit gets one of, so that it can be shut."""
_APART: Final = 1000.0
"""More than any burden, so that no two sums of a burden and so many times it are the same."""
GROUP_LABELS: Final = {
    "tenure": {code: term.label for code, term in TENURES.items()},
    "risk": {code: term.label for code, term in RISKS.items()},
    "need": {code: term.label for code, term in CIRCUMSTANCES.items()},
}
"""What groups are called, by what they are and their code."""


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """The programme: P pairs of a block (B) and a type of column, K limits, C candidates.

    ``use`` (K × P) of one offer; ``limit`` (K) without candidates; ``added`` (K × C);
    ``gain`` (P), weighted households met by one offer; ``meets`` (P), households; ``demand`` (B);
    ``block`` (P). ``pack``, ``settings`` and ``every`` are those with every candidate made.
    """

    candidates: tuple[Candidate, ...]
    problem: Programme
    use: sparse.csr_array
    limit: Floats
    added: Floats
    gain: Floats
    meets: Floats
    pack: Pack
    settings: Settings
    every: Posed
    dead: Mapping[int, str]
    """Candidates that cannot be weighed in this run, and why: they bring nothing."""


def gated(pack: Pack, settings: Settings, candidates: Sequence[Candidate], stance: Stance) -> Gated:
    """Write the programme of all candidates for one run or draw.

    A candidate about a service or pool that does not run here brings nothing. Raises
    :class:`UsageError` for one whose changes do not apply to the pack, with the reason.
    """
    base = posed(pack, settings, stance)
    dead = {n: why for n, one in enumerate(candidates) if (why := _unweighable(one, base))}
    alive = [one for n, one in enumerate(candidates) if n not in dead]
    changes = _all_changes(pack, alive)
    rules = tuple(
        sorted({rule for one in changes if isinstance(one, ChangeTakes) for rule in one.rules})
    )
    apart = replace(settings, apart=tuple(sorted({*settings.apart, *rules})))
    whole = apply(pack, Scenario(name="Every candidate", changes=changes), apart)
    if whole.skipped:
        first = whole.skipped[0]
        message = f"A candidate cannot be made: {first.why}"
        raise UsageError(message)
    every = posed(whole.pack, whole.settings, stance)
    there = every.setting.pools
    new = {one.service_id for one in changes if isinstance(one, AddService)}
    full = every.instance.limit[: len(there)]
    without = np.where([pool.id in new for pool in there], 0.0, full)
    made = Additions(pack, settings, stance, tuple(candidates), dead, base, every, without)
    limit = limits_of(every.setting, without)
    added = made.added()
    extra = made.acceptance()
    instance = _with_rows(every.instance, [one.uses for one in extra])
    limit = np.concatenate([limit, np.array([one.limit for one in extra], dtype=np.float64)])
    added = np.vstack([added, *(one.added[None, :] for one in extra)])
    # Households told apart stay in blocks of their own, also where a set treats them alike: what a
    # plan may give each of them is then no less than with a part of the set.
    _, told = np.unique(every.prepared.blocks.marked, axis=0, return_inverse=True)
    problem, _ = programme(
        instance.demand,
        instance.weight,
        instance.block,
        (instance.meets, instance.burden + _APART * told.reshape(-1)[instance.block]),
        instance.use,
    )
    kind = problem.kind
    return Gated(
        candidates=tuple(candidates),
        problem=problem,
        use=sparse.csr_array(problem.use[:, kind]),
        limit=limit,
        added=added,
        gain=np.asarray((problem.meets * problem.weight)[kind]),
        meets=np.asarray(problem.meets[kind]),
        pack=whole.pack,
        settings=whole.settings,
        every=every,
        dead=dead,
    )


def _unweighable(one: Candidate, base: Posed) -> str:
    """Say why a candidate cannot be weighed in a run, where it cannot."""
    pooled = {member for pool in base.setting.pools for member in pool.members}
    known = {pool.id for pool in base.setting.pools}
    for change in one.changes:
        if isinstance(change, ChangeTakes | CloseService) and change.service_id not in pooled:
            return (
                f"{one.label}: {change.service_id!r} does not run, or has no limit to its places. "
                "Put the change into the scenario itself"
            )
        if isinstance(change, Resize) and change.pool not in known:
            return f"{one.label}: there is no pool {change.pool!r} with places to add to"
    return ""


def _all_changes(pack: Pack, candidates: Sequence[Candidate]) -> tuple[Change, ...]:
    """Return the changes that open every gate: all but closures and more places.

    A new service without a limit of its own, or of its kind, gets one that is large enough for all.
    """
    assumed = {str(kind) for kind in pack["pool_assumptions"]["kind"]}
    opened: list[Change] = []
    for change in (change for one in candidates for change in one.changes):
        if isinstance(change, AddService):
            free = change.capacity is None and change.kind not in assumed
            opened.append(_limited(change) if free else change)
        elif isinstance(change, ChangeTakes):
            opened.append(change)
    return tuple(opened)


def _limited(change: AddService) -> AddService:
    return change.model_copy(update={"capacity": GATE, "basis": CapacityBasis.CASELOAD})


def _with_rows(instance: Instance, rows: Sequence[sparse.csr_array]) -> Instance:
    """Return the instance with further limits; what they allow is said elsewhere."""
    if not rows:
        return instance
    return replace(
        instance,
        use=sparse.csr_array(sparse.vstack([instance.use, *rows])),
        limit=np.append(instance.limit, np.zeros(len(rows))),
    )


# Groups -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of households: ``keys`` (G) are (what, which); ``of_block`` (G × B) is their part.

    ``demand`` (G) is all of theirs, with or without a route; both in household-episodes a year.
    """

    keys: tuple[tuple[str, str], ...]
    demand: Floats
    of_block: Floats


def groups_of(found: Gated, by: Sequence[str]) -> Groups:
    """Return how much of each block belongs to each group of ``by``.

    Blocks are handed back in proportion to demand, so that what a group is given is linear in what
    blocks are given. Raises :class:`UsageError` for an impossible ``by``.
    """
    setting, sieve = found.every.setting, found.every.prepared.sieve
    keys: list[tuple[str, str]] = []
    rows: list[Floats] = []
    for name in by:
        code = _level_of(found, name)
        if code == "need":
            for need in setting.signatures.circumstances:
                keys.append((name, need))
                rows.append(_summed(found, setting.signatures.having(need)[sieve.signature]))
        elif code in GROUP_DIMENSIONS:
            labels = np.array([str(getattr(g, code)) for g in setting.groups], dtype=object)
            for label in sorted(set(labels)):
                keys.append((name, label))
                rows.append(_summed(found, (labels == label)[sieve.group].astype(np.float64)))
        else:
            together = areas_and_tenures(found, code)
            for area in dict.fromkeys(area for area, _ in together.keys):
                inside = [place for place, key in enumerate(together.keys) if key[0] == area]
                keys.append((name, area))
                rows.append(
                    np.append(
                        together.of_block[inside].sum(axis=0),
                        (together.demand - together.of_block.sum(axis=1))[inside].sum(),
                    )
                )
    table = np.vstack(rows) if rows else np.zeros((0, len(found.problem.demand) + 1))
    return Groups(tuple(keys), table.sum(axis=1), table[:, :-1])


def group_names(found: Gated, groups: Groups) -> tuple[str, ...]:
    """Return what each group is called (G)."""
    names = area_names(found.pack)
    return tuple(group_name(_level_of(found, what), which, names) for what, which in groups.keys)


def group_name(code: str, which: str, areas: Mapping[tuple[str, str], str]) -> str:
    """Return what a group is called; ``areas`` are the names of areas by level and code."""
    if code in GROUP_LABELS:
        return GROUP_LABELS[code][which]
    if code in GROUP_DIMENSIONS:
        return which
    return "From elsewhere" if which == ELSEWHERE else areas.get((code, which), which)


def areas_and_tenures(found: Gated, level: str) -> Groups:
    """Return how much of each block belongs to each area of a level and tenure (area, tenure)."""
    setting, sieve = found.every.setting, found.every.prepared.sieve
    shares = area_shares(found.pack, setting, found.every.split, _level_of(found, level))
    kinds = [(g.place, str(g.tenure)) for g in setting.groups]
    by_kind = {
        kind: _summed(found, np.array([k == kind for k in kinds])[sieve.group].astype(np.float64))
        for kind in dict.fromkeys(kinds)
    }
    rows: dict[tuple[str, str], Floats] = {}
    columns = (shares["place_class"], shares["tenure"], shares.iloc[:, 2], shares["share"])
    for place, tenure, area, share in zip(*columns, strict=True):
        if (place, tenure) in by_kind and share > 0:
            key = (str(area), str(tenure))
            rows[key] = rows.get(key, 0.0) + by_kind[place, tenure] * share
    keys = sorted(rows, key=lambda key: (key[0] == ELSEWHERE, key))
    blocks = len(found.problem.demand) + 1
    table = np.array([rows[key] for key in keys], dtype=np.float64).reshape(len(keys), blocks)
    return Groups(tuple(keys), table.sum(axis=1), table[:, :-1])


def _level_of(found: Gated, name: str) -> str:
    on = found.settings.on or found.pack.info.reference_date
    return checked(Result(found.pack, found.settings, on, {}), [name])[0]


def _summed(found: Gated, weight: Floats) -> Floats:
    """Sum the weighted demand of cells by block; the last number is of cells without a route."""
    prepared, blocks = found.every.prepared, len(found.problem.demand)
    # Cells without a route, -1, come last.
    place = np.append(found.problem.merged, blocks)[prepared.blocks.of_cell]
    return summed(place, prepared.sieve.demand * weight, blocks + 1)
