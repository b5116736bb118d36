"""Long work of *What do we publish?*, each done in a process of its own.

Nothing here knows Streamlit: the process that does the work loads this module. What cannot be had
is an answer (:class:`~housing_map.app.best_set_work.Refused`), not a failure.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map import openings
from housing_map.app.best_set_work import Refused
from housing_map.errors import UsageError
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from housing_map.assessment.edition import Inputs
    from housing_map.assessment.sheets import View
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.openings import Openings
    from housing_map.pack import Pack

_EARLIEST: Final = 1980
"""First year that a ZIP file can name."""


@dataclass(frozen=True, slots=True)
class Written:
    """A release in one ZIP file: ``files`` are path and bytes of each, in order of writing."""

    name: str
    files: tuple[tuple[str, int], ...]
    content: bytes

    def read(self, path: str) -> bytes:
        """Return one file of the release."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return archive.read(path)


def release(report: Report, inputs: Inputs, view: View) -> Written | Refused:
    """Write every file of a release; the same inputs give the same bytes."""
    from housing_map.assessment import edition  # noqa: PLC0415 - writers are slow to load
    from housing_map.assessment import release as writing  # noqa: PLC0415

    report(0, len(writing.STEPS) + 1)
    try:
        made = edition.build(inputs, view)
        found = writing.files(made, lambda done, of, _: report(done + 1, of + 1))
    except UsageError as error:
        return Refused(str(error))
    on = max(made.on.year, _EARLIEST), made.on.month, made.on.day, 0, 0, 0
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in found.items():
            entry = zipfile.ZipInfo(f"{path}", on)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    sizes = tuple((path, len(content)) for path, content in found.items())
    return Written(f"{made.stem}.zip", sizes, packed.getvalue())


def ways(report: Report, pack: Pack, settings: Settings) -> tuple[Openings, Openings]:
    """Look for ways to use what there is: new ones, and those that only need to be confirmed."""
    told = [(0, 1), (0, 1)]

    def telling(number: int) -> Report:
        def tell(done: int, of: int) -> None:
            told[number] = (done, of)
            report(sum(one for one, _ in told), sum(one for _, one in told))

        return tell

    central = openings.openings(pack, settings, stance=Run.CENTRAL, progress=telling(0))
    cautious = openings.openings(pack, settings, stance=Run.CAUTIOUS, progress=telling(1))
    return central, cautious
