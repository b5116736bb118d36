"""N−1: what is lost with a service, an organisation or a stream, worked by hand and re-asked."""

from dataclasses import replace

import pytest
from hypothesis import given

from housing_map import model, resilience
from housing_map.model import Result, Settings
from housing_map.resilience import Kind, Loss, Met
from housing_map.vocabulary import Goal, Run
from tests.drawn import Question, examples, questions
from tests.packs import Tables, add
from tests.worlds import assume, bare, chain, one_run, serve, small_pack

_SOURCE = {"status": "assumed", "source": "made up for tests"}
SAFE = Settings(goal=Goal.SAFE)


def pay(tables: Tables, service: str, stream: str, ends_on: str = "") -> None:
    row = {"service_id": service, "stream": stream, "funder": "A funder", "ends_on": ends_on}
    add(tables, "funding", **row, **_SOURCE)


def two_refuges() -> Tables:
    """Twenty move. One adviser leads to two refuges, with room for 5 and 8 a year."""
    tables = bare(move=1)
    serve(tables, "adviser", "idva")
    serve(tables, "haven", "refuge", 5, basis="units")
    serve(tables, "harbour", "refuge", 8, basis="units")
    tables["services"][-1] |= {"organisation_id": "homes"}
    chain(tables, "entry:police", "adviser", "haven")
    chain(tables, "adviser", "harbour")
    return tables


def by_id(found: list[Loss]) -> dict[tuple[Kind, str], Loss]:
    return {(loss.what.kind, loss.what.id): loss for loss in found}


def asked(tables: Tables, *runs: Run) -> dict[tuple[Kind, str], Loss]:
    return by_id(resilience.n_minus_one(small_pack(tables), SAFE, runs=runs or (Run.CENTRAL,)))


def met(loss: Loss, run: Run = Run.CENTRAL) -> tuple[float, float]:
    """Households helped before and after a loss, to four places."""
    return round(loss.met[run].before, 4), round(loss.met[run].after, 4)


def test_a_refuge_lost_strands_nobody_and_takes_its_own_room_along() -> None:
    haven = asked(two_refuges())[Kind.SERVICE, "haven"]
    assert haven.stranded.households == 0
    assert met(haven) == (13, 8)


def test_the_only_adviser_lost_strands_everybody() -> None:
    adviser = asked(two_refuges())[Kind.SERVICE, "adviser"]
    assert adviser.stranded.households == pytest.approx(20)
    assert adviser.stranded.who["tenure"] == pytest.approx({"owned": 20})
    assert met(adviser) == (13, 0)


def test_an_organisation_takes_along_what_it_runs_houses_lets_or_supports() -> None:
    tables = two_refuges()
    found = asked(tables)
    assert found[Kind.ORGANISATION, "homes"].what.services == ("harbour",)
    assert met(found[Kind.ORGANISATION, "homes"]) == (13, 5)
    tables["services"][1] |= {"landlord_id": "homes"}
    assert asked(tables)[Kind.ORGANISATION, "homes"].what.services == ("harbour", "haven")


def test_a_stream_takes_along_all_that_it_pays_for_and_names_what_has_other_money() -> None:
    tables = two_refuges()
    pay(tables, "haven", "Grant", "2027-03-31")
    pay(tables, "harbour", "Grant", "2027-03-31")
    pay(tables, "harbour", "Legacy")
    grant = asked(tables)[Kind.FUNDING, "Grant"]
    assert grant.what.services == ("harbour", "haven")
    assert grant.what.in_part == ("harbour",)
    assert met(grant) == (13, 0)


def test_a_stream_that_is_over_cannot_be_lost_again() -> None:
    tables = two_refuges()
    pay(tables, "haven", "Old grant", "2026-03-31")
    assert (Kind.FUNDING, "Old grant") not in asked(tables)


def test_one_of_two_in_a_pool_takes_between_none_and_all_of_it_and_centrally_half() -> None:
    tables = bare(move=1)
    serve(tables, "adviser", "idva")
    serve(tables, "haven", "refuge")
    serve(tables, "harbour", "refuge")
    assume(tables, "refuge", "units", 8, stay_days_central="365", occupancy_central="1")
    chain(tables, "entry:police", "adviser", "haven")
    chain(tables, "adviser", "harbour")
    haven = asked(tables, *Run)[Kind.SERVICE, "haven"]
    assert met(haven) == (8, 4)
    assert met(haven, Run.CAUTIOUS) == (8, 0)
    assert met(haven, Run.OPTIMISTIC) == (8, 8)


def test_the_gravest_loss_comes_first() -> None:
    found = resilience.n_minus_one(small_pack(two_refuges()), SAFE)
    assert found[0].stranded.households == pytest.approx(20)
    fewer = [round(loss.fewer, 4) for loss in found]
    assert fewer == sorted(fewer, reverse=True)


def test_before_the_model_is_asked_again_nothing_is_said_about_room() -> None:
    result = one_run(two_refuges(), goal=Goal.SAFE)
    found = resilience.losses(result)
    assert all(dict(loss.met) == {} for loss in found)
    assert found[0].stranded.households == pytest.approx(20), "the most stranded first"


def test_progress_counts_to_the_end_and_the_same_question_is_asked_once() -> None:
    """Three services, and a body that runs two of them; another body and a grant take one each."""
    seen: list[tuple[int, int]] = []
    tables = two_refuges()
    pay(tables, "haven", "Grant")
    resilience.n_minus_one(
        small_pack(tables), SAFE, progress=lambda done, of: seen.append((done, of))
    )
    assert seen == [(n, 4) for n in (1, 2, 3, 4)]


def test_places_elsewhere_are_not_something_that_can_be_lost() -> None:
    tables = two_refuges()
    serve(tables, "elsewhere", "out_of_area")
    chain(tables, "adviser", "elsewhere", "home:elsewhere")
    assert (Kind.SERVICE, "elsewhere") not in asked(tables)


def test_a_loss_keeps_what_the_settings_already_leave_out() -> None:
    settings = replace(SAFE, without=frozenset({"harbour"}))
    found = by_id(resilience.n_minus_one(small_pack(two_refuges()), settings))
    assert (Kind.SERVICE, "harbour") not in found
    assert met(found[Kind.SERVICE, "haven"]) == (5, 0)


def test_fewer_is_what_was_helped_less_what_still_is() -> None:
    assert Met(before=13, after=8).fewer == 5


@given(questions())
@examples(8)
def test_who_is_stranded_is_who_has_no_path_when_the_model_is_asked_again(
    question: Question,
) -> None:
    result = question.ask()
    (run,) = result.runs
    for loss in resilience.losses(result, run):
        settings = replace(result.settings, without=frozenset(loss.what.services))
        cells = model.run_one(result.pack, settings, run).cells
        after = float(cells.demand[~cells.stages.in_time].sum())
        assert abs(without_route(result, run) + loss.stranded.households - after) < 1e-6, loss


def without_route(result: Result, run: Run) -> float:
    cells = result[run].cells
    return float(cells.demand[~cells.stages.in_time].sum())


@given(questions())
@examples(8)
def test_losses_that_are_not_asked_about_change_nothing(question: Question) -> None:
    """Whatever is skipped as beside every path is checked against the whole model."""
    result = question.ask()
    (run,) = result.runs
    matters = resilience._matters(result, run)
    for loss in resilience.losses(result, run):
        if not matters & set(loss.what.services):
            settings = replace(result.settings, without=frozenset(loss.what.services))
            after = float(model.run_one(result.pack, settings, run).cells.met.sum())
            assert after == pytest.approx(float(result[run].cells.met.sum()), abs=1e-6)
