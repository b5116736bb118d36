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
MARGIN: Final = 2
"""Letters that would fit into the margins of a cell."""
_LONGEST_WORD: Final = 34
"""A word longer than this, such as an address of a page, is broken."""
_LONGEST_TEXT: Final = 90
_LINES_OF_HEADING: Final = 3
_BREAKS: Final = re.compile(r"\s+|(?<=[-–])")


def shared(columns: Sequence[Sequence[str]], line: int = LINE) -> tuple[float, ...]:
    """Return the width of each column, in letters, of its texts, the first of which is its heading.

    Each has room for its longest word; what is left of the ``line`` is shared by how much more
    each needs for its longest text on one line. A heading may take several lines.

    >>> shared([["Need", "Disability"], ["Source", "one two three four"]], line=40)
    (12.0, 20.0)
    >>> shared([["Need", "Disability"], ["Source", "one two three four"]], line=24)
    (12.0, 12.0)
    """
    words = [_longest_word(texts) + MARGIN for texts in columns]
    whole = [_longest_text(*texts) + MARGIN for texts in columns]
    wanted = [max(text - word, 0) for text, word in zip(whole, words, strict=True)]
    left = max(line - sum(words), 0)
    part = min(left / sum(wanted), 1.0) if any(wanted) else 0.0
    return tuple(word + part * want for word, want in zip(words, wanted, strict=True))


def _longest_word(texts: Sequence[str]) -> int:
    found = (len(word) for text in texts for word in _BREAKS.split(text))
    return min(max(found, default=0), _LONGEST_WORD)


def _longest_text(heading: str, *cells: str) -> int:
    return min(max([len(heading) // _LINES_OF_HEADING, *map(len, cells)]), _LONGEST_TEXT)
