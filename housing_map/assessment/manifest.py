"""The manifest of a release: what it was made from, by what, under which rules, and its checksums.

With the same data pack and program, everything in it and every file come out the same to the byte
(:mod:`housing_map.assessment.verify`). A publishable manifest names answers and scenario by digest;
a restricted release holds them as files (:data:`ANSWERS`, :data:`SCENARIO`).
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, is_dataclass
from datetime import date
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from housing_map import __version__, scenario
from housing_map.assessment import answers
from housing_map.assessment.edition import ASKED
from housing_map.assessment.sheets import View
from housing_map.change_words import sentences
from housing_map.disclosure import Policy
from housing_map.errors import UsageError
from housing_map.gap_register import read_entries
from housing_map.model import Settings
from housing_map.parameters import Register
from housing_map.vocabulary import Goal, Pathway, Sharing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from housing_map.assessment.edition import Edition, Inputs
    from housing_map.pack import Pack

MANIFEST: Final = "manifest.json"
ANSWERS: Final = "inputs/answers.json"
SCENARIO: Final = "inputs/scenario.json"
GAPS: Final = "inputs/gaps.json"
TEMPLATE: Final = "inputs/template.docx"
LIBRARIES: Final = (
    "gptables", "xlsxwriter", "odfdo", "python-docx", "docxtpl", "typst", "pyogrio", "geopandas",
    "shapely", "numpy", "pandas", "scipy", "highspy",
)  # fmt: skip
"""Libraries whose version can change a figure or the bytes of a file."""
LARGEST: Final = 20_000_000
"""Most bytes of a manifest that is read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Source(_Part):
    """A data pack, by name and by the SHA-256 of its files."""

    name: str
    title: str
    digest: str
    reference_date: str


class Named(_Part):
    """Answers, a scenario, a gap register or a Word template, by the SHA-256 of the content."""

    digest: str


class File(_Part):
    """A file of a release."""

    path: str
    sha256: str
    bytes: int


class Manifest(_Part):
    """What :func:`read` needs of a manifest, to make the release again."""

    format: Literal["housing-map/release/1.0"]
    period: str
    view: View
    program: str
    libraries: dict[str, str]
    pack: Source
    earlier: Source | None
    settings: dict[str, Any]
    answers: Named
    scenario: Named | None
    gaps: Named
    word_template: Named | None = None
    published: tuple[Named, ...] = ()
    policy: Policy
    files: tuple[File, ...]


FORMAT: Final = "housing-map/release/1.0"


def inputs_files(inputs: Inputs) -> dict[str, bytes]:
    """Return answers, scenario, gap register and template as files, for a restricted release."""
    found = {ANSWERS: answers.written(inputs.answers).encode()}
    if inputs.scenario is not None:
        found[SCENARIO] = scenario.written(inputs.scenario).encode()
    if inputs.gaps:
        found[GAPS] = gaps_text(inputs.gaps).encode()
    if inputs.word_template is not None:
        found[TEMPLATE] = inputs.word_template
    return found


def gaps_text(gaps: Iterable[object]) -> str:
    """Return entries of the gap register as JSON."""
    return json.dumps([_plain(gap) for gap in gaps], indent=2, ensure_ascii=False) + "\n"


def read_gaps(text: bytes, file: str = GAPS) -> tuple[object, ...]:
    """Return entries of the gap register from JSON; raises :class:`UsageError`."""
    if len(text) > LARGEST:
        message = f"{file} is too large to be a gap register"
        raise UsageError(message)
    try:
        found = json.loads(text)
    except ValueError as failed:
        message = f"{file} is not JSON"
        raise UsageError(message) from failed
    if not isinstance(found, list):
        message = f"{file} is not a list of gaps"
        raise UsageError(message)
    read_entries(found)
    return tuple(found)


def manifest(edition: Edition, files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of the files of an edition, as JSON."""
    inputs, made = edition.inputs, edition.content
    content = {
        "format": FORMAT,
        "title": edition.title,
        "period": made.period,
        "view": str(edition.view),
        "notice": edition.notice,
        "reference_date": edition.on.isoformat(),
        "form_version": made.form_version,
        "program": __version__,
        "libraries": versions(),
        "pack": _source(inputs.pack),
        "earlier": None if inputs.earlier is None else _source(inputs.earlier),
        "attribution": list(inputs.pack.info.attribution),
        "settings": {name: _plain(getattr(inputs.settings, name)) for name in ASKED},
        "answers": {"digest": digest(answers.written(inputs.answers))},
        "scenario": _scenario(inputs),
        "gaps": {"count": len(inputs.gaps), "digest": digest(gaps_text(inputs.gaps))},
        "word_template": None
        if inputs.word_template is None
        else {"digest": digest(inputs.word_template)},
        "published": [{"digest": one.digest, "period": one.period} for one in inputs.published],
        "policy": inputs.policy.model_dump(mode="json"),
        "disclosure": {
            "rules": list(edition.rules),
            "mask": None if edition.mask is None else edition.mask.digest,
            "audit": "not for publication" if edition.mask is None else "passed",
        },
        "parameters": [
            {name: _plain(value) for name, value in asdict(figure).items()}
            for figure in Register(inputs.pack["parameters"]).figures.values()
        ],
        "sheets": [
            {
                "id": sheet.id,
                "title": sheet.title,
                "section": sheet.section,
                "rows": len(sheet.rows),
                "columns": [
                    {name: _plain(value) for name, value in asdict(column).items() if value}
                    for column in sheet.columns
                ],
            }
            for sheet in edition.sheets
        ],
        "files": [
            {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for path, data in sorted(files.items())
        ],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read(folder: Path) -> Manifest:
    """Read the manifest in a folder.

    Raises :class:`UsageError` when there is none, or none that this program can read.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > LARGEST:
            message = f"{path} is too large to be a manifest"
            raise UsageError(message)
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as failed:
        message = f"There is no release in {folder}: {path.name} cannot be read"
        raise UsageError(message) from failed
    except ValidationError as failed:
        where = ".".join(str(part) for part in failed.errors()[0]["loc"]) or "the whole"
        message = f"{path} is not the manifest of a release: {where} is not as expected"
        raise UsageError(message) from failed


def settings_of(found: Manifest) -> Settings:
    """Return the settings that a manifest holds; raises :class:`UsageError` for odd ones."""
    try:
        return _Asked.model_validate(found.settings).settings()
    except ValidationError as failed:
        message = "The settings in the manifest cannot be read"
        raise UsageError(message) from failed


class _Asked(_Part):
    """Settings as they stand in a manifest (:data:`~housing_map.assessment.edition.ASKED`)."""

    goal: Goal
    pathway: Pathway
    local_risk: bool
    on: date | None
    sharing: Sharing
    needs_odds_ratio: float

    def settings(self) -> Settings:
        """Return the settings of the model."""
        return Settings(
            goal=self.goal,
            pathway=self.pathway,
            local_risk=self.local_risk,
            on=self.on,
            sharing=self.sharing,
            needs_odds_ratio=self.needs_odds_ratio,
        )


def digest(content: str | bytes) -> str:
    """Return the SHA-256 of a text or file."""
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the libraries that files are written with, and of Python."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def _source(pack: Pack) -> dict[str, str]:
    info = pack.info
    return {
        "name": info.name,
        "title": info.title,
        "digest": pack.digest,
        "reference_date": info.reference_date.isoformat(),
    }


def _scenario(inputs: Inputs) -> dict[str, Any] | None:
    """Return a scenario by its digest and its changes, without what is restricted."""
    if inputs.scenario is None:
        return None
    return {
        "digest": scenario.digest(inputs.scenario),
        "changes": list(sentences(inputs.scenario.changes, inputs.pack, publishable=True)),
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a value as JSON can hold it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(inner) for name, inner in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
