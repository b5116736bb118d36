"""What each candidate adds to each limit of an allocation problem, in one run or draw.

Limits are those of :func:`housing_map.blocks.limits_of`: pools, the part of a pool that some
households may have, and what reservations leave to others; and further ones, for households that
a candidate lets a service take. More places, and new ones, add what they add in the model. Where
an addition depends on what else is chosen, it is written as the most that it can be, so that sums
over a set are never too little: with closures and reservations, and where a pool both grows and
takes more households.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from housing_map.blocks import limits_of
from housing_map.changes import AddService, ChangeTakes, CloseService, Resize
from housing_map.eligibility import answers, national_shares, taken_share, topic
from housing_map.parameters import Register
from housing_map.provision import open_services, pools
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.candidates import Candidate
    from housing_map.changes import Change
    from housing_map.eligibility import SubCapacity
    from housing_map.model import Posed, Settings
    from housing_map.pack import Pack
    from housing_map.parameters import Figure
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]

_SAME: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class FurtherLimit:
    """A further limit: what offers use of it (1 × J), what it is, and what each adds (C)."""

    uses: sparse.csr_array
    limit: float
    added: Floats


@dataclass(eq=False)
class Additions:
    """What candidates add to each limit, in one run or draw.

    ``without`` (pools of ``every``) are the limits of pools where nothing is chosen. Where an
    addition depends on what else is chosen, it is the most that it can be: never too little.
    """

    pack: Pack
    settings: Settings
    stance: Stance
    candidates: tuple[Candidate, ...]
    dead: Mapping[int, str]
    base: Posed
    every: Posed
    without: Floats

    @cached_property
    def _row(self) -> dict[str, int]:
        return {pool.id: number for number, pool in enumerate(self.every.setting.pools)}

    def _changes(self, number: int) -> tuple[Change, ...]:
        return () if number in self.dead else self.candidates[number].changes

    @cached_property
    def _pool_of(self) -> dict[str, str]:
        return {member: pool.id for pool in self.base.setting.pools for member in pool.members}

    @cached_property
    def _closing(self) -> list[tuple[int, CloseService]]:
        """Closures, and the number of the candidate of each."""
        return [
            (number, change)
            for number in range(len(self.candidates))
            for change in self._changes(number)
            if isinstance(change, CloseService)
        ]

    @cached_property
    def more(self) -> Floats:
        """Return what each candidate adds to each pool, leaving closures out (pools × C)."""
        row, more = self._row, np.zeros((len(self.without), len(self.candidates)))
        years = {one.id: one.year_share for one in self.base.setting.services}
        for number in range(len(self.candidates)):
            for change in self._changes(number):
                if isinstance(change, AddService) and change.service_id in row:
                    place = row[change.service_id]
                    more[place, number] += self.every.instance.limit[place]
                elif isinstance(change, Resize):
                    place = row[change.pool]
                    pool = self.every.setting.pools[place]
                    each = (
                        pool.per_unit(self.stance)
                        * pool.part_left(self.stance)
                        * years.get(pool.id, 1.0)
                    )
                    more[place, number] += float(change.by or 0.0) * each
        return more

    def added(self) -> Floats:
        """Return what each candidate adds to each limit (K × C); closures take away."""
        setting, more, lost = self.every.setting, self.more, self.lost
        start, most = limits_of(setting, self.without), self.without + more.sum(axis=1)
        added = np.zeros((len(start), len(self.candidates)))
        for number in range(len(self.candidates)):
            # What reservations leave to others grows the faster, the more there is already.
            last = limits_of(setting, most) - limits_of(setting, most - more[:, number])
            first = limits_of(setting, self.without + more[:, number]) - start
            added[:, number] = np.maximum(first, last)
        added[: len(lost)] -= lost
        closers: dict[str, set[int]] = {}
        for number, change in self._closing:
            closers.setdefault(self._pool_of[change.service_id], set()).add(number)
        for place, one in enumerate(setting.eligibility.subs, len(lost)):
            if one.pool in closers:
                self._part_after_closing(added[place], one, sorted(closers[one.pool]))
        return added

    def _part_after_closing(self, added: Floats, sub: SubCapacity, closers: list[int]) -> None:
        """Let the part of a pool for some households be what it can be once a member is gone."""
        place = self._row[sub.pool]
        more, whole = self.more[place], float(self.without[place])
        known = abs(sub.share - self._share(sub.pool, sub.rule)) < _SAME
        if known and len(closers) == 1:
            number = closers[0]
            on = self.settings.on or self.pack.info.reference_date
            gone = {
                change.service_id
                for n, change in self._closing
                if n == number and (change.on is None or change.on < on)
            }
            members = self.every.setting.pools[place].members
            stay = [self._taken(member, sub.rule) for member in members if member not in gone]
            then = sum(stay) / len(stay) if stay else 0.0
            added[number] = (whole - self.lost[place, number]) * then - whole * sub.share
            added += more * max(then - sub.share, 0.0)
        else:
            added[:] = np.where(more > 0, more, added)
            added[closers] = whole

    @cached_property
    def lost(self) -> Floats:
        """Return what closures take from each pool (pools × C).

        From a shared pool the first to close may take more or less than the last: the lesser.
        """
        lost = np.zeros((len(self.without), len(self.candidates)))
        closing, pool_of = self._closing, self._pool_of
        if not closing:
            return lost
        now = self._limits(())
        for number, change in closing:
            pool, code = pool_of[change.service_id], change.service_id
            loss = now[pool] - self._limits([change]).get(pool, 0.0)
            beside = {c.service_id: c for _, c in closing if pool_of[c.service_id] == pool}
            others = [c for c in beside.values() if c.service_id != code]
            if others:
                before = self._limits(others).get(pool, 0.0)
                loss = min(loss, before - self._limits([*others, change]).get(pool, 0.0))
            lost[self._row[pool], number] += max(loss, 0.0)
        return lost

    def _limits(self, closed: Sequence[CloseService]) -> dict[str, float]:
        """Return the limits of pools as they are, after some closures."""
        pack, settings = self.pack, self.settings
        if closed:
            after = apply(pack, Scenario(name="Closures", changes=tuple(closed)), settings)
            pack, settings = after.pack, after.settings
        on = settings.on or pack.info.reference_date
        running = open_services(pack, on, self.stance, settings.without)
        return {pool.id: pool.limit(self.stance) for pool in pools(pack, running)}

    # Households that a service is to take --------------------------------------------------

    def acceptance(self) -> list[FurtherLimit]:
        """Return limits for households that a candidate lets a service take, by pool and rule."""
        asked: dict[tuple[str, str], Floats] = {}
        size = {pool.id: len(pool.members) for pool in self.base.setting.pools}
        closed = {self._pool_of[change.service_id] for _, change in self._closing}
        for number in range(len(self.candidates)):
            for change in self._changes(number):
                if not isinstance(change, ChangeTakes):
                    continue
                pool = self._pool_of[change.service_id]
                for rule in change.rules:
                    further = 1.0 - self._taken(change.service_id, rule)
                    if further > 0:
                        parts = asked.setdefault((pool, rule), np.zeros(len(self.candidates)))
                        parts[number] += further / size[pool]
        found: list[FurtherLimit] = []
        for (pool_id, rule), parts in asked.items():
            place = self._row[pool_id]
            share = self._share(pool_id, rule)
            whole = float(self.without[place])
            marked = self.every.prepared.blocks.marked[:, self.every.setting.marks.index(rule)]
            all_uses = self.every.instance.use[[place]]
            uses = sparse.csr_array(all_uses.multiply(marked[self.every.instance.block][None, :]))
            more, freed = self.more[place], np.zeros(len(self.candidates))
            if pool_id in closed:
                # One that closes may have been the one that does not take them.
                freed[[n for n, c in self._closing if self._pool_of[c.service_id] == pool_id]] = (
                    whole
                )
            most = 1.0 if pool_id in closed else min(share + float(parts.sum()), 1.0)
            found.append(FurtherLimit(uses, whole * share, whole * parts + more * most + freed))
            # And while nobody takes more of them, more places are not all for them.
            free, part = whole + float(more.sum()), 1.0 if pool_id in closed else share
            none = np.where(parts > 0, free, more * part) + freed
            found.append(FurtherLimit(uses, whole * share, none))
        return found

    def _share(self, pool_id: str, rule: str) -> float:
        """Return what share of a pool households with a rule may have as things are."""
        members = next(p.members for p in self.base.setting.pools if p.id == pool_id)
        return sum(self._taken(member, rule) for member in members) / len(members)

    def _taken(self, service_id: str, rule: str) -> float:
        """Return how far a service takes households with a rule as things are, from 0 to 1."""
        if (service_id, rule) in self.base.setting.eligibility.refused:
            return 0.0
        pool = next(p for p in self.base.setting.pools if service_id in p.members)
        given, shares, default = self._answers
        return taken_share(
            given.get((service_id, rule), Answer.UNKNOWN),
            shares.get((pool.kind.code, rule)),
            pooled=pool.shared,
            run=self.stance,
            default=default,
            key=f"takes:{service_id}:{topic(rule)}",
        )

    @cached_property
    def _answers(self) -> tuple[Mapping[tuple[str, str], Answer], Mapping[tuple[str, str], Figure],
                                float]:  # fmt: skip
        default = Register(self.pack["parameters"]).at("unknown_rule_central", self.stance)
        return answers(self.pack), national_shares(self.pack), default
