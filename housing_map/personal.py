"""What belongs to one person, and stands in no saved work: found by the way it is written.

The forms are those that the issuing bodies publish. What is found is never repeated.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import PydanticCustomError

PERSONAL: Final = (
    ("an e-mail address", re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>()]{2,}")),
    ("a phone number", re.compile(r"(?<![\w.£])(?:\+44[\s()-]*|\(?0)(?:[\s()-]*\d){9,10}(?![\w])")),
    (
        "a National Insurance number",
        re.compile(r"(?i)(?<![^\W_])[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D](?![^\W_])"),
    ),
    ("an NHS number", re.compile(r"(?<![\d.,£])\d{3}[ -]\d{3}[ -]\d{4}(?![\d,])")),
    ("a date of birth", re.compile(r"(?i)(?<![^\W_])(?:d\.?o\.?b\.?|date of birth|born on)\W")),
)  # fmt: skip
"""What is refused, in words, and how it is written."""
SORT: Final = "personal"
"""Type of the error that a text about one person raises."""


def no_person(text: str) -> str:
    """Take a text; raises :class:`PydanticCustomError` for what belongs to one person.

    >>> no_person("the housing working group")
    'the housing working group'
    """
    for what, pattern in PERSONAL:
        if pattern.search(text):
            message = "{what} stands here: saved work holds no personal data"
            raise PydanticCustomError(SORT, message, {"what": what})
    return text
