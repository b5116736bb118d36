"""What can be asked on the command line, and which command answers."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from housing_map import __version__
from housing_map.cli import arguments, assess_parser, scenario_parser
from housing_map.cli.arguments import BY_HELP, count, day, draws, goal, reservation, weight
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

    command = partial(arguments.command, commands)
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
    scenario_parser.add(commands)
    assess_parser.add(command)
    _figures_in(command)
    return top


def _figures_in(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add the commands by which figures come in."""
    form = command("template", "write a workbook for providers to fill in", "figures_in.template")
    form.add_argument("out", type=Path, metavar="OUT.xlsx", help="the workbook to write")
    form.add_argument("--organisation", metavar="ID", help="only services of one organisation")
    form.add_argument(
        "--period", nargs="+", default=[], metavar="P", help="quarters or years to ask for"
    )
    back = command(
        "import", "show what a file would change, and take it over", "figures_in.import_"
    )
    back.add_argument("file", type=Path, nargs="?", metavar="FILE")
    back.add_argument(
        "--sort",
        choices=("return", "homelessness", "safe-accommodation"),
        default="return",
        help="a filled-in template (default), or published tables",
    )
    back.add_argument("--apply", action="store_true", help="change the pack, all files or none")
    back.add_argument(
        "--copy-to", type=Path, metavar="DIR", help="make a pack of your own first, and change that"
    )
    back.add_argument("--undo", action="store_true", help="take the last import back")
    watch = command(
        "monitor", "what was counted, quarter by quarter, and what is more than noise",
        "figures_in.monitor",
    )  # fmt: skip
    watch.add_argument("--view", choices=("publishable", "restricted"), default="restricted")


def _coverage(cover: argparse.ArgumentParser) -> None:
    cover.add_argument(
        "--by",
        nargs="+",
        default=[],
        metavar="WHAT",
        help=BY_HELP,
    )
    cover.add_argument("--pathway", choices=list(Pathway), default=Pathway.ANY, type=str)
    goal(cover, None)
    cover.add_argument(
        "--scenario",
        type=Path,
        metavar="FILE",
        help="after the changes of a scenario, which says the goal and date unless you do",
    )
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
        type=weight,
        default=[],
        metavar="RULE=N",
        help="what a household with a rule counts in the place of 1, such as risk_high=2",
    )
    cover.add_argument(
        "--reserve",
        nargs="+",
        type=reservation,
        default=[],
        metavar="POOL/RULE=N",
        help="places kept for some, such as pool:refuge/nrpf=2",
    )
    cover.add_argument("--interval", action="store_true", help="add an 80 %% interval from draws")
    draws(cover, draws=100, help_text="draws behind the interval")


def _routes(routes: argparse.ArgumentParser) -> None:
    routes.add_argument("--area", required=True, help="code or name of an area")
    routes.add_argument("--tenure", required=True, choices=list(Tenure), type=str)
    routes.add_argument("--need", nargs="+", default=[], metavar="N", help="circumstances")
    routes.add_argument("--aim", choices=list(Aim), default=Aim.STAY, type=str)
    routes.add_argument("--right", choices=list(Right), default=Right.UNKNOWN, type=str)
    routes.add_argument("--risk", choices=list(Risk), default=Risk.HIGH, type=str)
    routes.add_argument("--entry", nargs="+", choices=list(Entry), default=list(Entry), type=str)
    goal(routes, Goal.SETTLED)


def _engine(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    """Add the commands about what lies behind an answer."""
    unknowns = command("unknowns", "what to ask the providers first", "engine.unknowns")
    goal(unknowns, Goal.SAFE)
    unknowns.add_argument("--top", type=count, metavar="N", help="list so many questions")
    unknowns.add_argument(
        "--together",
        action="store_true",
        help="divide the variance by theme as well: a longer run",
    )
    draws(unknowns, draws=64, help_text="pairs of draws behind the shares of variance")
    reach = command("reach", "how far people are from what they have to visit", "engine.reach")
    reach.add_argument("--by", default="ward", metavar="LEVEL", help="level of area")
    reach.add_argument("--minutes", nargs="+", type=float, default=[15, 30, 45, 60], metavar="M")
    reach.add_argument("--of", choices=("residents", "households"), default="residents")
    reach.add_argument("--mode", metavar="M", help="mode of travel, where the pack has several")
    reach.add_argument("--on", type=day, metavar="DATE", help="reference date")
    resilience = command(
        "resilience", "what the loss of a service, body or grant would do", "engine.resilience"
    )
    goal(resilience, Goal.SAFE)
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
    goal(
        command("margins", "what one place more in each pool would do", "engine.margins"),
        Goal.SAFE,
    )
    queues = command(
        "queues", "whether the door is full on the day, and longer stays", "engine.queues"
    )
    queues.add_argument("--stays", action="store_true", help="stays with the wait for a next home")
    queues.add_argument("--on", type=day, metavar="DATE", help="reference date")
