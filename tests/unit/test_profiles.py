"""Circumstances together: marginals kept, exclusions kept, and merging against enumeration."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.errors import UsageError
from housing_map.profiles import Factor, factors, signatures
from housing_map.vocabulary import CIRCUMSTANCES

EXACT = 1e-9
SHARES = {
    "mental_health": 0.4,
    "nrpf": 0.09,
    "pregnant": 0.12,
    "male": 0.3,
    "children_1_2": 0.4,
    "children_3": 0.1,
    "children_4_plus": 0.05,
    "wheelchair": 0.02,
    "limited_mobility": 0.08,
}


def every_set(parts: list[Factor]) -> dict[frozenset[str], float]:
    """Return each set of circumstances with its share, one by one."""
    found: dict[frozenset[str], float] = {}
    for combination in product(*(part.outcomes for part in parts)):
        together = frozenset().union(*(outcome for outcome, _ in combination))
        share = float(np.prod([share for _, share in combination]))
        found[together] = found.get(together, 0.0) + share
    return found


def test_each_circumstance_keeps_its_share_and_all_sets_sum_to_one() -> None:
    sets = every_set(factors(SHARES))
    assert sum(sets.values()) == pytest.approx(1, abs=EXACT)
    for code, share in SHARES.items():
        assert sum(v for s, v in sets.items() if code in s) == pytest.approx(share, abs=EXACT)


def test_each_factor_sums_to_one() -> None:
    for part in factors(SHARES):
        assert sum(share for _, share in part.outcomes) == pytest.approx(1, abs=EXACT)


def test_nobody_is_pregnant_and_a_man() -> None:
    sets = every_set(factors(SHARES))
    assert not any({"pregnant", "male"} <= s for s in sets)
    assert sum(v for s, v in sets.items() if s & {"pregnant", "male"}) == pytest.approx(0.42)


def test_nobody_stands_on_two_levels_of_a_group() -> None:
    for together in every_set(factors(SHARES)):
        groups = [CIRCUMSTANCES[c].level_of for c in together if CIRCUMSTANCES[c].level_of]
        assert len(groups) == len(set(groups)), together


def test_what_does_not_exclude_each_other_is_independent() -> None:
    sets = every_set(factors({"mental_health": 0.4, "nrpf": 0.1}))
    assert sets == pytest.approx(
        {
            frozenset(): 0.54,
            frozenset({"mental_health"}): 0.36,
            frozenset({"nrpf"}): 0.06,
            frozenset({"mental_health", "nrpf"}): 0.04,
        }
    )


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_an_impossible_pair_keeps_its_marginals(part: float, together: float) -> None:
    shares = {"pregnant": part * together, "male": (1 - part) * together}
    sets = every_set(factors(shares))
    for code, share in shares.items():
        assert sets.get(frozenset({code}), 0) == pytest.approx(share, abs=EXACT)
    assert sets[frozenset()] == pytest.approx(1 - together, abs=EXACT)


@pytest.mark.parametrize(
    "shares",
    [
        {"children_1_2": 0.75, "children_3": 0.375},
        {"pregnant": 0.75, "male": 0.375},
        {"pregnant": 1.0, "male": 0.125},
    ],
)
def test_shares_that_do_not_fit_are_refused_with_their_numbers(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError) as refused:
        factors(shares)
    for code, share in shares.items():
        assert f"{code} {share:g}" in str(refused.value)


@st.composite
def some(draw: st.DrawFn) -> tuple[dict[str, float], dict[str, int]]:
    """Draw up to six circumstances, with shares that fit, and masks for some of them."""
    codes = draw(st.lists(st.sampled_from(sorted(CIRCUMSTANCES)), max_size=6, unique=True))
    shares = {code: draw(st.floats(0, 1 / 7)) for code in codes}
    masks = {code: draw(st.integers(0, 31)) for code in codes if draw(st.booleans())}
    return shares, masks


@given(some())
def test_merging_comes_to_the_same_as_taking_every_set(
    drawn: tuple[dict[str, float], dict[str, int]],
) -> None:
    shares, masks = drawn
    parts = factors(shares)
    merged = signatures(parts, masks)
    share: dict[int, float] = {}
    joint: dict[tuple[int, str], float] = {}
    for together, weight in every_set(parts).items():
        mask = 0
        for code in together:
            mask |= masks.get(code, 0)
        share[mask] = share.get(mask, 0.0) + weight
        for code in together:
            joint[mask, code] = joint.get((mask, code), 0.0) + weight
    assert merged.masks == tuple(sorted(share))
    assert dict(zip(merged.masks, merged.share, strict=True)) == pytest.approx(share, abs=EXACT)
    for row, mask in enumerate(merged.masks):
        for column, code in enumerate(merged.circumstances):
            expected = joint.get((mask, code), 0.0)
            assert merged.joint[row, column] == pytest.approx(expected, abs=EXACT)


def test_signatures_keep_each_share_in_their_columns() -> None:
    merged = signatures(factors(SHARES), {code: 1 << i % 3 for i, code in enumerate(SHARES)})
    assert merged.share.sum() == pytest.approx(1, abs=EXACT)
    assert set(merged.circumstances) == set(SHARES)
    for column, code in enumerate(merged.circumstances):
        assert merged.joint[:, column].sum() == pytest.approx(SHARES[code], abs=EXACT)


def test_having_is_the_share_of_a_signature_with_a_circumstance() -> None:
    """Of households with bit 1, 1 - 0.5 x 0.8 = 0.6, those with drug use are 0.5."""
    merged = signatures(factors({"drugs": 0.5, "alcohol": 0.2}), {"drugs": 1, "alcohol": 1})
    assert merged.masks == (0, 1)
    assert merged.share == pytest.approx([0.4, 0.6])
    assert merged.having("drugs") == pytest.approx([0, 0.5 / 0.6])


def test_no_circumstances_leave_one_signature() -> None:
    merged = signatures(factors({}), {})
    assert merged.masks == (0,)
    assert merged.share.tolist() == [1.0]


def test_many_circumstances_that_mean_the_same_merge() -> None:
    """24 circumstances make a million sets and more; three meanings make eight signatures."""
    codes = [code for code in CIRCUMSTANCES if code != "pets"]
    assert len(codes) == 24
    merged = signatures(
        factors(dict.fromkeys(codes, 0.05)), {code: 1 << i % 3 for i, code in enumerate(codes)}
    )
    assert merged.masks == tuple(range(8))
    assert merged.share.sum() == pytest.approx(1, abs=EXACT)
    assert merged.joint.sum(axis=0) == pytest.approx(0.05, abs=EXACT)


def test_two_that_exclude_each_other_may_fill_the_whole() -> None:
    """Shares that sum to 1 leave nobody without either; a slow fit must not refuse them."""
    (factor,) = factors({"pregnant": 0.5, "male": 0.5})
    assert dict(factor.outcomes) == {
        frozenset({"pregnant"}): pytest.approx(0.5),
        frozenset({"male"}): pytest.approx(0.5),
    }
