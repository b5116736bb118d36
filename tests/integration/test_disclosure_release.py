"""A whole release: linked tables, years, needs that overlap; protected, printed and attacked."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from housing_map.disclosure import (
    Dimension,
    Hidden,
    Kind,
    Mark,
    Mask,
    Policy,
    Release,
    Shown,
    Table,
    Zeros,
    audit,
    protect,
)
from housing_map.disclosure_tables import system

AREA = Dimension(
    name="area",
    codes={
        "all": None,
        "north": "all",
        "south": "all",
        "n1": "north",
        "n2": "north",
        "s1": "south",
    },
)
"""A tree in which one branch has a single leaf: the leaf is its branch again."""


def tabulated(
    records: NDArray[np.int64], dimensions: Sequence[Dimension], axes: tuple[int, ...], version: str
) -> Table:
    """Count records by some of their columns, totals and subtotals included."""
    chosen = tuple(dimensions[axis] for axis in axes)
    leaves = [[c for c in d.codes if c not in d.parts()] for d in chosen]
    values = {}
    for codes in itertools.product(*(d.codes for d in chosen)):
        inside = np.ones(len(records), dtype=bool)
        for axis, dimension, code, ends in zip(axes, chosen, codes, leaves, strict=True):
            under = [n for n, leaf in enumerate(ends) if code in _above(dimension, leaf)]
            inside &= np.isin(records[:, axis], under)
        values[codes] = int(inside.sum())
    return Table(
        name=f"by {' and '.join(d.name for d in chosen)} {version}",
        measure="people supported",
        kind=Kind.PEOPLE,
        dimensions=chosen,
        values=values,
        version=version,
    )


def _above(dimension: Dimension, code: str) -> list[str]:
    found, at = [], code
    while at is not None:
        found.append(at)
        at = dimension.codes[at]  # type: ignore[assignment]
    return found


def dimensions_of(sizes: Sequence[int]) -> list[Dimension]:
    return [Dimension.flat(f"d{i}", [f"c{j}" for j in range(n)]) for i, n in enumerate(sizes)]


def printed(mask: Mask, release: Release) -> dict[str, dict[tuple[str, ...], Shown]]:
    return {table.name: mask.apply(table) for table in release.tables}


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """Draw records, counted in linked tables, one with a tree, in one or two years."""
    dimensions = [AREA, *dimensions_of([draw(st.integers(2, 4)), draw(st.integers(2, 3))])]
    sizes = [3, len(dimensions[1].codes) - 1, len(dimensions[2].codes) - 1]
    tables = []
    for version in ("2024-25", "2025-26")[: draw(st.integers(1, 2))]:
        generator = np.random.default_rng(draw(st.integers(0, 10_000)))
        people = draw(st.integers(0, 200))
        shares = [generator.dirichlet(np.full(size, 0.8)) for size in sizes]
        records = np.stack(
            [generator.choice(size, people, p=p) for size, p in zip(sizes, shares, strict=True)],
            axis=1,
        )
        cuts = [((0,), (1, 2)), ((0, 1), (1, 2)), ((0, 1), (0, 2)), ((0, 1, 2), (1,))]
        axes = draw(st.sampled_from(cuts))
        tables += [tabulated(records, dimensions, axis, version) for axis in axes]
    return Release(tables=tuple(tables))


@settings(max_examples=30)
@given(release=releases(), zeros=st.sampled_from(Zeros))
def test_what_was_protected_withstands_the_attacker(release: Release, zeros: Zeros) -> None:
    policy = Policy(zeros=zeros)
    mask = protect(release, policy)
    assert audit(release, mask).passed
    for table in release.tables:
        for codes, shown in mask.apply(table).items():
            value = table.values[codes]
            assert not isinstance(value, Mark)
            if 0 < value < policy.threshold:
                assert shown == (None, Mark.HIDDEN, "[c]")
            if shown.value is not None:
                assert shown.value % policy.base == 0
                assert abs(shown.value - value) <= policy.base / 2


@settings(max_examples=15)
@given(counts=st.lists(st.integers(10, 500), min_size=2, max_size=8))
def test_tables_without_small_counts_are_only_rounded(counts: list[int]) -> None:
    codes = [f"c{i}" for i in range(len(counts))]
    values: dict[tuple[str, ...], float | Mark] = {("all",): sum(counts)}
    values |= {(code,): n for code, n in zip(codes, counts, strict=True)}
    table = Table(
        name="t",
        measure="m",
        kind=Kind.PEOPLE,
        dimensions=(Dimension.flat("d", codes),),
        values=values,
    )
    mask = protect(Release(tables=(table,)))
    assert mask.hidden == {}
    assert {c: s.value for c, s in mask.apply(table).items()} == {
        c: 5 * ((v + 2) // 5) for c, v in values.items()
    }


def fifteen(people: int, seed: int, version: str = "") -> Release:
    """Return fifteen tables of about ten by eight, every two of six dimensions."""
    sizes = [10, 8, 10, 8, 10, 8]
    dimensions = dimensions_of(sizes)
    generator = np.random.default_rng(seed)
    shares = [generator.dirichlet(np.full(size, 2.0)) for size in sizes]
    records = np.stack(
        [generator.choice(size, people, p=p) for size, p in zip(sizes, shares, strict=True)], axis=1
    )
    pairs = itertools.combinations(range(6), 2)
    return Release(tables=tuple(tabulated(records, dimensions, pair, version) for pair in pairs))


@pytest.fixture(scope="module")
def big() -> tuple[Release, Mask]:
    release = fifteen(6000, seed=3)
    return release, protect(release)


def test_fifteen_linked_tables_are_protected_where_small_cells_alone_would_leak(
    big: tuple[Release, Mask],
) -> None:
    release, mask = big
    assert audit(release, mask).passed
    small = {a: why for a, why in mask.hidden.items() if why is Hidden.PRIMARY}
    assert len(small) < len(mask.hidden)
    # Rounding alone would leave the attacker unsure here, but only if its errors do not cancel out.
    exact = mask.policy.model_copy(update={"base": 1})
    assert audit(release, Mask(exact, mask.hidden, mask.covered)).passed
    assert not audit(release, Mask(exact, small, mask.covered)).passed


def test_a_cell_reads_the_same_in_every_table_that_shows_it(big: tuple[Release, Mask]) -> None:
    release, mask = big
    seen: dict[object, set[str]] = {}
    for table in release.tables:
        for codes, shown in mask.apply(table).items():
            seen.setdefault(table.cell(codes), set()).add(shown.text)
    assert len(seen) < sum(len(table.values) for table in release.tables)
    assert all(len(texts) == 1 for texts in seen.values())


def test_the_same_release_gives_the_same_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Release(tables=fifteen(2000, seed=1).tables[:3])
    first = protect(release)
    monkeypatch.chdir(tmp_path)
    second = protect(release)
    assert first.hidden == second.hidden
    assert first.digest == second.digest
    assert list(tmp_path.iterdir()) == []


def test_another_year_meets_the_mask_of_the_first(big: tuple[Release, Mask]) -> None:
    _, mask = big
    new = fifteen(6000, seed=4, version="2025-26")
    more = mask.extended(new)
    assert set(mask.hidden) <= set(more.hidden)
    assert audit(new, more).passed
    for table in new.tables:
        for codes, shown in more.apply(table).items():
            if table.cell(codes).address in mask.hidden:
                assert shown.mark is Mark.HIDDEN


def test_hiding_one_cell_less_of_a_small_release_is_noticed() -> None:
    """What is hidden for others cannot be left out; the attacker reads the rest unrounded."""
    records = np.random.default_rng(7).choice(4, size=(90, 2), p=[0.02, 0.28, 0.3, 0.4])
    table = tabulated(records, dimensions_of([4, 4]), (0, 1), "")
    release = Release(tables=(table,))
    mask = protect(release)
    secondary = [a for a, why in mask.hidden.items() if why is Hidden.SECONDARY]
    assert secondary
    exact = mask.policy.model_copy(update={"base": 1})
    assert audit(release, Mask(exact, mask.hidden, mask.covered)).passed
    for address in secondary:
        less = {a: why for a, why in mask.hidden.items() if a != address}
        assert not audit(release, Mask(exact, less, mask.covered)).passed


def test_the_attacker_never_rules_out_the_truth(big: tuple[Release, Mask]) -> None:
    release, mask = big
    facts = system(release).facts
    for bound in audit(release, mask).bounds:
        assert bound.low <= facts[bound.cell].value <= bound.high
