"""Releases that are out already: a new one is tried by a reader who has them beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

from housing_map.assessment import release
from housing_map.assessment.edition import Inputs, build
from housing_map.assessment.published import read_published
from housing_map.assessment.sheets import View
from housing_map.assessment.verify import verify
from housing_map.disclosure import DisclosureError
from housing_map.errors import UsageError
from housing_map.pack import Pack
from tests.packs import add, base_tables
from tests.worlds import small_pack

PERIOD = "2025-26"


def pack_with(**counts: int) -> Pack:
    """Return the small pack whose council counted so many people."""
    tables = base_tables() | {"quarterly_returns": []}
    for measure, count in counts.items():
        add(tables, "quarterly_returns", period=PERIOD, measure=measure, count=str(count),
            source="made up for tests")  # fmt: skip
    return small_pack(tables, checked=True)


def inputs(children: int) -> Inputs:
    return Inputs(pack=pack_with(women_supported=52, men_supported=14, trans_adults_supported=13,
                                 children_supported=children), period=PERIOD)  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first") / "release"
    release.write(build(inputs(61), View.PUBLISHABLE), folder)
    return folder


def test_what_is_printed_before_is_known_as_far_as_its_rounding_says(first: Path) -> None:
    made = build(inputs(61), View.PUBLISHABLE)
    told = {
        cell: known for cell, known in read_published(first).known(made.content.sheets).items()
        if cell.measure == "people supported"
    }  # fmt: skip
    by_code = {dict(cell.at).get("who", "all"): known for cell, known in told.items()}
    assert by_code["women_supported"] == (48, 52)
    assert by_code["children_supported"] == (58, 62)
    assert by_code["all"] == (138, 142)
    assert all(cell.version == PERIOD for cell in told)


def test_the_same_release_again_passes_and_is_confirmed_with_the_first(
    first: Path, tmp_path: Path
) -> None:
    again = replace(inputs(61), published=(read_published(first),))
    release.write(build(again, View.PUBLISHABLE), tmp_path / "again")
    assert verify(tmp_path / "again", again.pack, given=again).confirmed
    with pytest.raises(UsageError, match="Give the earlier releases"):
        verify(tmp_path / "again", again.pack)


def test_a_figure_mended_by_one_is_refused_where_the_two_releases_tell_it(first: Path) -> None:
    """62 rounds to 60 as 61 did; 63 to 65: the true figure and the first cannot both be right."""
    build(replace(inputs(62), published=(read_published(first),)), View.PUBLISHABLE)
    with pytest.raises(DisclosureError):
        build(replace(inputs(63), published=(read_published(first),)), View.PUBLISHABLE)


def test_what_was_not_published_is_not_taken_for_it(tmp_path: Path) -> None:
    release.write(build(inputs(61), View.RESTRICTED), tmp_path / "ours")
    with pytest.raises(UsageError, match="was not published"):
        read_published(tmp_path / "ours")
    with pytest.raises(UsageError, match="There is no release"):
        read_published(tmp_path)
