"""Sections 0, 1 and 14 to 16: version, methodology, money, the board, consultation.

Most of it only a person can answer. What nobody answered is listed with whom to ask; the program
invents no meeting, member or decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.assessment.dates import DateState, legal_dates
from housing_map.assessment.sections.followed import only_in_register
from housing_map.assessment.sections.making import Column, Head, columns, listed, lower, said
from housing_map.assessment.sections.parts import Line, Made, Missing
from housing_map.assessment.sheets import Sheet
from housing_map.cells import number, records, text
from housing_map.disclosure import Kind
from housing_map.returns import period_words
from housing_map.strategy import objectives as objective_words
from housing_map.vocabulary import STATUSES, Answer, Goal, Status
from housing_map.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes

    _Paid = tuple[dict[Codes, tuple[float, ...]], dict[Codes, tuple[float, ...]]]

_AUTHOR: Final = "the author"
_BOARD: Final = "the secretary of the partnership board"
_COUNCIL: Final = "commissioners of the council"


def day_words(day: date | None) -> str:
    """Return a day in words; "not given" where there is none."""
    return "Not given" if day is None else f"{day.day} {day:%B %Y}"


def _words(
    asked: Asked,
    section: str,
    names: tuple[str, str, str],
    keys: Mapping[str, str],
    cells: Iterable[tuple[str, str, Mapping[str, str]]],
    *notes: str,
    restricted: Iterable[tuple[str, str, Mapping[str, str]]] = (),
) -> Sheet:
    """Return a sheet of words: id, title and heading of its rows, which are given by key.

    ``restricted`` are columns for planning alone.
    """
    id_, title, heading = names
    return Sheet(
        id=id_,
        title=f"{title}, {asked.pack.info.title}",
        section=section,
        dimensions=(listed("row", keys),),
        headings={"row": heading},
        labels={"row": keys},
        words=(
            *(said(name, label, found) for name, label, found in cells),
            *(said(name, label, found, restricted=True) for name, label, found in restricted),
        ),
        notes=notes,
    )


# Cover ------------------------------------------------------------------------------------


def cover(asked: Asked) -> Made:
    """Say which assessment this is, and what dates follow from the law."""
    answers = asked.answers
    by_id = asked.form.by_id
    amended = joined([by_id[code].title for code in answers.sections_amended])
    rows = {
        "authority": ("Authority", asked.pack.info.title),
        "period": ("Period", period_words(asked.period)),
        "on": ("Reference date of the figures", day_words(asked.on)),
        "full": ("Date of the full assessment", day_words(answers.full_assessment_on)),
        "version": ("Version", answers.document_version or "Not given"),
        "amended_on": ("Date of amendment", day_words(answers.amended_on)),
        "amended": ("Sections amended", amended or "Not given"),
        "refresh": ("Next refresh", day_words(_when(asked, "refresh"))),
        "next_full": ("Next full assessment", day_words(_when(asked, "full"))),
        "author": ("Author", answers.author or "Not given"),
        "signed": ("Signed off by the partnership board", day_words(answers.board.signed_off_on)),
        "form": ("Version of the form", asked.form.version),
    }
    sheet = _words(
        asked, "cover", ("cover", "Version and dates", "Field"),
        {key: label for key, (label, _) in rows.items()},
        [("answer", "Answer", {key: words for key, (_, words) in rows.items()})],
    )  # fmt: skip
    lines = (
        Line(
            f"This assesses the need for accommodation-based support in {asked.pack.info.title} "
            f"for {period_words(asked.period)}, under section 57 of the Domestic Abuse Act 2021. "
            "The law asks for a report on it each year (section 59); a yearly refresh of the "
            "assessment itself is practice."
        ),
        Line(asked.form.note) if asked.form.note else Line(""),
    )
    needed = (
        ("When the full assessment was carried out", answers.full_assessment_on, _AUTHOR),
        ("The version of this document", answers.document_version, _AUTHOR),
        ("Who the author is: a team or a role", answers.author, _AUTHOR),
        ("When the partnership board signed it off", answers.board.signed_off_on, _BOARD),
    )
    asks = tuple(Missing(what, who) for what, found, who in needed if not found)
    return Made(
        lines=tuple(line for line in lines if line.words),
        sheets=(sheet, _dates(asked)),
        asks=asks,
    )


def _when(asked: Asked, id_: str) -> date | None:
    found = legal_dates(asked.period, asked.on, asked.answers, asked.form)
    return next((one.when for one in found if one.id == id_), None)


_STATES: Final = {
    DateState.DONE: "Done",
    DateState.AHEAD: "Ahead",
    DateState.PAST: "Past: nobody has said that it was done",
    DateState.LATE: "Done, after the day",
    DateState.UNKNOWN: "Cannot be told yet",
}


def _dates(asked: Asked) -> Sheet:
    found = legal_dates(asked.period, asked.on, asked.answers, asked.form)
    return _words(
        asked,
        "cover",
        ("dates", "Dates that follow from the law, and from practice", "What"),
        {one.id: one.what for one in found},
        [
            ("when", "Day", {one.id: day_words(one.when) for one in found}),
            ("rule", "Rule", {one.id: one.rule for one in found}),
            ("basis", "Basis", {one.id: one.basis for one in found}),
            ("state", "How it stands", {one.id: _STATES[one.state] for one in found}),
        ],
        f"Reckoned on {day_words(asked.on)}, the reference date of the figures.",
    )


# Methodology ------------------------------------------------------------------------------


def methodology(asked: Asked) -> Made:
    """Say how figures were made, from what, and what they cannot tell."""
    answers, info, goal = asked.answers, asked.pack.info, asked.settings.goal
    lines = [
        Line(
            "Need is modelled from national figures and the homes people have. Provision is taken "
            "from public sources and from what services sent in. Each figure says whether it was "
            "published, sent in, derived or assumed. What nobody has told us is called unknown, "
            "and is never counted as none."
        ),
        Line(
            "A household counts as helped when it has a route that leads to "
            f"{_GOALS[goal]}. Everything is worked out three times: cautious, central and "
            "optimistic. Each adds up by itself."
        ),
        Line(
            "Counts of people are shown for the district alone. Small numbers are hidden, the rest "
            "rounded. Modelled estimates are shown by groups of wards at most, and rates by ward."
        ),
    ]
    if answers.lived_experience:
        number_of = counted(len(answers.lived_experience))
        lines.append(
            Line(
                f"People with lived experience took part in {number_of} "
                f"{'way' if len(answers.lived_experience) == 1 else 'ways'}: "
                f"{joined([one.how for one in answers.lived_experience])}."
            )
        )
    sheets = [_parameters(asked), _limits(asked)]
    if answers.lived_experience:
        keys = {str(n): day_words(one.on) for n, one in enumerate(answers.lived_experience)}
        given = dict(zip(keys, answers.lived_experience, strict=True))
        sheets.append(
            _words(
                asked, "methodology",
                ("lived_experience", "How people with lived experience took part", "Day"), keys,
                [
                    ("how", "How", {key: one.how for key, one in given.items()}),
                    ("themes", "Themes", {key: one.themes for key, one in given.items()}),
                    ("done", "What was done", {key: one.done for key, one in given.items()}),
                ],
                "Themes, and never quotations or cases.",
            )
        )  # fmt: skip
    asks = []
    if not answers.lived_experience:
        asks.append(
            Missing("How people with lived experience took part", "services and survivors' groups")
        )
    unknown = [one for one in asked.register.figures.values() if not one.known]
    if unknown:
        names = joined([f"{one.label[:1].lower()}{one.label[1:]}" for one in unknown])
        asks.append(Missing(f"Figures the method needs and nobody has given: {names}",
                            "providers and commissioners", needed=False))  # fmt: skip
    if info.reference_date < asked.on:
        lines.append(Line(f"The data are as of {day_words(info.reference_date)}."))
    return Made(lines=tuple(lines), sheets=tuple(sheets), asks=tuple(asks))


_GOALS: Final = {
    Goal.SAFE: "safety with support, which is the question of Part 4",
    Goal.SETTLED: "a settled home, which is the question of the Whole Housing Approach",
}


def _parameters(asked: Asked) -> Sheet:
    figures = asked.register.figures
    periods = {str(row["key"]): text(row["period"]) for row in records(asked.pack["parameters"])}

    def ends(which: str) -> dict[str, str]:
        found = {key: getattr(one, which) for key, one in figures.items()}
        return {key: "" if value is None else f"{value:,g}" for key, value in found.items()}

    return _words(
        asked,
        "methodology",
        ("parameters", "Parameters and what they rest on", "Parameter"),
        {key: one.label for key, one in figures.items()},
        [
            ("low", "Low", ends("low")),
            ("central", "Central", {k: v or "Unknown" for k, v in ends("central").items()}),
            ("high", "High", ends("high")),
            ("unit", "Unit", {key: one.unit for key, one in figures.items()}),
            ("period", "Period", periods),
            ("status", "Status", {k: STATUSES[one.status].label for k, one in figures.items()}),
            ("source", "Source", {key: one.source for key, one in figures.items()}),
            ("note", "Note", {key: one.note for key, one in figures.items()}),
        ],
    )


def _limits(asked: Asked) -> Sheet:
    limits = {str(number): words for number, words in enumerate(asked.pack.info.limits, start=1)}
    return _words(
        asked, "methodology", ("limits", "Limits of the data", "Number"),
        {key: key for key in limits}, [("limit", "Limit", limits)],
    )  # fmt: skip


# Money ------------------------------------------------------------------------------------


def commissioning(asked: Asked) -> Made:
    """Say what was decided, on what, and what was spent against the objectives."""
    answers = asked.answers
    sheets = [one for one in (_spend(asked), _returned_spend(asked), _decisions(asked)) if one]
    sheets.append(_regards(asked))
    lines = [
        Line(
            "Commissioning decisions have to be informed by this assessment and by the strategy, "
            "and money is reported against the objectives of the strategy (regulation 8(e) and "
            "(f))."
        )
    ]
    if answers.decisions:
        both = [one for one in answers.decisions if one.by_assessment and one.by_strategy]
        lines.append(
            Line(
                f"{counted(len(answers.decisions)).capitalize()} commissioning "
                f"{'decision is' if len(answers.decisions) == 1 else 'decisions are'} listed; for "
                f"{counted(len(both))} it is said how both informed it."
            )
        )
    asks = []
    waiting = only_in_register(answers, asked.gaps)
    if not answers.decisions and not waiting:
        asks.append(Missing("Commissioning decisions, and how the assessment and the strategy "
                            "informed each", _COUNCIL))  # fmt: skip
    if waiting:
        asks.append(
            Missing(
                "What may be published of decisions that stand in the gap register alone "
                f"({len(waiting)})",
                "the author, among the answers to this section",
                needed=False,
            )
        )
    if _spend(asked) is None and _returned_spend(asked) is None:
        asks.append(
            Missing(
                f"Money planned and spent against each objective in {period_words(asked.period)}",
                "finance officers of the council",
            )
        )
    if not answers.strategy.first_published_on:
        asks.append(Missing("When a section 57 strategy was first published", _COUNCIL))
    unheard = [
        lower(one.words) for one in asked.form.regards if one.code not in answers.strategy.regards
    ]
    if unheard:
        asks.append(Missing(f"How the strategy had regard to: {joined(unheard)}", _COUNCIL))
    return Made(lines=tuple(lines), sheets=tuple(sheets), asks=tuple(asks))


def _amounts(
    values: tuple[Mapping[Codes, float], Mapping[Codes, float]],
    contributions: tuple[Mapping[Codes, tuple[float, ...]], ...] = ({}, {}),
    *,
    source: str,
    status: Status,
) -> list[Column]:
    heads = (
        Head("planned", "Planned", "GBP", "planned: "),
        Head("spent", "Spent", "GBP", "spent: "),
    )
    return [
        Column(
            head=Head(head.name, head.label, head.unit, head.measure + source),
            kind=Kind.AMOUNT,
            values=found,
            status=status,
            source=source,
            more={"contributions": dict(parts)} if parts else {},
        )
        for head, found, parts in zip(heads, values, contributions, strict=True)
    ]


def _spend(asked: Asked) -> Sheet | None:
    """Money by objective, as the council states it."""
    given = asked.answers.spend
    if not given:
        return None
    keys = {str(place): one for place, one in enumerate(given)}
    dimension = listed("row", keys)
    planned: dict[Codes, float] = {
        (key,): one.planned_gbp for key, one in keys.items() if one.planned_gbp is not None
    }
    spent: dict[Codes, float] = {
        (key,): one.spent_gbp for key, one in keys.items() if one.spent_gbp is not None
    }
    source = "Statement of the council"
    return Sheet(
        id="spend",
        title=f"Money planned and spent against the objectives of the strategy, "
        f"{period_words(asked.period)}",
        section="commissioning",
        dimensions=(dimension,),
        headings={"row": "Objective"},
        labels={"row": {key: one.objective for key, one in keys.items()}},
        figures=columns(
            (dimension,),
            _amounts(
                (planned, spent),
                _paid_alike(asked, (planned, spent)),
                source=source,
                status=Status.LOCAL_RETURN,
            ),
        ),
        words=(said("stream", "Paid from", {key: one.stream for key, one in keys.items()}),),
        notes=("An amount that nobody gave is not available. It is not nothing.",),
    )


def _paid_alike(asked: Asked, stated: tuple[dict[Codes, float], dict[Codes, float]]) -> _Paid:
    """Return what providers were paid of amounts that stand in the returns as well.

    The council may state for an objective what one provider was paid: it is hidden as there.
    """
    sums, paid = _returned(asked)
    alike: _Paid = ({}, {})
    for place, found in enumerate(stated):
        for codes, amount in found.items():
            for objective, value in sums[place].items():
                if abs(value - amount) < 1 and objective in paid[place]:
                    alike[place][codes] = paid[place][objective]
    return alike


def _returned(asked: Asked) -> tuple[tuple[dict[Codes, float], dict[Codes, float]], _Paid]:
    """Return money planned and spent by objective from the returns, and what each body was paid."""
    rows = [row for row in records(asked.pack["spend"]) if str(row["period"]) == asked.period]
    bodies = {
        str(row["service_id"]): str(row["organisation_id"])
        for row in records(asked.pack["services"])
    }
    sums: tuple[dict[Codes, float], dict[Codes, float]] = ({}, {})
    paid: _Paid = ({}, {})
    for objective in dict.fromkeys(str(row["objective"]) for row in rows):
        for place, name in enumerate(("planned_gbp", "spent_gbp")):
            found = [
                (bodies.get(text(row["service_id"]), ""), value)
                for row in rows
                if row["objective"] == objective and (value := number(row[name])) is not None
            ]
            by_body: dict[str, float] = {}
            for body, value in found:
                by_body[body] = by_body.get(body, 0.0) + value
            if found:
                sums[place][objective,] = sum(by_body.values())
            if parts := tuple(value for body, value in by_body.items() if body):
                paid[place][objective,] = parts
    return sums, paid


def _returned_spend(asked: Asked) -> Sheet | None:
    """Money by objective from the returns, with what each provider was paid, for the mask."""
    objectives = list(
        dict.fromkeys(
            str(row["objective"])
            for row in records(asked.pack["spend"])
            if str(row["period"]) == asked.period
        )
    )
    if not objectives:
        return None
    sums, paid = _returned(asked)
    names = objective_words(asked.pack)
    dimension = listed("objective", objectives)
    return Sheet(
        id="spend_returned",
        title=f"Money planned and spent by objective, as returned, {period_words(asked.period)}",
        section="commissioning",
        dimensions=(dimension,),
        headings={"objective": "Objective"},
        labels={
            "objective": {
                one: names.get(one, one.replace("_", " ").capitalize()) for one in objectives
            }
        },
        figures=columns(
            (dimension,),
            _amounts(sums, paid, source="Returns of services and of the council",
                     status=Status.LOCAL_RETURN),
        ),
        notes=("What single providers were paid is not published.",),
    )  # fmt: skip


def _decisions(asked: Asked) -> Sheet | None:
    given = {str(place): one for place, one in enumerate(asked.answers.decisions, start=1)}
    if not given:
        return None
    return _words(
        asked, "commissioning", ("decisions", "Commissioning decisions", "Day"),
        {key: day_words(one.on) for key, one in given.items()},
        [
            ("what", "Decision", {key: one.what for key, one in given.items()}),
            ("by_assessment", "How the assessment informed it",
             {key: one.by_assessment for key, one in given.items()}),
            ("by_strategy", "How the strategy informed it",
             {key: one.by_strategy for key, one in given.items()}),
        ],
        # The name of a gap may tell of one service, such as when its money ends.
        restricted=[
            ("gap", "Gap in the register", {key: one.gap for key, one in given.items()}),
        ],
    )  # fmt: skip


def _regards(asked: Asked) -> Sheet:
    given = asked.answers.strategy.regards
    return _words(
        asked, "commissioning",
        ("regards", "What the strategy had regard to (regulation 5)", "Matter"),
        {one.code: one.words for one in asked.form.regards},
        [
            ("basis", "Basis", {one.code: one.basis for one in asked.form.regards}),
            ("answer", "How regard was had",
             {one.code: given.get(one.code, "Not given") for one in asked.form.regards}),
        ],
    )  # fmt: skip


# Board and consultation -------------------------------------------------------------------


def board(asked: Asked) -> Made:
    """Say who sits on the partnership board, by the seats of the Act, and when it met."""
    given, seats = asked.answers.board, asked.form.seats
    held = {one.code: [m for m in given.seats if m.seat == one.code] for one in seats}
    empty = [one for one in seats if not held[one.code]]
    members = _words(
        asked, "board", ("board", "Members of the partnership board by seat (section 58)", "Seat"),
        {one.code: one.words for one in seats},
        [
            ("basis", "Basis", {one.code: one.basis for one in seats}),
            ("members", "Members", {
                code: "; ".join(f"{m.body}, {m.role}" if m.role else m.body for m in found)
                or "Not given" for code, found in held.items()}),
            ("note", "Note", {one.code: one.may_be_empty for one in seats}),
        ],
        "Bodies and roles, not names of persons.",
    )  # fmt: skip
    sheets = [members]
    if given.meetings:
        keys = {str(n): one for n, one in enumerate(sorted(given.meetings, key=lambda m: m.on))}
        sheets.append(
            _words(
                asked, "board", ("meetings", "Meetings of the partnership board", "Day"),
                {key: day_words(one.on) for key, one in keys.items()},
                [("about", "About", {key: one.about for key, one in keys.items()})],
            )
        )  # fmt: skip
    appointed = {
        Answer.YES: "A domestic abuse local partnership board has been appointed"
        f"{f': {given.name}' if given.name else ''}.",
        Answer.NO: "No domestic abuse local partnership board has been appointed. The Act asks for "
        "one (section 58).",
    }.get(given.appointed, "Whether a partnership board has been appointed was not said.")
    lines = [Line(appointed)]
    if given.how_often:
        lines.append(Line(f"How often it meets: {given.how_often}."))
    asks = []
    if given.appointed not in {Answer.YES, Answer.NO}:
        asks.append(Missing("Whether a partnership board under section 58 is appointed, and which "
                            "body acts as it", _COUNCIL))  # fmt: skip
    needed = [lower(one.words) for one in empty if not one.may_be_empty]
    if needed:
        asks.append(Missing(f"Who sits on the board for: {joined(needed)}", _BOARD))
    if not given.how_often and not given.meetings:
        asks.append(Missing("How often the board meets", _BOARD))
    return Made(lines=tuple(lines), sheets=tuple(sheets), asks=tuple(asks))


_WHOM: Final = {
    "board": "The local partnership board",
    "local_authority": "A local authority in the area",
    "other": "Another that was thought appropriate",
}


def consultation(asked: Asked) -> Made:
    """Log who was consulted before publishing, as section 57(4) asks."""
    given = sorted(asked.answers.consultation, key=lambda one: one.on)
    lines = (
        Line(
            "Before a strategy is published the partnership board, local authorities in the area "
            "and others thought appropriate are consulted (section 57(4))."
        ),
    )
    asks = []
    if not any(one.whom == "board" for one in given):
        asks.append(Missing("When and how the partnership board was consulted", _BOARD))
    if not any(one.whom == "other" for one in given):
        asks.append(Missing("Who else was consulted, what they said and what was done", _COUNCIL))
    if not given:
        return Made(lines=lines, asks=tuple(asks))
    keys = {str(place): one for place, one in enumerate(given, start=1)}
    sheet = _words(
        asked, "consultation", ("consultation", "Consultation log", "Day"),
        {key: day_words(one.on) for key, one in keys.items()},
        [
            ("whom", "Whom", {key: _WHOM[one.whom] for key, one in keys.items()}),
            ("body", "Body", {key: one.body for key, one in keys.items()}),
            ("how", "How", {key: one.how for key, one in keys.items()}),
            ("said", "What was said", {key: one.said for key, one in keys.items()}),
            ("done", "What was done", {key: one.done for key, one in keys.items()}),
        ],
    )  # fmt: skip
    return Made(lines=lines, sheets=(sheet,), asks=tuple(asks))
