"""Run every benchmark, ``bench_*.py`` beside this file, and write ``docs/benchmarks.md``.

``python benchmarks/run.py`` runs them all; ``python benchmarks/run.py catchment growth`` runs
those two, and puts their sections in the place of the old ones. Each module runs in a process of
its own, so that one library cannot slow down or break another's turn.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import multiprocessing
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rows import Reading, Row, readings_table, table

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parent / "docs" / "benchmarks.md"
PREFIX: Final = "bench_"
SHOWN: Final = (
    "numpy", "scipy", "pandas", "highspy", "clarabel", "networkx", "access", "libpysal", "spopt",
    "pulp", "ciw", "streamlit", "playwright",
)  # fmt: skip
"""Libraries whose versions the page names, where they are installed."""

INTRODUCTION: Final = """\
# Benchmarks

Written by `python benchmarks/run.py`; what each one does is in `benchmarks/README.md`.

The ratios compare two ways of getting the same answer, side by side in one process, and carry
over to other machines. The times do not: they are those of one machine with two cores, shared
with whatever else it did.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark module measured: a title, what it says of itself, and its rows."""

    title: str
    about: str
    rows: list[Row | Reading]


def modules() -> list[str]:
    """Name every benchmark module, without the prefix."""
    return sorted(path.stem.removeprefix(PREFIX) for path in HERE.glob(f"{PREFIX}*.py"))


def measure(name: str) -> Section:
    """Run one module; the first line of its docstring is the title, the rest what it does."""
    module = importlib.import_module(PREFIX + name)
    title, _, about = (module.__doc__ or name).strip().partition("\n")
    return Section(title.rstrip("."), about.strip(), module.run())


def section_text(section: Section) -> str:
    """Write one module's section of the page."""
    compared = [row for row in section.rows if isinstance(row, Row)]
    alone = [row for row in section.rows if isinstance(row, Reading)]
    about = re.sub(r"``(.+?)``", r"`\1`", section.about)
    parts = [f"## {section.title}\n"]
    parts += [f"{about}\n"] if about else []
    parts += [table(compared)] if compared else []
    parts += [readings_table(alone)] if alone else []
    return "\n".join(parts)


def versions() -> str:
    """List the Python and the libraries that the figures were measured with."""
    found = [f"Python {platform.python_version()}"]
    for name in SHOWN:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _written() -> dict[str, str]:
    """Read the sections that the page has now, by title."""
    if not PAGE.exists():
        return {}
    _, *sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in sections}


def main() -> int:
    """Run what was asked for; the status is 1 when a bar was not reached."""
    parser = argparse.ArgumentParser(description="Measure how fast the program is.")
    known = modules()
    parser.add_argument("name", nargs="*", help=f"which to run, of {', '.join(known)}")
    names = parser.parse_args().name or known
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"there is no benchmark called {', '.join(unknown)}")
    sections = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            sections.append(pool.apply(measure, [name]))
    texts = {section.title: section_text(section) for section in sections}
    print(*texts.values(), sep="\n")
    if names != known:
        texts = _written() | texts
    whole = f"{INTRODUCTION}\nMeasured with {versions()}.\n\n" + "\n".join(texts.values())
    PAGE.write_text(whole, encoding="utf-8", newline="\n")
    missed = [row.what for section in sections for row in section.rows if row.passes is False]
    for what in missed:
        print(f"bar not reached: {what}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
