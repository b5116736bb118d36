"""What only a person can answer: versions, the board, consultation, decisions, edited texts.

Answers are a JSON object that an author can keep as a file, and saved work of the kind
``assessment`` (:mod:`housing_map.store`). They hold decisions and bodies, never people served: an
e-mail address, a phone number, a postcode, an address, a National Insurance or NHS number is
refused wherever it stands, without being repeated; names of places beside words for safe
accommodation are refused by :func:`location_problems`, which needs the pack.

An edited text remembers the digest of the generated text it was edited from, so that a later run
can say that the figures under it have changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from housing_map.errors import Problem, Severity, UsageError
from housing_map.free_text import Text, located, one_line, prose
from housing_map.vocabulary import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from housing_map.assessment.form import Form
    from housing_map.pack import Pack

KIND: Final = "assessment"
"""Kind of the document in saved work."""
FILE: Final = "the answers"
LARGEST_FILE: Final = 2_000_000
"""Bytes of a file of answers; a larger one is refused unread."""


def _strip(text: str) -> str:
    return text.strip()


Line = Annotated[str, Field(max_length=300), AfterValidator(_strip), AfterValidator(one_line)]
"""One line of plain text."""
Prose = Annotated[str, Field(max_length=20_000), AfterValidator(_strip), AfterValidator(prose)]
"""Plain text of several lines."""
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_()\-]*$", max_length=60)]
Gbp = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Strategy(_Part):
    """The strategy under section 57, and when it was published and reviewed."""

    title: Line = ""
    first_published_on: date | None = None
    """When a section 57 strategy was first published: the three-year clock starts here."""
    draft_published_on: date | None = None
    """Draft of the strategy in force."""
    published_on: date | None = None
    """The strategy in force."""
    reviewed_on: tuple[date, ...] = ()
    next_draft_on: date | None = None
    next_published_on: date | None = None
    """When the next strategy is to be published."""
    regards: dict[Code, Prose] = Field(default_factory=dict)
    """What was had regard to, by the codes of regulation 5 in the form."""


class Seat(_Part):
    """A member of the board: the seat by its code in the form, the body and the role."""

    seat: Code
    body: Line
    role: Line = ""


class Meeting(_Part):
    """A meeting of the board."""

    on: date
    about: Line = ""


class Board(_Part):
    """The domestic abuse local partnership board (section 58)."""

    appointed: Answer = Answer.UNKNOWN
    name: Line = ""
    how_often: Line = ""
    seats: tuple[Seat, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    signed_off_on: date | None = None
    """When the board signed off this assessment."""


class Consulted(_Part):
    """An entry of the consultation log: whom section 57(4) asks to consult, and what came of it."""

    on: date
    whom: Literal["board", "local_authority", "other"]
    body: Line
    how: Line = ""
    said: Prose = ""
    done: Prose = ""
    """What was changed because of it, or why nothing was."""


class LivedExperience(_Part):
    """How people with lived experience took part; themes, never quotations or cases."""

    on: date
    how: Line
    themes: Prose = ""
    done: Prose = ""


class Spend(_Part):
    """Money against an objective of the strategy; None is not given, and never 0."""

    objective: Line
    stream: Line
    planned_gbp: Gbp | None = None
    spent_gbp: Gbp | None = None


class Decision(_Part):
    """A commissioning decision, and what it rests on; ``gap`` is an entry of the gap register."""

    on: date
    what: Prose
    by_assessment: Prose = ""
    """How the needs assessment informed it."""
    by_strategy: Prose = ""
    """How the strategy informed it: its objective."""
    gap: Line = ""


class Edited(_Part):
    """A text in the words of the author, and the digest of the generated one it was made from."""

    text: Annotated[Prose, Field(min_length=1)]
    digest: Digest


class Answers(_Part):
    """All answers of an author to one assessment; every one may be missing.

    ``version`` is that of this form of file. ``statements`` are the author's own words to points of
    regulation 8, by reference (``8(d)(iii)``), ``edited`` the edited texts, and ``added`` further
    paragraphs, by section.
    """

    version: Literal[1] = 1
    period: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")] | None = None
    author: Line = ""
    document_version: Line = ""
    full_assessment_on: date | None = None
    amended_on: date | None = None
    sections_amended: tuple[Code, ...] = ()
    next_refresh_on: date | None = None
    next_full_on: date | None = None
    report_sent_on: date | None = None
    strategy: Strategy = Strategy()
    board: Board = Board()
    consultation: tuple[Consulted, ...] = ()
    lived_experience: tuple[LivedExperience, ...] = ()
    spend: tuple[Spend, ...] = ()
    decisions: tuple[Decision, ...] = ()
    statements: dict[Code, Prose] = Field(default_factory=dict)
    edited: dict[Code, Edited] = Field(default_factory=dict)
    added: dict[Code, Prose] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> Answers:
        """Refuse a draft that came after what it was a draft of."""
        strategy = self.strategy
        pairs = (
            ("the strategy in force", strategy.draft_published_on, strategy.published_on),
            ("the next strategy", strategy.next_draft_on, strategy.next_published_on),
        )
        for what, draft, whole in pairs:
            if draft is not None and whole is not None and draft > whole:
                message = f"the draft of {what} is later than {what}"
                raise ValueError(message)
        return self


# Files ------------------------------------------------------------------------------------


def read(text: str | bytes, file: str = FILE) -> Answers:
    """Read answers from JSON.

    Raises :class:`UsageError` with every problem, each at its field and without the text found.
    """
    if len(text) > LARGEST_FILE:
        message = f"{file}: larger than {LARGEST_FILE:,} bytes"
        raise UsageError(message)
    try:
        return Answers.model_validate_json(text)
    except ValidationError as error:
        told = [
            f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        message = f"{file} cannot be used. " + "; ".join(told)
        raise UsageError(message) from None


def load(path: Path) -> Answers:
    """Read answers from a file; raises :class:`UsageError`."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            message = f"{path}: larger than {LARGEST_FILE:,} bytes"
            raise UsageError(message)
        return read(path.read_bytes(), str(path))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise UsageError(message) from error


def written(answers: Answers) -> str:
    """Return answers as JSON, the same text for the same answers; what is missing is left out."""
    content = answers.model_dump(mode="json", exclude_defaults=True) | {"version": answers.version}
    return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def as_content(answers: Answers) -> Mapping[str, object]:
    """Return answers as the content of a document of :data:`KIND` in saved work."""
    content: dict[str, object] = json.loads(written(answers))
    return content


def from_content(content: Mapping[str, object]) -> Answers:
    """Return answers from a document of saved work; raises :class:`UsageError`."""
    return read(json.dumps(content), "The saved answers")


# Checks -----------------------------------------------------------------------------------


def digest_of(generated: tuple[str, ...]) -> str:
    """Return the SHA-256 of a generated text, which an edited one is kept with."""
    return hashlib.sha256("\n\n".join(generated).encode()).hexdigest()


def location_problems(answers: Answers, pack: Pack) -> tuple[Problem, ...]:
    """Find texts that would say where safe accommodation is, by names of places beside it.

    Sentences are looked at one by one: a paragraph may name a town and speak of refuges, if it
    does not do both in one breath. Problems name the field, and never what was found.
    """
    texts = tuple(
        Text(place, sentence)
        for place, words in _texts(answers.model_dump(mode="python"), "")
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", words)
        if sentence
    )
    problems = {problem.column: problem for problem in located(pack, texts)}
    return tuple(
        Problem(Severity.ERROR, FILE, problem.message, problem.expected, problem.mend, column=where)
        for where, problem in sorted(problems.items(), key=lambda item: str(item[0]))
    )


def form_problems(answers: Answers, form: Form) -> tuple[Problem, ...]:
    """Find codes that the form does not have: seats, sections, points and regards."""
    sections = set(form.by_id)
    known = (
        ("board.seats", {one.seat for one in answers.board.seats}, {o.code for o in form.seats}),
        ("strategy.regards", set(answers.strategy.regards), {o.code for o in form.regards}),
        ("statements", set(answers.statements), {one.ref for one in form.regulation8}),
        ("edited", set(answers.edited), sections),
        ("added", set(answers.added), sections),
        ("sections_amended", set(answers.sections_amended), sections),
    )
    return tuple(
        Problem(
            Severity.ERROR,
            FILE,
            f"the form {form.version} does not have: {', '.join(sorted(used - there))}",
            ", ".join(sorted(there)),
            column=place,
        )
        for place, used, there in known
        if used - there
    )


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text of the answers with its field."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}.{number}")
