"""``housing-map assess``: a release of the assessment, written or verified."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.cli import output
from housing_map.cli.output import DATA_ERRORS, Sheet, header
from housing_map.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from housing_map.assessment.edition import Inputs
    from housing_map.pack import Pack

ASSESS_FORMAT: Final = "housing-map/assess/1.0"
VERIFY_FORMAT: Final = "housing-map/verify/1.0"
SAVED: Final = "saved"
"""What to ask for to take the gap register from the saved work."""


def assess(options: argparse.Namespace) -> int:
    """Write a release, or verify one and return 1 when a file differs."""
    from housing_map.pack import load_pack

    if options.verify is not None:
        if options.out is not None or options.year is not None:
            message = "Give --verify DIR alone: year and view are read from the release"
            raise UsageError(message)
        return _verify(options, load_pack(options.data))
    if options.year is None or options.out is None:
        message = "Give --year and --out, such as --year 2025-26 --out release; or --verify DIR"
        raise UsageError(message)
    return _write(options, load_pack(options.data))


def _write(options: argparse.Namespace, pack: Pack) -> int:
    from housing_map.assessment import release
    from housing_map.assessment.own_text import doubts
    from housing_map.assessment.sheets import View

    release.refuse_others(options.out)
    edition = release.build(_inputs(options, pack, options.year), View(options.view))
    paths = release.write(edition, options.out, _progress())
    rows: list[list[object]] = [
        [path.relative_to(options.out).as_posix(), path.stat().st_size] for path in paths
    ]
    stands = Counter(str(item.state) for item in edition.content.checklist)
    document = header(
        ASSESS_FORMAT,
        pack,
        {
            "year": options.year,
            "view": options.view,
            "reference_date": edition.on.isoformat(),
            "out": str(options.out),
        },
    )
    sheet = Sheet(["file", "bytes"], rows)
    document |= {
        "files": sheet.records(),
        "checklist": dict(sorted(stands.items())),
        "doubts": list(doubts(edition)),
    }
    notes = [
        edition.notice,
        "Checklist: " + ", ".join(f"{count} {state}" for state, count in sorted(stands.items())),
        *doubts(edition),
    ]
    return output.answer(options, document, sheet, notes)


def _verify(options: argparse.Namespace, pack: Pack) -> int:
    from housing_map.assessment import manifest
    from housing_map.assessment.verify import verify

    found = manifest.read(options.verify)
    given = _inputs(options, pack, found.period)
    told = verify(options.verify, pack, given=given, progress=_progress())
    document = header(VERIFY_FORMAT, pack, {"year": found.period, "view": str(found.view)})
    rows: list[list[object]] = [[one.path, str(one.sort)] for one in told.differences]
    sheet = Sheet(["file", "difference"], rows)
    document |= {
        "confirmed": told.confirmed,
        "files": told.files,
        "differences": sheet.records(),
        "reasons": list(told.reasons),
    }
    said = output.plural(told.files, "file")
    notes = [
        f"Confirmed: {said}, the same to the byte."
        if told.confirmed
        else f"Not confirmed: {len(rows)} of {said} differ.",
        *told.reasons,
    ]
    status = output.answer(options, document, sheet, notes)
    return status if told.confirmed else DATA_ERRORS


def _inputs(options: argparse.Namespace, pack: Pack, year: str) -> Inputs:
    """Return what the options give a release to be made from."""
    from housing_map import scenario
    from housing_map.assessment import answers
    from housing_map.assessment.edition import Inputs
    from housing_map.assessment.published import read_published
    from housing_map.model import Settings
    from housing_map.pack import load_pack

    given = answers.Answers() if options.answers is None else answers.load(options.answers)
    return Inputs(
        pack=pack,
        period=year,
        answers=given,
        settings=Settings(on=options.on),
        earlier=None if options.earlier is None else load_pack(options.earlier),
        gaps=_gaps(options.gaps),
        scenario=None if options.scenario is None else scenario.load(options.scenario),
        word_template=None if options.template is None else _template(options.template),
        published=tuple(map(read_published, options.published)),
    )


def _template(file: Path) -> bytes:
    from housing_map.documents.own_template import checked

    try:
        return checked(file.read_bytes())
    except OSError as failed:
        message = f"{file} cannot be read: {failed.strerror}"
        raise UsageError(message) from failed


def _gaps(asked: str | None) -> tuple[object, ...]:
    """Return the gap register that was asked for: of the saved work, or a file."""
    from housing_map.assessment.manifest import read_gaps
    from housing_map.gap_register import as_released, entries
    from housing_map.store import open_store

    if asked is None:
        return ()
    if asked == SAVED:
        with open_store() as store:
            return as_released(entries(store))
    try:
        return read_gaps(Path(asked).read_bytes(), asked)
    except OSError as failed:
        message = f"{asked} cannot be read: {failed.strerror}"
        raise UsageError(message) from failed


def _progress() -> Callable[[int, int, str], None] | None:
    """Return what tells a person at a terminal which file is being written."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, of: int, what: str) -> None:
        end = "\n" if done == of else ""
        print(f"\r\033[K{done} of {of}: {what}", end=end, file=sys.stderr, flush=True)

    return tell
