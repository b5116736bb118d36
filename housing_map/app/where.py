"""*Where?* A map of need, of help that arrives, of each reason why not, and of who lives near."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from housing_map import demand, gaps, maps, places, words
from housing_map.app import furniture, reach_view, state, view
from housing_map.cells import records
from housing_map.inventory import not_counted
from housing_map.kinds import KINDS
from housing_map.rates import area_rates, pattern_shares, public_points
from housing_map.tabulate import Filter, route_components
from housing_map.vocabulary import (
    COMPONENTS,
    REASONS,
    TENURES,
    Goal,
    Pathway,
    Reason,
    Run,
)

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

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
    reach_view.MEASURE: (reach_view.LABEL, reach_view.UNIT, "met"),
}
_ROUNDS_TO_NOTHING: Final = 0.005
_RATES_ONLY: Final = frozenset({"ward", "lsoa"})
"""Levels whose modelled figures are shown as rates alone."""


def show() -> None:
    """Draw the page."""
    pack = state.the_pack()
    heading = st.container()
    measure_choice = state.Choice(
        "measure", "Show", tuple((c, m[0]) for c, m in MEASURES.items()), "need"
    )
    if st.session_state.get(f"kept_{measure_choice.key}") == reach_view.MEASURE:
        _show_reach(pack, heading, measure_choice)
        return
    component_choice = state.Choice(
        "component",
        "Component",
        ((state.ALL, "All components"), *((c, COMPONENTS[c].label) for c in route_components())),
        state.ALL,
    )
    chosen = state.filters([measure_choice, state.level_choice(pack), state.TENURE, state.GOAL])
    chosen |= state.filters([state.PATHWAY, component_choice, state.SPREAD])
    result = state.result(
        Goal(chosen["goal"]),
        Pathway(chosen["pathway"]),
        local_risk=chosen["spread"] == state.WITH_RISK,
    )
    rates = area_rates(
        result,
        chosen["level"],
        tenure=None if chosen["tenure"] == state.ALL else chosen["tenure"],
        component=None if chosen["component"] == state.ALL else chosen["component"],
    )
    with heading:
        furniture.page(
            "Where do people have a route, and where not?",
            [_finding(rates, chosen["measure"])],
            label=f"{words.MODELLED}: {words.ILLUSTRATION}",
        )
    left, right = st.columns([5, 2], gap="large")
    with left:
        shown = _shown(rates, chosen["measure"])
        texts = [_said(value, chosen["measure"]) for value in shown]
        _draw(pack, _values(rates["name"], shown, texts), chosen, public_points(pack))
        furniture.note(_pattern(result, chosen))
    with right:
        _profile(pack, result, rates, chosen["level"])
        _confidential(result)
    _table(rates, chosen)
    furniture.rests_on(
        [
            (
                "Need is spread by tenure: the same rate applies to every home of a tenure. "
                "Ward and small-area figures are modelled rates, never counts of people."
            ),
            *pack.info.limits,
            "Boundaries: "
            + (places.find_level(pack, chosen["level"]).note or "see How do we know?"),
        ]
    )


def _show_reach(pack: Pack, heading: DeltaGenerator, measure_choice: state.Choice) -> None:
    """Draw the page for the measure that asks nothing of the model of households."""
    chosen = state.filters([measure_choice, state.level_choice(pack), *reach_view.choices(pack)])
    st.columns(3)  # in the place of the second row of filters, so that the map is not built anew
    level, limit = chosen["level"], chosen["reach_limit"]
    asked = reach_view.read(pack, level, chosen["reach_what"], limit)
    names = _names(pack, level)
    shown = asked.shown.reindex(names.index)
    texts = [reach_view.said(value, limit) for value in shown]
    with heading:
        furniture.page(
            "Where do people have a route, and where not?",
            reach_view.finding(asked),
            label="Residents are counted; times are estimates where none is given.",
        )
    left, right = st.columns([5, 2], gap="large")
    with left:
        _draw(pack, _values(names, shown, texts), chosen, reach_view.points(pack, asked))
        furniture.note("How far a place is says nothing about whether it takes a household.")
    with right:
        place = _place(names, level, "How far its residents live from help.")
        if place is not None and place in asked.areas.index:
            furniture.section(names[place])
            furniture.bullets(reach_view.profile(asked, place))
    reach_view.tables(pack, asked)
    furniture.rests_on([*reach_view.rests_on(pack, asked), *pack.info.limits])


def _names(pack: Pack, level: str) -> pd.Series[str]:
    """Names of the areas of a level, by code, in the order of the map."""
    areas = places.polygons(pack, level)
    return pd.Series([str(name) for name in areas["name"]], index=pd.Index(areas["code"]))


def _values(names: pd.Series[str], shown: pd.Series[float], texts: list[str]) -> pd.DataFrame:
    """Lay out what a map shows: a value for each area, and its sentence."""
    sentences = [f"{name}: {text}" for name, text in zip(names, texts, strict=True)]
    return pd.DataFrame({"value": shown, "text": sentences}, index=names.index)


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
    low, high = str(shown.idxmin()), str(shown.idxmax())
    if shown[high] - shown[low] < 0.05:  # noqa: PLR2004 - reads as the same figure
        return f"{label}: {_said(shown[high], measure)} in every area."
    return (
        f"{label}: from {_said(shown[low], measure)} in {rates['name'][low]} "
        f"to {_said(shown[high], measure)} in {rates['name'][high]}."
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def the_ground(_pack: Pack, digest: str) -> maps.Ground:
    """Lay the ground of a pack once: shapes of every level, neighbours and names."""
    del digest
    levels = [level.code for level in places.levels(_pack) if level.code != "district"]
    return maps.lay_ground(
        {level: places.polygons(_pack, level) for level in levels},
        neighbours=places.neighbours(_pack),
        labels=_labels(_pack),
        title=f"Map of {_pack.info.title}",
    )


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


def _draw(pack: Pack, values: pd.DataFrame, chosen: dict[str, str], points: pd.DataFrame) -> None:
    """Draw the map with its legend, and note the area that is clicked."""
    maps.register()
    ground = maps.serve(the_ground(pack, pack.digest))
    label, unit, kind = MEASURES[chosen["measure"]]
    limits = reach_view.CLASSES if chosen["measure"] == reach_view.MEASURE else None
    level = chosen["level"]
    selected = st.session_state.get("clicked_area")
    selected = selected if selected in values.index else None
    parts = maps.shade(
        ground,
        values,
        maps.Measure(chosen["measure"], label, unit, kind, limits=limits),
        level=level,
        points=points,
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
    click = maps.clicked_code(answer, values.index)
    if click is not None and click[1] != st.session_state.get("clicked_at"):
        st.session_state["clicked_at"] = click[1]
        st.session_state["clicked_area"] = st.session_state[f"profile_{level}"] = click[0]
        st.rerun()
    st.html(maps.legend_html(parts.legend))


def _pattern(result: Result, chosen: dict[str, str]) -> str:
    """Say how much of the map's pattern is tenure mix, reach and local risk."""
    warning = "A modelled map shows what went into the model: it is not a count of victims."
    if chosen["component"] != state.ALL:
        return warning
    tenures = frozenset() if chosen["tenure"] == state.ALL else frozenset({chosen["tenure"]})
    only = Filter(tenures=tenures)
    shares = pattern_shares(result, chosen["level"], chosen["measure"], only=only)
    if shares is None:
        return f"The figure is the same everywhere: there is no pattern to explain. {warning}"
    return (
        f"How much of this pattern is what: tenure mix {shares['tenure_mix']:.0%}, "
        f"reach of services {shares['reach']:.0%}, local risk {shares['local_risk']:.0%}. "
        f"{warning}"
    )


def _place(names: pd.Series[str], level: str, hint: str) -> str | None:
    """Offer every area, and return the one clicked on the map or chosen in the box."""
    kept = st.session_state.get("clicked_area")
    labels = {str(code): str(name) for code, name in names.items()}
    options = {state.ALL: "Choose here, or click the map"}
    options |= dict(sorted(labels.items(), key=lambda item: item[1]))
    # The box stays the same box when the map is clicked, so that the keyboard does not lose it.
    key = f"profile_{level}"
    if st.session_state.get(key) not in options:
        st.session_state[key] = kept if kept in labels else state.ALL
    place = state.pick(st.container(), "Profile of", options, key=key)
    wanted = None if place == state.ALL else place
    if wanted != (kept if kept in labels else None):
        st.session_state["clicked_area"] = wanted
        st.rerun()
    if wanted is None:
        furniture.note(hint)
    return wanted


def _profile(pack: Pack, result: Result, rates: pd.DataFrame, level: str) -> None:
    """Show the place that was clicked on the map or chosen in the box."""
    wanted = _place(rates["name"], level, "Its homes, and who has a route from there.")
    if wanted is None:
        return
    homes = demand.households_by_tenure(pack)
    mix = homes[places.membership(pack)[level] == wanted].sum()
    furniture.section(str(rates["name"][wanted]))
    furniture.bullets(
        [
            f"{mix.sum():,.0f} households (Census 2021)",
            *(f"{TENURES[str(t)].label}: {n / mix.sum():.0%} of homes" for t, n in mix.items()),
        ]
    )
    row = next(records(rates[rates.index == wanted]))
    if not row["demand"] > 0:
        furniture.note("Nobody in this selection seeks help from here, in the model.")
        return
    rate = f"{row['need']:.1f} per 1,000 households a year"
    seeking = words.about(float(row["demand"]))
    if level in _RATES_ONLY:
        seek = f"Seek help: {rate}, modelled"
    elif seeking.startswith("fewer"):
        seek = f"Seek help: {seeking}, modelled ({rate})"
    else:
        seek = f"Seek help: {seeking} households a year ({rate})"
    furniture.bullets(
        [
            seek,
            f"Helped: {words.one_in(float(row['met']))}",
            f"Helped as they wanted: {words.one_in(float(row['met_as_wanted']))}",
            *(
                f"{REASONS[reason].label}: {row[reason]:.0%}"
                for reason in Reason
                if row[reason] > _ROUNDS_TO_NOTHING
            ),
        ]
    )
    causes = gaps.causes(result[Run.CENTRAL], Reason.NO_ROOM)
    if causes and row[Reason.NO_ROOM] > 0:
        named = words.joined([words.cause_text(c) for c in causes[:3]])
        furniture.note(f"No room, in the district as a whole: {named}.")


def _confidential(result: Result) -> None:
    """Say in counts for the district what has no point on any map."""
    services = result[Run.OPTIMISTIC].cells.setting.services
    hidden = frozenset[str]() if view.is_restricted() else not_counted(services)
    found = Counter(s.kind.code for s in services if s.kind.confidential)
    counts = sorted(found.items())
    furniture.section("Not on any map")
    furniture.note("Safe accommodation is confidential and serves the whole district.")
    counted = [f"{KINDS[kind].label}: {number}" for kind, number in counts if kind not in hidden]
    if counted:
        furniture.note(f"Services counted: {'; '.join(counted)}.")
    if hidden:
        named = words.joined([KINDS[kind].label.lower() for kind in sorted(hidden)])
        furniture.note(f"Too few to be counted in public: {named}.")


def _table(rates: pd.DataFrame, chosen: dict[str, str]) -> None:
    otherwise = (
        {"Helped otherwise": _percent(rates["met_otherwise"])} if "met_otherwise" in rates else {}
    )
    frame = pd.DataFrame(
        {
            "Area": rates["name"],
            "Seek help per 1,000 homes": _written(rates["need"], "{:.1f}"),
            "Helped": _percent(rates["met"]),
            "Helped as wanted": _percent(rates["met_as_wanted"]),
            **otherwise,
            **{REASONS[reason].label: _percent(rates[reason]) for reason in Reason},
        }
    )
    tenure = "all tenures" if chosen["tenure"] == state.ALL else words.tenure(chosen["tenure"])
    furniture.table(
        frame,
        f"The same numbers: shares of those who seek help, modelled, {tenure}, central run",
        numbers=list(frame.columns[1:]),
    )


def _percent(column: pd.Series[float]) -> list[str]:
    return _written(column, "{:.0%}")


def _written(column: pd.Series[float], form: str) -> list[str]:
    return ["not known" if math.isnan(value) else form.format(value) for value in column]
