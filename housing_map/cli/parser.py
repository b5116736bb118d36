"""What can be asked on the command line, and which command answers."""

from __future__ import annotations

import argparse
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from housing_map import __version__
from housing_map.vocabulary import Aim, Entry, Goal, Pathway, Right, Risk, Tenure

if TYPE_CHECKING:
    from collections.abc import Callable


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; ``work`` of what it parses does what was asked."""
    top = argparse.ArgumentParser(
        prog="housing-map",
        description="Who has a route to a safe and stable home, who has none, and why.",
    )
    top.add_argument("--version", action="version", version=f"housing-map {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, help_text: str, work: str) -> argparse.ArgumentParser:
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

    app = command("app", "open the app in a browser", "basics.app")
    app.add_argument("--port", type=int, help="port to use (default: 8501, or a free one)")
    app.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command("validate", "check a data pack and list every problem", "basics.validate")
    command("describe", "write datapackage.json from the schemas", "basics.describe")
    _coverage(command("coverage", "who is covered and who is lost, by reason", "answers.coverage"))
    _routes(
        command("routes", "who can help a household like this, and who cannot", "answers.routes")
    )
    _engine(command)
    return top


def _later(work: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that is imported when it is called, so that --help stays quick."""
    module, name = work.split(".")

    def run(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"housing_map.cli.{module}"), name)(options))

    return run


def _goal(sub: argparse.ArgumentParser, default: Goal) -> None:
    sub.add_argument("--goal", choices=list(Goal), default=default, type=str)
    sub.add_argument("--on", type=_day, metavar="DATE", help="reference date, such as 2026-11-01")


def _draws(sub: argparse.ArgumentParser, *, draws: int, help_text: str) -> None:
    sub.add_argument("--draws", type=_count, default=draws, metavar="N", help=help_text)
    sub.add_argument("--seed", type=int, default=2026, metavar="S", help="seed of the draws")


def _coverage(cover: argparse.ArgumentParser) -> None:
    cover.add_argument(
        "--by",
        nargs="+",
        default=[],
        metavar="WHAT",
        help="district, place, partnership, ward, lsoa or another grouping; tenure, risk, right, "
        "aim, entry; need or component",
    )
    cover.add_argument("--pathway", choices=list(Pathway), default=Pathway.ANY, type=str)
    _goal(cover, Goal.SAFE)
    cover.add_argument("--local-risk", action="store_true", help="spread by recorded violence too")
    cover.add_argument(
        "--first-come",
        action="store_true",
        help="first come, first served, rather than the best use of the places",
    )
    cover.add_argument(
        "--needs-odds-ratio",
        type=float,
        default=1.0,
        metavar="R",
        help="how strongly needs gather in the same households (1: independent)",
    )
    cover.add_argument(
        "--weight",
        nargs="+",
        type=_weight,
        default=[],
        metavar="RULE=N",
        help="what a household with a rule counts in the place of 1, such as risk_high=2",
    )
    cover.add_argument(
        "--reserve",
        nargs="+",
        type=_reservation,
        default=[],
        metavar="POOL/RULE=N",
        help="places kept for some, such as pool:refuge/nrpf=2",
    )
    cover.add_argument("--interval", action="store_true", help="add an 80 %% interval from draws")
    _draws(cover, draws=100, help_text="draws behind the interval")


def _routes(routes: argparse.ArgumentParser) -> None:
    routes.add_argument("--area", required=True, help="code or name of an area")
    routes.add_argument("--tenure", required=True, choices=list(Tenure), type=str)
    routes.add_argument("--need", nargs="+", default=[], metavar="N", help="circumstances")
    routes.add_argument("--aim", choices=list(Aim), default=Aim.STAY, type=str)
    routes.add_argument("--right", choices=list(Right), default=Right.UNKNOWN, type=str)
    routes.add_argument("--risk", choices=list(Risk), default=Risk.HIGH, type=str)
    routes.add_argument("--entry", nargs="+", choices=list(Entry), default=list(Entry), type=str)
    _goal(routes, Goal.SETTLED)


def _engine(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add the commands about what lies behind an answer."""
    unknowns = command("unknowns", "what to ask the providers first", "engine.unknowns")
    _goal(unknowns, Goal.SAFE)
    unknowns.add_argument("--top", type=_count, metavar="N", help="list so many questions")
    unknowns.add_argument(
        "--together",
        action="store_true",
        help="divide the variance by theme as well: a longer run",
    )
    _draws(unknowns, draws=64, help_text="pairs of draws behind the shares of variance")
    reach = command("reach", "how far people are from what they have to visit", "engine.reach")
    reach.add_argument("--by", default="ward", metavar="LEVEL", help="level of area")
    reach.add_argument("--minutes", nargs="+", type=float, default=[15, 30, 45, 60], metavar="M")
    reach.add_argument("--of", choices=("residents", "households"), default="residents")
    reach.add_argument("--mode", metavar="M", help="mode of travel, where the pack has several")
    reach.add_argument("--on", type=_day, metavar="DATE", help="reference date")
    resilience = command(
        "resilience", "what the loss of a service, body or grant would do", "engine.resilience"
    )
    _goal(resilience, Goal.SAFE)
    resilience.add_argument(
        "--show",
        choices=("losses", "timeline", "cuts", "choice"),
        default="losses",
        help="each loss alone; what ends when; losses that leave somebody without any route; or "
        "how much choice there is",
    )
    resilience.add_argument(
        "--with-room", action="store_true", help="ask the model again without each: a longer run"
    )
    _goal(
        command("margins", "what one place more in each pool would do", "engine.margins"),
        Goal.SAFE,
    )
    queues = command(
        "queues", "whether the door is full on the day, and longer stays", "engine.queues"
    )
    queues.add_argument("--stays", action="store_true", help="stays with the wait for a next home")
    queues.add_argument("--on", type=_day, metavar="DATE", help="reference date")


def _weight(text: str) -> tuple[str, float]:
    rule, _, amount = text.partition("=")
    try:
        return rule, float(amount)
    except ValueError:
        message = f"{text!r} is not a rule and a number such as risk_high=2"
        raise argparse.ArgumentTypeError(message) from None


def _reservation(text: str) -> tuple[str, str, float]:
    pool, _, rest = text.partition("/")
    try:
        rule, units = _weight(rest)
    except argparse.ArgumentTypeError:
        message = f"{text!r} is not a pool, a rule and a number such as pool:refuge/nrpf=2"
        raise argparse.ArgumentTypeError(message) from None
    return pool, rule, units


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r} is not a whole number above 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a date such as 2026-11-01"
        raise argparse.ArgumentTypeError(message) from None
