"""The candidate stages of the cascade: provided, eligible, connected, in reach, in time.

All cells (household group × signature of circumstances) are asked at once: rows are cells,
columns paths or services. ``N`` counts cells and ``P`` paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.kinds import suitable_kinds
from housing_map.vocabulary import Entry, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from housing_map.coverage import Setting
    from housing_map.referral import Path
    from housing_map.vocabulary import Component

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

EARLY: Final = (
    Reason.NOT_PROVIDED,
    Reason.NOT_ELIGIBLE,
    Reason.NOT_CONNECTED,
    Reason.OUT_OF_REACH,
)
"""Reasons for a loss before room is asked, in order."""
_WORD_BYTES: Final = 8
_EMPTY: Final = 1e-12
"""Households a year below which a cell is left out."""


@dataclass(frozen=True, eq=False)
class Stages:
    """Which stage each cell passes (N), and the paths open to it.

    ``ways`` (U × P) are paths in reach and quick enough for the risk, ``pattern`` (N) says which
    row of them is a cell's, and ``in_time`` whether there is any. Cells are many and rows few.
    ``way_in`` tells whether a safe place can be got into at all, and ``served`` whether the
    services of some path serve the area, though they may be too far away.
    """

    provided: Flags
    eligible: Flags
    connected: Flags
    reached: Flags
    in_time: Flags
    way_in: Flags
    served: Flags
    ways: Flags
    pattern: NDArray[np.int64]

    @property
    def slow(self) -> Flags:
        """Whether a cell has paths, but none quick enough for its risk."""
        return self.reached & ~self.in_time

    def first_failure(self) -> NDArray[np.int64]:
        """Return the number of the first of the early stages that fails; 4 where all pass.

        A cell that is in reach but not in time is 5: it is lost at *room*.
        """
        passed = np.vstack([self.provided, self.eligible, self.connected, self.reached])
        first = np.where(passed.all(axis=0), len(EARLY), np.argmin(passed, axis=0))
        return np.asarray(np.where(self.slow, len(EARLY) + 1, first))


class Sieve:
    """The cells of a setting, and what each is asked.

    ``group`` and ``signature`` (N) number the rows of the setting; ``demand`` (N) is in
    household-episodes a year.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        groups, services, paths = setting.groups, setting.services, setting.paths
        demand = np.array([g.demand for g in groups])[:, None] * setting.signatures.share[None, :]
        self.group, self.signature = np.nonzero(demand > _EMPTY)
        self.demand: Floats = demand[self.group, self.signature]
        self._position = {service.id: number for number, service in enumerate(services)}
        self._anchors = np.array([self._position[path.anchor] for path in paths], dtype=np.int64)
        self._suits = self._suited()
        # Whom a service takes turns on rules and signature alone: few kinds of many cells.
        self._takes_kind, self._kind = self._taken()
        self._takes = self._takes_kind[self._kind]
        self._admitted = self._open(setting.paths)
        self._served = self._along_path([place.serves for place in setting.places])
        self._reached = self._along_path([place.reaches for place in setting.places])
        limits = np.array([setting.max_wait_days[g.risk] for g in groups])
        waits = np.array([path.wait_days for path in paths])
        self._quick = waits[None, :] <= limits[:, None]

    def _suited(self) -> Flags:
        """Whether each service is of a kind that suits (groups × services)."""
        setting = self.setting
        rows = [
            [s.kind.code in kinds for s in setting.services]
            for g in setting.groups
            for kinds in [suitable_kinds(g.tenure, g.aim, setting.pathway)]
        ]
        return np.array(rows, dtype=bool).reshape(len(setting.groups), len(setting.services))

    def _taken(self) -> tuple[Flags, NDArray[np.int64]]:
        """Whether each service takes a kind of household (kinds × services); each cell's kind."""
        services, refused = self.setting.services, self.setting.eligibility.refused
        kinds = sorted({g.rules for g in self.setting.groups})
        base = np.array(
            [[not any((s.id, r) in refused for r in rules) for s in services] for rules in kinds],
            dtype=bool,
        ).reshape(len(kinds), len(services))
        number = {rules: i for i, rules in enumerate(kinds)}
        of_group = np.array([number[g.rules] for g in self.setting.groups], dtype=np.int64)
        taken = base[:, None, :] & ~self.setting.signature_refused[None, :, :]
        count = len(self.setting.signature_refused)
        kind = of_group[self.group] * count + self.signature
        return taken.reshape(len(kinds) * count, len(services)), kind

    def _open(self, paths: tuple[Path, ...]) -> Flags:
        """Whether each path starts where a group asks and is open to it (groups × paths)."""
        groups = self.setting.groups
        # Many paths and groups, few conditions and descriptions: each pair is asked once.
        keys = list({(g.tenure, g.right, g.risk, g.aim): None for g in groups})
        conditions = list({path.condition: None for path in paths})
        table = np.array([[c.admits(*key) for c in conditions] for key in keys], dtype=bool)
        table = table.reshape(len(keys), len(conditions))
        number = {key: place for place, key in enumerate(keys)}
        place = {condition: place for place, condition in enumerate(conditions)}
        row = np.array([number[g.tenure, g.right, g.risk, g.aim] for g in groups], dtype=np.int64)
        column = np.array([place[path.condition] for path in paths], dtype=np.int64)
        asks = {entry: place for place, entry in enumerate(Entry)}
        starts = np.array([asks[path.entry] for path in paths], dtype=np.int64)
        asked = np.array([asks[g.entry] for g in groups], dtype=np.int64)
        return np.asarray(
            table[row[:, None], column[None, :]] & (asked[:, None] == starts[None, :])
        )

    def _all_take(self, services: list[tuple[str, ...]]) -> Flags:
        """Whether all services given for each path take a kind of household (kinds × paths)."""
        uses = np.zeros((len(self.setting.services), len(services)), dtype=np.float32)
        for number, of_path in enumerate(services):
            uses[[self._position[service] for service in of_path], number] = 1.0
        return np.asarray((~self._takes_kind).astype(np.float32) @ uses == 0)

    def _alike(
        self, of_group: Flags, of_kind: Flags, asked: Flags | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give cells one number whose groups have equal rows, and whose kinds have.

        Returns the first cell of each number (U), and the number of each cell, of those ``asked``
        where given. What is asked of paths need be asked once for each number alone.
        """
        cells = np.arange(len(self.group)) if asked is None else np.flatnonzero(asked)
        group, kind = unique_rows(of_group)[1], unique_rows(of_kind)[1]
        code = group[self.group[cells]] * (kind.max(initial=0) + 1) + kind[self._kind[cells]]
        _, first, number = np.unique(code, return_index=True, return_inverse=True)
        return cells[first], number.reshape(-1)

    def _along_path(self, services: list[frozenset[str]]) -> Flags:
        """Whether each path uses only the services given for a group's area (groups × paths)."""
        paths = self.setting.paths
        rows = [[held.issuperset(path.services) for path in paths] for held in services]
        place = np.array([g.place for g in self.setting.groups], dtype=np.int64)
        return np.array(rows, dtype=bool).reshape(len(services), len(paths))[place]

    def stages(self, component: Component | None = None) -> Stages:
        """Ask the stages, of every service or of those of one component alone."""
        candidates, through = self._suits, np.ones(len(self.setting.paths), dtype=bool)
        if component is not None:
            services, paths = self.setting.services, self.setting.paths
            own = np.array([component in s.components for s in services], dtype=bool)
            candidates = np.broadcast_to(own, self._suits.shape)
            through = np.array([component in p.components for p in paths], dtype=bool)
        possible = self._suits[:, self._anchors] & through[None, :] & self._admitted
        near, serving = possible & self._reached, possible & self._served
        takes = self._all_take([p.services for p in self.setting.paths])
        first, number = self._alike(
            np.hstack([possible, near, serving, possible & self._quick]), takes
        )
        group, taken = self.group[first], takes[self._kind[first]]
        connected = _some(possible[group] & taken)[number]
        in_time = near[group] & taken & self._quick[group]
        provided = _some(candidates)[self.group]
        takes_candidate = self._takes & candidates[self.group]
        return Stages(
            provided=provided,
            eligible=provided & _some(takes_candidate),
            connected=connected,
            reached=_some(near[group] & taken)[number],
            in_time=_some(in_time)[number],
            way_in=self._way_in(provided & ~connected, candidates, component),
            served=_some(serving[group] & taken)[number],
            ways=in_time,
            pattern=number,
        )

    def _way_in(self, asked: Flags, candidates: Flags, component: Component | None) -> Flags:
        """Whether an eligible candidate can be got into, though perhaps not out of.

        It matters to those ``asked`` (N) alone; for the others the answer is no.
        """
        answer = np.zeros(len(self.group), dtype=bool)
        ways = self.setting.ways_in
        if not ways or not asked.any():
            return answer
        anchors = np.array([self._position[way.anchor] for way in ways], dtype=np.int64)
        through = np.array([component is None or component in w.components for w in ways], bool)
        possible = self._suits[:, anchors] & through[None, :] & self._open(ways)
        possible &= candidates[:, anchors]
        # Whoever is taken on the whole way is taken at its end, the candidate.
        takes = self._all_take([*map(_up_to_anchor, ways)])
        first, number = self._alike(possible, takes, asked)
        answer[asked] = _some(possible[self.group[first]] & takes[self._kind[first]])[number]
        return answer


def _up_to_anchor(way: Path) -> tuple[str, ...]:
    """Return the services of a path up to its safe place, with what is used beside that."""
    stepped = {step.target for step in way.steps}
    first = way.services.index(way.anchor) + 1
    end = next((n for n in range(first, len(way.services)) if way.services[n] in stepped), None)
    return way.services[:end]


def unique_rows(flags: Flags) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give equal rows the same number, in the order of their bits.

    Returns where each different row is first (U), and the number of every row (N). Rows are
    told apart by hashing 64 bits at a time, since there are many rows and few kinds.
    """
    count, width = flags.shape
    packed = np.packbits(flags, axis=1)
    padding = -packed.shape[1] % _WORD_BYTES
    words = np.ascontiguousarray(np.pad(packed, ((0, 0), (0, padding)))).view(">u8")
    number = np.zeros(count, dtype=np.int64)
    for word in words.T:
        codes, _ = pd.factorize(word.astype(np.uint64))
        number, _ = pd.factorize(number * (codes.max(initial=0) + 1) + codes)
    _, first = np.unique(number, return_index=True)
    order = np.lexsort(words[first].T[::-1]) if width else np.arange(len(first))
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    return first[order], place[number]


def _some(flags: Flags) -> Flags:
    """Whether any flag of each row is set."""
    return np.asarray(flags.any(axis=1))
