"""Words: numbers as people say them, lists, causes, gaps, and what exists, is absent, unknown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import words
from housing_map.gaps import Cause, Gap
from housing_map.inventory import Inventory
from housing_map.kinds import KINDS
from housing_map.vocabulary import RULES, Detail, Reason, Run, Stage, Tenure

households = st.floats(0, 1e6, allow_nan=False)
shares = st.floats(0, 1)


def said_number(text: str) -> int:
    """Return the one number in a text."""
    (number,) = re.findall(r"\d[\d,]*", text)
    return int(number.replace(",", ""))


# Numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "none"),
        (1e-9, "fewer than 5"),
        (4.999, "fewer than 5"),
        (5, "about 5"),
        (97.4, "about 95"),
        (99.9, "about 100"),
        (163.2, "about 160"),
        (1234.5, "about 1,230"),
    ],
)
def test_about_rounds_as_people_do(value: float, text: str) -> None:
    assert words.about(value) == text


@given(households)
def test_about_never_shows_a_modelled_number_under_five(value: float) -> None:
    """Under 5 the number itself is not said (design.md, 4.5): it could point at a household."""
    text = words.about(value)
    if value <= 0:
        assert text == "none"
    elif value < 5:
        assert text == "fewer than 5"
    else:
        assert said_number(text) >= 5
        assert abs(said_number(text) - value) <= 5


@given(households, households)
def test_about_keeps_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low >= 5:
        assert said_number(words.about(low)) <= said_number(words.about(high))


@given(households, households)
def test_between_rises_and_does_not_mind_the_order(one: float, other: float) -> None:
    text = words.between(one, other)
    assert text == words.between(other, one)
    if found := re.fullmatch(r"between ([\d,]+) and ([\d,]+)", text):
        low, high = (int(number.replace(",", "")) for number in found.groups())
        assert 5 <= low < high
    else:
        assert re.fullmatch(r"none|fewer than 5|about [\d,]+|up to [\d,]+", text)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0, 0, "none"),
        (0, 3, "fewer than 5"),
        (2, 4, "fewer than 5"),
        (0, 20, "up to 20"),
        (4, 20, "up to 20"),
        (19.5, 20.4, "about 20"),
        (497, 162, "between 160 and 500"),
    ],
)
def test_between_says_a_range_in_words(low: float, high: float, text: str) -> None:
    assert words.between(low, high) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "none (0%)"),
        (0.001, "fewer than 1 in 20 (0%)"),
        (0.05, "1 in 20 (5%)"),
        (0.068, "1 in 15 (7%)"),
        (0.1, "1 in 10 (10%)"),
        (1 / 3, "1 in 3 (33%)"),
        (0.61, "3 in 5 (61%)"),
        (0.75, "3 in 4 (75%)"),
        (0.9, "9 in 10 (90%)"),
        (0.97, "more than 19 in 20 (97%)"),
        (0.999, "all (100%)"),
        (1, "all (100%)"),
    ],
)
def test_one_in_reads_well_and_carries_its_percentage(share: float, text: str) -> None:
    assert words.one_in(share) == text


@given(shares)
def test_one_in_is_never_far_from_the_share(share: float) -> None:
    """All and none are said of nothing else: *1 in 1* would be one more word for all."""
    text = words.one_in(share)
    assert text.endswith(f"({share:.0%})")
    if found := re.fullmatch(r"(\d+) in (\d+) \(.*\)", text):
        part, whole = map(int, found.groups())
        assert 0 < part < whole
        assert abs(part / whole - share) <= 0.05 + 1e-9
    elif text.startswith("fewer"):
        assert share < 0.05
    elif text.startswith("more"):
        assert share > 0.95
    else:
        assert share <= 0 or share >= 0.995


@pytest.mark.parametrize(
    ("items", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_joined_reads_as_a_list_in_a_sentence(items: list[str], text: str) -> None:
    assert words.joined(items) == text
    assert words.joined(items, "or") == text.replace(" and ", " or ")


def test_small_numbers_are_counted_in_words() -> None:
    assert [words.counted(n) for n in (0, 1, 9, 10, 1200)] == ["no", "one", "nine", "10", "1,200"]


# Services, rules, causes --------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [k.code for k in KINDS.values() if k.stage in {Stage.SAFETY, Stage.HOUSING}],
)
def test_every_kind_that_is_counted_has_its_singular_and_plural(kind: str) -> None:
    """Refuges elsewhere are never counted as services of the district."""
    if kind == "out_of_area":
        return
    one, two = words.counted_kind(kind, 1), words.counted_kind(kind, 2)
    assert one.startswith("one ")
    assert two.startswith("two ")
    assert one.removeprefix("one ") != two.removeprefix("two ")


def test_rules_read_in_the_middle_of_a_sentence() -> None:
    for code in RULES:
        label = words.rule_label(code)
        assert label[0].islower() or label.startswith("LGBT")
        assert words.rule_phrase(code)
    assert words.rule_label("son_to_12") == "a son aged up to 12"
    assert words.rule_phrase("nrpf") == "a household with: no recourse to public funds"
    assert words.rule_phrase("right_none").startswith("a household where the home is in the")
    assert words.rule_phrase("tenure_owned") == "people whose home was: owned"
    assert words.rule_phrase("risk_high") == "people at high risk"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("kinds:refuge;sanctuary", "no refuge or sanctuary scheme was found"),
        ("kinds:", "no kind of service suits"),
        ("pool:refuge", "refuge is full"),
        ("male", "no service takes: man"),
        (str(Detail.NO_WAY_IN), "no referral route leads to a service that takes them"),
        (str(Detail.TOO_SLOW), "the wait is too long for the risk"),
    ],
)
def test_causes_are_said_in_words(code: str, text: str) -> None:
    assert words.cause_text(Cause(code, 1.0)) == text


def test_every_detail_of_a_loss_has_words_of_its_own() -> None:
    texts = {words.cause_text(Cause(str(d), 1.0)) for d in Detail if d is not Detail.NONE}
    assert len(texts) == len(Detail) - 1
    assert not texts & {str(detail) for detail in Detail}


def gap(central: float, cautious: float, optimistic: float, *causes: str) -> Gap:
    found = {Run.CAUTIOUS: cautious, Run.CENTRAL: central, Run.OPTIMISTIC: optimistic}
    return Gap(
        Tenure.PRIVATE,
        Reason.NO_ROOM,
        found,
        dict.fromkeys(Run, 200.0),
        tuple(Cause(code, 1.0) for code in causes),
    )


def test_a_gap_is_one_sentence_with_its_range_and_its_causes() -> None:
    assert words.gap_sentence(gap(92, 150, 61, "pool:refuge", Detail.TOO_SLOW)) == (
        "About 90 households a year who had a privately rented home (between 60 and 150): a route "
        "exists, but it is full or too slow: refuge is full and the wait is too long for the risk."
    )
    assert words.gap_sentence(gap(3, 4, 0)).startswith(
        "Fewer than 5 households a year who had a privately rented home (fewer than 5): "
    )


@pytest.mark.parametrize("tenure", Tenure)
def test_a_gap_can_be_said_of_every_tenure(tenure: Tenure) -> None:
    one = gap(50, 60, 40)
    sentence = words.gap_sentence(Gap(tenure, Reason.NOT_PROVIDED, one.households, one.demand, ()))
    assert sentence.endswith(": no service of a suitable kind exists.")


# What exists, is absent, is unknown ---------------------------------------------------------


def test_an_inventory_is_three_sentences() -> None:
    found = Inventory(
        existing=(("refuge", 2), ("sanctuary", 1)),
        absent=("second_stage", "managed_reciprocal"),
        uncertain=("old",),
        capacity_unknown=("refuge", "sanctuary"),
        rules_unknown=1230,
        rules_asked=2000,
        legal_unclear=("refuge",),
    )
    assert words.inventory_sentences(found) == (
        "Running now: two refuge services and one sanctuary scheme.",
        "Not found in the district: second-stage accommodation or managed reciprocal.",
        "Not known: the capacity of two services, whether one service still runs, 1,230 of 2,000 "
        "answers on whom services take and whether one service is safe accommodation in law.",
    )


def test_the_public_is_not_told_how_many_confidential_services_of_a_kind_there_are() -> None:
    found = Inventory(
        existing=(("refuge", 2), ("social_letting", 2)), absent=(), uncertain=(),
        capacity_unknown=(), rules_unknown=0, rules_asked=0, legal_unclear=(),
        not_counted=frozenset({"refuge"}),
    )  # fmt: skip
    assert words.inventory_sentences(found, public=True)[0] == (
        "Running now: refuge and two ways into a social home."
    )


def test_an_inventory_of_nothing_and_one_of_everything_are_said_too() -> None:
    nothing = Inventory((), ("refuge",), (), (), 0, 0, ())
    assert words.inventory_sentences(nothing) == (
        "No service that gives a safe or settled home was found.",
        "Not found in the district: refuge.",
        "Nothing the model asks is unknown.",
    )
    everything = Inventory((("refuge", 1),), (), ("a", "b"), ("a",), 0, 9, ("a", "b"))
    assert words.inventory_sentences(everything) == (
        "Running now: one refuge service.",
        "Every kind of service was found in the district.",
        "Not known: the capacity of one service, whether two services still run and whether two "
        "services are safe accommodation in law.",
    )
