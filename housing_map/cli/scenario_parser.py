"""What can be asked about scenarios on the command line."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from housing_map.cli import arguments

if TYPE_CHECKING:
    import argparse


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
    command("schema", "print the JSON Schema of a scenario file", "scenarios.schema")


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
