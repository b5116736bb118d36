"""The command line: ``housing-map app | validate | coverage | routes | unknowns | …``.

The same results as the app, as text, CSV or JSON. Exit status 0, 1 when the data has errors
(all listed), 2 for wrong use.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from housing_map.cli.output import DATA_ERRORS, OK, WRONG_USE, print_problems
from housing_map.cli.parser import parser
from housing_map.errors import HousingMapError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["main", "parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = parser().parse_args(arguments)
    try:
        status = _done(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has gone, as in "housing-map coverage | head".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return status


def _done(options: argparse.Namespace) -> int:
    """Do what was asked and return the exit status; failures are said in words."""
    try:
        return int(options.work(options))
    except UsageError as error:
        print(f"housing-map: {error}", file=sys.stderr)
        return WRONG_USE
    except HousingMapError as error:
        # A data pack and a scenario file list all their problems.
        if problems := getattr(error, "problems", ()):
            print_problems(problems, options.format)
            return DATA_ERRORS
        print(f"housing-map: {error}", file=sys.stderr)
        return DATA_ERRORS
