"""*How do we know?* Every figure with its source, what is unknown, the law, and the formulas."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st

from housing_map import charts, legal_view, provision, words
from housing_map.app import door_view, figures_in_tab, furniture, sense_tab, state, view
from housing_map.catalogue import Entry, entries
from housing_map.cells import number
from housing_map.kinds import KINDS
from housing_map.provision import open_services
from housing_map.vocabulary import (
    LEGAL_CATEGORIES,
    METS,
    REASONS,
    RUNS,
    STATUSES,
    Goal,
    Run,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from housing_map.pack import Pack

_ANY: Final = "All"
TABS: Final = (
    "Figures",
    "What is unknown",
    "Does it make sense?",
    "Is the door full?",
    "Services and the law",
    "Trends",
    "Send figures in",
    "Method",
)
PLANNING: Final = frozenset({"Is the door full?", "Services and the law", "Send figures in"})
"""Tabs about single services: in the view for planning alone."""

FORMULAS: Final = (
    (
        "Households who seek help",
        "(supported + could not be supported, England) × share of population",
    ),
    (
        "Adults affected, by tenure",
        "adults × rate of the tenure; over England and Wales the rates average to the "
        "Crime Survey's",
    ),
    ("Households a pool takes in a year", "units × occupancy × 365 ÷ mean stay"),
    (
        "Sub-capacity",
        "at most the share of vacancies that can take such a household × capacity",
    ),
    (
        "One offer on a route",
        "meets = product of the shares that accept and succeed; the rest is not taken up, or no "
        "room",
    ),
    (
        "Who is helped",
        "most households first; then least Σ u² ÷ d, where u of d households are unhelped; then "
        "fewest moves; ties equally",
    ),
    ("Every row", "demand = met as wanted + met another way + met elsewhere + Σ lost"),
    (
        "A door that is full on the day",
        "Erlang B with households a year × stay ÷ 365 for the places; beside the cascade, never "
        "taken off it",
    ),
    (
        "Stays when the next home is slow",
        "own stay + mean wait for the next home, each following from the other",
    ),
    (
        "Travel time",
        "straight line × detour factor ÷ speed; inside the threshold when equal to it",
    ),
)


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    everything = entries(pack, public=not view.is_restricted())
    counts = Counter(entry.status for entry in everything)
    listed = words.joined([f"{counts[s]} {STATUSES[s].label.lower()}" for s in Status if counts[s]])
    furniture.page(
        "How do we know?",
        [f"The data holds {len(everything)} figures: {listed}. Each leads to its source below."],
    )
    drawn = {
        "Figures": lambda: _figures(everything),
        "What is unknown": lambda: _unknown(pack, everything),
        "Does it make sense?": sense_tab.show,
        "Is the door full?": door_view.show,
        "Services and the law": lambda: _law(pack),
        "Trends": lambda: _trends(pack),
        "Send figures in": figures_in_tab.show,
        "Method": _method,
    }
    names = [name for name in TABS if view.is_restricted() or name not in PLANNING]
    for name, tab in zip(names, st.tabs(names), strict=True):
        with tab:
            drawn[name]()
    _credits(pack)


def _figures(everything: list[Entry]) -> None:
    left, right = st.columns(2)
    groups = [*dict.fromkeys(e.group for e in everything), _ANY]
    group = state.pick(left, "Kind of figure", {g: g for g in groups}, key="how_kind")
    statuses = {_ANY: _ANY} | state.labels(STATUSES)
    status = state.pick(right, "Status", statuses, key="how_status")
    part = [e for e in everything if group in {_ANY, e.group} and status in {_ANY, e.status}]
    furniture.bullets(f"{t.label}: {t.meaning}." for t in STATUSES.values())
    shown = pd.DataFrame(
        [
            {
                "Figure": e.name,
                "Value": e.value,
                "Status": STATUSES[e.status].label,
                "Source and date": "; ".join(filter(None, (e.source, e.when))),
                "Working and limits": e.note,
            }
            for e in part
        ]
    )
    if part:
        furniture.table(shown, f"{len(part)} figures")
    else:
        furniture.note("No figure of this kind has this status.")


def _unknown(pack: Pack, everything: list[Entry]) -> None:
    unknown = [e for e in everything if e.status is Status.UNKNOWN]
    furniture.note(
        "Unknown is an answer. In the cautious run every unknown counts against coverage, in the "
        "optimistic run for it."
    )
    if unknown:
        furniture.table(
            pd.DataFrame(
                [{"Figure": e.name, "Unit": e.unit, "What was looked for": e.note} for e in unknown]
            ),
            f"{len(unknown)} figures nobody has given",
        )
    if pack.warnings and view.is_restricted():
        furniture.section("What the check of the data warns of")
        with st.expander(f"{len(pack.warnings)} warnings, most of them old dates"):
            furniture.bullets(str(p) for p in pack.warnings)


def _law(pack: Pack) -> None:
    services = pack["services"].set_index("service_id")
    kinds = {str(service): KINDS[str(kind)] for service, kind in services["kind"].items()}
    rows = []
    for service, finding in legal_view.findings(pack).items():
        if finding.category is None and kinds[service].stage is not Stage.SAFETY:
            continue
        rows.append(
            {
                "Service": services.at[service, "name"],
                "Form in law": (
                    LEGAL_CATEGORIES[finding.category].label if finding.category else "none"
                ),
                "Relevant accommodation": {
                    "yes": "Yes",
                    "no": "No: outside Part 4",
                    "cannot_tell": "Cannot tell yet",
                }[finding.answer],
                "Why, or what to ask": " ".join(finding.questions) or finding.reason,
            }
        )
    furniture.note(
        "Relevant accommodation is where the duty of Part 4 of the Domestic Abuse Act 2021 "
        "applies (SI 2021/991, regulation 2). Outside it is a finding, not a fault."
    )
    furniture.table(pd.DataFrame(rows), "Safe accommodation and the law")
    directory = pd.DataFrame(
        [
            {
                "Service": s.name,
                "Kind": s.kind.label,
                "Runs": "yes" if s.certain else "nobody has confirmed",
                "Helpline": s.helpline or "–",
                "Source": str(services.at[s.id, "source"]),
            }
            for s in open_services(pack, pack.info.reference_date, Run.OPTIMISTIC)
        ]
    )
    furniture.table(directory, f"The {len(directory)} services on record")


def _trends(pack: Pack) -> None:
    table = pack["homelessness"]
    here = table[table["area_code"] == pack.info.district_code].copy()
    here["x"] = here["quarter"].str.replace("Q", " Q")
    here["victims"] = here["reason_da_prevention_victim"] + here["reason_da_relief_victim"]
    lines = pd.concat(
        [
            here.assign(line="Domestic abuse as the reason", y=here["reason_da_all"]),
            here.assign(line="Of these, victims", y=here["victims"]),
            here.assign(line="With a support need", y=here["support_need_da"]),
        ]
    )
    title = f"Homelessness and domestic abuse in {pack.info.title}, by quarter"
    furniture.chart(charts.series_chart(lines, "x", "y", "line", title=title))
    furniture.note(
        "Published statistics of the Ministry of Housing, Communities and Local Government "
        "(MHCLG). The first line includes perpetrators who were made homeless; victims are told "
        "apart from the third quarter of 2023."
    )
    for missing in pack.info.missing:
        furniture.note(f"{missing.quarter} is shown as missing: {missing.why}")
    shown = here[["quarter", "owed_any_duty", "reason_da_all", "victims", "support_need_da"]]
    shown = shown.set_axis(
        ["Quarter", "Owed a duty", "Domestic abuse as reason", "Victims", "Support need"], axis=1
    )
    with st.expander("The same numbers as a table"):
        furniture.table(
            shown.map(_whole),
            title,
            numbers=shown.columns[1:],
        )


def _whole(cell: object) -> str:
    """Write a count of the table, and a dash where there is none."""
    if isinstance(cell, str):
        return cell
    value = number(cell)
    return "–" if value is None else f"{value:.0f}"


def _method() -> None:
    furniture.note(
        "A household is covered when it has a route: an admissible path from where it is to "
        "safety, and on to a settled home, along services that take such a household, serve its "
        "area, can be reached and have room. Stages after Tanahashi (Bulletin of the World Health "
        "Organization, 1978)."
    )
    furniture.table(
        pd.DataFrame(FORMULAS, columns=["What", "How"]), "The formulas, in the order of use"
    )
    furniture.table(
        pd.DataFrame(
            [
                {"Outcome": t.label, "Meaning": t.meaning}
                for t in (*METS.values(), *REASONS.values())
            ]
        ),
        "What becomes of a household: three ways of being met, six reasons for loss",
    )
    furniture.table(
        pd.DataFrame([{"Run": t.label, "Meaning": t.meaning} for t in RUNS.values()]),
        "Three whole runs, each of which adds up by itself",
    )
    result = state.result(Goal.SAFE)
    rows = [
        {
            "Pool": pool.label,
            "Run": RUNS[run].label,
            "Capacity": f"{round(pool.amount(run), 1):g} {pool.basis}",
            "Working": _identity(pool, run),
            "Households a year": f"{pool.households(run):.0f}",
            "Used": f"{result[run].cells.pool_use[pool.id] / pool.load(run):.0f}",
            "Status": STATUSES[pool.status].label,
        }
        for run in Run
        for pool in result[run].cells.setting.pools
        if pool.shared or view.is_restricted()
    ]
    furniture.table(
        pd.DataFrame(rows),
        "Capacity of each pool and what the model makes of it (goal: safe)",
        numbers=["Households a year", "Used"],
    )
    furniture.bullets(f"{short}: {long}." for short, long in words.ABBREVIATIONS.items())


def _identity(pool: provision.Pool, run: Run) -> str:
    if pool.stay_days is None or pool.occupancy is None:
        return "as counted"
    units, stay = round(pool.amount(run), 1), pool.stay_days.at(run)
    return f"{units:g} × {pool.occupancy.at(run):g} × 365 ÷ {stay:g} days"


def _credits(pack: Pack) -> None:
    furniture.section("Sources and licence")
    furniture.bullets([*pack.info.limits, f"Fingerprint of the data (SHA-256): {pack.digest}"])
