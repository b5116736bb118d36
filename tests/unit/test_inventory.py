"""What exists, what is absent and what is unknown, counted by hand on the small pack.

Of the small pack's services the refuge, the sanctuary and the lettings give a safe or settled
home in the district; refuges elsewhere do not count.
"""

from datetime import date

import pytest

from housing_map.inventory import Presence, PresenceCell, inventory, not_counted, presence
from housing_map.kinds import COMPONENT_TENURES, KINDS
from housing_map.pack import load_pack
from housing_map.provision import Service
from housing_map.vocabulary import CIRCUMSTANCES, Component, Stage, Tenure
from tests.packs import Tables, base_tables, change
from tests.worlds import answer, bare, serve, small_pack

ON = date(2026, 6, 30)


def cell(tables: Tables, component: Component, tenure: Tenure, on: date = ON) -> PresenceCell:
    """Return the one cell of a component and a tenure."""
    (found,) = [
        c
        for c in presence(small_pack(tables), on)
        if (c.component, c.tenure) == (component, tenure)
    ]
    return found


# Inventory ----------------------------------------------------------------------------------


def test_what_exists_is_counted_by_kind() -> None:
    tables = base_tables()
    serve(tables, "refuge_two", "refuge")
    found = inventory(small_pack(tables), ON)
    assert dict(found.existing) == {"refuge": 2, "sanctuary": 1, "social_letting": 1}


def test_what_is_absent_is_every_other_kind_that_gives_a_home() -> None:
    found = inventory(small_pack(base_tables()), ON)
    homes = {k.code for k in KINDS.values() if k.stage in {Stage.SAFETY, Stage.HOUSING}}
    assert set(found.absent) == homes - {"refuge", "sanctuary", "social_letting", "out_of_area"}
    assert "dramm" not in found.absent, "meetings give nobody a home"


def test_a_service_that_may_have_closed_is_neither_existing_nor_absent() -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "sanctuary_one"}, operating="unknown")
    found = inventory(small_pack(tables), ON)
    assert "sanctuary" not in dict(found.existing)
    assert "sanctuary" not in found.absent
    assert found.uncertain == ("sanctuary_one",)


def test_a_service_that_has_closed_is_gone_after_its_last_day() -> None:
    tables = base_tables()
    change(tables, "services", {"service_id": "refuge_one"}, closes_on="2026-06-30")
    assert dict(inventory(small_pack(tables), ON).existing)["refuge"] == 1
    later = inventory(small_pack(tables), date(2026, 7, 1))
    assert "refuge" in later.absent


def test_unknown_capacity_is_that_of_services_that_give_a_home() -> None:
    """The sanctuary's is unknown; help outside the district and meetings are not asked."""
    found = inventory(small_pack(base_tables()), ON)
    assert found.capacity_unknown == ("sanctuary_one",)
    tables = base_tables()
    tables["capacity"] = []
    found = inventory(small_pack(tables), ON)
    assert set(found.capacity_unknown) == {"refuge_one", "sanctuary_one", "lettings"}


def test_unknown_answers_are_counted_over_services_and_circumstances() -> None:
    """Three circumstances are answered: men and mental health by the refuge, money by lettings."""
    found = inventory(small_pack(base_tables()), ON)
    services = 4  # the refuge, the sanctuary, the lettings, and refuges elsewhere
    assert found.rules_asked == services * len(CIRCUMSTANCES)
    assert found.rules_unknown == found.rules_asked - 3
    tables = base_tables()
    answer(tables, "sanctuary_one", "drugs", "depends")
    answer(tables, "sanctuary_one", "alcohol", "unknown")
    assert inventory(small_pack(tables), ON).rules_unknown == found.rules_unknown - 1


def test_an_empty_district_has_nothing_and_asks_nothing() -> None:
    found = inventory(small_pack(bare()), ON)
    assert (found.existing, found.uncertain, found.capacity_unknown) == ((), (), ())
    assert (found.rules_asked, found.legal_unclear) == (0, ())


def test_the_shipped_pack_has_unknowns_and_says_so() -> None:
    pack = load_pack()
    found = inventory(pack, pack.info.reference_date)
    services = set(pack["services"]["service_id"])
    assert found.existing
    assert found.capacity_unknown
    assert 0 < found.rules_unknown <= found.rules_asked
    named = (*found.uncertain, *found.capacity_unknown, *found.legal_unclear)
    assert set(named) <= services
    assert not {kind for kind, _ in found.existing} & set(found.absent)


# Presence -----------------------------------------------------------------------------------


def sanctuary(**cells: str) -> Tables:
    tables = bare()
    serve(tables, "locks", "sanctuary", **cells)
    return tables


def test_every_component_is_asked_for_every_tenure() -> None:
    cells = presence(small_pack(base_tables()), ON)
    assert [(c.component, c.tenure) for c in cells] == [(c, t) for c in Component for t in Tenure]
    for one in cells:
        meant = one.tenure in COMPONENT_TENURES.get(one.component, frozenset(Tenure))
        assert (one.presence is not None) == meant
        assert one.why


@pytest.mark.parametrize(
    ("operating", "given", "presence_of", "why"),
    [
        ("yes", "yes", Presence.IN_PLACE, "a service runs and takes this tenure"),
        ("yes", "depends", Presence.PARTIAL, "taken case by case"),
        ("yes", "unknown", Presence.UNKNOWN, "nobody has said whether it takes this tenure"),
        ("unknown", "yes", Presence.UNKNOWN, "nobody has confirmed that the service still runs"),
        ("unknown", "unknown", Presence.UNKNOWN, "nobody has confirmed"),
        ("yes", "no", Presence.ABSENT, "no service takes this tenure"),
    ],
)
def test_a_component_is_there_as_its_services_say(
    operating: str, given: str, presence_of: Presence, why: str
) -> None:
    tables = sanctuary()
    change(tables, "services", {"service_id": "locks"}, operating=operating)
    answer(tables, "locks", "tenure_owned", given)
    found = cell(tables, Component.SANCTUARY, Tenure.OWNED)
    assert found.presence is presence_of
    assert why in found.why
    assert found.services == (() if given == "no" else ("locks",))


def test_a_component_without_a_service_is_absent() -> None:
    found = cell(bare(), Component.REFUGE, Tenure.OWNED)
    assert (found.presence, found.why) == (Presence.ABSENT, "no service was found")


def test_the_surest_of_several_services_counts() -> None:
    tables = sanctuary()
    serve(tables, "more_locks", "sanctuary")
    answer(tables, "locks", "tenure_owned", "no")
    answer(tables, "more_locks", "tenure_owned", "depends")
    found = cell(tables, Component.SANCTUARY, Tenure.OWNED)
    assert (found.presence, found.services) == (Presence.PARTIAL, ("more_locks",))
    serve(tables, "third", "sanctuary")
    assert cell(tables, Component.SANCTUARY, Tenure.OWNED).presence is Presence.IN_PLACE


def test_a_component_is_not_meant_for_every_tenure() -> None:
    """Nobody without a home can be made safe in it, and only social tenants can swap."""
    found = cell(base_tables(), Component.SANCTUARY, Tenure.TEMPORARY)
    assert (found.presence, found.services) == (None, ())
    assert cell(base_tables(), Component.RECIPROCALS, Tenure.OWNED).presence is None
    assert cell(base_tables(), Component.RECIPROCALS, Tenure.COUNCIL).presence is Presence.ABSENT


def test_a_service_may_carry_more_components_than_its_kind() -> None:
    tables = sanctuary(components="flexible_funding")
    assert cell(tables, Component.FLEXIBLE_FUNDING, Tenure.OWNED).presence is Presence.IN_PLACE


def service(number: int, body: str, kind: str = "refuge") -> Service:
    return Service(f"s{number}", "A name", KINDS[kind], body, frozenset(), certain=True,
                   year_share=1.0, helpline="")  # fmt: skip


@pytest.mark.parametrize(
    ("bodies", "hidden"),
    [("a", True), ("ab", True), ("abb", True), ("aab", True), ("abc", False), ("abca", False)],
)
def test_a_confidential_kind_is_counted_in_public_from_three_services_and_bodies_on(
    bodies: str, *, hidden: bool
) -> None:
    found = not_counted(service(n, body) for n, body in enumerate(bodies))
    assert found == (frozenset({"refuge"}) if hidden else frozenset())


def test_what_is_not_confidential_is_always_counted() -> None:
    assert not_counted([service(1, "a", "social_letting")]) == frozenset()
