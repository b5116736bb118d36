"""The tab *Best choice* without a browser: the best set, what it rests on, and the way back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from housing_map.app import background, best_set_answer, best_set_list, best_set_need
from housing_map.candidates import Ask, Candidate, Stand, candidate
from housing_map.changes import AddService, CloseService, Resize
from housing_map.choosing import Choosing
from housing_map.escape import escape
from housing_map.kinds import CONFIDENTIAL_KINDS
from housing_map.model import Settings
from housing_map.pack import ENVIRONMENT_VARIABLE, Pack, load_pack
from housing_map.ready_candidates import ready
from housing_map.scenario import Scenario
from tests.browser.hostile import TAG, HostilePack
from tests.integration.test_app_pages import WHAT_IF, bodies, html, opened, sound
from tests.packs import write_pack

BEST = "Best choice"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small pack."""
    return write_pack(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def pack(small: Path) -> Pack:
    """Return the small pack."""
    return load_pack(small)


@pytest.fixture(autouse=True)
def on_small(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use the small pack, a place of its own for saved work, and do long runs at once."""
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(small))
    monkeypatch.setenv("HOUSING_MAP_STORE", str(tmp_path / "saved"))
    monkeypatch.setenv(background.ENVIRONMENT_VARIABLE, background.HERE)
    background._desk.cache_clear()
    yield
    background._desk.cache_clear()


def places(pool: str = "refuge_one", by: float = 5, label: str = "More refuge") -> Candidate:
    """Return more places."""
    return candidate([Resize(pool=pool, by=by)], label)


LIST = (places(), places("pool:sanctuary", 20, "More secured homes"))


def at_best(listed: tuple[Candidate, ...] | None = LIST, **session: object) -> AppTest:
    """Open the tab with a list of candidates; None for the ready one."""
    app = opened(WHAT_IF)
    app.session_state["scenario_tab"] = BEST
    sound(app.run())
    if listed is not None:
        made = best_set_list._frame(listed)
        app.session_state["best_list"] = listed
        app.session_state["best_list_shown"] = made
        app.session_state["best_list_turn"] = 99
    for key, value in session.items():
        app.session_state[key] = value
    return sound(app.run())


def pressed(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    return sound(app.button(key=key).click().run())


def answer(app: AppTest) -> str:
    """Return the answer of the tab, below that of the page."""
    return next(body for body in bodies(app)[1:] if "hm-answer" in body)


def table(app: AppTest, caption: str) -> str:
    """Return a table by the start of its caption."""
    return next(body for body in bodies(app) if f"<caption>{caption}" in body)


def headers(app: AppTest) -> list[str]:
    return [heading.value for heading in app.header]


# The best set -------------------------------------------------------------------------------


def test_the_best_set_is_the_optimisers_and_is_said_to_be_proved(pack: Pack) -> None:
    app = at_best()
    best = Choosing(pack, Settings(), LIST, Ask(units=20)).optimum()
    inside = {one.label for one in LIST if one.id in best.ids}
    assert inside
    shown = table(app, "What is in the set")
    assert {one.label for one in LIST if one.label in shown} == inside
    assert "Proved: no other allowed set helps more households." in html(app)
    assert answer(app).startswith('<div class="hm-answer"><p>The best for 20 places')


def test_a_first_answer_stands_while_the_best_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing long starts before the page is drawn, and the answer is there all the same."""
    monkeypatch.delenv(background.ENVIRONMENT_VARIABLE)
    started: list[object] = []
    desk = background.Desk(lambda *work: started.append(work))  # type: ignore[arg-type]
    monkeypatch.setattr(background, "desk", lambda: desk)
    app = at_best()
    assert "A first answer for 20 places" in answer(app)
    assert "Looking for the best set there is" in html(app)
    assert "Proved" not in answer(app)
    assert started == []


def test_whom_the_best_set_leaves_out_is_always_named() -> None:
    app = at_best()
    assert "Whom it leaves out" in headers(app)
    assert re.search(r"would still not be helped\. Helped least often: \w", html(app))
    assert "<th scope=" in table(app, "Who would still not be helped")


def test_nobody_is_left_out_silently_where_nothing_helps() -> None:
    app = at_best((places(by=5),), best_places=0.0)
    assert "nothing on the list that is allowed helps anybody more" in answer(app)


def test_a_budget_in_pounds_asks_by_name_for_costs_that_nobody_has_given() -> None:
    app = at_best((*LIST, places(by=2, label="Two more")))
    sound(app.selectbox(key="best_budget").select("pounds").run())
    assert "Nobody has given a cost for:" in answer(app)
    asked = next(body for body in bodies(app) if f"<li>{LIST[0].label}</li>" in body)
    assert asked.count("<li>") == len(LIST) + 1
    assert "What is in the set" not in html(app), "no cost is made up"
    assert "How far would more or less go?" not in headers(app)


def test_costs_and_budget_are_still_there_after_another_tab() -> None:
    app = at_best()
    app.selectbox(key="best_budget").select("pounds")
    sound(app.run())
    app.number_input(key="best_pounds").set_value(123_000.0)
    sound(app.run())
    app.session_state["scenario_tab"] = "Keep"
    sound(app.run())
    # What was written into the table stands in the list; the table was handed over without it.
    written = tuple(best_set_list.with_cost(one, 40_000.0) for one in LIST)
    app.session_state["best_list"] = written
    app.session_state["scenario_tab"] = BEST
    sound(app.run())
    assert app.selectbox(key="best_budget").value == "pounds"
    assert app.number_input(key="best_pounds").value == 123_000.0
    assert [one.cost_gbp_a_year for one in app.session_state["best_list"]] == [40_000.0] * 2


def test_what_has_no_cost_can_be_left_out_for_now() -> None:
    app = at_best((best_set_list.with_cost(LIST[0], 1_000.0), LIST[1]))
    sound(app.selectbox(key="best_budget").select("pounds").run())
    pressed(app, "best_lacking")
    assert f"for £300,000 a year: {LIST[0].label}." in answer(app)


def test_with_every_cost_given_a_budget_in_pounds_is_kept() -> None:
    priced = tuple(best_set_list.with_cost(one, 200_000.0) for one in LIST)
    app = at_best(priced)
    sound(app.selectbox(key="best_budget").select("pounds").run())
    assert "for £300,000 a year" in answer(app)
    assert table(app, "What is in the set").count("£200,000") == 1


def test_what_must_be_chosen_beyond_the_budget_is_refused_with_the_shortfall() -> None:
    forced = (best_set_list.with_stand(places(by=30), Stand.FORCED),)
    app = at_best(forced)
    assert "This cannot be had. The budget binds" in answer(app)
    assert "10 more than the 20 there are" in answer(app)


def test_what_is_left_out_by_the_reader_is_never_chosen() -> None:
    out = (best_set_list.with_stand(LIST[0], Stand.OUT), LIST[1])
    app = at_best(out)
    assert LIST[0].label not in answer(app)


def test_what_cannot_be_done_is_named_and_can_be_gone_without() -> None:
    app = at_best((*LIST, places("no_such_pool", 5, "Places of nobody")))
    assert "Places of nobody" in html(app)
    pressed(app, "best_without")
    assert "The best for 20 places" in answer(app)
    stands = {one.label: one.stand for one in app.session_state["best_list"]}
    assert stands["Places of nobody"] is Stand.OUT


def test_the_ready_list_says_what_is_not_on_it_and_why(pack: Pack) -> None:
    app = at_best(None)
    assert [one.label for one in app.session_state["best_list"]] == [
        one.label for one in ready(pack).candidates
    ]
    for line in ready(pack).left_out:
        assert escape(line) in html(app)


# The list -----------------------------------------------------------------------------------


def test_a_cost_is_kept_by_labelled_boxes_as_well_as_in_the_table() -> None:
    app = at_best()
    box = next(one for one in app.number_input if (one.key or "").startswith("best_one_"))
    box.set_value(50_000.0).run()
    pressed(app, "best_one_keep")
    first = app.session_state["best_list"][0]
    assert first.cost_gbp_a_year == 50_000
    assert first.changes[0].cost_gbp_a_year == 50_000


def test_one_of_the_list_can_be_removed_and_the_ready_list_comes_back(pack: Pack) -> None:
    app = at_best()
    pressed(app, "best_one_remove")
    assert [one.label for one in app.session_state["best_list"]] == [LIST[1].label]
    pressed(app, "best_ready")
    assert len(app.session_state["best_list"]) == len(ready(pack).candidates)


def test_ones_own_candidate_may_have_several_sizes_of_which_one_is_chosen() -> None:
    app = at_best()
    sound(app.selectbox(key="best_own_sort").select("resize").run())
    sizes = next(one for one in app.text_input if (one.key or "").endswith("_sizes"))
    sizes.set_value("3, 7").run()
    pressed(app, "best_own_add")
    added = app.session_state["best_list"][len(LIST) :]
    assert [one.units for one in added] == [1, 3, 7]
    assert len({one.one_of for one in added}) == 1
    assert all(one.one_of for one in added)


def test_sizes_that_are_no_numbers_are_refused_in_words() -> None:
    app = at_best()
    sound(app.selectbox(key="best_own_sort").select("resize").run())
    sizes = next(one for one in app.text_input if (one.key or "").endswith("_sizes"))
    sizes.set_value("many").run()
    pressed(app, "best_own_add")
    assert "Write sizes as numbers" in html(app)
    assert len(app.session_state["best_list"]) == len(LIST)


def test_sizes_of_a_new_service_are_services_of_their_own(pack: Pack) -> None:
    new = AddService(service_id="new_refuge", name="Refuge", kind="refuge", capacity=4)
    made = best_set_list.of_sizes(pack, new, (6.0, 10.0), ())
    codes = [change.service_id for one in made for change in one.changes]  # type: ignore[union-attr]
    assert len(set(codes)) == 3
    assert [one.units for one in made] == [4, 6, 10]
    assert len({one.id for one in made}) == 3


def test_a_closure_gives_back_the_places_that_are_known(pack: Pack) -> None:
    [closing] = best_set_list.of_sizes(pack, CloseService(service_id="refuge_one"), (), ())
    rows = pack["capacity"].set_index("service_id")
    assert closing.units == -float(rows.loc["refuge_one", "capacity_central"])


def test_the_cost_of_several_changes_together_is_counted_once() -> None:
    both = candidate([*LIST[0].changes, *LIST[1].changes], "Both")
    priced = best_set_list.with_cost(both, 90_000.0)
    again = candidate(priced.changes, "Both")
    assert again.cost_gbp_a_year == priced.cost_gbp_a_year == 90_000
    emptied = best_set_list.with_cost(priced, None)
    assert candidate(emptied.changes, "Both").cost_gbp_a_year is None


# The way on ---------------------------------------------------------------------------------


def test_the_set_opens_as_the_scenario_that_is_being_built() -> None:
    app = at_best()
    pressed(app, "best_open")
    draft = app.session_state["scenario_draft"]
    assert isinstance(draft, Scenario)
    assert draft.changes
    assert set(draft.changes) <= {change for one in LIST for change in one.changes}
    assert app.session_state["scenario_tab"] == best_set_answer.BUILD


def test_the_search_can_start_from_the_scenario_that_is_being_built() -> None:
    """What is opened then keeps its changes, and the search does not take in what it made."""
    begun = Scenario(name="Smaller", changes=(Resize(pool="refuge_one", by=-1),))
    app = at_best(LIST, scenario_draft=begun)
    pressed(app, "best_from_draft")
    assert "It starts from a scenario: Smaller" in html(app)
    assert "The best for 20 places" in answer(app)
    pressed(app, "best_open")
    draft = app.session_state["scenario_draft"]
    assert draft.changes[0] == begun.changes[0]
    assert len(draft.changes) > 1
    assert app.session_state["best_from"] == begun


# How far, what first, what stands -----------------------------------------------------------


def test_frontier_order_and_survival_are_drawn_apart_and_only_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("housing_map.app.best_set_work.DRAWS", 3)
    app = at_best()
    for caption in ("each plan is the best", "one plan, step upon step", "how often each"):
        assert caption not in html(app)
    for name in ("frontier", "order", "survival"):
        pressed(app, f"do_best_{name}")
    for caption in ("each plan is the best", "one plan, step upon step", "how often each"):
        assert table(app, f"The same numbers: {caption}").count("<tr>") > 1
    descriptions = [str(one.proto.spec) for one in app.get("vega_lite_chart")]
    for words in ("Chart of separate dots", "Staircase chart", "share of draws"):
        assert sum(words in one for one in descriptions) == 1
    assert "of 3 draws" in html(app)


def test_each_plan_of_the_frontier_opens_as_a_scenario() -> None:
    app = at_best()
    pressed(app, "do_best_frontier")
    pressed(app, "best_plan_open")
    assert app.session_state["scenario_draft"].changes
    assert app.session_state["scenario_draft"].name.startswith("Best plan for")


# Need and place -----------------------------------------------------------------------------


def asked_for(question: str) -> AppTest:
    """Open one of the other questions."""
    app = at_best()
    return sound(app.radio(key="best_question").set_value(question).run())


def test_need_says_what_it_would_take_and_that_areas_are_not_building_sites() -> None:
    app = asked_for("need")
    assert "60% of every group" in answer(app)
    assert "More needed" in table(app, "The least there would have to be")
    assert "not places to be built there" in html(app)
    pressed(app, "best_need_open")
    made = app.session_state["scenario_draft"].changes
    assert made
    assert all(
        isinstance(one, AddService) and float(one.capacity or 0).is_integer() for one in made
    )
    assert all(not one.town and not one.points for one in made)


def test_a_share_that_no_places_can_reach_is_refused_with_who_binds() -> None:
    app = asked_for("need")
    app.slider(key="best_share").set_value(100).run()
    app.checkbox(key="best_as_far").uncheck().run()
    assert "This cannot be had. No number of places meets 100% of need" in answer(sound(app))


def test_part_of_a_place_is_rounded_up_and_rounding_of_the_solver_is_not() -> None:
    assert [best_set_need.whole(one) for one in (7.2, 8.0000001, 0.00001, 0.0)] == [8, 8, 0, 0]


def test_only_services_that_people_visit_can_be_given_a_place() -> None:
    app = asked_for("site")
    assert not CONFIDENTIAL_KINDS & set(app.selectbox(key="best_site_what").options)
    assert "refuge" not in " ".join(app.selectbox(key="best_site_what").options).lower()
    assert "New places:" in answer(app) or "No new place" in answer(app)
    assert "A place here is an area, not a building." in html(app)


# Names --------------------------------------------------------------------------------------


def test_hostile_names_are_text_on_every_part_of_the_tab(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = HostilePack(tmp_path_factory.mktemp("hostile"))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(hostile.folder))
    listed = (places("pool:refuge", 5, f"More {TAG}"),)
    app = at_best(listed, scenario_draft=Scenario(name="Plan"))
    for question in ("budget", "need", "site"):
        sound(app.radio(key="best_question").set_value(question).run())
        assert TAG not in html(app), question
