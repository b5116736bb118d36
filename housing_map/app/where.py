"""*Where?* A map of need, of help that arrives and of each reason why it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from housing_map import charts, demand, gaps, maps, places, words
from housing_map.app import furniture, state
from housing_map.tabulate import Filter, pattern_shares, run_rows
from housing_map.vocabulary import (
    COMPONENTS,
    CONFIDENTIAL_KINDS,
    ELSEWHERE,
    KINDS,
    METS,
    REASONS,
    TENURES,
    Goal,
    Pathway,
    Reason,
    Run,
)

if TYPE_CHECKING:
    from housing_map.model import Result
    from housing_map.pack import Pack

MEASURES: Final[dict[str, tuple[str, str, maps.Kind]]] = {
    "need": ("Households who seek help", "per 1,000 households", "need"),
    "met": ("Helped", "% of those who seek help", "met"),
    "met_as_wanted": ("Helped as they wanted", "% of those who seek help", "met"),
    **{
        code: (f"Lost: {term.label.lower()}", "% of those who seek help", "lost")
        for code, term in REASONS.items()
    },
}
_COMPONENT_NOTE: Final = "Component"


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    heading = st.container()
    measure_choice = state.Choice(
        "measure", "Show", tuple((c, m[0]) for c, m in MEASURES.items()), "need"
    )
    component_choice = state.Choice(
        "component",
        "Component",
        ((state.ALL, "All components"), *((c, t.label) for c, t in _route_components())),
        state.ALL,
    )
    chosen = state.filters(
        [measure_choice, state.level_choice(pack), state.TENURE, state.PATHWAY, component_choice]
    )
    result = state.result(_goal(), Pathway(chosen["pathway"]))
    rates = area_rates(
        result, chosen["level"], tenure=chosen["tenure"], component=chosen["component"]
    )
    with heading:
        furniture.page(
            "Where do people have a route, and where not?",
            [_finding(rates, chosen["measure"])],
            label=f"{words.MODELLED}: {words.ILLUSTRATION}",
        )
    left, right = st.columns([5, 2], gap="large")
    with left:
        picked = _draw(pack, result, rates, chosen)
        st.html(maps.legend_html(picked[1]))
        furniture.note(_pattern(result, chosen))
    with right:
        _profile(pack, result, rates, picked[0], chosen["level"])
        _confidential(result)
    _table(rates, chosen)
    furniture.rests_on(
        [
            "Need is spread by tenure: the same rate applies to every home of a tenure. Ward and "
            "small-area figures are modelled rates, never counts of people.",
            *pack.info.limits,
            f"Boundaries: {places.find_level(pack, chosen['level']).note or 'see How do we know?'}",
        ]
    )


def _goal() -> Goal:
    return Goal(st.session_state.get("kept_goal", Goal.SAFE))


def _route_components() -> list[tuple[str, object]]:
    from housing_map.tabulate import route_components  # noqa: PLC0415 - used for the labels only

    return [(c, COMPONENTS[c]) for c in route_components()]


def area_rates(result: Result, level: str, *, tenure: str, component: str) -> pd.DataFrame:
    """Rates of each area in the central run, indexed by code.

    ``need`` is household-episodes a year per 1,000 households; the others are shares of those
    who seek help. Columns ``name``, ``demand`` and ``households`` come along.
    """
    pack = result.pack
    only = Filter(tenures=frozenset() if tenure == state.ALL else frozenset({tenure}))
    by = [level] if component == state.ALL else [level, "component"]
    rows = run_rows(result, result[Run.CENTRAL], by, only=only)
    if component != state.ALL:
        rows = rows[rows["component"] == component]
    rows = rows[rows[level] != ELSEWHERE].set_index(level)
    homes = demand.households_by_tenure(pack)
    if tenure in homes:
        homes = homes[[tenure]]
    member = places.membership(pack)[level]
    households = homes.sum(axis=1).groupby(member).sum()
    rows["households"] = households.reindex(rows.index)
    rates = pd.DataFrame(index=rows.index)
    rates["name"] = [places.area_names(pack).get((level, code), code) for code in rows.index]
    rates["demand"] = rows["demand"]
    rates["households"] = rows["households"]
    rates["need"] = rows["demand"] / rows["households"].where(rows["households"] > 0) * 1000
    for code in ("met", *METS, *REASONS):
        rates[code] = rows[code] / rows["demand"].where(rows["demand"] > 0)
    if "met_otherwise" in rows:
        rates["met_otherwise"] = rows["met_otherwise"] / rows["demand"].where(rows["demand"] > 0)
    return rates


def _shown(rates: pd.DataFrame, measure: str) -> pd.Series[float]:
    return rates[measure] if measure == "need" else rates[measure] * 100


def _said(value: float, measure: str) -> str:
    if pd.isna(value):
        return "not known"
    if measure == "need":
        return f"{value:.1f} per 1,000 households"
    return f"{value:.0f}% of those who seek help"


def _finding(rates: pd.DataFrame, measure: str) -> str:
    shown = _shown(rates, measure).dropna()
    label = MEASURES[measure][0]
    if shown.empty:
        return f"{label}: nobody in this selection."
    low, high = shown.idxmin(), shown.idxmax()
    if shown[high] - shown[low] < 0.05:  # noqa: PLR2004 - reads as the same figure
        return f"{label}: {_said(shown[high], measure)} in every area."
    return (
        f"{label}: from {_said(shown[low], measure)} in {rates.at[low, 'name']} "
        f"to {_said(shown[high], measure)} in {rates.at[high, 'name']}."
    )


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={})
def _ground(_pack: Pack, digest: str) -> maps.Ground:
    """Lay the ground of a pack once: shapes of every level, neighbours and names."""
    del digest
    levels = [level.code for level in places.levels(_pack) if level.code != "district"]
    ground = maps.lay_ground(
        {level: places.polygons(_pack, level) for level in levels},
        neighbours=places.neighbours(_pack),
        labels=_labels(_pack),
        title=f"Map of {_pack.info.title}",
    )
    return maps.serve(ground)


def _labels(pack: Pack) -> pd.DataFrame:
    """Names to show: the default level's areas from afar, wards when closer."""
    frames = []
    for level, near in ((pack.info.default_level, False), ("ward", True)):
        areas = places.polygons(pack, level)
        points = areas.geometry.representative_point()
        frames.append(
            pd.DataFrame({"name": areas["name"], "lon": points.x, "lat": points.y, "near": near})
        )
    return pd.concat(frames, ignore_index=True)


def _draw(
    pack: Pack, result: Result, rates: pd.DataFrame, chosen: dict[str, str]
) -> tuple[str | None, maps.Legend]:
    """Draw the map; return the area that was clicked, if any, and the legend."""
    del result
    maps.register()
    ground = _ground(pack, pack.digest)
    label, unit, kind = MEASURES[chosen["measure"]]
    shown = _shown(rates, chosen["measure"])
    values = pd.DataFrame(
        {
            "value": shown,
            "text": [
                f"{name}: {_said(value, chosen['measure'])}"
                for name, value in zip(rates["name"], shown, strict=True)
            ],
        }
    )
    level = chosen["level"]
    selected = st.session_state.get("clicked_area")
    selected = selected if selected in rates.index else None
    parts = maps.shade(
        ground,
        values,
        maps.Measure(chosen["measure"], label, unit, kind),
        level=level,
        points=_public_points(pack),
        selected=selected,
        attribution=" ".join(pack.info.attribution),
    )
    answer = st_folium(
        parts.base,
        feature_group_to_add=parts.layer,
        returned_objects=["last_active_drawing"],
        use_container_width=True,
        height=560,
        key="map",
    )
    click = maps.clicked_code(answer, rates.index)
    if click is not None and click[1] != st.session_state.get("clicked_at"):
        st.session_state["clicked_at"] = click[1]
        st.session_state["clicked_area"] = click[0]
        st.rerun()
    return selected, parts.legend


def _public_points(pack: Pack) -> pd.DataFrame:
    """Places people may visit; confidential kinds have none, and would be dropped here too."""
    points = pack["delivery_points"].merge(
        pack["services"][["service_id", "name", "kind"]],
        on="service_id",
        suffixes=("", "_service"),
    )
    points = points[~points["kind"].isin(CONFIDENTIAL_KINDS)]
    return pd.DataFrame(
        {
            "name": points["name_service"],
            "text": [
                f"{name} ({'about here' if how != 'site' else 'here'})"
                for name, how in zip(points["name"], points["precision"], strict=True)
            ],
            "lon": points["lon"],
            "lat": points["lat"],
        }
    )


def _pattern(result: Result, chosen: dict[str, str]) -> str:
    """Say how much of the map's pattern is tenure mix, reach and local risk."""
    shares = pattern_shares(result, chosen["level"], chosen["measure"])
    if shares is None:
        return "The figure is the same everywhere: there is no pattern to explain."
    return (
        f"How much of this pattern is what: tenure mix {shares['tenure_mix']:.0%}, "
        f"reach of services {shares['reach']:.0%}, local risk {shares['local_risk']:.0%}. "
        "A modelled map shows what went into the model: it is not a count of victims."
    )


def _profile(
    pack: Pack, result: Result, rates: pd.DataFrame, clicked: str | None, level: str
) -> None:
    names = dict(zip(rates.index, rates["name"], strict=True))
    options = [state.ALL, *sorted(names, key=names.__getitem__)]
    kept = st.session_state.get("clicked_area")
    index = options.index(kept) if kept in options else 0
    place = st.selectbox(
        "Profile of",
        options,
        index=index,
        format_func=lambda code: "Choose, or click the map" if code == state.ALL else names[code],
        key=f"profile_{level}_{kept}",
    )
    if place != kept and not (place == state.ALL and kept not in options):
        st.session_state["clicked_area"] = None if place == state.ALL else place
        st.rerun()
    if place == state.ALL:
        furniture.note("Click an area, or choose it here, to see its homes and its gaps.")
        return
    del clicked
    homes = demand.households_by_tenure(pack)
    member = places.membership(pack)[level]
    mix = homes[member == place].sum()
    row = rates.loc[place]
    st.subheader(names[place], anchor=False)
    furniture.bullets(
        [
            f"{mix.sum():,.0f} households (Census 2021)",
            *(f"{TENURES[t].label}: {mix[t] / mix.sum():.0%} of homes" for t in mix.index),
        ]
    )
    seeking = words.about(float(row["demand"]))
    modelled = f"{seeking}, modelled" if seeking.startswith("fewer") else seeking
    furniture.bullets(
        [
            f"Seek help: {modelled} households a year ({row['need']:.1f} per 1,000 households)",
            f"Helped: {words.one_in(float(row['met']))}",
            f"Helped as they wanted: {words.one_in(float(row['met_as_wanted']))}",
            *(
                f"{REASONS[reason].label}: {float(row[reason]):.0%}"
                for reason in Reason
                if row[reason] > 0.005  # noqa: PLR2004 - rounds to nothing
            ),
        ]
    )
    causes = gaps.causes(result[Run.CENTRAL], Reason.NO_ROOM)
    if causes and row[Reason.NO_ROOM] > 0:
        furniture.note(f"No room: {words.joined([words.cause_text(c) for c in causes[:3]])}.")


def _confidential(result: Result) -> None:
    """Say in counts for the district what has no point on any map."""
    services = result[Run.OPTIMISTIC].cells.setting.services
    counts = [
        (KINDS[kind].label, sum(s.kind.code == kind for s in services))
        for kind in sorted(CONFIDENTIAL_KINDS)
    ]
    listed = [f"{label}: {number}" for label, number in counts if number]
    st.subheader("Not on any map", anchor=False)
    furniture.note(
        "Safe accommodation is confidential and serves the whole district. Services counted: "
        + "; ".join(listed)
        + "."
    )


def _table(rates: pd.DataFrame, chosen: dict[str, str]) -> None:
    frame = pd.DataFrame(
        {
            "Area": rates["name"],
            "Seek help, per 1,000 households": rates["need"].map(
                lambda v: "not known" if pd.isna(v) else f"{v:.1f}"
            ),
            "Helped": _percent(rates["met"]),
            "Helped as wanted": _percent(rates["met_as_wanted"]),
            **({"Helped another way than this": _percent(rates["met_otherwise"])} if "met_otherwise" in rates else {}),
            **{REASONS[reason].label: _percent(rates[reason]) for reason in Reason},
        }
    )  # fmt: skip
    tenure = "all tenures" if chosen["tenure"] == state.ALL else words.tenure(chosen["tenure"])
    furniture.table(
        frame,
        f"The same numbers: shares of those who seek help, modelled, {tenure}, central run",
        numbers=list(frame.columns[1:]),
    )


def _percent(column: pd.Series[float]) -> pd.Series[str]:
    return column.map(lambda v: "not known" if pd.isna(v) else f"{v:.0%}")


__all__ = ["MEASURES", "area_rates", "charts", "show"]
