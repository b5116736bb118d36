"""Numbers and findings as sentences."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import words
from housing_map.gaps import Cause, Gap
from housing_map.inventory import Inventory
from housing_map.vocabulary import Detail, Reason, Run, Tenure

AMOUNTS = st.floats(min_value=0, max_value=1e7, allow_nan=False)


def numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-1, "none"),
        (0, "none"),
        (0.001, "fewer than 5"),
        (4.999, "fewer than 5"),
        (5, "about 5"),
        (7.4, "about 5"),
        (7.6, "about 10"),
        (98, "about 100"),
        (163.2, "about 160"),
        (1234, "about 1,230"),
    ],
)
def test_about(value: float, said: str) -> None:
    assert words.about(value) == said
    assert words.households(value) == f"{said} households"


@given(AMOUNTS)
def test_about_never_shows_a_figure_from_1_to_4(value: float) -> None:
    said = words.about(value)
    assert not {1, 2, 3, 4} & set(numbers(said))
    assert (said == "none") == (value == 0)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (162, 497, "between 160 and 500"),
        (497, 162, "between 160 and 500"),
        (0, 0, "none"),
        (0, 3, "fewer than 5"),
        (0, 22, "up to 20"),
        (3, 1234, "up to 1,230"),
        (161, 163, "about 160"),
    ],
)
def test_between(low: float, high: float, said: str) -> None:
    assert words.between(low, high) == said


@given(AMOUNTS, AMOUNTS)
def test_a_range_rises_whichever_end_comes_first(one: float, other: float) -> None:
    said = words.between(one, other)
    assert said == words.between(other, one)
    shown = numbers(said)
    assert shown == sorted(set(shown))
    assert len(shown) == 2 or not said.startswith("between")
    assert not {1, 2, 3, 4} & set(shown)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "none (0%)"),
        (0.03, "fewer than 1 in 20 (3%)"),
        (0.05, "1 in 20 (5%)"),
        (0.25, "1 in 4 (25%)"),
        (1 / 3, "1 in 3 (33%)"),
        (0.5, "1 in 2 (50%)"),
        (0.61, "3 in 5 (61%)"),
        (0.7, "7 in 10 (70%)"),
        (0.75, "3 in 4 (75%)"),
        (0.97, "more than 19 in 20 (97%)"),
        (1, "all (100%)"),
    ],
)
def test_one_in(share: float, said: str) -> None:
    assert words.one_in(share) == said


def test_joined() -> None:
    assert words.joined([]) == ""
    assert words.joined(["a"]) == "a"
    assert words.joined(["a", "b"]) == "a and b"
    assert words.joined(["a", "b", "c"], "or") == "a, b or c"


def test_counted() -> None:
    said = [words.counted(number) for number in (0, 1, 9, 10, 1200)]
    assert said == ["no", "one", "nine", "10", "1,200"]
    assert words.counted_kind("refuge", 1) == "one refuge service"
    assert words.counted_kind("refuge", 12) == "12 refuge services"


def test_an_inventory_says_what_exists_is_absent_and_is_unknown() -> None:
    found = Inventory(
        existing=(("refuge", 2), ("sanctuary", 1)),
        absent=("second_stage", "housing_first"),
        uncertain=("a",),
        capacity_unknown=("a", "b"),
        rules_unknown=1200,
        rules_asked=1500,
        legal_unclear=("a", "b", "c"),
    )
    exists, absent, unknown = words.inventory_sentences(found)
    assert exists == "Running now: two refuge services and one sanctuary scheme."
    labels = [words.kind_label(code) for code in found.absent]
    assert absent == f"Not found in the district: {labels[0]} or {labels[1]}."
    assert labels[1] == "Housing First"
    assert unknown == (
        "Not known: the capacity of two services, whether one service still runs, "
        "1,200 of 1,500 answers on whom services take and whether three services are safe "
        "accommodation in law."
    )


def test_an_empty_inventory_and_a_full_one() -> None:
    nothing = Inventory((), (), (), (), 0, 0, ())
    assert words.inventory_sentences(nothing) == (
        "No service that gives a safe or settled home was found.",
        "Every kind of service was found in the district.",
        "Nothing the model asks is unknown.",
    )


def gap(reason: Reason, *causes: Cause, cautious: float = 30, optimistic: float = 12) -> Gap:
    return Gap(
        Tenure.OWNED,
        reason,
        {Run.CAUTIOUS: cautious, Run.CENTRAL: 22, Run.OPTIMISTIC: optimistic},
        dict.fromkeys(Run, 100.0),
        causes,
    )


def test_a_gap_says_who_how_many_and_why() -> None:
    none = words.gap_sentence(gap(Reason.NOT_PROVIDED))
    assert none == (
        "About 20 households a year who had a home they owned (between 10 and 30): "
        "no service of a suitable kind exists."
    )
    refused = gap(Reason.NOT_ELIGIBLE, Cause("nrpf", 9), Cause("tenure_owned", 5))
    assert words.gap_sentence(refused) == (
        "About 20 households a year who had a home they owned (between 10 and 30): "
        "a service exists, but none takes a household like this: "
        "no service takes: no recourse to public funds and no service takes: owned."
    )


def test_a_gap_names_three_causes_and_a_range_that_starts_at_nothing() -> None:
    causes = [
        Cause("pool:refuge", 9),
        Cause(Detail.TOO_SLOW, 8),
        Cause("tries that fail", 2),
        Cause("pool:sanctuary", 1),
    ]
    said = words.gap_sentence(gap(Reason.NO_ROOM, *causes, optimistic=0))
    assert "(up to 30)" in said
    assert said.endswith(
        "refuge is full, the wait is too long for the risk and tries that did not come off."
    )


@pytest.mark.parametrize("tenure", Tenure)
def test_every_tenure_and_reason_has_a_sentence(tenure: Tenure) -> None:
    for reason in Reason:
        said = words.gap_sentence(Gap(tenure, reason, dict.fromkeys(Run, 2.0), {}, ()))
        assert said.startswith("Fewer than 5 households a year who had ")
        assert said.endswith(".")
