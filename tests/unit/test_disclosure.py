"""Policy, tables and masks: what is hidden, what is shown, and what is refused."""

import json

import pytest
from pydantic import ValidationError

from housing_map.disclosure import (
    Dimension,
    DisclosureError,
    Hidden,
    Kind,
    Mark,
    Mask,
    Policy,
    Providers,
    Relation,
    Release,
    Shown,
    Table,
    Zeros,
    audit,
    percentage,
    protect,
)
from housing_map.disclosure_policy import needs, readable, rounded
from housing_map.disclosure_tables import system
from housing_map.errors import SolverError

TENURE = Dimension.flat("tenure", ["owned", "private", "social"])


def people(owned: int, private: int, social: int, **more: object) -> Table:
    """Return people supported by tenure, which adds up."""
    counts = {"owned": owned, "private": private, "social": social}
    values = {("all",): sum(counts.values()), **{(code,): n for code, n in counts.items()}}
    given = {"name": "Supported", "measure": "people supported", "kind": Kind.PEOPLE} | more
    return Table(dimensions=(TENURE,), values=values, **given)  # type: ignore[arg-type]


def texts(mask: Mask, table: Table) -> dict[str, str]:
    return {" × ".join(codes): shown.text for codes, shown in mask.apply(table).items()}


def reasons(mask: Mask) -> dict[str, Hidden]:
    return {" ".join(code for _, code in a.at): why for a, why in mask.hidden.items()}


def test_a_small_count_is_hidden_with_one_more_and_the_rest_rounded() -> None:
    table = people(3, 48, 31)
    mask = protect(Release(tables=(table,)))
    assert texts(mask, table) == {"all": "80", "owned": "[c]", "private": "50", "social": "[c]"}
    assert reasons(mask) == {"owned": Hidden.PRIMARY, "social": Hidden.SECONDARY}


def test_without_small_counts_nothing_is_hidden() -> None:
    table = people(10, 48, 0)
    mask = protect(Release(tables=(table,)))
    assert mask.hidden == {}
    assert texts(mask, table) == {"all": "60", "owned": "10", "private": "50", "social": "0"}


@pytest.mark.parametrize(
    ("zeros", "hidden"),
    [(Zeros.SHOWN, set()), (Zeros.TELLING, {"private", "social"})],
)
def test_a_zero_is_hidden_where_it_says_what_everybody_is(zeros: Zeros, hidden: set[str]) -> None:
    """All 30 owned their home: each zero says so of each of them."""
    table = people(30, 0, 0)
    mask = protect(Release(tables=(table,)), Policy(zeros=zeros))
    primary = {code for code, why in reasons(mask).items() if why is Hidden.PRIMARY}
    assert primary == hidden


def test_a_zero_that_cannot_be_otherwise_is_shown_and_tells_nothing() -> None:
    table = people(30, 0, 0, structural=frozenset({("private",), ("social",)}))
    assert protect(Release(tables=(table,))).hidden == {}


def test_hidden_zeros_hide_every_zero() -> None:
    mask = protect(Release(tables=(people(30, 40, 0),)), Policy(zeros=Zeros.HIDDEN))
    assert reasons(mask)["social"] is Hidden.PRIMARY


def test_zeros_shown_are_never_taken_to_protect_another() -> None:
    table = people(3, 0, 40)
    mask = protect(Release(tables=(table,)), Policy(zeros=Zeros.SHOWN))
    assert texts(mask, table)["private"] == "0"


def test_a_shown_count_is_no_smaller_than_the_threshold_to_one_who_knows_the_policy() -> None:
    whole = system(Release(tables=(people(10, 48, 12),)))
    read = {
        dict(c.at).get("tenure", "all"): readable(f, Policy(), hidden=False)
        for c, f in whole.facts.items()
    }
    assert read == {"all": (68, 72), "owned": (10, 12), "private": (48, 52), "social": (10, 12)}


@pytest.mark.parametrize(
    ("value", "base", "nearest"), [(12, 5, 10), (13, 5, 15), (5, 10, 10), (4, 10, 0), (7.5, 5, 10)]
)
def test_rounding_goes_to_the_nearest_and_halves_up(value: float, base: int, nearest: int) -> None:
    assert rounded(value, base) == nearest


def test_a_rounding_base_above_the_threshold_is_refused() -> None:
    with pytest.raises(ValidationError, match="rounding base"):
        Policy(threshold=5, base=10)


def test_a_policy_survives_json() -> None:
    policy = Policy(threshold=7, zeros=Zeros.HIDDEN)
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
    assert set(policy.rules()) == set(Kind)


def test_a_mask_survives_the_store_and_holds_no_figure() -> None:
    table = people(3, 48, 31)
    mask = protect(Release(tables=(table,)))
    text = json.dumps(mask.as_dict())
    again = Mask.from_dict(json.loads(text))
    assert again == mask
    assert again.digest == mask.digest
    assert not {48, 31, 82} & set(
        map(int, "".join(c if c.isdigit() else " " for c in text).split())
    )
    with pytest.raises(DisclosureError, match="cannot be read"):
        Mask.from_dict({"policy": {}})


def test_the_digest_does_not_say_which_cells_are_the_small_ones() -> None:
    mask = protect(Release(tables=(people(3, 48, 31),)))
    swapped = dict.fromkeys(mask.hidden, Hidden.PRIMARY)
    assert Mask(mask.policy, swapped, mask.covered).digest == mask.digest


def test_a_mask_refuses_cells_and_figures_it_was_not_made_for() -> None:
    mask = protect(Release(tables=(people(3, 48, 31),)))
    with pytest.raises(DisclosureError, match="not made for"):
        mask.apply(people(3, 48, 30))
    with pytest.raises(DisclosureError, match="not made for"):
        mask.apply(people(3, 48, 31, version="2025-26"))


def test_a_cell_hidden_in_one_year_is_hidden_in_all_and_stays_so_when_more_is_added() -> None:
    old, new = people(3, 48, 31, version="2024-25"), people(20, 48, 31, version="2025-26")
    mask = protect(Release(tables=(old,)))
    more = mask.extended(Release(tables=(new,)))
    assert texts(more, new)["owned"] == "[c]"
    assert set(mask.hidden) <= set(more.hidden)
    assert texts(more, old) == texts(mask, old)


def test_percentages_come_from_what_is_shown() -> None:
    table = people(12, 48, 31)
    shown = protect(Release(tables=(table,))).apply(table)
    assert percentage(shown["owned",], shown["all",]) == Shown(11, None, "11%")
    hidden = Shown(None, Mark.HIDDEN, "[c]")
    assert percentage(hidden, shown["all",]).text == "[c]"
    assert percentage(shown["all",], Shown(0, None, "0")).mark is Mark.NOT_APPLICABLE


def test_estimates_are_rounded_and_small_ones_read_as_modelled() -> None:
    given = {"kind": Kind.MODELLED, "level": "partnership", "name": "Seeking help"}
    table = people(3, 48, 31, **given)
    mask = protect(Release(tables=(table,)))
    assert mask.hidden == {}
    assert texts(mask, table) == {
        "all": "80",
        "owned": "fewer than 5, modelled",
        "private": "50",
        "social": "30",
    }


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"level": "ward"}, "counts of people by ward"),
        ({"kind": Kind.MODELLED, "level": "lsoa"}, "modelled numbers by lsoa"),
        (
            {"kind": Kind.MODELLED, "level": "ward", "rate": True, "circumstances": True},
            "need or circumstance",
        ),
        ({"kind": Kind.PROVISION, "level": "ward", "confidential": True}, "confidential"),
    ],
)
def test_a_geography_that_is_too_small_is_refused(more: dict[str, object], problem: str) -> None:
    table = people(20, 48, 31, **more)
    with pytest.raises(DisclosureError, match=problem):
        protect(Release(tables=(table,)))


def test_modelled_rates_by_ward_without_a_circumstance_may_stand() -> None:
    table = people(3, 48, 31, kind=Kind.MODELLED, level="ward", rate=True)
    assert texts(protect(Release(tables=(table,))), table)["owned"] == "3"


def test_facts_on_confidential_accommodation_need_three_services_and_organisations() -> None:
    enough, few = Providers(4, 3), Providers(3, 2)
    table = people(
        12,
        20,
        40,
        name="Units",
        measure="refuge units",
        kind=Kind.PROVISION,
        confidential=True,
        providers={("all",): enough, ("owned",): few, ("private",): enough, ("social",): enough},
    )
    mask = protect(Release(tables=(table,)))
    assert texts(mask, table)["owned"] == "[c]"
    assert len(mask.hidden) == 2


def test_what_is_open_to_all_about_provision_stands_as_it_is() -> None:
    table = people(1, 2, 3, kind=Kind.PROVISION)
    assert texts(protect(Release(tables=(table,))), table)["owned"] == "1"


def test_dominance_and_the_p_rule_ask_for_the_protection_of_the_handbook() -> None:
    """80 and 15 of 100: two make 95 > 90, so 95 ÷ 0.9 − 100 = 5.56; p asks for 8 − 5 = 3."""
    amounts = people(
        100,
        900,
        500,
        kind=Kind.AMOUNT,
        contributions={
            ("owned",): (80.0, 15.0, 5.0),
            ("private",): (300.0, 300.0, 300.0),
            ("social",): (200.0, 150.0, 150.0),
            ("all",): (300.0, 300.0, 300.0, 200.0, 150.0, 150.0, 80.0),
        },
    )
    found = needs(system(Release(tables=(amounts,))), Policy())
    assert [dict(cell.at) for cell in found] == [{"tenure": "owned"}]
    (need,) = found.values()
    assert need.high - 100 == pytest.approx(95 / 0.9 - 100)
    assert 100 - need.low == pytest.approx(95 / 0.9 - 100)
    mask = protect(Release(tables=(amounts,)))
    assert len(mask.hidden) == 2


def test_an_amount_of_few_providers_is_hidden() -> None:
    amounts = people(
        100,
        100,
        100,
        kind=Kind.AMOUNT,
        contributions={("owned",): (50.0, 50.0), ("all",): (50,) * 6},
    )
    found = needs(system(Release(tables=(amounts,))), Policy())
    assert [dict(cell.at) for cell in found] == [{"tenure": "owned"}]


def test_needs_that_overlap_are_protected_by_what_is_left_as_well() -> None:
    """47 of 50 have the need: that 3 have not is as telling, though no table prints it."""
    need = Dimension.flat("need", ["mental health", "alcohol"], adds=False)
    values = {("all",): 50, ("mental health",): 47, ("alcohol",): 20}
    table = Table(
        name="Needs",
        measure="people supported",
        kind=Kind.PEOPLE,
        dimensions=(need,),
        values=values,
    )
    release = Release(tables=(table,))
    naive = Mask(Policy(), {}, frozenset(table.cell(codes) for codes in values))
    (failed,) = audit(release, naive).failures
    assert "other than mental health" in str(failed.cell)
    mask = protect(release)
    assert audit(release, mask).passed
    assert len(mask.hidden) == 1


def test_what_is_not_available_is_protected_where_a_total_gives_it_away() -> None:
    values = {("all",): 60, ("owned",): Mark.NOT_AVAILABLE, ("private",): 25, ("social",): 31}
    table = Table(
        name="Supported", measure="s", kind=Kind.PEOPLE, dimensions=(TENURE,), values=values
    )
    mask = protect(Release(tables=(table,)))
    assert texts(mask, table)["owned"] == "[x]"
    assert len(mask.hidden) == 1


def test_two_tables_that_contradict_each_other_are_refused() -> None:
    other = people(4, 47, 31, name="Again")
    with pytest.raises(DisclosureError, match=r"table Again: .* differs"):
        protect(Release(tables=(people(3, 48, 31), other)))


def test_parts_that_do_not_add_up_are_refused() -> None:
    table = people(20, 48, 31)
    wrong = Table(
        name="Wrong",
        measure="s",
        kind=Kind.PEOPLE,
        dimensions=(TENURE,),
        values={**table.values, ("all",): 100},
    )
    with pytest.raises(DisclosureError, match="do not add up"):
        protect(Release(tables=(wrong,)))


@pytest.mark.parametrize("value", [-1, 2.5, float("nan"), Mark.HIDDEN])
def test_a_count_that_is_none_is_refused(value: float | Mark) -> None:
    with pytest.raises(DisclosureError, match="whole for people"):
        Table(name="t", measure="m", kind=Kind.PEOPLE, dimensions=(), values={(): value})


def test_a_table_with_a_cell_missing_is_refused() -> None:
    with pytest.raises(DisclosureError, match="missing"):
        Table(name="t", measure="m", kind=Kind.PEOPLE, dimensions=(TENURE,), values={("all",): 3})


def test_a_dimension_that_bites_its_tail_is_refused() -> None:
    with pytest.raises(DisclosureError, match="cannot be"):
        Dimension(name="area", codes={"a": "b", "b": "a"})


def test_a_relation_about_an_unknown_cell_is_refused() -> None:
    table = people(20, 48, 31)
    stranger = table.cell(("all",))._replace(version="1999")
    relation = Relation(whole=stranger, parts=(table.cell(("all",)),), rest="rest")
    with pytest.raises(DisclosureError, match="which no table has"):
        protect(Release(tables=(table,), relations=(relation,)))


def test_a_solver_that_runs_out_of_time_gives_no_mask() -> None:
    with pytest.raises(SolverError, match="not proved best"):
        protect(Release(tables=(people(3, 48, 31),)), minutes=0)
