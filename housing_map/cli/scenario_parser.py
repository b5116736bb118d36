"""What can be asked about scenarios on the command line."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from housing_map.cli import arguments, optimise_parser


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``scenario`` and what can be done with one."""
    text = "changes to what there is: run them, compare them, start from a ready-made one"
    top = commands.add_parser("scenario", help=text, description=text)
    deeds = top.add_subparsers(title="what to do", required=True, metavar="WHAT")
    command = partial(arguments.command, deeds)
    _run(command("run", "what scenarios do, one by one or beside the baseline", "scenarios.run"))
    start = command("start", "list ready-made scenarios, or write one", "scenarios.start")
    start.add_argument("id", nargs="?", metavar="ID", help="the one to write (default: list all)")
    start.add_argument("--out", type=Path, metavar="FILE", help="where to (default: print it)")
    _brief(command("brief", "write two pages for a commissioning group", "brief.brief"))
    command("schema", "print the JSON Schema of a scenario file", "scenarios.schema")
    optimise_parser.add(command)


def _run(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", nargs="+", type=Path, metavar="FILE", help="a scenario file")
    sub.add_argument(
        "--compare",
        action="store_true",
        help="ask all the same question, and set each beside the data as they are",
    )
    sub.add_argument("--by", nargs="+", default=[], metavar="WHAT", help=arguments.BY_HELP)
    arguments.goal(sub, None)
    sub.add_argument(
        "--attribute",
        action="store_true",
        help="share the change of households met out among the changes (Shapley values)",
    )
    sub.add_argument(
        "--interval",
        action="store_true",
        help="with --compare: an 80 %% interval of each difference, from draws",
    )
    arguments.draws(sub, draws=100, help_text="draws behind the interval")


def _brief(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", nargs="+", type=Path, metavar="FILE", help="a scenario file")
    sub.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="a .docx, .pdf or .html file"
    )
    sub.add_argument("--title", default="", help="title of the brief")
    sub.add_argument(
        "--publishable",
        action="store_true",
        help="leave out shares of need, costs, providers and towns",
    )
    sub.add_argument(
        "--level", metavar="LEVEL", help="level of area of its rows (default: the few widest)"
    )
    sub.add_argument(
        "--share",
        action="append",
        default=[],
        type=_share,
        metavar="PARTNER=SHARE",
        help="a partner's share of the pooled budget, such as Council=0.6; repeat for each",
    )
    sub.add_argument(
        "--questions",
        action="store_true",
        help="say which open questions would change the answer most; takes minutes",
    )
    sub.add_argument(
        "--template", type=Path, metavar="FILE", help="a Word template in place of the shipped one"
    )
    arguments.goal(sub, None)
    sub.add_argument(
        "--draws",
        type=arguments.count,
        metavar="N",
        help="draws behind the range of each difference (default: none)",
    )
    sub.add_argument("--seed", type=int, default=2026, metavar="S", help="seed of the draws")


def _share(text: str) -> tuple[str, float]:
    """Read a partner and its share of a budget."""
    partner, _, share = text.rpartition("=")
    try:
        return partner.strip(), float(share)
    except ValueError:
        message = f"{text!r} is not a partner and a share such as Council=0.6"
        raise argparse.ArgumentTypeError(message) from None
