"""Whether a release is still what its manifest says, and comes out the same when made again.

Files are compared with their checksums in the manifest, then made again from the same inputs and
compared byte by byte. Each difference names its file; where data, program or a library is another
than at the time, that is said first, since it explains the rest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from housing_map import __version__, scenario
from housing_map.assessment import answers as answering
from housing_map.assessment import release
from housing_map.assessment.edition import Inputs, build
from housing_map.assessment.manifest import (
    ANSWERS,
    GAPS,
    MANIFEST,
    SCENARIO,
    TEMPLATE,
    Manifest,
    digest,
    gaps_text,
    read,
    read_gaps,
    settings_of,
    versions,
)
from housing_map.assessment.sheets import View
from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from housing_map.pack import Pack


class Sort(StrEnum):
    """What is wrong with a file."""

    MISSING = "is not there"
    STRANGE = "is not of this release"
    CHANGED = "was changed after it was written"
    OTHER = "comes out differently when made again"


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not as it should be."""

    path: str
    sort: Sort

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.path} {self.sort}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it: differences by file, what explains them, and how many files there are."""

    differences: tuple[Difference, ...]
    reasons: tuple[str, ...]
    files: int

    @property
    def confirmed(self) -> bool:
        """Whether every file is the same to the byte."""
        return not self.differences


def verify(
    folder: Path,
    pack: Pack,
    *,
    given: Inputs | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Verification:
    """Make a release again and compare it with the files in a folder.

    Parameters
    ----------
    folder
        Where the release is.
    pack
        The data pack it was made from.
    given
        Answers, scenario, earlier pack, gap register, Word template and earlier releases of a
        publishable release, which does not hold them; its period, settings and policy are taken
        from the manifest. A restricted release brings all but the earlier pack and releases.
    progress
        As for :func:`housing_map.assessment.release.files`.

    Raises
    ------
    UsageError
        When there is no release, or answers, scenario, earlier data or gaps are needed and not
        given, or are others than those it was made from.
    """
    found = read(folder)
    there = _files(folder)
    differences = _compared_with_sums(found, there)
    inputs = _inputs(found, pack, there, given)
    made = release.files(build(inputs, found.view), progress)
    known = {one.path for one in differences}
    differences += [
        Difference(path, Sort.OTHER)
        for path in sorted(made.keys() & there.keys())
        if path not in known and made[path] != there[path]
    ]
    differences += [
        Difference(path, Sort.MISSING) for path in sorted(made.keys() - there.keys() - known)
    ]
    ordered = tuple(sorted(differences, key=lambda one: one.path))
    return Verification(ordered, _reasons(found, pack), len(made))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _compared_with_sums(found: Manifest, there: Mapping[str, bytes]) -> list[Difference]:
    """Compare files with the checksums in their manifest."""
    sums = {file.path: file.sha256 for file in found.files}
    differences = [
        Difference(path, Sort.STRANGE) for path in sorted(there.keys() - sums.keys() - {MANIFEST})
    ]
    for path, expected in sums.items():
        if path not in there:
            differences.append(Difference(path, Sort.MISSING))
        elif hashlib.sha256(there[path]).hexdigest() != expected:
            differences.append(Difference(path, Sort.CHANGED))
    return differences


def _inputs(
    found: Manifest, pack: Pack, there: Mapping[str, bytes], given: Inputs | None
) -> Inputs:
    """Return the inputs of a release, each checked against the manifest."""
    told = given or Inputs(pack=pack, period=found.period)
    answered, changed, gaps, look = told.answers, told.scenario, told.gaps, told.word_template
    if found.view is View.RESTRICTED:
        if ANSWERS in there:
            answered = answering.read(there[ANSWERS], ANSWERS)
        if SCENARIO in there:
            changed = scenario.read(there[SCENARIO], SCENARIO)
        if GAPS in there:
            gaps = read_gaps(there[GAPS])
        look = there.get(TEMPLATE, look)
    earlier = None if told.earlier is None else told.earlier.digest
    _same("answers", digest(answering.written(answered)), found.answers.digest)
    _same(
        "scenario",
        None if changed is None else scenario.digest(changed),
        None if found.scenario is None else found.scenario.digest,
    )
    _same("earlier data pack", earlier, None if found.earlier is None else found.earlier.digest)
    _same("gap register", digest(gaps_text(gaps)), found.gaps.digest)
    _same(
        "Word template",
        None if look is None else digest(look),
        None if found.word_template is None else found.word_template.digest,
    )
    _same(
        "earlier releases",
        " ".join(one.digest for one in told.published) or None,
        " ".join(one.digest for one in found.published) or None,
    )
    return Inputs(
        pack=pack,
        period=found.period,
        answers=answered,
        settings=settings_of(found),
        earlier=told.earlier,
        gaps=gaps,
        scenario=changed,
        policy=found.policy,
        word_template=look,
        published=told.published,
    )


def _same(what: str, given: str | None, meant: str | None) -> None:
    if given != meant:
        message = (
            f"The release was made without {what}: give none"
            if meant is None
            else f"Give the {what} that the release was made with, SHA-256 {meant}"
        )
        raise UsageError(message)


def _reasons(found: Manifest, pack: Pack) -> tuple[str, ...]:
    """Say what is another than when the release was made."""
    reasons = []
    if pack.digest != found.pack.digest:
        reasons.append(
            f"The data pack is another: {found.pack.digest[:12]} then, {pack.digest[:12]} now."
        )
    if found.program != __version__:
        reasons.append(f"The program is another: {found.program} then, {__version__} now.")
    here = versions()
    others = [
        f"{name} {then} then, {here.get(name, 'none')} now"
        for name, then in found.libraries.items()
        if here.get(name) != then
    ]
    if others:
        reasons.append(f"Libraries are others: {'; '.join(others)}.")
    return tuple(reasons)
