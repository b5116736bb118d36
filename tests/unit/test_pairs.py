"""Needs that occur together: known pairs, what cannot hold, the correlated sensitivity."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from housing_map.errors import UsageError
from housing_map.fitting import MOST_SETS, Factor, exclude
from housing_map.profiles import NEEDS, Mixture, factors, mean_odds_ratio, mixture, signatures
from housing_map.vocabulary import CIRCUMSTANCES

EXACT = 1e-9
Pair = tuple[str, str]
Sets = dict[frozenset[str], float]

SINGLE = ("mental_health", "drugs", "alcohol", "offending", "disability")
SHARES = {
    "mental_health": 0.49,
    "drugs": 0.12,
    "alcohol": 0.2,
    "nrpf": 0.04,
    "pregnant": 0.07,
    "male": 0.1,
    "children_1_2": 0.45,
    "children_3": 0.07,
    "children_4_plus": 0.07,
    "wheelchair": 0.02,
    "limited_mobility": 0.08,
}
PAIRS = {
    ("drugs", "alcohol"): 0.08,
    ("mental_health", "alcohol"): 0.14,
    ("mental_health", "children_3"): 0.05,
    ("pregnant", "drugs"): 0.01,
}


def every_set(parts: Sequence[Factor] | Mixture) -> Sets:
    """Return each set of circumstances with its share, one by one."""
    classes = parts.classes if isinstance(parts, Mixture) else ((1.0, tuple(parts)),)
    found: Sets = {}
    for weight, factors_ in classes:
        for combination in product(*(part.outcomes for part in factors_)):
            together = frozenset().union(*(outcome for outcome, _ in combination))
            share = math.prod([weight, *(share for _, share in combination)])
            found[together] = found.get(together, 0.0) + share
    return found


def having(sets: Sets, *codes: str) -> float:
    """Return the share of households with all of some circumstances."""
    return sum(share for held, share in sets.items() if held.issuperset(codes))


def fitted_by_margins(shares: Mapping[str, float], pairs: Mapping[Pair, float]) -> Sets:
    """Fit single circumstances by scaling one margin after the other, until nothing moves."""
    codes = list(shares)
    held = np.array(list(product([False, True], repeat=len(codes))))
    table = np.full(len(held), 1 / len(held))
    place = {code: number for number, code in enumerate(codes)}
    margins = [(held[:, place[code]], share) for code, share in shares.items()]
    margins += [(held[:, place[a]] & held[:, place[b]], both) for (a, b), both in pairs.items()]
    for _ in range(20_000):
        before = table
        for inside, goal in margins:
            for part, share in ((inside, goal), (~inside, 1 - goal)):
                now = table[part].sum()
                table = np.where(part, table * (share / now if now > 0 else 0.0), table)
        if np.abs(table - before).max() < 1e-13:
            break
    sets = (frozenset(c for c, x in zip(codes, row, strict=True) if x) for row in held)
    return dict(zip(sets, table.tolist(), strict=True))


@st.composite
def known(draw: st.DrawFn) -> tuple[dict[str, float], dict[Pair, float]]:
    """Draw a table of single circumstances, with sets that nobody has; show parts of it."""
    codes = SINGLE[: draw(st.integers(2, len(SINGLE)))]
    weights = draw(
        st.lists(
            st.one_of(st.just(0.0), st.floats(0.01, 1)),
            min_size=2 ** len(codes), max_size=2 ** len(codes),
        ).filter(lambda drawn: sum(drawn) > 0)
    )  # fmt: skip
    table = np.array(weights) / sum(weights)
    held = np.array(list(product([False, True], repeat=len(codes))))
    shares = {code: float(table[held[:, i]].sum()) for i, code in enumerate(codes)}
    shown = [pair for pair in combinations(range(len(codes)), 2) if draw(st.booleans())]
    pairs = {(codes[i], codes[j]): float(table[held[:, i] & held[:, j]].sum()) for i, j in shown}
    return {code: min(share, 1.0) for code, share in shares.items()}, pairs


# Known pairs -------------------------------------------------------------------------------


@given(known())
def test_total_marginals_and_pairs_are_kept(
    drawn: tuple[dict[str, float], dict[Pair, float]],
) -> None:
    """Also where the numbers leave some sets to nobody, which only a limit of scaling reaches."""
    shares, pairs = drawn
    sets = every_set(factors(shares, pairs))
    assert sum(sets.values()) == pytest.approx(1, abs=EXACT)
    for code, share in shares.items():
        assert having(sets, code) == pytest.approx(share, abs=EXACT)
    for (a, b), both in pairs.items():
        assert having(sets, a, b) == pytest.approx(both, abs=EXACT)


@given(
    st.lists(st.floats(0.05, 1), min_size=16, max_size=16),
    st.sets(st.sampled_from(list(combinations(SINGLE[:4], 2)))),
)
def test_the_fit_is_what_scaling_margin_by_margin_tends_to(
    weights: list[float], shown: set[Pair]
) -> None:
    table = np.array(weights) / sum(weights)
    held = np.array(list(product([False, True], repeat=4)))
    shares = {code: float(table[held[:, i]].sum()) for i, code in enumerate(SINGLE[:4])}
    column = {code: held[:, i] for i, code in enumerate(SINGLE[:4])}
    pairs = {(a, b): float(table[column[a] & column[b]].sum()) for a, b in shown}
    sets, expected = every_set(factors(shares, pairs)), fitted_by_margins(shares, pairs)
    for together, share in expected.items():
        assert sets.get(together, 0.0) == pytest.approx(share, abs=1e-8)


def test_no_other_table_with_these_pairs_has_more_entropy() -> None:
    """Against a general optimiser, on eight sets and two of three pairs."""
    shares = {"mental_health": 0.5, "drugs": 0.2, "alcohol": 0.3}
    pairs = {("mental_health", "drugs"): 0.17, ("drugs", "alcohol"): 0.12}
    held = [frozenset(c for c, x in zip(shares, row, strict=True) if x)
            for row in product([False, True], repeat=3)]  # fmt: skip
    wanted = [((), 1.0), *(((c,), s) for c, s in shares.items()), *pairs.items()]
    matrix = np.array([[z.issuperset(codes) for z in held] for codes, _ in wanted], dtype=float)
    goal = np.array([share for _, share in wanted])
    best = minimize(
        lambda p: float(np.sum(p * np.log(np.maximum(p, 1e-300)))),
        np.full(8, 1 / 8),
        jac=lambda p: np.log(np.maximum(p, 1e-300)) + 1,
        bounds=[(0, 1)] * 8,
        constraints={"type": "eq", "fun": lambda p: matrix @ p - goal, "jac": lambda _: matrix},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    sets = every_set(factors(shares, pairs))
    assert [sets[z] for z in held] == pytest.approx(best.x.tolist(), abs=1e-6)


def test_two_needs_that_are_independent_given_a_third_stay_so() -> None:
    """Known pairs of one need with two others say nothing of these two beyond it."""
    shares = {"mental_health": 0.5, "drugs": 0.2, "alcohol": 0.3}
    pairs = {("mental_health", "drugs"): 0.15, ("mental_health", "alcohol"): 0.25}
    sets = every_set(factors(shares, pairs))
    assert having(sets, "drugs", "alcohol", "mental_health") == pytest.approx(0.15 * 0.25 / 0.5)
    assert having(sets, "drugs", "alcohol") == pytest.approx(0.075 + 0.05 * 0.05 / 0.5)


def test_levels_impossible_pairs_and_known_pairs_hold_at_once() -> None:
    sets = every_set(factors(SHARES, PAIRS))
    for code, share in SHARES.items():
        assert having(sets, code) == pytest.approx(share, abs=EXACT)
    for pair, both in PAIRS.items():
        assert having(sets, *pair) == pytest.approx(both, abs=EXACT)
    for together in sets:
        assert not any(exclude(a, b) for a, b in combinations(together, 2)), together


def test_what_no_known_pair_ties_stays_independent() -> None:
    sets = every_set(factors(SHARES, PAIRS))
    assert having(sets, "nrpf", "drugs", "alcohol") == pytest.approx(0.04 * 0.08, abs=EXACT)
    assert having(sets, "wheelchair", "mental_health") == pytest.approx(0.02 * 0.49, abs=EXACT)


def test_a_pair_that_independence_gives_changes_nothing() -> None:
    shares = {"mental_health": 0.4, "nrpf": 0.1, "pets": 0.3}
    alone = every_set(factors(shares))
    assert every_set(factors(shares, {("nrpf", "mental_health"): 0.04})) == pytest.approx(alone)


@given(st.permutations(list(SHARES)), st.permutations(list(PAIRS)), st.booleans())
def test_the_order_of_shares_and_pairs_does_not_matter(
    codes: list[str], pairs: list[Pair], turned: bool
) -> None:
    sets = every_set(
        factors(
            {code: SHARES[code] for code in codes},
            {(pair[::-1] if turned else pair): PAIRS[pair] for pair in pairs},
        )
    )
    expected = every_set(factors(SHARES, PAIRS))
    assert sets.keys() == expected.keys()
    assert all(abs(sets[held] - share) < EXACT for held, share in expected.items())


def test_shares_at_the_edge_of_what_is_possible_are_fitted() -> None:
    """All who use drugs drink; all who drink or not have one of two: nobody has neither."""
    shares = {"drugs": 0.2, "alcohol": 0.5, "nrpf": 0.5}
    pairs = {("drugs", "alcohol"): 0.2, ("alcohol", "nrpf"): 0.0}
    sets = every_set(factors(shares, pairs))
    assert sets == {
        frozenset({"drugs", "alcohol"}): pytest.approx(0.2),
        frozenset({"alcohol"}): pytest.approx(0.3),
        frozenset({"nrpf"}): pytest.approx(0.5),
    }


def test_a_share_of_nobody_or_everybody_is_kept() -> None:
    (drugs, _, _) = parts = factors({"drugs": 0.0, "nrpf": 1.0, "pets": 0.5})
    assert drugs.outcomes == ((frozenset(), 1.0),)
    assert every_set(parts) == pytest.approx(
        {frozenset({"nrpf"}): 0.5, frozenset({"nrpf", "pets"}): 0.5}
    )
    assert signatures(parts, {}).having("drugs").tolist() == [0.0]


# What cannot hold --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "pairs", "said"),
    [
        ({"drugs": 0.4, "nrpf": 0.3}, {("drugs", "nrpf"): 0.35},
         "drugs 0.4 and nrpf 0.3 can occur together in 0 to 0.3 of households, but 0.35 is given"),
        ({"drugs": 0.75, "nrpf": 0.5}, {("drugs", "nrpf"): 0.125},
         "drugs 0.75 and nrpf 0.5 can occur together in 0.25 to 0.5 of households, but 0.125"),
        ({"drugs": 0.4}, {("drugs", "nrpf"): 0.1},
         "drugs with nrpf is given as 0.1, but nrpf has no share"),
        ({"male": 0.4, "pregnant": 0.2}, {("male", "pregnant"): 0.1},
         "male with pregnant is given as 0.1, but cannot occur together"),
        ({"children_3": 0.4, "children_1_2": 0.2}, {("children_3", "children_1_2"): 0.1},
         "children_1_2 with children_3 is given as 0.1, but cannot occur together"),
        ({"drugs": 0.4}, {("drugs", "drugs"): 0.4}, "drugs with drugs is given as 0.4, but is one"),
        ({"drugs": 0.4, "nrpf": 0.3}, {("drugs", "nrpf"): 0.1, ("nrpf", "drugs"): 0.2},
         "drugs with nrpf is given twice: as 0.1 and as 0.2"),
        ({"drugs": 1.5}, {}, "The share of drugs is 1.5"),
        ({"drugs": float("nan")}, {}, "The share of drugs is nan"),
    ],
)  # fmt: skip
def test_numbers_that_conflict_are_named(
    shares: dict[str, float], pairs: dict[Pair, float], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        factors(shares, pairs)
    assert said in str(refused.value)


def test_pairs_that_fit_one_by_one_but_not_together_are_named_and_no_others() -> None:
    """0.4 + 0.4 - 0.1 of the households with a mental health need would be 0.7 of 0.5."""
    shares = dict.fromkeys(SINGLE, 0.5) | {"pets": 0.2}
    pairs = {
        ("mental_health", "drugs"): 0.4,
        ("mental_health", "alcohol"): 0.4,
        ("drugs", "alcohol"): 0.1,
        ("disability", "alcohol"): 0.3,
        ("disability", "pets"): 0.1,
    }
    with pytest.raises(UsageError) as refused:
        factors(shares, pairs)
    assert str(refused.value) == (
        "These shares of households cannot all hold: mental_health 0.5, drugs with mental_health "
        "0.4, alcohol with mental_health 0.4, alcohol with drugs 0.1"
    )


def test_pairs_with_two_levels_cannot_be_more_than_the_other_has() -> None:
    shares = {"children_1_2": 0.4, "children_3": 0.3, "drugs": 0.5}
    pairs = {("children_1_2", "drugs"): 0.3, ("children_3", "drugs"): 0.3}
    with pytest.raises(UsageError, match=r"drugs 0\.5, children_1_2 with drugs 0\.3, children_3"):
        factors(shares, pairs)


def test_too_many_circumstances_tied_together_are_refused_before_they_are_listed() -> None:
    shares = dict.fromkeys(CIRCUMSTANCES, 0.05)
    chain = {
        (a, b): 0.01 for a, b in zip(list(shares), list(shares)[1:], strict=False)
        if not exclude(a, b)
    }  # fmt: skip
    with pytest.raises(UsageError, match=f"more than {MOST_SETS:,} sets") as refused:
        factors(shares, chain)
    assert "mental_health" in str(refused.value)


# Signatures --------------------------------------------------------------------------------


@st.composite
def questions(
    draw: st.DrawFn,
) -> tuple[dict[str, float], dict[str, int], dict[str, frozenset[str]]]:
    """Draw shares that fit, masks for some circumstances, and sets of them to track."""
    codes = draw(st.lists(st.sampled_from(sorted(CIRCUMSTANCES)), max_size=6, unique=True))
    shares = {code: draw(st.floats(0, 1 / 7)) for code in codes}
    masks = {code: draw(st.integers(0, 31) | st.just(1 << 90)) for code in codes}
    chosen = st.frozensets(st.sampled_from(sorted(CIRCUMSTANCES)), max_size=8)
    track = draw(st.dictionaries(st.sampled_from(["s5a", "s5b", "s5c"]), chosen, max_size=3))
    return shares, masks, track


@given(questions())
def test_households_are_told_apart_by_the_sets_they_touch(
    drawn: tuple[dict[str, float], dict[str, int], dict[str, frozenset[str]]],
) -> None:
    """Against every set taken one by one."""
    shares, masks, track = drawn
    parts = factors(shares)
    merged = signatures(parts, masks, track)
    share: dict[tuple[int, int], float] = {}
    joint: dict[tuple[int, int, str], float] = {}
    for held, part in every_set(parts).items():
        mask = 0
        for code in held:
            mask |= masks[code]
        touched = sum(1 << bit for bit, codes in enumerate(track.values()) if held & codes)
        share[mask, touched] = share.get((mask, touched), 0.0) + part
        for code in held:
            joint[mask, touched, code] = joint.get((mask, touched, code), 0.0) + part
    assert merged.masks == tuple(sorted({mask for mask, _ in share}))
    assert merged.tracked == tuple(track)
    assert merged.touching.shape == (len(merged.masks), 2 ** len(track))
    for row, mask in enumerate(merged.masks):
        assert merged.touching[row].sum() == pytest.approx(merged.share[row], abs=EXACT)
        for touched in range(2 ** len(track)):
            expected = share.get((mask, touched), 0.0)
            assert merged.touching[row, touched] == pytest.approx(expected, abs=EXACT)
            for place, code in enumerate(merged.circumstances):
                both = joint.get((mask, touched, code), 0.0)
                assert merged.joint_touching[row, touched, place] == pytest.approx(both, abs=EXACT)


def test_tracking_adds_no_signature_and_moves_nobody() -> None:
    parts, masks = factors(SHARES, PAIRS), {"nrpf": 1, "male": 2, "drugs": 1}
    plain = signatures(parts, masks)
    told = signatures(parts, masks, {"s5b": {"drugs", "alcohol"}, "s5a": {"nrpf"}})
    assert told.masks == plain.masks == (0, 1, 2, 3)
    assert told.share == pytest.approx(plain.share, abs=EXACT)
    assert told.joint == pytest.approx(plain.joint, abs=EXACT)
    assert plain.touching[:, 0] == pytest.approx(plain.share, abs=EXACT)
    assert told.touching[:, 1::2].sum() == pytest.approx(0.12 + 0.2 - 0.08, abs=EXACT)


def test_masks_may_be_wider_than_a_machine_word() -> None:
    masks = {"drugs": 1 << 200, "nrpf": 1 | 1 << 63, "male": 1 << 64}
    merged = signatures(factors(dict.fromkeys(masks, 0.5)), masks)
    a, b, c = masks.values()
    assert merged.masks == tuple(sorted([0, a, b, c, a | b, a | c, b | c, a | b | c]))
    assert merged.share == pytest.approx(0.125)


@pytest.mark.parametrize("pairs", [{}, PAIRS])
def test_signatures_of_a_mixture_are_its_classes_added_up(pairs: dict[Pair, float]) -> None:
    mixed = mixture(SHARES, 2.5, pairs)
    masks = {code: 1 << number % 4 for number, code in enumerate(SHARES)}
    merged = signatures(mixed, masks, {"s5b": {"drugs", "alcohol"}})
    sets = every_set(mixed)
    for row, mask in enumerate(merged.masks):
        held = {
            together: share for together, share in sets.items()
            if mask == np.bitwise_or.reduce([masks[code] for code in together] or [0])
        }  # fmt: skip
        assert merged.share[row] == pytest.approx(sum(held.values()), abs=EXACT)
        touched = sum(share for z, share in held.items() if z & {"drugs", "alcohol"})
        assert merged.touching[row, 1] == pytest.approx(touched, abs=EXACT)
    for column, code in enumerate(merged.circumstances):
        assert merged.joint[:, column].sum() == pytest.approx(SHARES[code], abs=EXACT)


# Correlated sensitivity --------------------------------------------------------------------


def odds_ratio(sets: Sets, a: str, b: str) -> float:
    both, one, other = having(sets, a, b), having(sets, a), having(sets, b)
    return both * (1 - one - other + both) / ((one - both) * (other - both))


@given(
    st.dictionaries(st.sampled_from(sorted(CIRCUMSTANCES)), st.floats(1e-4, 0.16), max_size=7),
    st.floats(1, 3),
)
def test_tying_needs_keeps_every_share(shares: dict[str, float], ratio: float) -> None:
    parts = factors(shares)
    needs = {CIRCUMSTANCES[code].level_of or code for code in shares if code in NEEDS}
    if len(needs) < 2:
        ratio = 1.0
    mixed = mixture(shares, ratio)
    for number, part in enumerate(parts):
        both = sum(weight * classes[number].share for weight, classes in mixed.classes)
        assert both == pytest.approx(part.share, abs=1e-12)


def test_the_mean_odds_ratio_is_the_one_asked_for() -> None:
    sets = every_set(mixture(SHARES, 2.0, {("drugs", "alcohol"): 0.08}))
    needs = [code for code in SHARES if code in NEEDS]
    free = [
        (a, b) for a, b in combinations(needs, 2)
        if not exclude(a, b) and {a, b} != {"drugs", "alcohol"}
    ]  # fmt: skip
    ratios = [odds_ratio(sets, a, b) for a, b in free]
    assert math.prod(ratios) ** (1 / len(ratios)) == pytest.approx(2.0, rel=1e-6)
    assert min(ratios) > 1.2
    assert having(sets, "drugs", "alcohol") == pytest.approx(0.08, abs=EXACT)


def test_one_need_alone_has_the_same_odds_ratio_between_the_classes_as_every_other() -> None:
    mixed = mixture({"mental_health": 0.49, "nrpf": 0.04, "drugs": 0.2, "pets": 0.3}, 3.0)
    (first, more), (second, less) = mixed.classes
    assert (first, second) == (0.2, 0.8)
    for high, low in zip(more, less, strict=True):
        a, b = float(high.marginal()[0]), float(low.marginal()[0])
        tied = mixed.tie if high.codes[0] in NEEDS else 0.0
        assert math.log(a / (1 - a) / (b / (1 - b))) == pytest.approx(tied, abs=1e-8)


def test_a_stronger_tie_brings_more_needs_together_and_leaves_the_rest_alone() -> None:
    asked = [every_set(mixture(SHARES, ratio)) for ratio in (1.0, 1.5, 2.0, 3.0, 4.0)]
    free = [pair for pair in combinations(SHARES, 2) if not exclude(*pair)]
    for a, b in free:
        together = [having(sets, a, b) for sets in asked]
        if {a, b} <= NEEDS:
            assert together == sorted(together)
            assert together[-1] > together[0] + 1e-4
        else:
            assert together == pytest.approx([SHARES[a] * SHARES[b]] * 5, abs=EXACT)
    several = [
        sum(share for held, share in sets.items() if len(held & NEEDS) >= 3) for sets in asked
    ]
    assert several == sorted(several)


def test_an_odds_ratio_of_one_is_independence() -> None:
    mixed = mixture(SHARES, 1.0)
    assert mixed.tie == 0
    assert mean_odds_ratio(mixed) == pytest.approx(1, abs=EXACT)
    assert every_set(mixed) == pytest.approx(every_set(factors(SHARES)))


def test_exclusions_hold_in_a_mixture() -> None:
    for together in every_set(mixture(SHARES, 3.0, PAIRS)):
        assert not any(exclude(a, b) for a, b in combinations(together, 2)), together


@pytest.mark.parametrize(
    ("shares", "ratio", "weight", "said"),
    [
        (SHARES, 0.5, 0.2, "not 0.5 and 0.2"),
        (SHARES, float("nan"), 0.2, "not nan and 0.2"),
        (SHARES, 2.0, 1.0, "not 2 and 1"),
        ({"drugs": 0.01, "nrpf": 0.01}, 9.0, 0.2, "mean odds ratio of 9"),
        ({"drugs": 0.01, "pets": 0.01}, 2.0, 0.2, "it is 1 at most"),
    ],
)
def test_a_tie_that_cannot_be_is_refused_with_its_numbers(
    shares: dict[str, float], ratio: float, weight: float, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        mixture(shares, ratio, weight=weight)
    assert said in str(refused.value)
