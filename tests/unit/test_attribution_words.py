"""Shares of an effect in words: the finding names what brings it, and nothing sounds surer."""

import pytest

from housing_map.attribution import Attribution, Share
from housing_map.attribution_words import depends, finding, how, more_or_fewer, share_rows

LABELS = ["Six homes", "New refuge", "Grant ends"]


def found(*values: float, before: float = 100, error: float | None = None) -> Attribution:
    shares = tuple(Share(n, v, error, v / 2, 2 * v) for n, v in enumerate(values))
    return Attribution("met", before, before + sum(values), shares, error is None, 40, 8, 7)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((20, 1, 0), "About 20 households a year more helped: most of it from “Six homes”."),
        (
            (20, 20, 0),
            "About 40 households a year more helped: all of it from “Six homes” and “New refuge”.",
        ),
        (
            (10, 40, -20),
            "About 30 households a year more helped: most of it from “New refuge”; “Grant ends” "
            "works against it.",
        ),
        (
            (5, 5, -50),
            "About 40 households a year fewer helped: most of it from “Grant ends”; “Six homes” "
            "and “New refuge” work against it.",
        ),
        ((0, 2, 0), "Fewer than 5 households a year more helped: all of it from “New refuge”."),
        ((0, 0.01, 0), "The changes help as many households as now, together and one by one."),
        (
            (20, 0, -20),
            "Together the changes help as many households as now: their shares cancel out.",
        ),
    ],
)
def test_the_finding_names_what_brings_most_and_what_works_against_it(
    values: tuple[float, ...], said: str
) -> None:
    assert finding(found(*values), LABELS) == said


def test_what_is_sampled_says_so_wherever_it_is_said() -> None:
    one = found(20, 1, 0, error=2.0)
    assert "(sampled)" in finding(one, LABELS)
    assert {row["Give or take"] for row in share_rows(one, LABELS)} == {"± 3.9"}
    assert "Sampled: 40 orders" in how(one)
    exact = found(20, 1, 0)
    assert "Give or take" not in share_rows(exact, LABELS)[0]
    assert "Exact: all 8 sets" in how(exact)


def test_rows_say_the_share_beside_what_a_change_does_alone_and_last() -> None:
    assert share_rows(found(20, -20, 0), LABELS) == [
        {"Change": "Six homes", "Share": "about 20 more", "By itself": "about 10 more",
         "On top of the others": "about 40 more"},
        {"Change": "New refuge", "Share": "about 20 fewer", "By itself": "about 10 fewer",
         "On top of the others": "about 40 fewer"},
        {"Change": "Grant ends", "Share": "no change", "By itself": "no change",
         "On top of the others": "no change"},
    ]  # fmt: skip


def test_changes_that_lean_on_others_are_named_and_which_way() -> None:
    assert depends(found(20, -20, 0.5), LABELS) == [
        "“Six homes” is worth more with the other changes than by itself.",
        "“New refuge” is worth less with the other changes than by itself.",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (0.04, "no change"),
        (-0.06, "up to 5 fewer"),
        (4.99, "up to 5 more"),
        (-12, "about 10 fewer"),
    ],
)
def test_a_small_change_is_never_a_number(change: float, said: str) -> None:
    assert more_or_fewer(change) == said
