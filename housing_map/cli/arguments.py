"""Arguments that several commands share, and how their words are read."""

from __future__ import annotations

import argparse
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from housing_map.vocabulary import Goal

if TYPE_CHECKING:
    from collections.abc import Callable

BY_HELP = (
    "district, place, partnership, ward, lsoa or another grouping; tenure, risk, right, aim, "
    "entry; need or component"
)


def command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_text: str,
    work: str,
) -> argparse.ArgumentParser:
    """Add a command that ``work`` (module.function) answers, about a data pack, in a format."""
    sub = commands.add_parser(name, help=help_text, description=help_text)
    sub.set_defaults(work=_later(work))
    sub.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder of the data pack (default: HOUSING_MAP_DATA, else the shipped one)",
    )
    sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
    return sub


def _later(work: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that is imported when it is called, so that --help stays quick."""
    module, name = work.split(".")

    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"housing_map.cli.{module}"), name)(options))

    return run


def goal(sub: argparse.ArgumentParser, default: Goal | None) -> None:
    """Add the goal and the reference date."""
    sub.add_argument("--goal", choices=list(Goal), default=default, type=str)
    sub.add_argument("--on", type=day, metavar="DATE", help="reference date, such as 2026-11-01")


def draws(sub: argparse.ArgumentParser, *, draws: int, help_text: str) -> None:
    """Add the number of draws, and their seed."""
    sub.add_argument("--draws", type=count, default=draws, metavar="N", help=help_text)
    sub.add_argument("--seed", type=int, default=2026, metavar="S", help="seed of the draws")


def weight(text: str) -> tuple[str, float]:
    """Read a rule and a number."""
    rule, _, amount = text.partition("=")
    try:
        return rule, float(amount)
    except ValueError:
        message = f"{text!r} is not a rule and a number such as risk_high=2"
        raise argparse.ArgumentTypeError(message) from None


def reservation(text: str) -> tuple[str, str, float]:
    """Read a pool, a rule and a number."""
    pool, _, rest = text.partition("/")
    try:
        rule, units = weight(rest)
    except argparse.ArgumentTypeError:
        message = f"{text!r} is not a pool, a rule and a number such as pool:refuge/nrpf=2"
        raise argparse.ArgumentTypeError(message) from None
    return pool, rule, units


def count(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r} is not a whole number above 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def day(text: str) -> date:
    """Read a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a date such as 2026-11-01"
        raise argparse.ArgumentTypeError(message) from None
