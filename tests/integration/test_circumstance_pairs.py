"""The table of circumstances that occur together: read, checked against shares, or left out."""

from pathlib import Path

import pytest

from housing_map.demand import household_shares
from housing_map.errors import Problem
from housing_map.pack import check_pack, load_pack
from housing_map.pack_tables import BY_NAME
from tests.packs import Tables, add, base_tables, write_pack

EVIDENCE = {"status": "assumed", "source": "made up for tests"}
PATH = BY_NAME["circumstance_pairs"].path


def pair(tables: Tables, a: str, b: str, central: str, **cells: str) -> None:
    """Add a pair; of the small pack, mental health is 0.5, nrpf and men are 0.1 each."""
    row = {"circumstance_a": a, "circumstance_b": b, "central": central, **EVIDENCE, **cells}
    add(tables, "circumstance_pairs", **row)


def problems(folder: Path, tables: Tables) -> list[Problem]:
    return [p for p in check_pack(write_pack(folder, tables))[1] if p.file == PATH]


def test_known_pairs_are_read_and_unknown_ones_are_not_0(tmp_path: Path) -> None:
    tables = base_tables()
    pair(tables, "nrpf", "mental_health", "0.08")
    pair(tables, "male", "mental_health", "", status="unknown")
    assert problems(tmp_path, tables) == []
    shares = household_shares(load_pack(tmp_path))
    assert shares.pairs == {("nrpf", "mental_health"): 0.08}


def test_a_pack_without_the_table_loads_and_knows_no_pair(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / PATH).unlink()
    assert household_shares(load_pack(folder)).pairs == {}


def test_the_table_counts_in_what_a_pack_is(tmp_path: Path) -> None:
    """Results are kept by the digest: a new pair must make a new one."""
    tables = base_tables()
    before = load_pack(write_pack(tmp_path, tables)).digest
    pair(tables, "nrpf", "mental_health", "0.08")
    assert load_pack(write_pack(tmp_path, tables)).digest != before


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (("nrpf", "nrpf", "0.1"), "circumstance_b", "the same circumstance twice"),
        (("nrpf", "drugs", "0.05"), "circumstance_b", "drugs has no share of its own"),
        (("male", "pregnant", "0"), "circumstance_b", "male and pregnant exclude each other"),
        (("children_3", "children_1_2", "0.1"), "circumstance_b", "exclude each other"),
        (("nrpf", "male", "0.2"), "central",
         "nrpf is 0.1 and male is 0.1: together they cannot be 0.2"),
        (("nrpf", "male", "2"), "central", "the value is not allowed"),
        (("nrpf", "males", "0.05"), "circumstance_b", "the value is not allowed"),
        (("nrpf", "male", ""), "central", "the status is assumed, but there is no central figure"),
    ],
)  # fmt: skip
def test_a_pair_that_cannot_be_is_one_problem_at_its_row(
    tmp_path: Path, row: tuple[str, str, str], column: str, said: str
) -> None:
    tables = base_tables()
    pair(tables, *row)
    (problem,) = problems(tmp_path, tables)
    assert (problem.row, problem.column) == (2, column)
    assert said in problem.message
    assert problem.mend


def test_the_bounds_of_a_pair_are_said(tmp_path: Path) -> None:
    tables = base_tables()
    pair(tables, "nrpf", "mental_health", "0.11")
    assert problems(tmp_path, tables)[0].expected == "a share from 0 to 0.1"


def test_a_pair_that_stands_again_in_the_other_order_is_found(tmp_path: Path) -> None:
    tables = base_tables()
    pair(tables, "nrpf", "mental_health", "0.06")
    pair(tables, "mental_health", "nrpf", "0.06")
    (problem,) = problems(tmp_path, tables)
    assert problem.row == 3
    assert problem.message == "mental_health and nrpf stand in row 2 already"


def test_pairs_that_fit_one_by_one_but_not_together_are_found(tmp_path: Path) -> None:
    """All men have the need, nobody without recourse has it, yet a man has no recourse."""
    tables = base_tables()
    pair(tables, "male", "mental_health", "0.1")
    pair(tables, "nrpf", "mental_health", "0")
    pair(tables, "nrpf", "male", "0.05")
    (problem,) = problems(tmp_path, tables)
    assert problem.row is None
    assert "cannot all hold" in problem.message
    assert "male with nrpf 0.05" in problem.message
