"""The commands about what lies behind an answer: unknowns, reach, resilience and queues."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from housing_map import model, pack, reach, resilience, unknowns
from housing_map.cli import main
from housing_map.parameters import Register
from housing_map.vocabulary import Goal, Run
from tests.packs import base_tables, write_pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("pack"), base_tables())


@pytest.fixture(scope="module")
def small(folder: Path) -> pack.Pack:
    return pack.load_pack(folder)


class Command:
    """A command on the small pack, run in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        status = main([*arguments, "--data", str(self.folder)])
        printed, said = self._capsys.readouterr()
        return status, printed, said

    def json(self, *arguments: str) -> dict[str, Any]:
        status, printed, said = self(*arguments, "--format", "json")
        assert (status, said) == (0, "")
        found: dict[str, Any] = json.loads(printed)
        return found

    def csv(self, *arguments: str) -> list[dict[str, str]]:
        status, printed, said = self(*arguments, "--format", "csv")
        assert (status, said) == (0, "")
        return list(csv.DictReader(io.StringIO(printed)))


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(folder, capsys)


def test_unknowns_lists_whom_to_ask_what_and_how_much_it_moves(
    command: Command, small: pack.Pack
) -> None:
    document = command.json("unknowns")
    found = unknowns.rank(small, model.Settings())
    assert document["central"] == pytest.approx(found.met)
    assert [q["id"] for q in document["questions"]] == [r.question.id for r in found.ranked]
    assert all(q["ask"] and q["question"].endswith("?") for q in document["questions"])
    moves = [q["moves"] for q in document["questions"]]
    assert moves == pytest.approx(sorted(moves, reverse=True))
    assert len(command.csv("unknowns", "--top", "2")) == 2


def test_unknowns_together_divides_the_variance_by_theme(command: Command) -> None:
    document = command.json("unknowns", "--together", "--draws", "8", "--seed", "3")
    together = document["together"]
    assert (together["samples"], together["seed"]) == (8, 3)
    assert {theme["theme"] for theme in together["themes"]} <= set(map(str, unknowns.Theme))
    status, printed, _ = command("unknowns", "--together", "--draws", "8", "--seed", "3")
    assert status == 0
    assert "Share of the variance" in printed


def test_reach_is_the_table_of_thresholds_and_says_what_is_in_no_figure(
    command: Command, small: pack.Pack
) -> None:
    rows = command.json("reach", "--by", "ward", "--minutes", "10", "30")["rows"]
    register = Register(small["parameters"])
    found = reach.visits(small, register, Run.CENTRAL, on=small.info.reference_date)
    table = reach.thresholds_table(small, found, level="ward", minutes=(10, 30))
    assert rows == json.loads(json.dumps(table.to_dict("records"), default=str))
    for row in rows:
        assert row["within_30"] + row["beyond"] + row["not_placed"] == row["residents"]
    status, _, said = command("reach", "--by", "nowhere")
    assert status == 2
    assert "nowhere" in said


@pytest.mark.parametrize("show", ["losses", "timeline", "cuts", "choice"])
def test_each_view_of_resilience_has_rows_in_every_format(command: Command, show: str) -> None:
    document = command.json("resilience", "--show", show)
    assert document["show"] == show
    lines = command.csv("resilience", "--show", show)
    assert [list(line) for line in lines] == [list(row) for row in document["rows"]]
    status, printed, _ = command("resilience", "--show", show)
    assert status == 0
    assert "not for publication" in printed


def test_losses_with_room_are_those_of_the_model_asked_again(
    command: Command, small: pack.Pack
) -> None:
    rows = {row["id"]: row for row in command.json("resilience", "--with-room")["rows"]}
    for loss in resilience.n_minus_one(small, model.Settings()):
        row = rows[loss.what.id]
        assert row["losing_last_route"] == pytest.approx(loss.stranded.households)
        if loss.met:
            assert row["fewer"] == pytest.approx(loss.fewer, abs=1e-6)


def test_queues_print_the_identity_beside_every_unit_figure(command: Command) -> None:
    rows = command.json("queues")["rows"]
    assert rows
    for row in rows:
        assert 0 <= row["share_of_days_full"] <= 1
        assert "× 365" in row["identity"]
    stays = command.json("queues", "--stays")
    assert stays["settings"]["goal"] == Goal.SETTLED
    for row in stays["rows"]:
        assert row["days"] == pytest.approx(row["own_days"] + row["wait_days"])
