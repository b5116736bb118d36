"""Scenarios on the command line: the same answers as the library, and what is said of them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from housing_map import model, pack
from housing_map.attribution import attribute
from housing_map.cli import main
from housing_map.effects import by, compare
from housing_map.paired import draw_pairs
from housing_map.scenario import Scenario, apply, digest, json_schema, read, written
from housing_map.tabulate import SUPPORTED, coverage_rows
from housing_map.vocabulary import Goal, Reason, Run
from tests.packs import base_tables, write_pack
from tests.scenarios import GRANT
from tests.worlds import BALANCE

MORE = {
    "format": "housing-map/scenario/1.0",
    "name": "More places",
    "goal": "settled",
    "changes": [
        {"change": "resize", "pool": "refuge_one", "by": 4},
        {"change": "resize", "pool": "lettings", "by": 10},
        {"change": "close_service", "service_id": "nobody"},
    ],
}
LESS = {
    "name": "Less money",
    "on": "2026-07-31",
    "changes": [{"change": "end_funding", "stream": GRANT, "on": "2026-12-31"}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("pack"), base_tables())


@pytest.fixture(scope="module")
def small(folder: Path) -> pack.Pack:
    return pack.load_pack(folder)


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch, small: pack.Pack) -> None:
    monkeypatch.setattr(pack, "load_pack", lambda _: small)


class Command:
    """A command on the small pack, run in this process."""

    def __init__(self, folder: Path, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.files, self._capsys = folder, files, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        try:
            status = main([*arguments, "--data", str(self.folder)])
        except SystemExit as left:  # argparse leaves at once when used wrongly
            status = int(left.code or 0)
        printed, said = self._capsys.readouterr()
        return status, printed, said

    def file(self, content: object, name: str = "tried.json") -> str:
        path = self.files / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def json(self, *arguments: str) -> dict[str, Any]:
        status, printed, said = self(*arguments, "--format", "json")
        assert (status, said) == (0, "")
        found: dict[str, Any] = json.loads(printed)
        return found


@pytest.fixture
def command(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(folder, tmp_path, capsys)


def in_library(content: object, goal: Goal | None = None) -> Scenario:
    scenario = read(json.dumps(content))
    return scenario if goal is None else scenario.model_copy(update={"goal": goal})


# Run --------------------------------------------------------------------------------------


def test_a_file_gives_the_same_rows_from_the_command_line_as_from_the_library(
    command: Command, small: pack.Pack
) -> None:
    found = command.json("scenario", "run", command.file(MORE), "--by", "tenure")
    (told,) = found["scenarios"]
    applied = apply(small, in_library(MORE))
    expected = coverage_rows(model.run(applied.pack, applied.settings), ["tenure"])
    for record in expected.to_dict("records"):
        row = next(row for row in told["rows"] if row["tenure"] == record["tenure"])
        for figure, value in row[record["run"]].items():
            assert value == pytest.approx(record[figure], abs=BALANCE)
        assert row[SUPPORTED][record["run"]] == pytest.approx(record[SUPPORTED], abs=BALANCE)
    assert told["settings"] == {"goal": "settled", "reference_date": "2026-06-30", "by": ["tenure"]}
    assert told["sha256"] == digest(in_library(MORE))
    assert found["pack"]["sha256"] == small.digest


def test_coverage_after_a_scenario_is_what_running_it_gives(command: Command) -> None:
    file = command.file(MORE)
    found = command.json("coverage", "--scenario", file, "--by", "risk")
    (told,) = command.json("scenario", "run", file, "--by", "risk")["scenarios"]
    assert found["rows"] == told["rows"]
    assert found["settings"]["goal"] == "settled"
    assert found["scenario"]["skipped"][0]["number"] == 2


def test_what_the_command_line_asks_comes_before_what_the_file_asks(command: Command) -> None:
    file = command.file(LESS)
    own = command.json("coverage", "--scenario", file)["settings"]
    assert (own["goal"], own["reference_date"]) == ("safe", "2026-07-31")
    asked = ("--goal", "settled", "--on", "2026-08-31")
    other = command.json("coverage", "--scenario", file, *asked)["settings"]
    assert (other["goal"], other["reference_date"]) == ("settled", "2026-08-31")
    (told,) = command.json("scenario", "run", file, *asked)["scenarios"]
    assert (told["settings"]["goal"], told["settings"]["reference_date"]) == (
        "settled", "2026-08-31",
    )  # fmt: skip


def test_coverage_without_a_scenario_is_as_it_was(command: Command) -> None:
    found = command.json("coverage")
    assert found["settings"]["goal"] == "safe"
    assert "scenario" not in found


def test_changes_that_do_not_count_are_said_in_every_format(command: Command) -> None:
    file = command.file(MORE)
    status, printed, said = command("scenario", "run", file)
    assert (status, said) == (0, "")
    assert "4 more refuge units in Refuge." in printed
    assert "Left out: 'nobody' (not there) closes before the year begins." in printed
    assert "there is no service 'nobody'" in printed
    status, printed, said = command("scenario", "run", file, "--format", "csv")
    assert status == 0
    assert "there is no service 'nobody'" in said
    assert "nobody" not in printed
    (told,) = command.json("scenario", "run", file)["scenarios"]
    assert [one["number"] for one in told["made"]] == [0, 1]
    assert told["skipped"][0]["why"] == "there is no service 'nobody'"


def test_what_does_not_count_has_no_cost_to_ask_for(command: Command) -> None:
    known = {"change": "resize", "pool": "refuge_one", "by": 4, "cost_gbp_a_year": 9.0,
             "cost_gbp_once": 0.0}  # fmt: skip
    gone = {"change": "close_service", "service_id": "nobody"}
    file = command.file({"name": "Gone", "changes": [known, gone]})
    (told,) = command.json("scenario", "run", file)["scenarios"]
    assert told["costs_missing"] == ""


def test_notices_and_missing_costs_are_printed(command: Command) -> None:
    late = {"change": "close_service", "service_id": "lettings", "on": "2029-01-01"}
    _, printed, _ = command("scenario", "run", command.file({"name": "Late", "changes": [late]}))
    assert "Note: Lettings closes on 1 January 2029, after the year" in printed or (
        "nothing is lost in it" in printed
    )
    assert "Nobody has given the cost of: " in printed


# Compare ----------------------------------------------------------------------------------


def test_compared_rows_are_those_of_the_library_and_the_differences_add_up(
    command: Command, small: pack.Pack
) -> None:
    files = (command.file(MORE, "more.json"), command.file(LESS, "less.json"))
    found = command.json("scenario", "run", *files, "--compare", "--by", "tenure")
    scenarios = [in_library(MORE), in_library(LESS)]
    comparison = compare(small, scenarios)
    assert found["settings"]["goal"] == "settled", "all are asked what the first asks"
    for run in Run:
        expected = by(comparison.at(run), ["tenure"])
        for record in expected.to_dict("records"):
            told = found["scenarios"][record["number"] - 1]
            row = next(r for r in told["differences"] if r["tenure"] == record["tenure"])
            for figure, value in row[str(run)].items():
                assert value == pytest.approx(record[f"{figure}_change"], abs=BALANCE)
    for told in found["scenarios"]:
        for row in told["differences"]:
            for run in Run:
                figures = row[str(run)]
                lost = sum(figures[str(reason)] for reason in Reason)
                assert figures["demand"] == pytest.approx(figures["met"] + lost, abs=BALANCE)
        before = {row["tenure"]: row["central"]["met"] for row in found["baseline"]["rows"]}
        after = {row["tenure"]: row["central"]["met"] for row in told["rows"]}
        change = {row["tenure"]: row["central"]["met"] for row in told["differences"]}
        for tenure, met in before.items():
            assert after[tenure] - met == pytest.approx(change[tenure], abs=BALANCE)


def test_the_table_of_a_comparison_can_be_read_by_a_spreadsheet(command: Command) -> None:
    status, printed, said = command(
        "scenario", "run", command.file(MORE), "--compare", "--by", "place", "--format", "csv"
    )
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["run"] for row in rows} == set(Run)
    for row in rows:
        change = float(row["met_after"]) - float(row["met_before"])
        assert change == pytest.approx(float(row["met_change"]), abs=1e-9)
    assert "Left out" in said


def test_what_rounds_to_nothing_is_not_shown_as_less_than_nothing(command: Command) -> None:
    same = command.file({"name": "Nothing", "changes": []})
    _, printed, _ = command("scenario", "run", same, "--compare")
    assert "-0.0" not in printed


def test_the_interval_of_a_difference_comes_from_draws_with_the_same_luck(
    command: Command, small: pack.Pack
) -> None:
    asked = ("--compare", "--interval", "--draws", "12", "--seed", "5")
    file = command.file(MORE)
    found = command.json("scenario", "run", file, *asked)
    settings = model.Settings(goal=Goal.SETTLED)
    paired = draw_pairs(small, [in_library(MORE)], settings, numbers=range(12), seed=5)
    (row,) = found["scenarios"][0]["differences"]
    assert (row["p10"]["met"], row["p90"]["met"]) == pytest.approx(paired.interval(1))
    assert found["interval"] == {"draws": 12, "seed": 5}
    _, printed, _ = command("scenario", "run", file, *asked, "--format", "csv")
    ends = {r["run"]: r["met_change"] for r in csv.DictReader(io.StringIO(printed))}
    assert float(ends["p90"]) == pytest.approx(row["p90"]["met"])


def test_shares_of_the_change_add_up_to_it(command: Command, small: pack.Pack) -> None:
    file = command.file(MORE)
    (told,) = command.json("scenario", "run", file, "--attribute")["scenarios"]
    expected = attribute(small, in_library(MORE))
    values = [one["value"] for one in told["shares"]["changes"]]
    assert values == pytest.approx([share.value for share in expected.shares])
    assert sum(values) == pytest.approx(told["shares"]["after"] - told["shares"]["before"])
    assert told["shares"]["exact"] is True
    _, printed, _ = command("scenario", "run", file, "--attribute", "--format", "csv")
    assert [row["change"] for row in csv.DictReader(io.StringIO(printed))][-1] == "All of it"
    _, printed, _ = command("scenario", "run", file, "--attribute")
    assert "+4 refuge units: Refuge" in printed


# Wrong ------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_listed_and_the_status_is_1(command: Command) -> None:
    bad = command.file({"name": "", "goal": "safer"}, "bad.json")
    worse = command.file("not JSON", "worse.json")
    located = command.file({"name": "A refuge in Alderby"}, "located.json")
    gone = str(command.files / "gone.json")
    status, printed, _ = command("scenario", "run", bad, worse, located, gone)
    assert status == 1
    for said in (
        "bad.json, column name",
        "bad.json, column goal",
        "worse.json: Invalid JSON",
        "located.json, column name",
        "gone.json: the file cannot be read",
    ):
        assert said in printed
    assert "Alderby" not in printed
    status, printed, _ = command("scenario", "run", bad, "--format", "json")
    assert status == 1
    assert {problem["column"] for problem in json.loads(printed)["problems"]} == {"name", "goal"}
    assert command("coverage", "--scenario", bad)[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("scenario",),
        ("scenario", "improve"),
        ("scenario", "run"),
        ("scenario", "start", "castle"),
        ("scenario", "start", "more_demand", "--out", "nowhere/at/all.json"),
        ("coverage", "--goal", "happy"),
    ],
)
def test_wrong_use_has_the_status_2(command: Command, arguments: tuple[str, ...]) -> None:
    status, _, said = command(*arguments)
    assert status == 2
    assert said


def test_an_interval_is_of_a_difference_alone(command: Command) -> None:
    status, _, said = command("scenario", "run", command.file(MORE), "--interval")
    assert status == 2
    assert "add --compare" in said
    assert command("scenario", "run", command.file(MORE), "--by", "colour")[0] == 2


# Start and schema -------------------------------------------------------------------------


def test_ready_made_scenarios_are_listed_and_one_can_be_written_and_run(command: Command) -> None:
    listed = command.json("scenario", "start")["starts"]
    made = [one["id"] for one in listed if not one["lacks"]]
    assert {"grant_ends", "more_demand"} <= set(made)
    assert command("scenario", "start")[0] == 0
    out = command.files / "start.json"
    assert command("scenario", "start", "more_demand", "--out", str(out)) == (0, "", "")
    _, printed, _ = command("scenario", "start", "more_demand")
    assert printed == out.read_text(encoding="utf-8")
    assert written(read(printed)) == printed
    assert command("scenario", "run", str(out))[0] == 0


def test_a_start_that_this_pack_cannot_give_says_why(command: Command) -> None:
    lacking = [one for one in command.json("scenario", "start")["starts"] if one["lacks"]]
    for one in lacking:
        status, _, said = command("scenario", "start", one["id"])
        assert status == 1
        assert one["lacks"] in said


def test_the_schema_is_printed_and_holds_for_the_files_of_these_tests(command: Command) -> None:
    status, printed, _ = command("scenario", "schema")
    assert status == 0
    found = json.loads(printed)
    assert found == json_schema()
    for content in (MORE, LESS):
        jsonschema.Draft202012Validator(found).validate(content)
