"""The gap register: who has taken up which gap, what was decided, and whether the gap has closed.

Each gap that the program finds (:mod:`housing_map.gap_finding`) can be taken up: an entry says
which objectives of the strategy it serves, who owns it, what is to be done by when, what was
decided, and how it stands quarter by quarter. Entries are saved work of the kind ``gap``, one to a
gap; two people who change one do not overwrite each other (:mod:`housing_map.store`).

Whether a gap is still there is not for people to say: each look at the data is noted in its entry,
so that a gap that was found before and is not found now says so, and one that comes back likewise.

An entry holds bodies and roles, decisions and dates; the name of an officer at most, and nothing
about people served or about where safe accommodation is.

Sources: Domestic Abuse Act 2021, section 57(3) (giving effect to the strategy); SI 2021/990,
regulation 8(e) (decisions informed by the assessment and the strategy).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from housing_map.errors import UsageError
from housing_map.free_text import Text, located, one_line, prose, public_name
from housing_map.gap_finding import GapKind
from housing_map.schemas import QUARTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from housing_map.gap_finding import Findings, FoundGap
    from housing_map.pack import Pack
    from housing_map.store import Kept, Store
    from housing_map.strategy import Objective, Strategy

KIND: Final = "gap"
"""Kind of the documents in saved work."""
_MOST_LOOKS: Final = 200
"""Most looks at the data that an entry remembers; the oldest go first."""


def _strip(text: str) -> str:
    return text.strip()


_Line = Annotated[str, Field(max_length=300), AfterValidator(_strip), AfterValidator(one_line)]
_Words = Annotated[str, Field(max_length=300), AfterValidator(public_name)]
"""Words of the program, from the data: those were looked at when they were loaded."""
_Prose = Annotated[str, Field(max_length=4000), AfterValidator(_strip), AfterValidator(prose)]


class Progress(StrEnum):
    """How the action on a gap stands."""

    NOT_STARTED = "not started"
    UNDER_WAY = "under way"
    DONE = "done"
    STOPPED = "stopped"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Quarter(_Part):
    """How the action stood at the end of a calendar quarter, such as 2026Q3."""

    quarter: Annotated[str, Field(pattern=QUARTER.pattern)]
    progress: Progress
    note: _Prose = ""


class Decision(_Part):
    """A commissioning decision on a gap: when, by which body, what, and where it is minuted.

    ``by_assessment`` and ``by_strategy`` say how each informed it (regulation 8(e)(i) and (ii)).
    ``amount_gbp`` is money committed; None is not given, and never nothing.
    """

    on: date
    body: _Line
    what: _Prose
    reference: _Line = ""
    by_assessment: _Prose = ""
    by_strategy: _Prose = ""
    amount_gbp: Annotated[float, Field(ge=0)] | None = None


class Look(_Part):
    """A look at the data: the pack and its reference date, and whether the gap was in it.

    ``households`` are a year, by the model's central run (None: not counted, or not there).
    """

    on: date
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    found: bool
    households: float | None = None


class Entry(_Part):
    """A gap that somebody has taken up.

    ``gap`` is its name, ``title`` and ``public`` its words when it was taken up. ``owner`` is a
    body or a role; ``officer`` may name who holds it. ``looks`` are in the order in which they
    were made.
    """

    gap: Annotated[str, Field(min_length=1, max_length=200)]
    kind: GapKind
    title: _Words
    public: _Words = ""
    safe_accommodation: bool = False
    objectives: tuple[str, ...] = ()
    owner: _Line = ""
    officer: _Line = ""
    action: _Prose = ""
    due: date | None = None
    decisions: tuple[Decision, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    looks: Annotated[tuple[Look, ...], Field(max_length=_MOST_LOOKS)] = ()

    @field_validator("quarters")
    @classmethod
    def _in_order(cls, quarters: tuple[Quarter, ...]) -> tuple[Quarter, ...]:
        names = [one.quarter for one in quarters]
        if len(set(names)) < len(names):
            message = "a quarter stands twice: leave one"
            raise ValueError(message)
        return tuple(sorted(quarters, key=lambda one: one.quarter))

    def at(self, quarter: str) -> Quarter | None:
        """Return how it stood at the end of a quarter: as then or last told before; else None."""
        told = [one for one in self.quarters if one.quarter <= quarter]
        return told[-1] if told else None

    @property
    def progress(self) -> Progress:
        """How the action stands, as last told."""
        return self.quarters[-1].progress if self.quarters else Progress.NOT_STARTED


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as it lies in saved work: its document and version, who made that, and when."""

    id: str
    version: int
    entry: Entry
    who: str
    when: datetime


# Saved work -------------------------------------------------------------------------------


def fresh(gap: FoundGap, strategy: Strategy) -> Entry:
    """Return an entry for a gap nobody has taken up, with the objectives it is likely about."""
    return Entry(
        gap=gap.id,
        kind=gap.kind,
        title=gap.title[:300],
        public=gap.public[:300],
        safe_accommodation=gap.safe_accommodation,
        objectives=strategy.about(gap.kind),
    )


def take_up(store: Store, entry: Entry, pack: Pack, *, who: str, why: str) -> Held:
    """Keep an entry for a gap that nobody has taken up yet.

    Raises :class:`housing_map.store.NameTakenError` when somebody has, and :class:`UsageError` for
    a text that says where safe accommodation is.
    """
    _check(entry, pack)
    return _held(store.save(KIND, entry.gap, _content(entry), who=who, why=why))


def change(store: Store, held: Held, entry: Entry, pack: Pack, *, who: str, why: str) -> Held:
    """Keep a new version of an entry.

    Raises :class:`housing_map.store.ConflictError` when somebody else changed it meanwhile, and
    :class:`UsageError` for another gap, or a text that says where safe accommodation is.
    """
    if entry.gap != held.entry.gap:
        message = f"This entry is about {held.entry.gap}, and not about {entry.gap}"
        raise UsageError(message)
    _check(entry, pack)
    kept = store.save(
        KIND, entry.gap, _content(entry), who=who, why=why, id=held.id, expected=held.version
    )
    return _held(kept)


def entries(store: Store) -> tuple[Held, ...]:
    """Return the entries of the register that are not removed, by name of gap.

    Raises :class:`UsageError` for one that a later version of the program wrote.
    """
    found = [_held(store.get(one.id)) for one in store.list(KIND)]
    return tuple(sorted(found, key=lambda one: one.entry.gap))


def note_look(store: Store, findings: Findings, *, who: str) -> tuple[Held, ...]:
    """Note in each entry whether its gap is in these data, and return all entries.

    A look at data that were looked at last is not noted again, nor is one at data in which such a
    gap was not looked for. Raises :class:`housing_map.store.ConflictError` when somebody changes an
    entry at the same time, which is not overwritten: look again.
    """
    found = []
    for held in entries(store):
        one = look(held.entry, findings)
        if one is None or (held.entry.looks and held.entry.looks[-1] == one):
            found.append(held)
            continue
        looks = (*held.entry.looks, one)[-_MOST_LOOKS:]
        entry = held.entry.model_copy(update={"looks": looks})
        why = f"Looked at the data of {one.on.isoformat()}"
        kept = store.save(
            KIND, entry.gap, _content(entry), who=who, why=why, id=held.id, expected=held.version
        )
        found.append(_held(kept))
    return tuple(found)


def look(entry: Entry, findings: Findings) -> Look | None:
    """Return what these data say of an entry's gap; None when it was not looked for."""
    if not findings.looked_for(entry.gap):
        return None
    gap = findings.find(entry.gap)
    return Look(
        on=findings.on,
        digest=findings.digest,
        found=gap is not None,
        households=None if gap is None else gap.households,
    )


def read_entries(objects: Iterable[object]) -> tuple[Entry, ...]:
    """Return entries from what a release keeps of them: entries, or JSON objects of them.

    Raises :class:`UsageError` for anything else.
    """
    return tuple(one if isinstance(one, Entry) else _entry(one) for one in objects)


def location_problems(entry: Entry, pack: Pack) -> tuple[str, ...]:
    """Return where an entry would say where safe accommodation is; the place is never repeated."""
    about = entry.safe_accommodation
    texts = [
        Text("owner", entry.owner, about), Text("officer", entry.officer, about),
        Text("action", entry.action, about),
        *(Text(f"decisions.{n}.{name}", getattr(one, name), about)
          for n, one in enumerate(entry.decisions)
          for name in ("body", "what", "reference", "by_assessment", "by_strategy")),
        *(Text(f"quarters.{one.quarter}", one.note, about) for one in entry.quarters),
    ]  # fmt: skip
    problems = located(pack, tuple(text for text in texts if text.words))
    return tuple(f"{problem.column}: {problem.message}" for problem in problems)


def _check(entry: Entry, pack: Pack) -> None:
    if problems := location_problems(entry, pack):
        raise UsageError("; ".join(problems))


def _content(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_defaults=True)


def _held(kept: Kept) -> Held:
    return Held(kept.id, kept.version, _entry(kept.content), kept.who, kept.when)


def _entry(content: object) -> Entry:
    try:
        return Entry.model_validate(content)
    except ValidationError as failed:
        where = sorted({".".join(map(str, one["loc"])) or "the whole" for one in failed.errors()})
        message = f"An entry of the gap register cannot be read: {', '.join(where)}"
        raise UsageError(message) from failed


# The register -----------------------------------------------------------------------------


class Standing(StrEnum):
    """How a gap stands in the data."""

    NOT_TAKEN_UP = "not taken up"
    OPEN = "open"
    REOPENED = "open again"
    CLOSED = "closed in the data"
    NOT_LOOKED_FOR = "not looked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A gap of the register: as found, as taken up, and how it stands.

    ``since`` is the reference date of the data in which it was first so, of those looked at one
    after the other. ``why`` says in words how the standing came about.
    """

    gap: str
    title: str
    public: str
    kind: GapKind
    standing: Standing
    since: date | None
    why: str
    found: FoundGap | None
    held: Held | None
    objectives: tuple[str, ...]

    @property
    def entry(self) -> Entry | None:
        """The entry, where somebody has taken it up."""
        return None if self.held is None else self.held.entry

    @property
    def public_name(self) -> str:
        """A name that names no service: that of the gap, or its kind where that would."""
        return self.gap if self.title == self.public else str(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All gaps, found or taken up, linked both ways with the objectives of a strategy."""

    lines: tuple[Line, ...]
    strategy: Strategy
    on: date

    def by_objective(self) -> tuple[tuple[Objective, tuple[Line, ...]], ...]:
        """Return the gaps taken up under each objective, in its order; some have none.

        Shows that effect is given to the strategy (section 57(3)), and where it is not yet.
        """
        taken = [line for line in self.lines if line.held is not None]
        return tuple(
            (one, tuple(line for line in taken if one.id in line.objectives))
            for one in self.strategy.objectives
        )

    def decisions(self) -> tuple[tuple[Line, Decision], ...]:
        """Return every commissioning decision with its gap, by date: for regulation 8(e)."""
        found = [
            (line, decision)
            for line in self.lines
            if line.entry is not None
            for decision in line.entry.decisions
        ]
        return tuple(sorted(found, key=lambda pair: (pair[1].on, pair[0].gap)))

    def overdue(self) -> tuple[Line, ...]:
        """Return gaps still open whose action was due before the reference date and is not done."""
        late = []
        for line in self.lines:
            entry = line.entry
            if entry is None or entry.due is None or line.standing is Standing.CLOSED:
                continue
            if entry.due < self.on and entry.progress not in {Progress.DONE, Progress.STOPPED}:
                late.append(line)
        return tuple(late)

    def strange_objectives(self) -> tuple[str, ...]:
        """Return objectives named in entries that the strategy does not have."""
        known = {one.id for one in self.strategy.objectives}
        named = {code for line in self.lines if line.held for code in line.objectives}
        return tuple(sorted(named - known))

    def of(self, *standings: Standing) -> tuple[Line, ...]:
        """Return the gaps that stand so."""
        return tuple(line for line in self.lines if line.standing in standings)


def register(findings: Findings, held: Sequence[Held], strategy: Strategy) -> Register:
    """Lay out every gap that is found or taken up, in the order of finding; closed ones last."""
    by_gap = {one.entry.gap: one for one in held}
    lines = [_found_line(gap, by_gap.get(gap.id), strategy, findings.on) for gap in findings.gaps]
    there = {gap.id for gap in findings.gaps}
    lines += [_gone_line(one, findings) for name, one in by_gap.items() if name not in there]
    return Register(lines=tuple(lines), strategy=strategy, on=findings.on)


def _found_line(gap: FoundGap, held: Held | None, strategy: Strategy, on: date) -> Line:
    standing, since, why = Standing.NOT_TAKEN_UP, None, "Found; nobody has taken it up."
    objectives = strategy.about(gap.kind)
    if held is not None:
        objectives = held.entry.objectives
        since = _since(held.entry.looks, found=True) or on
        standing, why = Standing.OPEN, "Still found."
        if any(not one.found for one in held.entry.looks):
            last = [one for one in held.entry.looks if not one.found][-1]
            standing = Standing.REOPENED
            why = f"Found again; it was not found in the data of {last.on.isoformat()}."
    return Line(
        gap=gap.id, title=gap.title, public=gap.public, kind=gap.kind, standing=standing,
        since=since, why=why, found=gap, held=held, objectives=objectives,
    )  # fmt: skip


def _gone_line(held: Held, findings: Findings) -> Line:
    entry = held.entry
    if not findings.looked_for(entry.gap):
        standing, since, why = Standing.NOT_LOOKED_FOR, None, "Not looked for in these data."
    else:
        standing = Standing.CLOSED
        since = _since(entry.looks, found=False) or findings.on
        why = _why_gone(entry, findings)
    return Line(
        gap=entry.gap, title=entry.title, public=entry.public, kind=entry.kind, standing=standing,
        since=since, why=why, found=None, held=held, objectives=entry.objectives,
    )  # fmt: skip


def _why_gone(entry: Entry, findings: Findings) -> str:
    """Say why a gap is not found any more: the service is gone, or the gap is."""
    about = entry.gap.rpartition(":")[2]
    if entry.kind in {GapKind.FACT, GapKind.ENDING} and about not in findings.services:
        return "Its service is not in the data any more, or has closed. Nobody has answered it."
    seen = [one for one in entry.looks if one.found]
    before = f"It was found in the data of {seen[-1].on.isoformat()}, and is" if seen else "It is"
    return f"{before} not found in those of {findings.on.isoformat()}."


def _since(looks: Sequence[Look], *, found: bool) -> date | None:
    """Return the date of the first of the latest looks that all say the same."""
    since = None
    for one in reversed(looks):
        if one.found is not found:
            break
        since = one.on
    return since


def as_released(held: Sequence[Held]) -> tuple[Mapping[str, Any], ...]:
    """Return entries as a restricted release keeps them: JSON objects, without who saved them."""
    return tuple(_content(one.entry) for one in held)
