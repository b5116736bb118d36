"""How wide the columns of a table are: no word is wider than its column, and long texts get most.

Counted in letters, since a document is laid out three times, with fonts that differ little.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE: Final = 88
"""Letters that stand beside each other in a table as wide as a page of A4."""
MARGIN: Final = 3
"""Letters that fit into the margins of a cell, and into what bold letters are wider."""
_LONGEST_WORD: Final = 34
"""A word longer than this, such as an address of a page, is broken."""
_LONGEST_TEXT: Final = 90
_LINES_OF_HEADING: Final = 3
_WIDE, _NARROW = frozenset("mwMW@%"), frozenset("fijlrtI.,:;'|()[]!")
_BREAKS: Final = re.compile(r"\s+|(?<=[-–])")


def shared(columns: Sequence[Sequence[str]], line: int = LINE) -> tuple[float, ...]:
    """Return the width of each column, in letters, of its texts, the first of which is its heading.

    Each has room for its longest word; what is left of the ``line`` is shared by how much more
    each needs for its longest text on one line. A heading may take several lines.

    >>> shared([["Need", "Disability"], ["Source", "one two three four"]], line=40)
    (13.0, 21.0)
    >>> shared([["Need", "Disability"], ["Source", "one two three four"]], line=17)
    (11.2, 8.8)
    """
    words = [_longest_word(texts) + MARGIN for texts in columns]
    whole = [_longest_text(*texts) + MARGIN for texts in columns]
    wanted = [max(text - word, 0) for text, word in zip(whole, words, strict=True)]
    left = max(line - sum(words), 0)
    part = min(left / sum(wanted), 1.0) if any(wanted) else 0.0
    return tuple(word + part * want for word, want in zip(words, wanted, strict=True))


def letters(word: str) -> float:
    """Return how many letters of middling width a word is as wide as, in Arial and its like.

    >>> letters("illness") < letters("commune")
    True
    """
    wide, narrow = sum(c in _WIDE for c in word), sum(c in _NARROW for c in word)
    capitals = sum(c.isupper() and c not in _WIDE for c in word)
    return round(len(word) + 0.5 * wide - 0.4 * narrow + 0.2 * capitals, 1)


def _longest_word(texts: Sequence[str]) -> float:
    found = (letters(word) for text in texts for word in _BREAKS.split(text))
    return min(max(found, default=0.0), _LONGEST_WORD)


def _longest_text(heading: str, *cells: str) -> int:
    return min(max([len(heading) // _LINES_OF_HEADING, *map(len, cells)]), _LONGEST_TEXT)
