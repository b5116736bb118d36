"""The command line: ``housing-map app | validate | coverage | routes | describe``.

The same results as the app, as text, CSV or JSON. Exit status 0, 1 when the data has errors
(all listed), 2 for wrong use.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map import __version__
from housing_map.errors import HousingMapError, PackError, Severity, UsageError
from housing_map.vocabulary import ALIASES, Aim, Entry, Goal, Pathway, Right, Risk, Run, Tenure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from housing_map.enquiry import Enquiry
    from housing_map.errors import Problem
    from housing_map.model import Result
    from housing_map.pack import Pack

OK: Final = 0
DATA_ERRORS: Final = 1
WRONG_USE: Final = 2
DEFAULT_PORT: Final = 8501
COVERAGE_FORMAT: Final = "housing-map/coverage/1.0"
ROUTES_FORMAT: Final = "housing-map/routes/1.0"
VALIDATE_FORMAT: Final = "housing-map/validate/1.0"
_ESTIMATE: Final = (
    "Modelled estimates, an illustration while refuge units, stay and acceptance are assumed."
)
_ELSEWHERE: Final = "elsewhere"
"""Pathway of a route that leads out of the district."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
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
    except PackError as error:
        _print_problems(error.problems, options.format)
        return DATA_ERRORS
    except UsageError as error:
        print(f"housing-map: {error}", file=sys.stderr)
        return WRONG_USE
    except HousingMapError as error:
        print(f"housing-map: {error}", file=sys.stderr)
        return DATA_ERRORS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="housing-map",
        description="Who has a route to a safe and stable home, who has none, and why.",
    )
    parser.add_argument("--version", action="version", version=f"housing-map {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(
        name: str, help_text: str, work: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(work=work)
        sub.add_argument(
            "--data",
            type=Path,
            metavar="DIR",
            help="folder of the data pack (default: HOUSING_MAP_DATA, else the shipped one)",
        )
        sub.add_argument("--format", choices=("table", "csv", "json"), default="table")
        return sub

    app = command("app", "open the app in a browser", _app)
    app.add_argument("--port", type=int, help="port to use (default: 8501, or a free one)")
    app.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command("validate", "check a data pack and list every problem", _validate)
    command("describe", "write datapackage.json from the schemas", _describe)
    cover = command("coverage", "who is covered and who is lost, by reason", _coverage)
    cover.add_argument(
        "--by",
        nargs="+",
        default=[],
        metavar="WHAT",
        help="district, place, partnership, ward, lsoa or another grouping; tenure, risk, right, "
        "aim, entry; need or component",
    )
    cover.add_argument("--pathway", choices=list(Pathway), default=Pathway.ANY, type=str)
    cover.add_argument("--goal", choices=list(Goal), default=Goal.SAFE, type=str)
    cover.add_argument("--local-risk", action="store_true", help="spread by recorded violence too")
    cover.add_argument("--on", type=_day, metavar="DATE", help="reference date, such as 2026-11-01")
    routes = command("routes", "who can help a household like this, and who cannot", _routes)
    routes.add_argument("--area", required=True, help="code or name of an area")
    routes.add_argument("--tenure", required=True, choices=list(Tenure), type=str)
    routes.add_argument("--need", nargs="+", default=[], metavar="N", help="circumstances")
    routes.add_argument("--aim", choices=list(Aim), default=Aim.STAY, type=str)
    routes.add_argument("--right", choices=list(Right), default=Right.UNKNOWN, type=str)
    routes.add_argument("--risk", choices=list(Risk), default=Risk.HIGH, type=str)
    routes.add_argument("--entry", nargs="+", choices=list(Entry), default=list(Entry), type=str)
    routes.add_argument("--goal", choices=list(Goal), default=Goal.SETTLED, type=str)
    routes.add_argument("--on", type=_day, metavar="DATE", help="reference date")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a date such as 2026-11-01"
        raise argparse.ArgumentTypeError(message) from None


def _app(options: argparse.Namespace) -> int:
    script = Path(__file__).resolve().parent.parent / "app.py"
    if options.data is not None and not options.data.is_dir():
        message = f"{options.data} is not a folder"
        raise UsageError(message)
    environment = dict(os.environ)
    if options.data is not None:
        environment["HOUSING_MAP_DATA"] = str(options.data.resolve())
    port = options.port or _free_port(DEFAULT_PORT)
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.address=127.0.0.1",
        f"--server.port={port}",
        f"--server.headless={'true' if options.no_browser else 'false'}",
        "--browser.gatherUsageStats=false",
    ]
    print(f"Opening http://127.0.0.1:{port} (stop with Ctrl+C)", flush=True)
    try:
        return subprocess.run(command, env=environment, cwd=script.parent, check=False).returncode  # noqa: S603 - our own interpreter and script
    except KeyboardInterrupt:
        return OK


def _free_port(wanted: int) -> int:
    """Return ``wanted`` where nothing listens on it, else a port the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = "no port is free to open the app on"
    raise UsageError(message)


def _validate(options: argparse.Namespace) -> int:
    from housing_map.pack import check_pack, default_folder

    folder = options.data or default_folder()
    _, problems = check_pack(folder)
    _print_problems(problems, options.format)
    errors = sum(p.severity is Severity.ERROR for p in problems)
    if options.format == "table":
        warnings = len(problems) - errors
        print(f"{folder}: {_plural(errors, 'error')}, {_plural(warnings, 'warning')}")
    return DATA_ERRORS if errors else OK


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _print_problems(problems: Sequence[Problem], style: str) -> None:
    rows = [problem.as_dict() for problem in problems]
    if style == "json":
        print(json.dumps({"format": VALIDATE_FORMAT, "problems": rows}, indent=2, default=str))
    elif style == "csv":
        names = ["severity", "file", "row", "column", "value", "message", "expected", "mend"]
        print(_as_csv(_Sheet(names, [[row[name] for name in names] for row in rows])), end="")
    else:
        for problem in problems:
            print(f"{problem.severity.upper()}  {problem}")


def _describe(options: argparse.Namespace) -> int:
    from housing_map.pack import default_folder, write_description

    print(write_description(options.data or default_folder()))
    return OK


@dataclass(frozen=True)
class _Sheet:
    """A table to print: names of columns and rows of cells."""

    names: list[str]
    rows: list[list[object]]


def _coverage(options: argparse.Namespace) -> int:
    from housing_map import model
    from housing_map.pack import load_pack
    from housing_map.tabulate import coverage_rows

    settings = model.Settings(
        goal=Goal(options.goal),
        pathway=Pathway(options.pathway),
        local_risk=options.local_risk,
        on=options.on,
    )
    result = model.run(load_pack(options.data), settings)
    keys = list(options.by)
    frame = coverage_rows(result, keys)
    names = _asked_names([str(name) for name in frame.columns], keys)
    frame.columns = names
    unknown = list(model.unknown_needs(result)) if "need" in keys else []
    sheet = _Sheet(names, frame.to_numpy(dtype=object).tolist())
    if options.format == "json":
        document = _coverage_document(result, keys)
        document |= {"rows": _coverage_json(result, frame, keys), "number_unknown": unknown}
        print(json.dumps(document, indent=2))
    elif options.format == "csv":
        print(_as_csv(sheet), end="")
    else:
        print(_as_text(sheet))
        print(_ESTIMATE)
        if unknown:
            print(f"Number unknown, not 0: {', '.join(unknown)}")
    return OK


def _asked_names(columns: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Give area columns back the name the user asked by, such as ``partnership``."""
    names = {ALIASES.get(key, key): key for key in keys}
    return [names.get(column, column) for column in columns]


def _coverage_document(result: Result, keys: Sequence[str]) -> dict[str, object]:
    """Say what the rows of a JSON document are about."""
    settings = result.settings
    return {
        "format": COVERAGE_FORMAT,
        "status": _ESTIMATE,
        "program": __version__,
        "pack": _pack_identity(result.pack),
        "settings": {
            "goal": settings.goal,
            "pathway": settings.pathway,
            "local_risk": settings.local_risk,
            "reference_date": result.on.isoformat(),
            "by": keys,
        },
        "unit": "household-episodes a year",
    }


def _pack_identity(pack: Pack) -> dict[str, str]:
    return {"name": pack.info.name, "sha256": pack.digest}


def _coverage_json(
    result: Result, frame: pd.DataFrame, keys: Sequence[str]
) -> list[dict[str, object]]:
    """Put the three runs of each row together; a run without it has figures of 0."""
    from housing_map.cells import records
    from housing_map.places import area_names

    names = area_names(result.pack)
    figures = [str(name) for name in frame.columns[len(keys) + 1 :]]
    rows: dict[tuple[str, ...], dict[str, object]] = {}
    for record in records(frame):
        row = rows.setdefault(
            tuple(str(record[key]) for key in keys), {key: record[key] for key in keys}
        )
        for key in keys:
            area = (ALIASES.get(key, key), record[key])
            if area in names:
                row["name"] = names[area]
        row[record["run"]] = {name: float(record[name]) for name in figures}
    for row in rows.values():
        for run in Run:
            row.setdefault(str(run), dict.fromkeys(figures, 0.0))
    return list(rows.values())


def _routes(options: argparse.Namespace) -> int:
    from housing_map import enquiry, enquiry_words, model
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    household = enquiry.Household(
        area=options.area,
        tenure=Tenure(options.tenure),
        aim=Aim(options.aim),
        right=Right(options.right),
        risk=Risk(options.risk),
        needs=frozenset(options.need),
        entries=frozenset(Entry(e) for e in options.entry),
    )
    answer = enquiry.enquire(
        pack, household, goal=Goal(options.goal), settings=model.Settings(on=options.on)
    )
    if options.format == "json":
        print(json.dumps(_routes_document(answer, pack), indent=2))
    elif options.format == "csv":
        print(_as_csv(_routes_sheet(answer)), end="")
    else:
        print("\n".join(enquiry_words.enquiry_lines(answer)))
    return OK


def _routes_document(answer: Enquiry, pack: Pack) -> dict[str, object]:
    from housing_map.words import PLANNING_ONLY

    return {
        "format": ROUTES_FORMAT,
        "use": PLANNING_ONLY,
        "pack": _pack_identity(pack),
        "goal": answer.goal,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "routes": [
            {
                "verdict": route.verdict,
                "pathway": route.pathway or _ELSEWHERE,
                "entries": route.entries,
                "services": route.services,
                "end": route.end,
                "ways_in": [
                    {
                        "entry": way.entry,
                        "through": way.through,
                        "verdict": way.verdict,
                        "wait_days": way.wait_days,
                        "depends_on": way.depends_on,
                    }
                    for way in route.ways
                ],
            }
            for route in answer.routes
        ],
        "cannot_help": [
            {"service": r.service, "reason": r.reason, "detail": r.detail} for r in answer.refusals
        ],
        "names": dict(answer.names),
    }


def _routes_sheet(answer: Enquiry) -> _Sheet:
    names = ["outcome", "services", "pathway_or_reason", "entries_or_detail", "depends_on"]
    rows: list[list[object]] = [
        [
            route.verdict,
            ";".join(route.services),
            route.pathway or _ELSEWHERE,
            ";".join(route.entries),
            ";".join(route.ways[0].depends_on),
        ]
        for route in answer.routes
    ]
    rows += [["no", r.service, r.reason, ";".join(r.detail), ""] for r in answer.refusals]
    return _Sheet(names, rows)


def _as_csv(sheet: _Sheet) -> str:
    """Write CSV with LF line ends; a cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.names)
    writer.writerows([[_safe(cell) for cell in row] for row in sheet.rows])
    return out.getvalue()


def _safe(cell: object) -> object:
    if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{cell}"
    return "" if cell is None else cell


def _as_text(sheet: _Sheet) -> str:
    cells = [[f"{c:.1f}" if isinstance(c, float) else str(c) for c in row] for row in sheet.rows]
    widths = [
        max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(sheet.names)
    ]
    number = [bool(sheet.rows) and isinstance(sheet.rows[0][i], float) for i in range(len(widths))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, number, strict=True)
        ).rstrip()

    return "\n".join([line(sheet.names), *(line(row) for row in cells)])


if __name__ == "__main__":
    sys.exit(main())
