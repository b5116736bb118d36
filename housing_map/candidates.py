"""Candidates: what could be done, what each costs, and what is asked of the best set of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Final

from housing_map.changes import AddService, ChangeTakes, CloseService, Resize
from housing_map.errors import HousingMapError, UsageError
from housing_map.vocabulary import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.changes import Change

COVERED: Final = ("tenure", "risk", "need")
"""What groups are, for floors and fairness, where nothing else is said: with areas of the pack."""


class Objective(StrEnum):
    """What the best set is best at."""

    TOTAL = "total"
    FAIR = "fair"


class Stand(StrEnum):
    """Whether a candidate may be chosen, must be, or is out of the question."""

    OPEN = "open"
    FORCED = "forced"
    OUT = "out"


class InfeasibleError(HousingMapError, ValueError):
    """What is asked cannot be had; the message names what binds and how much is missing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be done: one or more changes, together or not at all.

    ``changes`` add services, enlarge pools, let services take more households, or close services
    that there are. ``cost_gbp_a_year`` is None where nobody has given it; ``units`` are the places
    it brings. At most one candidate of the same ``one_of`` can be chosen: sizes of one scheme.
    Raises :class:`UsageError` for changes that cannot be chosen between.
    """

    id: str
    label: str
    changes: tuple[Change, ...]
    cost_gbp_a_year: float | None = None
    units: float = 0.0
    one_of: str = ""
    stand: Stand = Stand.OPEN

    def __post_init__(self) -> None:
        """Refuse what the programme cannot weigh."""
        for change in self.changes:
            weighed = (
                isinstance(change, AddService | CloseService)
                or (isinstance(change, Resize) and (change.by or 0) > 0)
                or (isinstance(change, ChangeTakes) and change.answer is Answer.YES)
            )
            if not weighed:
                message = (
                    f"{self.label}: a candidate adds or closes a service, adds places, or lets a "
                    f"service take more households. Put a change of sort {change.change!r} into "
                    "the scenario itself"
                )
                raise UsageError(message)

    @property
    def closes(self) -> bool:
        """Whether it takes something away that there is."""
        return any(isinstance(change, CloseService) for change in self.changes)


def candidate(
    changes: Sequence[Change],
    label: str,
    *,
    one_of: str = "",
    stand: Stand = Stand.OPEN,
    id: str = "",  # noqa: A002
) -> Candidate:
    """Return a candidate with the cost and the places that its changes say.

    Its cost is known when that of each change is.
    """
    costs = [getattr(change, "cost_gbp_a_year", None) for change in changes]
    known = [float(cost) for cost in costs if cost is not None]
    return Candidate(
        id=id or label,
        label=label,
        changes=tuple(changes),
        cost_gbp_a_year=sum(known) if known and len(known) == len(costs) else None,
        units=sum(map(_places, changes)),
        one_of=one_of,
        stand=stand,
    )


def _places(change: Change) -> float:
    if isinstance(change, AddService):
        return float(change.capacity or 0.0)
    return float(change.by or 0.0) if isinstance(change, Resize) else 0.0


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of the best set of candidates.

    ``gbp_a_year`` and ``units`` are budgets (None: without limit). New schemes of less than
    ``smallest`` places are out of the question. ``floors`` are the least shares of need met by
    group, (what, which) → share: None takes each group's present share, an empty mapping none.
    Groups are the rows of ``by`` (None: areas of the pack's own level, tenure, risk, need); a fair
    set raises the lowest share met among ``fair_by`` first, and the total after that.
    ``time_limit`` is in seconds.
    """

    gbp_a_year: float | None = None
    units: float | None = None
    smallest: float = 0.0
    floors: Mapping[tuple[str, str], float] | None = None
    by: tuple[str, ...] | None = None
    objective: Objective = Objective.TOTAL
    fair_by: str = "tenure"
    time_limit: float = 60.0
    forced: frozenset[str] = field(default_factory=frozenset)
    """Candidates that must be chosen, beside those that say so themselves."""

    def __post_init__(self) -> None:
        """Refuse impossible budgets."""
        for name in ("gbp_a_year", "units", "smallest", "time_limit"):
            amount = getattr(self, name)
            if amount is not None and not (isfinite(amount) and amount >= 0):
                message = f"{name} must be 0 or more, not {amount}"
                raise UsageError(message)


def check(candidates: Sequence[Candidate], ask: Ask) -> tuple[Candidate, ...]:
    """Return the candidates that may be chosen: neither out of the question nor too small.

    Raises :class:`UsageError` for two of one name, for two that open a service of one name, for a
    forced one that there is not or that may not be chosen, and, with a budget in money, for costs
    that nobody has given: all of them at once.
    """
    ids = [one.id for one in candidates]
    if len(set(ids)) < len(ids):
        message = "Two candidates have the same name"
        raise UsageError(message)
    strange = ask.forced - set(ids)
    if strange:
        message = f"There is no candidate {', '.join(sorted(strange))}"
        raise UsageError(message)
    for one in candidates:
        must = one.stand is Stand.FORCED or one.id in ask.forced
        if must and one.stand is Stand.OUT:
            message = f"{one.label} must be done, and is out of the question: it cannot be both"
            raise UsageError(message)
        if must and _too_small(one, ask.smallest):
            message = f"{one.label} must be done, and has fewer than {ask.smallest:g} places"
            raise UsageError(message)
    found = tuple(
        one
        for one in candidates
        if one.stand is not Stand.OUT and not _too_small(one, ask.smallest)
    )
    unknown = [one.label for one in found if one.cost_gbp_a_year is None]
    if ask.gbp_a_year is not None and unknown:
        message = (
            "To keep to a budget in pounds, say what each candidate costs a year. "
            f"Not given: {'; '.join(unknown)}. Or set a budget in units"
        )
        raise UsageError(message)
    opened: dict[str, str] = {}
    for one in found:
        for change in one.changes:
            if isinstance(change, AddService):
                first = opened.setdefault(change.service_id, one.id)
                if first != one.id:
                    message = (
                        f"{first} and {one.id} both open {change.service_id!r}: give each new "
                        "service a name of its own"
                    )
                    raise UsageError(message)
    return found


def _too_small(one: Candidate, smallest: float) -> bool:
    """Whether it would open a scheme smaller than can be run."""
    return any(
        isinstance(change, AddService)
        and change.capacity is not None
        and change.capacity < smallest
        for change in one.changes
    )
