"""What a scenario costs: in all, for each further household, and for each partner."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from housing_map.brief.content import Section, points
from housing_map.brief.phrases import FELT, cut, pounds
from housing_map.costs import costs, divided, places
from housing_map.documents.blocks import Paragraph, Table
from housing_map.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from housing_map.brief.content import Room
    from housing_map.brief.facts import Facts
    from housing_map.documents.blocks import Block


def cost_section(
    first: Facts, rows: pd.DataFrame, pooled: Mapping[str, float] | None, room: Room
) -> Section:
    """Say what a scenario costs in all, for each further household, and for each partner."""
    row = rows.iloc[0]
    if not _costed(first):
        return Section("What it costs", (Paragraph("Nothing in it has a cost."),))
    yearly, once = amounts(first, row)
    lines = [
        ("In total:", f"{yearly} a year; {once} once."),
        ("For each further household:", _each(row)),
    ]
    found = places(first.alone, 1)
    if found.per_place is not None and found.further >= FELT:
        lines.append(("For each place added:", f"{found.per_place:.1f} further households a year."))
    lines.append(("Asked for:", cut(str(row["asked_for"]), 2 * room.letters)))
    return Section("What it costs", (*points(lines), *_pooled(row, pooled)))


def _costed(found: Facts) -> bool:
    """Whether a scenario has a change that may have a cost."""
    return bool(costs(found.pack, found.applied).lines)


def amounts(found: Facts, row: pd.Series[float]) -> tuple[str, str]:
    """Write the cost a year and the cost once of a scenario."""
    if not _costed(found):
        return "none", "none"
    return pounds(row["gbp_a_year"]), pounds(row["gbp_once"])


def _each(row: pd.Series[float]) -> str:
    """Say the cost of each further household a year, or why there is none."""
    each = _amount(row["gbp_per_further"])
    if each is not None:
        return f"{pounds(each)} a year."
    why = str(row["why"])
    if why.startswith("nobody has given"):
        return "not known until costs are given."
    return f"not reckoned, since {cut(why, 160)}." if why else "not reckoned."


def _pooled(row: pd.Series[float], pooled: Mapping[str, float] | None) -> tuple[Block, ...]:
    """Divide the cost between the partners of a pooled budget, or ask for their shares."""
    if pooled is None:
        return (
            Paragraph(
                "Shares of a pooled budget: nobody has given them. Asked of the partners who "
                "commission together.",
            ),
        )
    yearly, once = (_amount(row[name]) for name in ("gbp_a_year", "gbp_once"))
    parts = divided(yearly, pooled), divided(once, pooled)
    cells = tuple(
        (cut(name, 60), f"{share:.0%}", pounds(parts[0][name]), pounds(parts[1][name]))
        for name, share in pooled.items()
    )
    caption = "Shares of the pooled budget, as given"
    heads = ("Partner", "Share", "A year", "Once")
    return (Table(caption, heads, cells, frozenset({1, 2, 3}), (3, 1, 1.4, 1.4)),)


def _amount(value: float) -> float | None:
    return None if isnan(value) else float(value)


def each_costs(
    shown: Sequence[Facts], rows: pd.DataFrame, pooled: Mapping[str, float] | None, room: Room
) -> tuple[Block, ...]:
    """Say of each scenario what each further household costs, and what is asked for."""
    lines = []
    for found, (_, row) in zip(shown, rows.head(len(shown)).iterrows(), strict=True):
        if not _costed(found):
            continue
        asked = cut(str(row["asked_for"]), room.letters)
        text = f"for each further household {_each(row)} {asked}".strip()
        if pooled is not None and _amount(row["gbp_a_year"]) is not None:
            parts = divided(_amount(row["gbp_a_year"]), pooled)
            text += f" A year: {joined([f'{name} {pounds(of)}' for name, of in parts.items()])}."
        lines.append((f"{found.number}:", text))
    said = points(lines)
    return said if pooled is not None else (*said, *_pooled(rows.iloc[0], None))
