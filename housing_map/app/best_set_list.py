"""What could be done: the ready list of candidates, the reader's own, and what each costs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from housing_map.app import change_forms, furniture, scenario_words, state
from housing_map.candidates import Candidate, Stand, candidate
from housing_map.cells import is_empty, records
from housing_map.change_words import sentence, sentences
from housing_map.changes import COSTED, AddService, CloseService, Resize
from housing_map.errors import HousingMapError
from housing_map.gates import gated
from housing_map.pack import Pack
from housing_map.ready_candidates import Ready, ready
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from housing_map.changes import Change
    from housing_map.model import Settings

_LIST: Final = "best_list"
_MADE_FOR: Final = "best_list_for"
_TURN: Final = "best_list_turn"
_SHOWN: Final = "best_list_shown"
_ADDED: Final = "best_list_added"

STANDS: Final[Mapping[Stand, str]] = {
    Stand.OPEN: "May be chosen",
    Stand.FORCED: "Must be chosen",
    Stand.OUT: "Left out",
}
WHAT, PLACES, COST, STAND = "What could be done", "Places", "£ a year", "Choice"
_OWN: Final = {
    "add_service": "A new service",
    "resize": "More places",
    "takes": "A service takes more households",
    "close_service": "A service may close",
}
_MOST_SIZES: Final = 6


def candidates(pack: Pack) -> tuple[Candidate, ...]:
    """Return the list as it stands in this session: at first, the ready one of the pack."""
    if st.session_state.get(_MADE_FOR) != pack.digest:
        st.session_state[_MADE_FOR] = pack.digest
        _keep(_ready(pack).candidates)
    found: tuple[Candidate, ...] = st.session_state[_LIST]
    return found


def show(pack: Pack, settings: Settings) -> None:
    """Draw the list, and what can be done to it."""
    candidates(pack)
    furniture.section("What could be done")
    furniture.note(
        "The best set is chosen from this list alone. Of several sizes of one scheme at most one "
        "is chosen. Write what each costs a year, as far as somebody has said: an empty box is a "
        "cost that nobody has given, and is never taken as nothing. What a closure saves is "
        "below 0."
    )
    _grid()
    with st.expander("Change or remove one of them"):
        st.fragment(_one)(pack)
    with st.expander("Add one of your own"):
        st.fragment(_add)(pack, settings)
    lacking = _ready(pack).left_out
    if lacking:
        with st.expander("What is not on the list, and why"):
            furniture.bullets(lacking)
    if st.button("Back to the ready list", key="best_ready"):
        _keep(_ready(pack).candidates)
        st.rerun()


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Pack: lambda found: found.digest})
def _ready(pack: Pack) -> Ready:
    return ready(pack)


# The table --------------------------------------------------------------------------------


def _grid() -> None:
    """Draw the list as a table that can be written in; what is written is kept at once."""
    # The table that is handed over stays the same while somebody writes in it: a new one would
    # take the pen out of their hand. Once it was not drawn, what was written stands in the list.
    key = f"best_grid_{st.session_state[_TURN]}"
    if key not in st.session_state:
        st.session_state[_SHOWN] = _frame(st.session_state[_LIST])
    shown: pd.DataFrame = st.session_state[_SHOWN]
    after = st.data_editor(
        shown,
        hide_index=True,
        width="stretch",
        disabled=[WHAT, PLACES],
        column_config={
            WHAT: st.column_config.TextColumn(width="medium"),
            PLACES: st.column_config.TextColumn(width="small", alignment="right"),
            COST: st.column_config.NumberColumn(
                format="localized", step=1, min_value=-1e10, max_value=1e10, width="small"
            ),
            STAND: st.column_config.SelectboxColumn(
                options=list(STANDS.values()), required=True, width="small"
            ),
        },
        placeholder="not given",
        alt="What could be done: places, cost in pounds a year, and whether it may be chosen",
        key=key,
    )
    stands = {label: stand for stand, label in STANDS.items()}
    st.session_state[_LIST] = tuple(
        with_stand(with_cost(one, _amount(row[COST])), stands[str(row[STAND])])
        for one, row in zip(st.session_state[_LIST], records(after), strict=True)
    )


def _amount(cell: Any) -> float | None:  # noqa: ANN401 - a cell
    return None if is_empty(cell) else float(cell)


def _frame(listed: Sequence[Candidate]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            WHAT: [one.label for one in listed],
            PLACES: [f"{one.units:,.10g}" if one.units else "–" for one in listed],
            COST: pd.array([one.cost_gbp_a_year for one in listed], dtype="Float64"),
            STAND: [STANDS[one.stand] for one in listed],
        }
    )


def _keep(listed: Sequence[Candidate]) -> None:
    """Take a new list: the table is drawn afresh."""
    st.session_state[_LIST] = tuple(listed)
    st.session_state[_SHOWN] = _frame(listed)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def with_cost(one: Candidate, cost: float | None) -> Candidate:
    """Return the candidate at a cost in GBP a year, which its changes say as well."""
    if one.cost_gbp_a_year == cost:
        return one
    costed = [number for number, change in enumerate(one.changes) if isinstance(change, COSTED)]
    changes = list(one.changes)
    for place, number in enumerate(costed):
        # Together they cost so much: the first says it, and the others nothing more.
        amount = cost if place == 0 or cost is None else 0.0
        changes[number] = changes[number].model_copy(update={"cost_gbp_a_year": amount})
    return replace(one, changes=tuple(changes), cost_gbp_a_year=cost)


def with_stand(one: Candidate, stand: Stand) -> Candidate:
    """Return the candidate, open, forced or out of the question."""
    return one if one.stand is stand else replace(one, stand=stand)


# One of them ------------------------------------------------------------------------------


def _one(pack: Pack) -> None:
    """Say what a candidate changes; change its cost and its standing by labelled boxes."""
    listed: tuple[Candidate, ...] = st.session_state[_LIST]
    if not listed:
        furniture.note("The list is empty.")
        return
    options = {one.id: one.label for one in listed}
    chosen = state.pick(st.container(), "Which", options, key="best_one")
    one = next(each for each in listed if each.id == chosen)
    furniture.bullets(sentences(one.changes, pack))
    key = f"best_one_{st.session_state[_TURN]}_{one.id}"
    cost = st.number_input(
        "£ a year, for all of it", value=one.cost_gbp_a_year, step=1000.0, format="%.0f",
        placeholder="not given", key=f"{key}_cost",
    )  # fmt: skip
    stand = state.pick(
        st.container(), "Choice", {str(s): said for s, said in STANDS.items()}, key=f"{key}_stand",
        first=str(one.stand),
    )  # fmt: skip
    keep, remove = st.columns(2)
    if keep.button("Keep this", key="best_one_keep", width="stretch"):
        after = with_stand(with_cost(one, cost), Stand(stand))
        _keep([after if each.id == chosen else each for each in listed])
        st.rerun()
    if remove.button("Remove from the list", key="best_one_remove", width="stretch"):
        _keep([each for each in listed if each.id != chosen])
        st.rerun()


# One's own --------------------------------------------------------------------------------


def _add(pack: Pack, settings: Settings) -> None:
    """Offer the forms of the changes that can be chosen between."""
    sort = state.pick(st.container(), "What would be done", _OWN, key="best_own_sort")
    key = f"best_own_{sort}_{st.session_state.get(_ADDED, 0)}"
    make = change_forms.form(sort, change_forms.Names(pack), key)
    if make is None:
        furniture.note("The data have nothing that could be changed in this way.")
        return
    sizes = ""
    if sort in {"add_service", "resize"}:
        sizes = st.text_input(
            "Other sizes it could have (such as 4, 10), of which at most one is chosen",
            key=f"{key}_sizes",
            max_chars=60,
        )
    if st.button("Add to the list", key="best_own_add"):
        try:
            first = make()
            made = of_sizes(pack, first, sizes_in(sizes), st.session_state[_LIST])
            refused = [*unusable(pack, settings, made).values()]
        except ValidationError as error:
            furniture.bullets(scenario_words.wrong(error))
            return
        except (HousingMapError, ValueError) as error:
            refused = [str(error)]
        if refused:
            furniture.bullets(refused)
            return
        _keep([*st.session_state[_LIST], *made])
        st.session_state[_ADDED] = st.session_state.get(_ADDED, 0) + 1
        st.rerun()


def sizes_in(text: str) -> tuple[float, ...]:
    """Read sizes that were written with commas or spaces between them.

    >>> sizes_in("4, 10"), sizes_in("")
    ((4.0, 10.0), ())
    """
    parts = [part for part in re.split(r"[\s,;]+", text.strip()) if part]
    try:
        found = tuple(dict.fromkeys(float(part) for part in parts))
    except ValueError:
        message = "Write sizes as numbers with commas between them, such as 4, 10"
        raise ValueError(message) from None
    if len(found) > _MOST_SIZES or any(not 0 < size < 1e6 for size in found):  # noqa: PLR2004
        message = f"Give at most {_MOST_SIZES} sizes, each above 0"
        raise ValueError(message)
    return found


def of_sizes(
    pack: Pack, change: Change, sizes: Sequence[float], there: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Return a candidate for a change, and one for each further size of it."""
    taken = {code for one in there for code in _new_services(one.changes)}
    used = {one.id for one in there}
    made: list[Candidate] = []
    for size in (None, *sizes):
        sized = _sized(change, size, taken)
        taken |= set(_new_services([sized]))
        label = sentence(sized, pack).removesuffix(".")
        name, number = label, 1
        while name in used:
            number += 1
            name = f"{label} ({number})"
        used.add(name)
        made.append(candidate([sized], name, id=name))
    made = [_closing(pack, one) for one in made]
    return tuple(replace(one, one_of=made[0].id) for one in made) if sizes else tuple(made)


def _new_services(changes: Sequence[Change]) -> list[str]:
    return [change.service_id for change in changes if isinstance(change, AddService)]


def _sized(change: Change, size: float | None, taken: set[str]) -> Change:
    """Return the change at another size, and a new service under an identifier of its own."""
    if isinstance(change, Resize):
        return change if size is None else Resize(pool=change.pool, by=size)
    if not isinstance(change, AddService):
        return change
    content = change.model_dump()
    code, number = change.service_id, 1
    while code in taken:
        number += 1
        code = f"{change.service_id}_of_choice_{number}"
    for route in content["routes"] or ():
        for end in ("from_id", "to_id"):
            if route[end] == change.service_id:
                route[end] = code
    content |= {"service_id": code, "capacity": size or change.capacity}
    return AddService.model_validate(content)


def unusable(pack: Pack, settings: Settings, listed: Sequence[Candidate]) -> dict[str, str]:
    """Say of candidates that cannot be made, or weighed, for a pack why that is, by id."""
    found: dict[str, str] = {}
    for one in listed:
        tried = apply(pack, Scenario(name="A candidate", changes=one.changes), settings)
        if tried.skipped:
            found[one.id] = f"{one.label}: {tried.skipped[0].why}."
    left = [one for one in listed if one.id not in found]
    dead = gated(pack, settings, left, Run.CENTRAL).dead
    return found | {left[number].id: f"{why}." for number, why in dead.items()}


def put_out(ids: Collection[str]) -> None:
    """Leave some candidates out."""
    _keep([with_stand(one, Stand.OUT) if one.id in ids else one for one in st.session_state[_LIST]])


def _closing(pack: Pack, one: Candidate) -> Candidate:
    """Let a closure give back the places that are known, so that units can be spent anew."""
    closed = [change.service_id for change in one.changes if isinstance(change, CloseService)]
    rows = records(pack["capacity"])
    places = sum(
        float(row["capacity_central"])
        for row in rows
        if row["service_id"] in closed and not is_empty(row["capacity_central"])
    )
    return replace(one, units=-places) if places else one
