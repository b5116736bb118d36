"""What an author should read again before publishing: own words that may tell of a few people.

The mask protects tables, and text that quotes them; it cannot read what a person wrote. Whatever
the author wrote, in whichever section, is laid beside every figure that the release hides, and
small numbers of people are pointed at whether or not a table has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from housing_map.assessment.answers import as_content
from housing_map.assessment.sheets import kept
from housing_map.disclosure import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.assessment.edition import Edition

_FIGURES: Final = re.compile(r"(?<![\w.])\d[\d,]*(?![\w.]*\d)")
_WORDS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_PEOPLE: Final = (
    "people|persons?|wom[ae]n|m[ae]n|adults?|child(?:ren)?|boys?|girls?|sons?|households?|"
    "famil(?:y|ies)|survivors?|victims?|residents?"
)
_NUMBER: Final = re.compile(
    rf"(?i)\b(\d[\d,]*|{'|'.join(_WORDS[1:])})\b(?:\s+[\w’'-]+){{0,3}}?\s+(?:{_PEOPLE})\b"
)
"""A number, and within a few words the people it counts."""


def doubts(edition: Edition) -> tuple[str, ...]:
    """Return a sentence for each place whose words should be read again; none when restricted."""
    if edition.mask is None:
        return ()
    hidden = _hidden(edition)
    least = edition.inputs.policy.threshold
    found = []
    for where, words in _written(edition):
        said = {text.replace(",", "") for text in _FIGURES.findall(words)}
        few = [text for text in _NUMBER.findall(words) if 0 < _value(text) < least]
        if said & hidden:
            found.append(
                f"{where}: your own text has a number that a table of the release hides. Read it "
                "again before you publish."
            )
        elif few:
            found.append(
                f"{where}: your own text counts fewer than {least:g} people. Read it again before "
                "you publish."
            )
    return tuple(dict.fromkeys(found))


def _hidden(edition: Edition) -> set[str]:
    """Return every figure that the mask hides, as somebody would write it."""
    mask = edition.mask
    if mask is None:
        return set()
    return {
        f"{table.values[codes]:.0f}"
        for sheet in kept(edition.content.sheets, edition.view)
        for table in sheet.tables
        for codes, cell in mask.apply(table).items()
        if cell.mark is Mark.HIDDEN
    }


def _written(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield where the author wrote something, and the words."""
    for section in edition.content.sections:
        for words in filter(None, (section.edited, section.added)):
            yield f"Section {section.number}", words
    answers = {
        name: value
        for name, value in as_content(edition.content.answers).items()
        if name not in {"edited", "added"}
    }
    for name, value in answers.items():
        for words in _texts(value):
            yield f"Answers, {name.replace('_', ' ')}", words


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON has no narrower type
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _value(text: str) -> float:
    """Return the number that digits or a word stand for.

    >>> _value("seven"), _value("1,204")
    (7.0, 1204.0)
    """
    plain = text.lower().replace(",", "")
    return float(_WORDS.index(plain)) if plain in _WORDS else float(plain)
