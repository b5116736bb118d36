"""What saved work is made of: versions of documents, what may enter them, and a file of them.

Content is I-JSON (RFC 7493): what every reader of JSON takes alike. So what comes back is equal to
what was kept, and one digest means one content.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from housing_map.errors import HousingMapError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_BYTES: Final = 1_000_000
"""Most that the content of one version may take, as JSON in UTF-8."""
DEEPEST: Final = 60
"""Most objects and lists that may stand one inside the other."""
LONGEST_LINE: Final = 200
"""Most characters of a name, or of who did something."""
LONGEST_REASON: Final = 2000
EXPORT_FORMAT: Final = 1
"""Version of the file that documents travel in."""

_LONGEST_KEY_BYTES: Final = 1000
"""What a database can hold in an index, with room to spare."""
_LARGEST_WHOLE: Final = 2**53 - 1
"""Largest whole number that every reader of JSON takes exactly (RFC 7493, section 2.2)."""
_KIND: Final = r"[a-z][a-z_]{0,39}"
_ID: Final = r"[0-9a-f]{32}"


class Action(StrEnum):
    """What made a version."""

    MADE = "made"
    SAVED = "saved"
    RENAMED = "renamed"
    REMOVED = "removed"
    RESTORED = "restored"
    WENT_BACK = "went_back"
    COPIED = "copied"
    BROUGHT_IN = "brought_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of a document, without its content.

    Attributes
    ----------
    id
        Of the document: 32 hexadecimal digits (a random UUID, RFC 9562).
    version
        1, 2, 3, … without a gap.
    who, when, why
        Who made this version, when (UTC) and for what reason.
    removed
        Whether the document was removed as of this version; it can be restored.
    digest
        SHA-256 of the content, whatever the order of its keys.
    origin
        Document and version that it was copied from, went back to or was brought in as.
    """

    id: str
    kind: str
    name: str
    version: int
    action: Action
    who: str
    when: datetime
    why: str
    removed: bool
    digest: str
    origin: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Revision):
    """One version of a document with its content: a JSON object of one's own to change."""

    content: dict[str, Any]


class ConflictError(HousingMapError, ValueError):
    """Somebody else changed the document meanwhile; :attr:`newest` says who, when and why."""

    def __init__(self, newest: Revision, expected: int | None = None) -> None:
        self.newest = newest
        moment = f"{newest.when.day} {newest.when:%B %Y at %H:%M} UTC"
        did = "removed" if newest.removed else "changed"
        start = f", and you started from version {expected}" if expected is not None else ""
        first = "restore it" if newest.removed else "look at that version"
        super().__init__(
            f"“{newest.name}” was {did} by {newest.who} on {moment} (version {newest.version})"
            f"{start}. Nothing is lost: {first}, or save yours under another name."
        )


class NameTakenError(UsageError):
    """Another document of this kind has the name; capital letters make no difference."""


# What may enter -----------------------------------------------------------------------------------


def checked_kind(kind: str) -> str:
    """Return the kind; raises UsageError unless it is small letters and underscores."""
    if re.fullmatch(_KIND, kind) is None:
        message = f"A kind is made of small letters and underscores, not {kind!r}"
        raise UsageError(message)
    return kind


def checked_line(value: str, what: str) -> str:
    """Return one line without needless space; raises UsageError when it is empty or too long."""
    return _text(" ".join(unicodedata.normalize("NFC", value).split()), what, LONGEST_LINE)


def checked_name(value: str) -> str:
    """Return a name for a document; raises UsageError when it is empty or too long."""
    name = checked_line(value, "A name")
    if len(name_key(name).encode()) > _LONGEST_KEY_BYTES:
        message = "This name is too long"
        raise UsageError(message)
    return name


def checked_reason(value: str) -> str:
    """Return why something was done; raises UsageError when it is empty or too long."""
    return _text("\n".join(value.strip().splitlines()), "A reason", LONGEST_REASON)


def name_key(name: str) -> str:
    """Return what names are compared by: no capitals, no difference of mere form.

    >>> name_key("Straße") == name_key("STRASSE")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def numbered(name: str, number: int) -> str:
    """Return the name with a number after it, no longer than a name may be.

    >>> numbered("Six units", 2)
    'Six units (2)'
    """
    end = f" ({number})"
    return name[: LONGEST_LINE - len(end)].rstrip() + end


def checked_content(content: Mapping[str, object]) -> dict[str, Any]:
    """Return a copy that comes back equal; raises UsageError for what JSON cannot hold."""
    if not isinstance(content, Mapping):
        message = f"The content of a document is a JSON object, not {_called(content)}"
        raise UsageError(message)
    whole = dict(content)
    _check(whole, "content", DEEPEST)
    kept = as_text(whole)
    size = len(kept.encode())
    if size > LARGEST_BYTES:
        message = f"The content has {size:,} bytes; a document may have {LARGEST_BYTES:,}"
        raise UsageError(message)
    own: dict[str, Any] = json.loads(kept)
    return own


def as_text(content: dict[str, Any]) -> str:
    """Return content as JSON, with keys in their order."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the content with its keys in order, as 64 hexadecimal digits."""
    ordered = json.dumps(
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return hashlib.sha256(ordered.encode()).hexdigest()


def _text(value: str, what: str, longest: int) -> str:
    """Return text for people; raises UsageError when it is empty, too long or not text."""
    if not value:
        message = f"{what} is needed"
        raise UsageError(message)
    if len(value) > longest:
        message = f"{what} has {len(value)} characters; it may have {longest}"
        raise UsageError(message)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in value):
        message = f"{what} has signs that are not text"
        raise UsageError(message)
    return value


def _called(value: object) -> str:
    """Name of a value's type."""
    return type(value).__name__


def _check(value: object, where: str, depth: int) -> None:
    """Raise UsageError, which says where, unless the value is JSON that comes back equal."""
    wrong = ""
    if isinstance(value, str):
        wrong = "half a character" if any("\ud800" <= s <= "\udfff" for s in value) else ""
    elif isinstance(value, bool) or value is None:
        pass
    elif isinstance(value, int):
        wrong = "" if abs(value) <= _LARGEST_WHOLE else "a whole number that JSON cannot hold"
    elif isinstance(value, float):
        wrong = "" if math.isfinite(value) else "a number that is not finite"
    elif not isinstance(value, (dict, list)):
        wrong = f"a value that JSON does not know ({_called(value)})"
    elif not depth:
        wrong = "more levels than a document may have"
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _check(part, f"{where}[{number}]", depth - 1)
    else:
        for key, part in value.items():
            if not isinstance(key, str):
                wrong = f"a key that is not text ({_called(key)})"
                break
            _check(key, f"a key of {where}", depth)
            _check(part, f"{where}.{key}", depth - 1)
    if wrong:
        message = f"{where} has {wrong}"
        raise UsageError(message)


# A file of documents ------------------------------------------------------------------------------


class _Version(BaseModel):
    """A version in a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: int
    action: Annotated[Action, Field(strict=False)]
    name: str
    who: str
    when: Annotated[AwareDatetime, Field(strict=False)]
    why: str
    removed: bool
    digest: str
    origin: tuple[Annotated[str, Field(pattern=_ID)], int] | None = Field(strict=False)
    content: dict[str, Any]


class _Document(BaseModel):
    """A document in a file, with its versions from the first."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=f"^{_ID}$")
    kind: str = Field(pattern=f"^{_KIND}$")
    versions: list[_Version] = Field(min_length=1)


class _File(BaseModel):
    """Documents on their way."""

    model_config = ConfigDict(extra="forbid", strict=True)

    housing_map_store: Literal[1]
    documents: list[_Document]


def as_file(histories: Iterable[list[Kept]]) -> dict[str, Any]:
    """Return documents, each with its versions from the first, as one JSON object."""
    return _File(
        housing_map_store=EXPORT_FORMAT,
        documents=[
            _Document(
                id=versions[0].id,
                kind=versions[0].kind,
                versions=[
                    _Version(**{name: getattr(one, name) for name in _Version.model_fields})
                    for one in versions
                ],
            )
            for versions in histories
        ],
    ).model_dump(mode="json")


def from_file(content: object) -> list[list[Kept]]:
    """Return the documents of a file; raises UsageError unless it is as it was written."""
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        message = f"This is not an export of saved work: {place}: {first['msg']}"
        raise UsageError(message) from error
    histories = [_versions(document) for document in file.documents]
    if len({versions[0].id for versions in histories}) < len(histories):
        message = "This export of saved work has a document twice"
        raise UsageError(message)
    return histories


def _versions(document: _Document) -> list[Kept]:
    """Return the versions of a document in a file, checked."""
    for number, one in enumerate(document.versions, 1):
        if one.version != number or digest_of(checked_content(one.content)) != one.digest:
            message = (
                f"Version {number} of document {document.id} in this export is missing, "
                "or was changed since"
            )
            raise UsageError(message)
    return [
        Kept(
            id=document.id, kind=document.kind, name=checked_name(one.name),
            version=one.version, action=one.action, who=checked_line(one.who, "Who did it"),
            when=one.when.astimezone(UTC), why=checked_reason(one.why), removed=one.removed,
            digest=one.digest, origin=one.origin, content=one.content,
        )
        for one in document.versions
    ]  # fmt: skip
