"""What can be asked on the command line about the best set, and about the least provision."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from housing_map.cli import arguments

if TYPE_CHECKING:
    from collections.abc import Callable


def add(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add ``optimise``, ``candidates`` and ``need``."""
    _optimise(command("optimise", "the best set of candidates for a budget", "optimise.optimise"))
    listed = command(
        "candidates", "the ready list of what could be done, to edit", "optimise.candidates"
    )
    listed.add_argument("--out", type=Path, metavar="FILE", help="write it as a file of candidates")
    listed.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of such a file in its place"
    )
    _need(command("need", "the least there would have to be for a share of need", "optimise.need"))


def _optimise(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--budget", type=_amount, metavar="GBP", help="pounds a year there are")
    sub.add_argument("--units", type=_amount, metavar="N", help="places there may be more")
    sub.add_argument(
        "--candidates",
        type=Path,
        metavar="FILE",
        help="what could be done (default: the ready list; see 'scenario candidates')",
    )
    _base(sub)
    sub.add_argument(
        "--must", nargs="+", default=[], metavar="ID", help="candidates that must be chosen"
    )
    sub.add_argument(
        "--smallest", type=_amount, default=0.0, metavar="N", help="no new scheme of fewer places"
    )
    sub.add_argument(
        "--fair",
        nargs="?",
        const="tenure",
        metavar="GROUP",
        help="raise the lowest share met first (by tenure, unless you say otherwise)",
    )
    sub.add_argument(
        "--no-floors", action="store_true", help="let groups fall below their present share"
    )
    sub.add_argument(
        "--frontier", action="store_true", help="the best set for every budget as well"
    )
    sub.add_argument("--order", action="store_true", help="what to do first as well")
    sub.add_argument(
        "--survival", action="store_true", help="how often each is chosen when assumptions vary"
    )
    arguments.draws(sub, draws=40, help_text="draws behind --survival")
    sub.add_argument(
        "--time-limit", type=_amount, default=60.0, metavar="S", help="seconds of each search"
    )
    sub.add_argument("--out", type=Path, metavar="FILE", help="write the best set as a scenario")
    arguments.goal(sub, None)


def _need(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--share", type=_amount, required=True, metavar="S", help="share of need, such as 0.6"
    )
    sub.add_argument(
        "--by",
        nargs="+",
        metavar="WHAT",
        help="groups that are all to have it (default: areas, tenure, risk and need)",
    )
    sub.add_argument(
        "--as-far", action="store_true", help="or as much of it as a group can have at all"
    )
    sub.add_argument("--kinds", nargs="+", metavar="KIND", help="categories that may be opened")
    sub.add_argument(
        "--price",
        nargs="+",
        type=arguments.weight,
        default=[],
        metavar="KIND=GBP",
        help="pounds a year for one more place of each category: then the least money",
    )
    _base(sub)
    arguments.goal(sub, None)


def _base(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--base", type=Path, metavar="FILE", help="a scenario to start from, in place of the data"
    )


def _amount(text: str) -> float:
    """Read a number that is 0 or more."""
    try:
        amount = float(text.replace(",", ""))
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        message = f"{text!r} is not a number of 0 or more"
        raise argparse.ArgumentTypeError(message)
    return amount
