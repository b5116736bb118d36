"""Where to open a service that people visit: which area, and whom it would reach.

Accommodation is never asked about here, and neither is help that comes to the home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from housing_map import model, reach, siting, words
from housing_map.app import best_set_answer, furniture, state
from housing_map.cells import records
from housing_map.comparison_picture import gains_chart
from housing_map.errors import HousingMapError
from housing_map.pack import Pack
from housing_map.parameters import Register
from housing_map.siting import Question, Sited
from housing_map.tabulate import run_rows
from housing_map.vocabulary import ELSEWHERE, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.model import Settings

_AIMS: Final = {
    "reach": "Most people within reach",
    "minutes": "The shortest journeys in all",
}
_COUNTED: Final = {
    "residents": "Everybody (residents, 2021)",
    "seeking": "Who seek help (modelled)",
}
_SEEKING: Final = "households that seek help"
_MOST: Final = 5
_SHOWN: Final = 8


def show(pack: Pack, settings: Settings) -> None:
    """Draw the question, and the answer beside it."""

    @st.fragment
    def asked() -> None:
        _asked(pack, settings)

    asked()


def _asked(pack: Pack, settings: Settings) -> None:
    answer = st.container()
    first, second, third, fourth = st.columns(4)
    options = {code: reach.group_label(code) for code in siting.SITED}
    what = state.pick(first, "Service", options, key="best_site_what", first="idva")
    new = int(second.number_input("New places at most", 1, _MOST, 1, key="best_site_new"))
    aim = state.pick(third, "Best for", _AIMS, key="best_site_aim")
    counted = state.pick(fourth, "Counting", _COUNTED, key="best_site_counted")
    try:
        found = [
            _sited(pack, settings, (what, aim, counted, number)) for number in range(1, _MOST + 1)
        ]
    except HousingMapError as error:
        with answer:
            best_set_answer.answer([f"This cannot be answered. {error}."])
        return
    one = found[new - 1]
    said = siting.sentences(one)
    with answer:
        best_set_answer.answer([f"{options[what]}. {said[0]}", said[1]])
    _picture(one)
    _areas(one)
    _how_many(found)
    furniture.bullets(said[2:])
    furniture.note(
        "Only services that people have to visit are looked for. Where safe accommodation is, or "
        "could be, is never asked. A place here is an area, not a building."
    )


@st.cache_resource(
    show_spinner="Looking for the best places…",
    max_entries=128,
    hash_funcs={Pack: lambda found: found.digest},
)
def _sited(pack: Pack, settings: Settings, asked: tuple[str, str, str, int]) -> Sited:
    what, aim, counted, new = asked
    question = Question(what, aim="reach" if aim == "reach" else "minutes", new=new)
    more: dict[str, Any] = (
        {"demand": _seeking(pack, settings), "unit": _SEEKING} if counted == "seeking" else {}
    )
    return siting.site(pack, Register(pack["parameters"]), Run.CENTRAL, question, **more)


def _seeking(pack: Pack, settings: Settings) -> pd.Series[float]:
    """Households that seek help a year by small area; arrivals from elsewhere have none."""
    result = model.run(pack, settings)
    rows = run_rows(result, result[Run.CENTRAL], ["lsoa"])
    rows = rows[rows["lsoa"] != ELSEWHERE]
    codes = pack["lsoa_facts"]["lsoa_code"].astype(str)
    return rows.set_index("lsoa")["demand"].astype(float).reindex(codes, fill_value=0.0)


def _number(found: Sited) -> Callable[[float], str]:
    return words.about if found.modelled else lambda people: f"{people:,.0f}"


def _picture(found: Sited) -> None:
    areas = found.areas.assign(more=found.areas["after"] - found.areas["before"])
    gaining = areas[areas["more"] >= 0.5].nlargest(_SHOWN, "more")  # noqa: PLR2004 - half a person
    if gaining.empty:
        furniture.note("A new place would bring nobody within reach who is not now.")
        return
    rows = pd.DataFrame(
        {"group": gaining["name"].to_numpy(), "gained": gaining["more"].to_numpy(), "lost": 0.0}
    )
    unit = found.unit[:1].upper() + found.unit[1:]
    furniture.chart(
        gains_chart(
            rows,
            title=f"Where most {found.unit} would come within {found.threshold:g} minutes",
            words=_number(found),
            unit=f"{unit} who come within reach",
        )
    )


def _areas(found: Sited) -> None:
    number = _number(found)
    column = f"Within {found.threshold:g} minutes now"
    rows = [
        {
            "Area": str(row["name"]),
            found.unit[:1].upper() + found.unit[1:]: number(float(row["people"])),
            column: number(float(row["before"])),
            "Then": number(float(row["after"])),
            "More": number(float(row["after"]) - float(row["before"])),
            "Left out": number(float(row["left_out"])),
        }
        for row in sorted(
            records(found.areas), key=lambda row: float(row["before"]) - float(row["after"])
        )
    ]
    frame = pd.DataFrame(rows)
    furniture.table(
        frame,
        "The same numbers for every area, and whom each leaves out",
        numbers=frame.columns[1:],
    )


def _how_many(found: list[Sited]) -> None:
    furniture.section("How many would be enough?")
    number = _number(found[0])
    rows = [
        {
            "New places": f"{count}",
            "Where": "; ".join(
                str(row["name"]) for row in records(one.chosen[~one.chosen["existing"]])
            )
            or "None more helps",
            f"Within {one.threshold:g} minutes": number(float(one.areas["after"].sum())),
            "Left out": number(float(one.areas["left_out"].sum())),
        }
        for count, one in enumerate(found, 1)
    ]
    frame = pd.DataFrame(rows)
    furniture.table(
        frame,
        "The best places for each number of them; a larger set need not contain a smaller one",
        numbers=frame.columns[2:],
    )
