"""Last days of services, from their own closing day and from their money."""

from datetime import date

from housing_map import funding
from housing_map.funding import LastDay, Why
from tests.packs import Tables, add, base_tables, change
from tests.worlds import small_pack

_SOURCE = {"status": "assumed", "source": "made up for tests"}


def last(tables: Tables, service: str = "refuge_one") -> LastDay:
    return funding.last_days(small_pack(tables))[service]


def pay(tables: Tables, stream: str, ends_on: str = "", service: str = "refuge_one") -> None:
    row = {"service_id": service, "stream": stream, "funder": "A funder", "ends_on": ends_on}
    add(tables, "funding", **row, **_SOURCE)


def test_a_service_ends_with_its_only_grant() -> None:
    found = last(base_tables())
    assert (found.day, found.why) == (date(2027, 3, 31), Why.FUNDING)


def test_a_service_ends_with_the_last_of_several_grants() -> None:
    tables = base_tables()
    pay(tables, "Second grant", "2028-03-31")
    found = last(tables)
    assert found.day == date(2028, 3, 31)
    assert [grant.ends for grant in found.grants] == [date(2027, 3, 31), date(2028, 3, 31)]


def test_one_grant_without_a_published_end_makes_the_end_unknown() -> None:
    tables = base_tables()
    pay(tables, "Second grant")
    assert (last(tables).day, last(tables).why) == (None, Why.UNPUBLISHED)


def test_a_service_of_whose_money_nothing_is_known_has_no_known_end() -> None:
    found = last(base_tables(), "idva")
    assert (found.day, found.why, found.grants) == (None, Why.NO_FUNDING_KNOWN, ())


def test_a_closing_day_counts_where_it_comes_first() -> None:
    for closes, expected, why in (
        ("2026-12-31", date(2026, 12, 31), Why.CLOSES),
        ("2030-12-31", date(2027, 3, 31), Why.FUNDING),
    ):
        tables = base_tables()
        change(tables, "services", {"service_id": "refuge_one"}, closes_on=closes)
        assert (last(tables).day, last(tables).why) == (expected, why)


def test_a_closing_day_counts_where_the_money_has_no_known_end() -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "idva"}, closes_on="2026-12-31")
    assert last(tables, "idva").day == date(2026, 12, 31)


def test_a_grant_is_there_on_its_last_day() -> None:
    (grant,) = funding.grants(small_pack(base_tables()))
    assert not grant.over(date(2027, 3, 31))
    assert grant.over(date(2027, 4, 1))


def test_a_grant_whose_end_nobody_published_is_never_over() -> None:
    tables = base_tables()
    tables["funding"][0]["ends_on"] = ""
    (grant,) = funding.grants(small_pack(tables))
    assert not grant.over(date(2099, 1, 1))
