"""Run the commands that the pages show, and write what they print below them.

Run it after a change that moves a figure::

    python docs/refresh_examples.py

An example is a block that starts with ```` ```console ```` and a line ``$ housing-map …``. A
comment above it keeps some lines: ``<!-- show: first 8 -->``, ``<!-- show: last 1 -->``, or
``<!-- show: 3 from Best -->``, from the first line that begins so. The examples of a page run in
one folder, in order, so one may write a file that the next one reads. They may also use two packs:
``my-data``, a copy of the shipped one, and ``my-draft``, a copy with
the slips of :data:`SLIPS`. A test holds that the pages show what the commands print.
"""  # noqa: INP001 - a script beside the pages, not part of the package

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map import cli, pack

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = (
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("user-guide", "method", "scenarios")),
)

SLIPS: Final = (
    ("providers/capacity.csv", {"service_id": "connect_refuge"}, {"occupancy_central": "90"}),
    ("providers/services.csv", {"service_id": "council_ta"}, {"opened_on": "01/04/2026"}),
    (
        "providers/referral_routes.csv",
        {"from_id": "pdap_idva", "to_id": "connect_refuge"},
        {"to_id": "conect_refuge"},
    ),
    # A postcode that statistics keep for "no fixed abode": it stands for no place.
    ("providers/capacity.csv", {"service_id": "pdap_refuges"}, {"note": "Ask at ZZ99 3VZ"}),
)
"""File, row and cells of each slip in ``my-draft``."""

_EXAMPLE: Final = re.compile(
    r"(?P<head>(?:<!-- show: (?:(?P<end>first|last) (?P<number>\d+)"
    r"|(?P<many>\d+) from (?P<start>[^\n]+)) -->\n)?"
    r"```console\n\$ housing-map (?P<arguments>[^\n]*)\n)(?P<output>.*?)(?P<tail>```)",
    re.DOTALL,
)


def refreshed(text: str) -> str:
    """Return the text of a page with the output of each example as it is now."""
    if not _EXAMPLE.search(text):
        return text
    with _packs():
        return _EXAMPLE.sub(_run, text)


def _run(example: re.Match[str]) -> str:
    lines = _output(shlex.split(example["arguments"])).splitlines()
    if example["end"]:
        number = int(example["number"])
        cut = len(lines) > number
        if example["end"] == "first":
            lines = lines[:number] + (["…"] if cut else [])
        else:
            lines = (["…"] if cut else []) + lines[-number:]
    elif example["start"]:
        lines = _from(lines, example["start"], int(example["many"]))
    body = "".join(f"{line}\n" for line in lines)
    return f"{example['head']}{body}{example['tail']}"


def _from(lines: list[str], start: str, number: int) -> list[str]:
    """Return so many lines from the first that begins with ``start``, and where lines are cut."""
    begin = next((at for at, line in enumerate(lines) if line.startswith(start)), None)
    if begin is None:
        message = f"no line begins with {start!r}"
        raise ValueError(message)
    end = begin + number
    before, after = (["…"] if begin else []), (["…"] if end < len(lines) else [])
    return [*before, *lines[begin:end], *after]


def _output(arguments: list[str]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        cli.main(arguments)
    return printed.getvalue()


@contextlib.contextmanager
def _packs() -> Iterator[None]:
    """Work in a folder that holds the packs of the examples."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        kept = os.environ.pop(pack.ENVIRONMENT_VARIABLE, None)
        try:
            for name in ("my-data", "my-draft"):
                shutil.copytree(pack.default_folder(), name)
            for path, row, cells in SLIPS:
                _slip(Path("my-draft") / path, row, cells)
            yield
        finally:
            if kept is not None:
                os.environ[pack.ENVIRONMENT_VARIABLE] = kept


def _slip(path: Path, row: dict[str, str], cells: dict[str, str]) -> None:
    """Change cells of the one row that has the values ``row``."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or [])
        rows = list(reader)
    found = [r for r in rows if all(r[name] == value for name, value in row.items())]
    if len(found) != 1:
        message = f"{len(found)} rows of {path} have {row}; one was meant"
        raise ValueError(message)
    found[0].update(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
