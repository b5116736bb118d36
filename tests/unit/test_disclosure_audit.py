"""The attacker: intervals against every whole table, and patterns that only look safe."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map.disclosure import (
    Cell,
    Dimension,
    DisclosureError,
    Hidden,
    Kind,
    Mask,
    Policy,
    Relation,
    Release,
    Table,
    Zeros,
    audit,
    protect,
)
from housing_map.disclosure_audit import Attacker
from housing_map.disclosure_policy import readable
from housing_map.disclosure_tables import Known, system

ROWS = Dimension.flat("row", ["a", "b"])
COLUMNS = Dimension.flat("column", ["x", "y"])
LARGEST = 18
"""No cell of the small tables can be larger, whatever is hidden beside the total."""


def two_by_two(a: int, b: int, c: int, d: int) -> Table:
    values = {
        ("a", "x"): a,
        ("a", "y"): b,
        ("b", "x"): c,
        ("b", "y"): d,
        ("a", "all"): a + b,
        ("b", "all"): c + d,
        ("all", "x"): a + c,
        ("all", "y"): b + d,
        ("all", "all"): a + b + c + d,
    }
    return Table(name="t", measure="m", kind=Kind.PEOPLE, dimensions=(ROWS, COLUMNS), values=values)


def one_way(name: str, total: int, *, kind: Kind = Kind.PEOPLE, version: str = "") -> Table:
    """Return a table of one figure."""
    return Table(
        name=name, measure=name, kind=kind, dimensions=(), values={(): total}, version=version
    )


def by_tenure(**counts: int) -> Table:
    tenure = Dimension.flat("tenure", list(counts))
    values = {("all",): sum(counts.values()), **{(code,): n for code, n in counts.items()}}
    return Table(
        name="by tenure", measure="people", kind=Kind.PEOPLE, dimensions=(tenure,), values=values
    )


def naive(release: Release, *hidden: Cell, policy: Policy | None = None) -> Mask:
    """Return a mask that hides what somebody thought of, and no more."""
    covered = frozenset(system(release).facts)
    return Mask(policy or Policy(), {c.address: Hidden.PRIMARY for c in hidden}, covered)


@settings(max_examples=40)
@given(
    counts=st.tuples(*[st.integers(0, 4)] * 4),
    more=st.sets(st.sampled_from(list(two_by_two(1, 1, 1, 1).values)), max_size=6),
)
def test_intervals_are_those_of_every_whole_table_that_agrees(
    counts: tuple[int, ...], more: set[tuple[str, ...]]
) -> None:
    table = two_by_two(*counts)
    policy = Policy(threshold=2, base=2, zeros=Zeros.TELLING)
    places = {codes for codes, value in table.values.items() if value == 1} | more
    places -= {("all", "all")} if table.values["all", "all"] != 1 else set()
    if ("all", "all") in places:
        return
    release = Release(tables=(table,))
    hidden = {table.cell(codes).address for codes in places}
    mask = Mask(policy, dict.fromkeys(hidden, Hidden.PRIMARY), frozenset(system(release).facts))
    worlds = np.array(list(itertools.product(range(LARGEST + 1), repeat=4)))
    a, b, c, d = worlds.T
    sums = {
        ("a", "x"): a,
        ("a", "y"): b,
        ("b", "x"): c,
        ("b", "y"): d,
        ("a", "all"): a + b,
        ("b", "all"): c + d,
        ("all", "x"): a + c,
        ("all", "y"): b + d,
        ("all", "all"): a + b + c + d,
    }
    facts = system(release).facts
    agree = np.ones(len(worlds), dtype=bool)
    for codes, values in sums.items():
        cell = table.cell(codes)
        read = readable(facts[cell], policy, hidden=cell.address in hidden)
        agree &= (values >= read.low) & (values <= read.high)
    found = {bound.cell: (bound.low, bound.high) for bound in audit(release, mask).bounds}
    assert {table.cell(codes) for codes in places} <= set(found)
    for codes, values in sums.items():
        if table.cell(codes) in found:
            possible = values[agree]
            assert found[table.cell(codes)] == (possible.min(), possible.max())


def test_people_are_whole_and_the_attacker_knows() -> None:
    """Twice three pairs of 13 at most: 19 each in whole people, not 39 together.

    Two rings of three groups, each pair published as 12, which stands for 10 to 13.
    """
    policy = Policy(threshold=10, base=4)
    tables, relations, parts = [], [], []
    for ring in "pq":
        members = [one_way(f"{ring}{i}", n) for i, n in enumerate((5, 6, 6))]
        cells = [table.cell(()) for table in members]
        parts += cells
        tables += members
        for i, j in ((0, 1), (1, 2), (0, 2)):
            pair = one_way(f"{ring}{i}{j}", int(members[i].values[()] + members[j].values[()]))  # type: ignore[operator]
            tables.append(pair)
            relations.append(Relation(whole=pair.cell(()), parts=(cells[i], cells[j])))
    together = one_way("together", 34)
    relations.append(Relation(whole=together.cell(()), parts=tuple(parts)))
    release = Release(tables=(*tables, together), relations=tuple(relations))
    mask = naive(release, *parts, together.cell(()), policy=policy)
    bounds = {bound.cell.measure: bound for bound in audit(release, mask).bounds}
    assert bounds["together"].high == 38
    loose = Attacker(system(release), policy, mask.hidden, whole=False)
    assert loose.bound(together.cell(()), None).high == pytest.approx(39)


def test_one_hidden_cell_in_a_row_is_worked_out_from_the_total() -> None:
    table = by_tenure(owned=3, private=30)
    release = Release(tables=(table,))
    found = audit(release, naive(release, table.cell(("owned",))))
    (failed,) = found.failures
    # 35 stands for 33 to 37, 30 for 28 to 32.
    assert (failed.low, failed.high) == (1, 9)
    assert set(failed.unlocked_by) == {table.cell(("all",)), table.cell(("private",))}
    assert audit(release, protect(release)).passed


def test_the_refusal_names_cells_and_what_unlocks_them_and_no_figure() -> None:
    table = by_tenure(owned=3, private=31)
    release = Release(tables=(table,))
    with pytest.raises(DisclosureError, match="unlocked by") as refused:
        audit(release, naive(release, table.cell(("owned",)))).refuse()
    assert "people, tenure owned" in str(refused.value)
    assert "tenure private" in str(refused.value)
    assert not {"3", "31", "34"} & set(str(refused.value).split())


def test_two_tables_that_share_a_margin_unlock_each_other() -> None:
    """Each alone is safe as hidden; a subtotal in the second gives the first away."""
    first = by_tenure(owned=4, private=26, social=31)
    tenure = Dimension(
        name="tenure",
        codes={
            "all": None,
            "owned": "all",
            "rented": "all",
            "private": "rented",
            "social": "rented",
        },
    )
    values = {**first.values, ("rented",): 57}
    second = Table(
        name="with subtotals",
        measure="people",
        kind=Kind.PEOPLE,
        dimensions=(tenure,),
        values=values,
    )
    alone = protect(Release(tables=(first,)))
    assert audit(Release(tables=(first,)), alone).passed
    both = Release(tables=(first, second))
    (failed,) = audit(both, alone).failures
    assert failed.cell == first.cell(("owned",))
    assert second.cell(("rented",)) in failed.unlocked_by
    assert audit(both, protect(both)).passed


def test_a_national_statistic_unlocks_what_rounding_kept() -> None:
    """60 rounded stands for 58 to 62; published elsewhere it is 60."""
    table = by_tenure(owned=3, private=30, social=27)
    hidden = table.cell(("owned",))
    release = Release(tables=(table,))
    assert audit(release, naive(release, hidden)).passed
    national = Table(
        name="national", measure="people", kind=Kind.NATIONAL, dimensions=(), values={(): 60}
    )
    beside = Release(tables=(table, national))
    (failed,) = audit(beside, naive(beside, hidden)).failures
    assert national.cell(()) in failed.unlocked_by
    mask = protect(beside)
    assert audit(beside, mask).passed
    assert mask.apply(national)[()].text == "60"


def test_a_threshold_that_is_known_tightens_what_rounding_leaves() -> None:
    """The parts shown as 10 cannot be 8 or 9, so the hidden one is under 10."""
    table = by_tenure(owned=9, private=10, social=10)
    release = Release(tables=(table,))
    (failed,) = audit(release, naive(release, table.cell(("owned",)))).failures
    # 30 stands for 28 to 32, each 10 for 10 to 12: 4 to 12, where 0 to 16 could be thought.
    assert (failed.low, failed.high) == (4, 12)


def year_and_nine_months() -> Release:
    year = one_way("people", 65, version="year")
    months = one_way("people", 61, version="nine months")
    rest = Relation(whole=year.cell(()), parts=(months.cell(()),), rest="people, last quarter")
    return Release(tables=(year, months), relations=(rest,))


def test_two_times_that_overlap_give_away_the_difference() -> None:
    release = year_and_nine_months()
    (failed,) = audit(release, naive(release)).failures
    assert failed.cell.measure == "people, last quarter"
    assert (failed.low, failed.high) == (1, 9)
    mask = protect(release)
    assert audit(release, mask).passed


def test_rolling_years_are_protected_together_with_the_quarters_behind_them() -> None:
    quarters = [one_way("people", n, version=f"Q{i}") for i, n in enumerate((20, 15, 15, 18, 4), 1)]
    years = [
        one_way("people", sum(int(q.values[()]) for q in part), version=name)  # type: ignore[arg-type]
        for name, part in (("first", quarters[:4]), ("second", quarters[1:]))
    ]
    relations = tuple(
        Relation(whole=year.cell(()), parts=tuple(q.cell(()) for q in part))
        for year, part in zip(years, (quarters[:4], quarters[1:]), strict=True)
    )
    release = Release(tables=tuple(years), background=tuple(quarters), relations=relations)
    assert audit(release, protect(release)).passed
    told = Release(
        tables=tuple(years),
        background=tuple(quarters),
        relations=relations,
        known={q.cell(()): Known(float(q.values[()]), float(q.values[()])) for q in quarters[:4]},  # type: ignore[arg-type]
    )
    # With four quarters out already to the last person, the second year gives away the fifth.
    (failed,) = audit(told, naive(told)).failures
    assert failed.cell == quarters[4].cell(())
    mask = protect(told)
    assert years[1].cell(()).address in mask.hidden


def test_overlapping_areas_give_away_what_lies_between_them() -> None:
    """A police force area and its districts: the rest is a handful of people."""
    force = one_way("people in the force area", 152)
    districts = [one_way(f"people in {name}", n) for name, n in (("A", 80), ("B", 69))]
    relation = Relation(
        whole=force.cell(()),
        parts=tuple(t.cell(()) for t in districts),
        rest="people in the force area, outside both districts",
    )
    release = Release(tables=(force, *districts), relations=(relation,))
    exact = Policy(base=1)
    (failed,) = audit(release, naive(release, policy=exact)).failures
    assert (failed.low, failed.high) == (3, 3)
    assert "outside both" in str(failed.cell)
    mask = protect(release, exact)
    assert audit(release, mask).passed
    assert len(mask.hidden) == 1


def test_zeros_that_are_shown_leave_less_to_guess() -> None:
    """Where every zero is shown, a hidden cell is somebody: nine is too narrow for two of them."""
    table = by_tenure(owned=4, private=7, social=60)
    release = Release(tables=(table,))
    hidden = [table.cell(("owned",)), table.cell(("private",))]
    policy = Policy(base=1)
    assert audit(release, naive(release, *hidden, policy=policy)).passed
    shown = policy.model_copy(update={"zeros": Zeros.SHOWN, "threshold": 10})
    bounds = audit(release, naive(release, *hidden, policy=shown)).bounds
    assert {(bound.low, bound.high) for bound in bounds} == {(1, 10)}


def test_an_earlier_release_cannot_be_taken_back() -> None:
    """What was printed last year is laid beside this year's tables, rounded as it was."""
    table = by_tenure(owned=13, private=30, social=27)
    known = protect(Release(tables=(table,))).known(table)
    assert known[table.cell(("owned",))] == Known(13, 17)
    finer = by_tenure(owned=13, private=30, social=27)
    sole = Table(
        name="sole",
        measure="people, sole owners",
        kind=Kind.PEOPLE,
        dimensions=(),
        values={(): 10},
    )
    relation = Relation(
        whole=finer.cell(("owned",)), parts=(sole.cell(()),), rest="people, joint owners"
    )
    release = Release(tables=(sole,), background=(finer,), relations=(relation,), known=known)
    assert not audit(release, naive(release)).passed
    mask = protect(release)
    assert mask.apply(sole)[()].text == "[c]"


def test_what_others_published_to_the_last_person_cannot_be_protected() -> None:
    table = by_tenure(owned=3, private=30)
    told = {
        table.cell((code,)): Known(float(n), float(n)) for code, n in (("all", 33), ("private", 30))
    }
    with pytest.raises(DisclosureError, match="tenure owned"):
        protect(Release(tables=(table,), known=told))


def test_a_figure_published_before_that_has_changed_is_refused() -> None:
    table = by_tenure(owned=20, private=30)
    with pytest.raises(DisclosureError, match="published before with another figure"):
        protect(Release(tables=(table,), known={table.cell(("owned",)): Known(28, 32)}))
