"""*How do we know?* Every figure with its source, what is unknown, the law, and the formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import charts, legal_view, provision, words
from housing_map.app import furniture, state
from housing_map.demand import local_counts
from housing_map.provision import open_services
from housing_map.vocabulary import (
    KINDS,
    LEGAL_CATEGORIES,
    METS,
    REASONS,
    RUNS,
    STATUSES,
    Run,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from housing_map.pack import Pack

FORMULAS: Final = (
    ("Households who seek help", "(supported + could not be supported, England) × share of population"),
    ("Adults affected, by tenure", "adults × rate of the tenure, where the rates average to the Crime Survey's over England and Wales"),
    ("Households a pool takes in a year", "units × occupancy × 365 ÷ mean stay"),
    ("Sub-capacity", "at most the share of vacancies that can take such a household × capacity"),
    ("One offer on a route", "meets = product of shares that accept and succeed; the rest is not taken up or no room"),
    ("Who is helped", "most households first; then least Σ u² ÷ d, where u of d households are unhelped; then fewest moves; ties equally"),
    ("Every row", "demand = met as wanted + met another way + met elsewhere + Σ lost"),
    ("Travel time", "straight line × detour factor ÷ speed; inside the threshold when equal to it"),
)  # fmt: skip


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    everything = figures(pack)
    counts = everything["Status"].value_counts()
    listed = words.joined(
        [
            f"{counts[STATUSES[s].label]} {STATUSES[s].label.lower()}"
            for s in Status
            if STATUSES[s].label in counts.index
        ]
    )
    furniture.page(
        "How do we know?",
        [
            f"The model reads {len(everything)} figures and answers: {listed}. "
            "Each leads to its source below.",
        ],
    )
    tabs = st.tabs(["Figures", "What is unknown", "Services and the law", "Trends", "Method"])
    with tabs[0]:
        _figures(everything)
    with tabs[1]:
        _unknown(pack, everything)
    with tabs[2]:
        _law(pack)
    with tabs[3]:
        _trends(pack)
    with tabs[4]:
        _method()
    _credits(pack)


def figures(pack: Pack) -> pd.DataFrame:
    """Every figure the model reads, with range, status, source and date."""
    rows: list[dict[str, str]] = []

    def add(group: str, name: str, row: dict[Any, Any], prefix: str, unit: str, when: Any) -> None:
        start = f"{prefix}_" if prefix else ""
        rows.append(
            {
                "Figure": name,
                "Kind": group,
                "Central": _number(row[f"{start}central"]),
                "Range": _range(row[f"{start}low"], row[f"{start}high"]),
                "Unit": unit,
                "Status": STATUSES[row["status"]].label,
                "Source": str(row["source"]),
                "Date": "" if pd.isna(when) else str(when),
                "Note": "" if pd.isna(row["note"]) else str(row["note"]),
            }
        )

    for row in pack["parameters"].to_dict("records"):
        add("Parameter", row["label"], row, "", row["unit"], row["period"])
    for row in pack["pool_assumptions"].to_dict("records"):
        label = KINDS[row["kind"]].label
        add("Capacity", f"{label}: capacity", row, "capacity", row["basis"], "")
        if row["basis"] == "units":
            add("Capacity", f"{label}: mean stay", row, "stay_days", "days", "")
            add("Capacity", f"{label}: occupancy", row, "occupancy", "share", "")
    for row in pack["acceptance_shares"].to_dict("records"):
        label = f"{KINDS[row['kind']].label}: takes {words.rule_label(row['rule'])}"
        add("Acceptance", label, row, "", f"share of {row['share_of']}", row["period"])
    for row in pack["household_shares"].to_dict("records"):
        tenure = "" if pd.isna(row["tenure"]) else f", {words.tenure(row['tenure'])}"
        label = f"{row['dimension'].capitalize()}: {row['code'].replace('_', ' ')}{tenure}"
        add("Household share", label, row, "", "share of households", "")
    for count in local_counts(pack):
        row = count.row | {"low": None, "central": count.count, "high": None}
        when = f"{count.start:%b %Y} to {count.end:%b %Y}"
        add("Local count", count.label, row, "", str(count.row["unit"]), when)
    names = dict(zip(pack["services"]["service_id"], pack["services"]["name"], strict=True))
    for row in pack["capacity"].to_dict("records"):
        when = row["last_confirmed"]
        when = "" if pd.isna(when) else when.date().isoformat()
        label = f"{names[row['service_id']]}: capacity"
        add("Capacity", label, row, "capacity", row["basis"], when)
    return pd.DataFrame(rows)


def _number(value: Any) -> str:
    if pd.isna(value):
        return "unknown"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"  # noqa: PLR2004 - thousands


def _range(low: Any, high: Any) -> str:
    if pd.isna(low) and pd.isna(high):
        return "–"
    return f"{_number(low)} to {_number(high)}"


def _figures(everything: pd.DataFrame) -> None:
    left, right = st.columns(2)
    kind = left.selectbox("Kind of figure", ["All", *everything["Kind"].unique()], key="how_kind")
    status = right.selectbox(
        "Status", ["All", *sorted(everything["Status"].unique())], key="how_status"
    )
    part = everything
    if kind != "All":
        part = part[part["Kind"] == kind]
    if status != "All":
        part = part[part["Status"] == status]
    furniture.bullets(f"{t.label}: {t.meaning}." for t in STATUSES.values())
    furniture.table(part.drop(columns=["Kind"]), f"{len(part)} figures", numbers=["Central"])


def _unknown(pack: Pack, everything: pd.DataFrame) -> None:
    unknown = everything[everything["Status"] == STATUSES[Status.UNKNOWN].label]
    furniture.note(
        "Unknown is an answer. In the cautious run every unknown counts against coverage, in the "
        "optimistic run for it."
    )
    furniture.table(
        unknown[["Figure", "Unit", "Source", "Note"]], f"{len(unknown)} figures nobody has given"
    )
    warnings = [str(p) for p in pack.warnings]
    if warnings:
        st.subheader("What the check of the data warns of", anchor=False)
        furniture.bullets(warnings)


def _law(pack: Pack) -> None:
    services = pack["services"].set_index("service_id")
    rows = []
    for service, finding in legal_view.findings(pack).items():
        if KINDS[services.at[service, "kind"]].stage is Stage.SUPPORT:
            continue
        if (
            finding.category is None
            and KINDS[services.at[service, "kind"]].stage is not Stage.SAFETY
        ):
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
    furniture.chart(
        charts.series_chart(lines, "x", "y", "line", title=title),
        charts.series_alt(lines, "x", "y", "line", title=title),
    )
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
            shown.map(lambda v: v if isinstance(v, str) else "–" if pd.isna(v) else f"{v:.0f}"),
            title,
            numbers=shown.columns[1:],
        )


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
    result = state.result(state.Goal.SAFE)
    rows = []
    for run in Run:
        for pool in result[run].cells.setting.pools:
            rows.append(
                {
                    "Pool": pool.label,
                    "Run": RUNS[run].label,
                    "Capacity": f"{pool.capacity.at(run):g} {pool.basis}",
                    "Working": _identity(pool, run),
                    "Households a year": f"{pool.households(run):.0f}",
                    "Used": f"{result[run].cells.pool_use[pool.id] / pool.load(run):.0f}",
                    "Status": STATUSES[pool.status].label,
                }
            )
    furniture.table(
        pd.DataFrame(rows),
        "Capacity of each pool and what the model makes of it (goal: safe)",
        numbers=["Households a year", "Used"],
    )
    furniture.bullets(f"{short}: {long}." for short, long in words.ABBREVIATIONS.items())


def _identity(pool: provision.Pool, run: Run) -> str:
    if pool.stay_days is None or pool.occupancy is None:
        return "as counted"
    return (
        f"{pool.capacity.at(run):g} × {pool.occupancy.at(run):g} × 365 ÷ "
        f"{pool.stay_days.at(run):g} days"
    )


def _credits(pack: Pack) -> None:
    furniture.section("Sources and licence")
    furniture.bullets([*pack.info.limits, f"Fingerprint of the data (SHA-256): {pack.digest}"])
