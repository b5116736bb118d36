"""What ends when: by last day, counted from the reference date, and never guessed."""

from dataclasses import replace
from datetime import date

import pytest

from housing_map import timeline
from housing_map.model import Settings
from housing_map.timeline import Timeline
from housing_map.vocabulary import Goal
from tests.packs import Tables, add
from tests.worlds import bare, chain, serve, set_tenures, small_pack

_SOURCE = {"status": "assumed", "source": "made up for tests"}


def pay(tables: Tables, service: str, stream: str, ends_on: str = "") -> None:
    row = {"service_id": service, "stream": stream, "funder": "A funder", "ends_on": ends_on}
    add(tables, "funding", **row, **_SOURCE)


def two_refuges() -> Tables:
    """Twenty move: two refuges by way of one adviser, each paid from a grant of its own."""
    tables = bare(move=1)
    serve(tables, "adviser", "idva")
    serve(tables, "haven", "refuge", 5, basis="units")
    serve(tables, "harbour", "refuge", 5, basis="units")
    chain(tables, "entry:police", "adviser", "haven")
    chain(tables, "adviser", "harbour")
    pay(tables, "haven", "First grant", "2027-03-31")
    pay(tables, "harbour", "Second grant", "2028-03-31")
    return tables


def of(tables: Tables, on: date | None = None) -> Timeline:
    return timeline.timeline(small_pack(tables), Settings(goal=Goal.SAFE, on=on))


def test_each_end_has_its_day_and_the_losses_of_a_route_add_up_over_time() -> None:
    """The first refuge ends and nobody is stranded; the second ends and everybody is."""
    found = of(two_refuges())
    assert [(e.day, e.ending) for e in found.events] == [
        (date(2027, 3, 31), ("haven",)),
        (date(2028, 3, 31), ("harbour",)),
    ]
    assert [e.stranded.households for e in found.events] == pytest.approx([0, 20])
    assert [e.more for e in found.events] == pytest.approx([0, 20])
    assert found.events[1].gone == ("harbour", "haven")
    assert [last.service for last in found.unknown] == ["adviser"]


def test_those_who_lose_the_last_route_are_named_by_home_and_area() -> None:
    tables = two_refuges()
    set_tenures(tables, owned=300, private=100)
    who = of(tables).events[1].stranded.who
    assert who["tenure"] == pytest.approx({"owned": 15, "private_rent": 5})
    assert sum(who["place"].values()) == pytest.approx(20)


def test_a_service_that_keeps_other_money_loses_a_part_and_stays() -> None:
    tables = two_refuges()
    pay(tables, "haven", "Third grant", "2029-03-31")
    found = of(tables)
    assert (found.events[0].ending, found.events[0].in_part) == ((), ("haven",))
    assert found.events[0].streams == ("First grant",)
    assert [e.more for e in found.events] == pytest.approx([0, 0, 20])


def test_a_service_whose_money_has_no_published_end_loses_a_part_and_is_listed_apart() -> None:
    tables = two_refuges()
    pay(tables, "haven", "Third grant")
    found = of(tables)
    assert found.events[0].in_part == ("haven",)
    assert [last.service for last in found.unknown] == ["adviser", "haven"]
    assert found.events[-1].stranded.households == 0


def test_what_ended_before_the_reference_date_is_no_event() -> None:
    found = of(two_refuges(), date(2027, 4, 1))
    assert [e.day for e in found.events] == [date(2028, 3, 31)]
    assert [last.service for last in found.overdue] == ["haven"]
    assert found.events[0].stranded.households == 0, "what runs on without known money is there"


def test_the_last_day_itself_is_still_ahead() -> None:
    assert of(two_refuges(), date(2027, 3, 31)).events[0].ending == ("haven",)


def test_a_service_that_closes_is_an_event_without_any_money() -> None:
    tables = two_refuges()
    tables["services"][0] |= {"closes_on": "2026-12-31"}
    first = of(tables).events[0]
    assert (first.day, first.ending, first.streams) == (date(2026, 12, 31), ("adviser",), ())
    assert first.stranded.households == pytest.approx(20)


def test_nothing_with_a_known_end_gives_an_empty_timeline() -> None:
    tables = two_refuges()
    tables["funding"] = []
    found = of(tables)
    assert found.events == ()
    assert len(found.unknown) == 3


def test_the_pack_says_the_reference_date_unless_the_settings_do() -> None:
    pack = small_pack(two_refuges())
    settings = Settings(goal=Goal.SAFE)
    assert timeline.timeline(pack, settings).on == pack.info.reference_date
    assert timeline.timeline(pack, replace(settings, on=date(2027, 1, 1))).on == date(2027, 1, 1)
