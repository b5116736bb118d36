"""From need to provision: the least there would have to be, for every group to get its share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import words
from housing_map.app import best_set_answer, furniture, scenario_draft
from housing_map.app.best_set_left import group_name
from housing_map.candidates import InfeasibleError
from housing_map.cells import records
from housing_map.change_terms import COUNTS, UNITS
from housing_map.changes import AddService
from housing_map.choosing import present_shares
from housing_map.errors import HousingMapError
from housing_map.kinds import KINDS
from housing_map.needed import Provision, Wanted, needed
from housing_map.pack import Pack
from housing_map.places import find_level
from housing_map.vocabulary import (
    SUPPORT_TYPES,
    TENURES,
    Answer,
    CapacityBasis,
    Run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from housing_map.changes import Change
    from housing_map.model import Settings
    from housing_map.scenario import Scenario

_AT_FIRST: Final = 60
_SOME: Final = 0.05
"""Places below which none are needed: rounding of the solver."""
_SHOWN: Final = 12


def show(pack: Pack, settings: Settings, begun: Scenario) -> None:
    """Draw the question, and the answer beside it."""

    @st.fragment
    def asked() -> None:
        _asked(pack, settings, begun)

    asked()


def _asked(pack: Pack, settings: Settings, begun: Scenario) -> None:
    left, right = st.columns(2)
    share = left.slider(
        "Share of every group to be helped, in per cent", 5, 100, _AT_FIRST, 5, key="best_share"
    )
    as_far = right.checkbox(
        "A group that cannot get there: as far as can be", value=True, key="best_as_far"
    )
    prices = _prices(pack, settings)
    answer = st.container()
    wanted = share / 100, tuple(sorted(prices.items())), as_far
    try:
        with st.spinner("Looking for the least there would have to be…"):
            found = _least(pack, settings, *wanted)
    except InfeasibleError as error:
        with answer:
            best_set_answer.answer([f"This cannot be had. {error}."])
        return
    except HousingMapError as error:
        with answer:
            best_set_answer.answer([f"This cannot be worked out. {error}."])
        return
    with answer:
        _answer(pack, found)
    _places(found)
    _open(begun, found)
    _by_group(pack, found)
    _groups(pack, settings, found)
    furniture.section("How to read this")
    furniture.bullets(
        [
            "New places here take every household, whatever its needs, with the specialist "
            "support that goes with them. Places that refuse some households would have to be "
            "more.",
            "Of everything that would do, this is what asks fewest households to move into a new "
            "home, and then has fewest places of all; where every price is given, what costs "
            "least.",
            "Part of a place is allowed in the sum, and numbers are rounded up at the end: this "
            "is the scale of what is needed, not a plan of buildings.",
            "Numbers by area say where households come from who need the places. They are not "
            "places to be built there: safe accommodation serves the whole district.",
        ]
    )


@st.cache_resource(
    show_spinner=False, max_entries=64, hash_funcs={Pack: lambda found: found.digest}
)
def _least(
    pack: Pack,
    settings: Settings,
    share: float,
    prices: tuple[tuple[str, float], ...],
    as_far: bool,  # noqa: FBT001 - part of what is kept
) -> Provision:
    return needed(pack, settings, Wanted(share, prices=dict(prices), as_far=as_far))


def _prices(pack: Pack, settings: Settings) -> dict[str, float]:
    """Ask for the price of one more place of each kind; none is ever assumed."""
    found: dict[str, float] = {}
    with st.expander("What one more place costs a year, if somebody knows"):
        furniture.note(
            "Only where all of these are given is the least money looked for. Until then it is "
            "the fewest new homes that somebody has to move into."
        )
        for kind in _kinds(pack, settings):
            price = st.number_input(
                f"{KINDS[kind].label}: £ a year for one place", value=None, min_value=0.0,
                max_value=1e9, step=1000.0, format="%.0f", placeholder="not given",
                key=f"best_price_{kind}",
            )  # fmt: skip
            if price is not None:
                found[kind] = float(price)
    return found


def _kinds(pack: Pack, settings: Settings) -> list[str]:
    """Kinds that the answer may have places of, as the answer without prices names them."""
    return [str(kind) for kind in _least(pack, settings, 0.05, (), as_far=True).places["kind"]]


# The answer -------------------------------------------------------------------------------


def whole(places: float) -> int:
    """Round places up, but for what a solver leaves.

    >>> whole(7.8), whole(0.01), whole(8.0000001)
    (8, 0, 8)
    """
    return 0 if places < _SOME else math.ceil(places - _SOME)


def more_places(kind: str, basis: str, number: int) -> str:
    """Say how many more places of a kind.

    >>> more_places("refuge", "units", 28), more_places("sanctuary", "installations", 41)
    ('28 more refuge units', '41 more installations a year (sanctuary scheme)')
    """
    count = number != 1
    if basis == CapacityBasis.UNITS and kind in UNITS:
        return f"{number:,} more {UNITS[kind][count]}"
    return f"{number:,} more {COUNTS[CapacityBasis(basis)][count]} ({words.kind_label(kind)})"


def _answer(pack: Pack, found: Provision) -> None:
    needs = [
        more_places(str(row["kind"]), str(row["basis"]), whole(float(row["new"])))
        for row in records(found.places)
        if whole(float(row["new"]))
    ]
    short = [row for row in records(found.groups) if row["short"]]
    share = f"{found.share:.0%}"
    said = (
        f"For {share} of every group to be helped it would take {words.joined(needs)}."
        if needs
        else f"{share} of every group can be helped with what there is, if places are shared "
        "with that in mind."
    )
    reached = found.met / found.demand if found.demand else 0.0
    lines = [
        said,
        f"Then {words.households(found.met)} of {words.about(found.demand)} a year would be "
        f"helped: {words.one_in(reached)}.",
    ]
    if short:
        least = min(short, key=lambda row: float(row["best_share"]))
        name = group_name(pack, str(least["what"]), str(least["which"]))
        lines.append(
            f"{words.counted(len(short)).capitalize()} groups cannot get there with any number "
            f"of places, since not every offer is taken up or comes off. Least of all: {name}, "
            f"{float(least['best_share']):.0%} at most."
        )
    best_set_answer.answer(lines)


def _places(found: Provision) -> None:
    rows = [
        {
            "Category": KINDS[str(row["kind"])].label,
            "Counted in": _basis(str(row["basis"])),
            "Now": f"{float(row['now']):,.4g}",
            "More needed": f"{whole(float(row['new'])):,}",
        }
        for row in records(found.places)
    ]
    furniture.table(
        pd.DataFrame(rows),
        "The least there would have to be, beside what there is; modelled",
        numbers=["Now", "More needed"],
    )


def _basis(code: str) -> str:
    return COUNTS[CapacityBasis(code)][1]


def _by_group(pack: Pack, found: Provision) -> None:
    furniture.section("Who needs these places")
    rows = found.by_group[found.by_group["new"] >= _SOME]
    if rows.empty:
        furniture.note("No new place is needed.")
        return
    tenures = [code for code in TENURES if (rows["tenure"] == code).any()]
    by_tenure = rows.pivot_table(
        index="kind", columns="tenure", values="new", aggfunc="sum", sort=False, fill_value=0.0
    )
    _pivot(
        by_tenure,
        {code: TENURES[code].label for code in tenures},
        ("Category", {str(kind): KINDS[str(kind)].label for kind in by_tenure.index}),
        "New places by the home that households had who need them, modelled",
    )
    kinds = {str(kind): KINDS[str(kind)].label for kind in by_tenure.index}
    head, names = _areas(pack, rows)
    by_area = rows.pivot_table(
        index="area", columns="kind", values="new", aggfunc="sum", sort=False, fill_value=0.0
    )
    _pivot(
        by_area,
        kinds,
        (head, names),
        "New places needed by households from each area, not places to be built there; modelled",
        total=False,
    )
    with st.expander("By area and by the home they had"):
        for kind, label in kinds.items():
            of_kind = rows[rows["kind"] == kind].pivot_table(
                index="area", columns="tenure", values="new", aggfunc="sum", sort=False,
                fill_value=0.0,
            )  # fmt: skip
            _pivot(
                of_kind,
                {code: TENURES[code].label for code in tenures if code in of_kind.columns},
                (head, names),
                f"{label}: new places needed by households from there, not to be built there; "
                "modelled",
            )


def _areas(pack: Pack, rows: pd.DataFrame) -> tuple[str, dict[str, str]]:
    """Return the head of a column of areas, and their names by code."""
    level = find_level(pack, pack.info.default_level)
    codes = dict.fromkeys(rows["area"].astype(str))
    return f"{level.label} they come from", {
        code: group_name(pack, level.code, code) for code in codes
    }


def _pivot(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    index: tuple[str, Mapping[str, str]],
    caption: str,
    *,
    total: bool = True,
) -> None:
    head, names = index
    rows = []
    for code, row in zip(table.index, records(table), strict=True):
        cells = {label: words.about(float(row[name])) for name, label in columns.items()}
        if total:
            cells["In all"] = words.about(sum(float(row[name]) for name in columns))
        rows.append({head: names[str(code)]} | cells)
    furniture.table(pd.DataFrame(rows), caption, numbers=[*columns.values(), "In all"])


def _groups(pack: Pack, settings: Settings, found: Provision) -> None:
    furniture.section("How far each group gets")
    now = present_shares(
        pack, settings, Run.CENTRAL, tuple(dict.fromkeys(found.groups["what"].astype(str)))
    )
    rows = [
        {
            "Group": group_name(pack, str(row["what"]), str(row["which"])),
            "Helped now": f"{now.get((str(row['what']), str(row['which'])), 0.0):.0%}",
            "Helped then": f"{float(row['met_share']):.0%}",
            "At most": f"{float(row['best_share']):.0%}",
        }
        for row in sorted(records(found.groups), key=lambda row: float(row["met_share"]))
    ]
    caption = "Share of each group helped, those helped least first; needs overlap; modelled"
    numbers = ["Helped now", "Helped then", "At most"]
    furniture.table(pd.DataFrame(rows[:_SHOWN]), caption, numbers=numbers)
    if len(rows) > _SHOWN:
        with st.expander("The other groups"):
            furniture.table(pd.DataFrame(rows[_SHOWN:]), f"The others: {caption}", numbers=numbers)


# As a scenario ----------------------------------------------------------------------------


def _open(begun: Scenario, found: Provision) -> None:
    made = changes(found)
    if made and st.button("Open this as a scenario", key="best_need_open"):
        name = f"What helps {found.share:.0%} of every group"
        opened = begun.model_copy(update={"name": name, "changes": (*begun.changes, *made)})
        scenario_draft.opened(opened, f"open “{name}”")
        scenario_draft.go_to(best_set_answer.BUILD)
        st.rerun(scope="app")


def changes(found: Provision) -> Sequence[Change]:
    """Return new services with the places found, rounded up, that take every household."""
    return [
        AddService(
            service_id=f"needed_{row['kind']}",
            name=f"New: {KINDS[str(row['kind'])].label}",
            kind=str(row["kind"]),
            capacity=whole(float(row["new"])),
            basis=CapacityBasis(str(row["basis"])),
            otherwise=Answer.YES,
            support_types=tuple(SUPPORT_TYPES),
        )
        for row in records(found.places)
        if whole(float(row["new"]))
    ]
