"""An edition: an assessment in one view, as its files will print it.

Every file is written from one edition, whose sheets have passed through one mask. An edition that
may be published is attacked before anything is written (:mod:`housing_map.disclosure`): one that
gives something away cannot be made. :class:`Inputs` are all that an edition is made from, so that
whoever has them can make it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from housing_map import disclosure
from housing_map.assessment.answers import Answers
from housing_map.assessment.content import Content, content
from housing_map.assessment.sheets import View, by_id, kept, shown
from housing_map.disclosure import DisclosureError, Policy
from housing_map.disclosure_tables import Cell, Known
from housing_map.errors import UsageError
from housing_map.model import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from housing_map.assessment.published import Published
    from housing_map.assessment.sheets import Sheet, ShownSheet
    from housing_map.disclosure import Mask, Relation
    from housing_map.pack import Pack
    from housing_map.scenario import Scenario

USE: Final = "For planning. Never decide a person's case, or refuse help, from this."
NOTICES: Final = {
    View.PUBLISHABLE: f"May be published. {USE}",
    View.RESTRICTED: f"Restricted: not to be published or passed on. {USE}",
}
"""What stands at the head of every file, by view."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """What an edition is made from.

    ``settings`` may change what the model is asked by its plain values alone (``ASKED``): anything
    further is a change, and belongs to the ``scenario``. ``word_template`` is the Word file whose
    styles the report takes (None: the shipped one), ``published`` the releases that readers have.
    Raises :class:`UsageError` for other settings.
    """

    pack: Pack
    period: str
    answers: Answers = field(default_factory=Answers)
    settings: Settings = field(default_factory=Settings)
    earlier: Pack | None = None
    gaps: tuple[object, ...] = ()
    scenario: Scenario | None = None
    policy: Policy = field(default_factory=Policy)
    word_template: bytes | None = field(default=None, repr=False)
    published: tuple[Published, ...] = ()

    def __post_init__(self) -> None:
        """Refuse settings that a manifest does not hold."""
        plain = replace(Settings(), **{name: getattr(self.settings, name) for name in ASKED})
        if plain != self.settings:
            others = [f.name for f in fields(Settings) if f.name not in ASKED]
            message = f"Say this by the changes of a scenario, not by settings: {others}"
            raise UsageError(message)

    def content(self) -> Content:
        """Make the content, in which both views have a share."""
        return content(
            self.pack,
            self.period,
            answers=self.answers,
            settings=self.settings,
            earlier=self.earlier,
            gaps=self.gaps,
            scenario=self.scenario,
        )


ASKED: Final = ("goal", "pathway", "local_risk", "on", "sharing", "needs_odds_ratio")
"""Settings that a manifest holds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Edition:
    """An assessment in one view.

    ``sheets`` are what may be printed; ``mask`` is None in the restricted view, where every figure
    stands as it is.
    """

    inputs: Inputs
    content: Content
    view: View
    mask: Mask | None
    sheets: tuple[ShownSheet, ...]

    @property
    def pack(self) -> Pack:
        """The data: boundaries, parameters, names."""
        return self.inputs.pack

    @property
    def on(self) -> date:
        """The reference date: every time that a file states is this day."""
        return self.content.on

    @property
    def title(self) -> str:
        """Title of the whole."""
        return self.content.title

    @property
    def notice(self) -> str:
        """Who may read it, and what it must not be used for."""
        return NOTICES[self.view]

    @property
    def stem(self) -> str:
        """How names of files begin: a file that was passed on still says what it is."""
        pack, period = self.pack.info.name, self.content.period
        return f"{pack}-needs-assessment-{period}-{self.view}"

    @cached_property
    def by_id(self) -> Mapping[str, ShownSheet]:
        """Sheets by their id."""
        return by_id(self.sheets)

    @property
    def rules(self) -> tuple[str, ...]:
        """How figures are protected, a sentence or two for each sort that there is."""
        if self.mask is None:
            return ("Every figure stands as it is: nothing is rounded or hidden.",)
        there = {column.kind for sheet in self.sheets for column in sheet.columns}
        return tuple(words for kind, words in self.inputs.policy.rules().items() if kind in there)


def build(inputs: Inputs, view: View, made: Content | None = None) -> Edition:
    """Make an edition; ``made`` is the content of the inputs where there is one already.

    Raises
    ------
    DisclosureError
        When the figures cannot be protected, or an attacker could work out what is hidden.
    UsageError
        When the inputs make no sense, or two sheets have one id.
    """
    made = inputs.content() if made is None else made
    sheets = tuple(sheet for sheet in kept(made.sheets, view) if sheet.codes())
    public = view is View.PUBLISHABLE
    mask = _mask(inputs, sheets, made.relations) if public else None
    printed = tuple(shown(sheet, mask) for sheet in sheets)
    by_id(printed)
    return Edition(inputs=inputs, content=made, view=view, mask=mask, sheets=printed)


def _mask(inputs: Inputs, sheets: tuple[Sheet, ...], relations: tuple[Relation, ...]) -> Mask:
    """Return the one mask of all sheets, attacked; sums of cells that none has do not count."""
    tables = tuple(table for sheet in sheets for table in sheet.tables)
    there = {table.cell(codes) for table in tables for codes in table.values}
    joined = tuple(one for one in relations if {one.whole, *one.parts} <= there)
    known: dict[Cell, Known] = {}
    for one in inputs.published:
        for cell, read in one.known(sheets).items():
            had = known.get(cell, read)
            known[cell] = Known(max(had.low, read.low), min(had.high, read.high))
    release = disclosure.Release(tables=tables, relations=joined, known=known)
    mask = disclosure.protect(release, inputs.policy)
    told = disclosure.audit(release, mask)
    if not told.passed:
        cells = ", ".join(str(bound.cell) for bound in told.failures[:_NAMED])
        message = f"The release gives away what it hides, and is not written: {cells}"
        raise DisclosureError(message)
    return mask


_NAMED: Final = 5
"""Cells that a message names."""
