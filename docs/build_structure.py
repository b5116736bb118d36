"""Write ``docs/structure.md``: what each module holds, in the order in which data flows.

Run it after a module comes, goes or moves: ``python docs/build_structure.py``. The order stands
here; ``tests/unit/test_architecture.py`` holds that every module keeps to it.
"""  # noqa: INP001 - a script beside the pages, not part of the package

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCS: Final = Path(__file__).resolve().parent
PAGE: Final = DOCS / "structure.md"
PACKAGE: Final = DOCS.parent / "housing_map"

CORE: Final[Mapping[str, tuple[str, ...]]] = {
    "Words, failures, the format of a pack": (
        "errors", "cells", "vocabulary", "stance", "memo", "journal", "jobs", "kinds",
        "schemas", "location_patterns", "legal_facts", "legal_case", "legal", "returns",
        "published_tables", "pack_tables",
    ),
    "Reading and checking a pack": (
        "geometry", "tables", "rows", "protection", "fitting", "profiles", "check_areas",
        "check_figures", "check_routes", "check_travel", "check_returns", "checks", "pack",
    ),
    "What there is, who asks, how one leads to the other": (
        "parameters", "origins", "places", "travel", "catchment", "provision",
        "eligibility", "demand", "referral", "decomposition", "sharing", "allocation",
        "first_come", "whole", "queueing", "simulation", "sieve", "blocks", "coverage",
        "stays", "doors", "model",
    ),
    "What if: typed changes, and a pack after them": (
        "personal", "free_text", "changes", "draft", "route_rows", "alter_services",
        "applying", "scenario",
    ),
    "Read from a result": (
        "reach", "siting_problem", "siting_covering", "siting_search", "siting_median",
        "tabulate", "uncertainty", "questions", "unknowns", "gaps", "rates", "legal_view",
        "inventory", "shapley", "attribution", "margins", "patterns", "choice", "enquiry",
        "cuts", "funding", "timeline", "resilience",
    ),
    "Scenarios beside their baseline": (
        "effects", "displacement", "paired", "equality", "fragility",
    ),
    "The best set of candidates, and the least provision": (
        "candidates", "candidate_file", "additions", "gates", "plans", "shortfalls",
        "choosing", "frontier", "robustness", "needed",
    ),
    "The Priority Four provision map, and ways to use what there is": (
        "provision_map", "openings",
    ),
    "Quarter by quarter": (
        "control", "monitoring",
    ),
    "Kept": (
        "store_records", "store_tables", "store",
    ),
    "Said in words": (
        "words", "siting", "door_words", "enquiry_words", "unknowns_words",
        "resilience_words", "neighbours", "catalogue", "comparison", "sense", "starts",
        "change_terms", "change_words", "costs", "attribution_words", "place_changes",
        "ready_candidates", "left_out", "choosing_words",
    ),
    "The gap register, and two years side by side": (
        "strategy", "gap_finding", "gap_register", "year_causes", "year_inputs",
        "year_on_year",
    ),
    "Figures in": (
        "importers",
    ),
    "What may be published": (
        "disclosure_tables", "disclosure_policy", "suppression", "disclosure_audit",
        "disclosure_pattern", "disclosure",
    ),
}  # fmt: skip
"""Modules of the core in the order in which data flows: each imports only earlier ones."""

PICTURES: Final = (
        "escape", "palette", "chart_frame", "charts", "cascade_picture", "route_picture",
        "timeline_picture", "monitoring_picture", "unknowns_picture", "door_picture",
        "change_frame", "waterfall_picture", "frontier_picture", "comparison_picture",
        "leaflet", "maps", "difference_map",
)  # fmt: skip
"""Modules that draw; they import no core module but for its types."""

REST: Final = ("documents", "brief", "assessment", "cli", "app")
"""Packages above both."""

_INTRODUCTION: Final = """\
# Structure

For whoever reads the code: what each module of `housing_map` holds. Data flows downwards through
this page and never back: a module imports only what stands above it, and a test holds that. Where
to look first: `model.run` is the one entry to the model, `coverage` the one place where met and
lost are computed, `tabulate` the one place where rows are made. Why it is so:
[0010](decisions/0010-modules.md) and [0019](decisions/0019-modules-of-the-engine.md).

This page is written by a program, from the first line of each module:
`python docs/build_structure.py`.
"""


def first_line(path: Path) -> str:
    """Return the first line of what a module or package says of itself."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0].replace(":mod:", "").replace("``", "`")


def _rows(names: tuple[str, ...]) -> Iterator[str]:
    yield "| Module | Holds |"
    yield "| --- | --- |"
    for name in names:
        folder = PACKAGE / name
        if not folder.is_dir():
            yield f"| `{name}` | {first_line(PACKAGE / f'{name}.py')} |"
            continue
        yield f"| `{name}/` | {first_line(folder / '__init__.py')} |"
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(PACKAGE).with_suffix("").as_posix()
            if path.stem not in {"__init__", "__main__"}:
                yield f"| `{inside}` | {first_line(path)} |"


def render() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    groups = {**CORE, "Pictures, from results": PICTURES, "Documents, and the ways in": REST}
    for title, names in groups.items():
        parts.append("\n".join([f"## {title}", "", *_rows(names), ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
