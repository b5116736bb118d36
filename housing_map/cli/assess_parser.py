"""What can be asked about an assessment on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.cli import arguments

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

VIEWS: Final = ("publishable", "restricted")
"""Views of a release, as :class:`housing_map.assessment.sheets.View` names them."""


def add(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add ``assess``: write a release, or verify one."""
    sub = command(
        "assess",
        "write the needs assessment and section 59 report with all its files, or verify them",
        "assess.assess",
    )
    sub.add_argument("--year", metavar="YEAR", help="financial year, such as 2025-26")
    sub.add_argument("--out", type=Path, metavar="DIR", help="folder to write the release into")
    sub.add_argument("--view", choices=VIEWS, default=VIEWS[0], help="for whom it is")
    sub.add_argument("--on", type=arguments.day, metavar="DATE", help="reference date")
    sub.add_argument("--answers", type=Path, metavar="FILE", help="what only a person can answer")
    sub.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario to set beside")
    sub.add_argument("--earlier", type=Path, metavar="DIR", help="data pack of the last assessment")
    sub.add_argument(
        "--gaps", metavar="FILE", help="gap register: a file of it, or 'saved' for the saved work"
    )
    sub.add_argument(
        "--published",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="releases that are out already: readers lay them beside this one",
    )
    sub.add_argument(
        "--template", type=Path, metavar="FILE", help="a Word template in place of the shipped one"
    )
    sub.add_argument(
        "--verify",
        type=Path,
        metavar="DIR",
        help="make the release in this folder again and compare every file, to the byte",
    )
