"""The command line: what it prints, in three forms, and how it ends.

It gives the same results as the app, as text, CSV or JSON, with exit status 0, 1 (the data has
errors, all listed) or 2 (wrong use).
"""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from housing_map import __version__, model, pack, uncertainty
from housing_map.cli import main
from housing_map.pack import ENVIRONMENT_VARIABLE, Pack, load_pack
from housing_map.rates import area_rates
from housing_map.tabulate import SUPPORTED, coverage_rows
from housing_map.vocabulary import Goal, Met, Pathway, Reason, Run
from tests.packs import WARDS, Tables, add, base_tables, change, write_pack
from tests.worlds import BALANCE, EXACT

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(sys.executable).with_name("housing-map")
FIGURES = {
    "demand", "met", "met_as_wanted", "met_other_way", "met_elsewhere", "not_provided",
    "not_eligible", "not_connected", "out_of_reach", "no_room", "not_taken_up",
}  # fmt: skip
"""The keys that design.md promises for each run of a row."""
SECONDS = 120
# What is printed is kept back until the program ends, as for a user; not so on some test machines.
BUFFERED = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}

Answer = tuple[int, str, str]


class Command:
    """The command line on the small pack, run in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, command: str, *options: str, data: Path | None = None) -> Answer:
        """Return the exit status, what was printed, and what was said on the error stream."""
        return self.bare(command, *options, "--data", str(data or self.folder))

    def bare(self, *arguments: str) -> Answer:
        """Run a command exactly as given."""
        self._capsys.readouterr()
        try:
            status = main(arguments)
        except SystemExit as left:  # argparse leaves at once when used wrongly
            status = int(left.code or 0)
        printed, said = self._capsys.readouterr()
        return status, printed, said

    def json(self, command: str, *options: str) -> dict[str, Any]:
        """Return the JSON document of a command that ends well."""
        status, printed, said = self(command, *options, "--format", "json")
        assert (status, said) == (0, "")
        document: dict[str, Any] = json.loads(printed, parse_constant=_no_such_number)
        return document

    def csv(self, command: str, *options: str) -> list[dict[str, str]]:
        """Return the rows of the CSV of a command that ends well."""
        status, printed, said = self(command, *options, "--format", "csv")
        assert (status, said) == (0, "")
        assert "\r" not in printed
        return list(csv.DictReader(io.StringIO(printed)))


def _no_such_number(name: str) -> float:
    message = f"{name} is not JSON"
    raise AssertionError(message)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small pack with seven-area groupings as Kirklees has, and one more."""
    return write_pack(tmp_path_factory.mktemp("small"), _tables())


def _tables() -> Tables:
    tables = base_tables()
    for row, number in zip(tables["groupings"], "ABB", strict=True):
        row |= {"place_partnership": f"Partnership {number}", "hub": f"Hub {number}"}
        row |= {"place_partnership_evidence": "made up", "hub_evidence": "made up"}
    return tables


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each pack once, since nearly every test reads the same one, which takes a second."""

    def load(folder: Path | None = None) -> Pack:
        found = folder or pack.default_folder()
        if found not in _packs:
            _packs[found] = load_pack(found)
        return _packs[found]

    monkeypatch.setattr(pack, "load_pack", load)


_packs: dict[Path, Pack] = {}


@pytest.fixture
def command(small: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(small, capsys)


# Coverage -----------------------------------------------------------------------------------


GROUPINGS: Sequence[tuple[str, ...]] = [
    (),
    ("place",),
    ("partnership",),
    ("hub",),
    ("ward", "tenure"),
    ("lsoa",),
    ("tenure", "risk"),
    ("district", "aim", "entry"),
    ("need",),
    ("component",),
    ("hub", "component"),
]


@pytest.mark.parametrize("by", GROUPINGS, ids=" ".join)
def test_coverage_as_json_keeps_its_contract_and_adds_up(
    command: Command, by: tuple[str, ...]
) -> None:
    """The identity is checked on the document itself: what another program would read."""
    document = command.json("coverage", *(["--by", *by] if by else []))
    assert {"format", "status", "unit", "rows"} <= set(document)
    promised = FIGURES | ({"met_otherwise"} if "component" in by else set())
    assert document["rows"]
    for row in document["rows"]:
        beside = set() if "component" in by else {SUPPORTED}
        assert set(row) == {*by, *Run, *beside} | (set(row) & {"name"})
        for run in Run:
            figures = row[run]
            assert set(figures) == promised
            met, lost = (sum(figures[code] for code in codes) for codes in (Met, Reason))
            assert abs(figures["met"] - met) <= BALANCE
            otherwise = figures.get("met_otherwise", 0.0)
            assert abs(figures["demand"] - met - otherwise - lost) <= BALANCE
            assert min(figures.values()) >= 0
            assert 0 <= row.get(SUPPORTED, {}).get(run, 0.0) <= figures["met"] + BALANCE


def test_an_interval_gives_the_ends_of_every_figure_and_lies_about_its_draws(
    command: Command,
) -> None:
    document = command.json("coverage", "--by", "tenure", "--interval", "--draws", "12")
    assert document["interval"] == {"draws": 12, "seed": 2026}
    drawn = uncertainty.draw(
        pack.load_pack(command.folder), model.Settings(), [["tenure"]], numbers=range(12)
    ).interval(["tenure"])
    for row, ends in zip(document["rows"], drawn.to_dict("records"), strict=True):
        assert row["tenure"] == ends["tenure"]
        for end in ("p10", "p90"):
            assert set(row[end]) == FIGURES | {SUPPORTED}
            assert all(row[end][name] == ends[f"{name}_{end}"] for name in row[end])
        assert all(row["p10"][name] <= row["p90"][name] for name in FIGURES)
    lines = command.csv("coverage", "--by", "tenure", "--interval", "--draws", "12")
    assert {line["run"] for line in lines} == {*Run, "p10", "p90"}


def test_an_interval_needs_ten_draws(command: Command) -> None:
    status, printed, said = command("coverage", "--interval", "--draws", "9")
    assert (status, printed) == (2, "")
    assert "10 draws or more, not 9" in said


def test_first_come_first_served_never_helps_more_than_the_best_use(command: Command) -> None:
    (best,) = command.json("coverage")["rows"]
    answer = command.json("coverage", "--first-come")
    (first,) = answer["rows"]
    assert answer["settings"]["sharing"] == "first_come"
    assert all(first[run]["met"] <= best[run]["met"] + EXACT for run in Run)
    assert all(first[run]["demand"] == pytest.approx(best[run]["demand"]) for run in Run)


@pytest.mark.parametrize("by", GROUPINGS, ids=" ".join)
def test_the_three_forms_of_coverage_hold_the_same_figures(
    command: Command, by: tuple[str, ...]
) -> None:
    """And they are those of the table that every page reads."""
    options = ["--by", *by] if by else []
    rows = command.json("coverage", *options)["rows"]
    written = command.csv("coverage", *options)
    frame = coverage_rows(model.run(pack.load_pack(command.folder)), by)
    frame.columns = [*by, *frame.columns[len(by) :]]
    by_key = {tuple(row[key] for key in by): row for row in rows}
    assert len(by_key) == len(rows)
    for record, line in zip(frame.to_dict("records"), written, strict=True):
        figures = by_key[tuple(record[key] for key in by)][record["run"]]
        for name in figures:
            assert figures[name] == record[name] == float(line[name])
    status, printed, _ = command("coverage", *options)
    assert status == 0
    lines = printed.splitlines()
    assert lines[0].split() == list(frame.columns)
    for record, text in zip(frame.to_dict("records"), lines[1:], strict=False):
        assert text.endswith(f"{record[frame.columns[-1]]:.1f}")
    assert any("illustration" in line for line in lines)


def test_the_map_page_and_the_command_line_agree(command: Command) -> None:
    """Shares of those who seek help on the map are the figures of the command, divided."""
    rates = area_rates(
        model.run(pack.load_pack(command.folder)), "ward", component="sanctuary_scheme"
    )
    rows = command.json("coverage", "--by", "ward", "component")["rows"]
    found = {row["ward"]: row["central"] for row in rows if row["component"] == "sanctuary_scheme"}
    for code, rate in rates.iterrows():
        figures = found[str(code)]
        assert rate["demand"] == figures["demand"]
        for name in ("met", "met_otherwise", *Met, *Reason):
            assert rate[name] == pytest.approx(figures[name] / figures["demand"], abs=1e-15)


def test_areas_have_their_names_and_keep_the_word_they_were_asked_by(command: Command) -> None:
    wards = command.json("coverage", "--by", "ward")["rows"]
    assert [row["ward"] for row in wards] == [*WARDS, "elsewhere"]
    assert wards[0]["name"] == "Alderby East"
    partnerships = command.json("coverage", "--by", "partnership")["rows"]
    assert [row["partnership"] for row in partnerships][:2] == ["Partnership A", "Partnership B"]


def test_area_rows_sum_to_the_total(command: Command) -> None:
    (total,) = command.json("coverage")["rows"]
    for by in ("place", "partnership", "hub", "ward", "lsoa", "tenure", "risk"):
        rows = command.json("coverage", "--by", by)["rows"]
        for run in Run:
            for name in FIGURES:
                assert sum(r[run][name] for r in rows) == pytest.approx(total[run][name], abs=1e-7)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("pathway", Pathway)
def test_goal_and_pathway_are_those_of_the_model(
    command: Command, goal: Goal, pathway: Pathway
) -> None:
    document = command.json("coverage", "--goal", goal, "--pathway", pathway)
    assert document["settings"] | {"goal": goal, "pathway": pathway} == document["settings"]
    settings = model.Settings(goal=goal, pathway=pathway)
    rows = coverage_rows(model.run(pack.load_pack(command.folder), settings))
    for record in rows.to_dict("records"):
        assert document["rows"][0][record["run"]]["met"] == record["met"]


def test_the_reference_date_decides_what_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No figure reads the clock: a refuge that closes is gone from the day after on."""
    tables = base_tables()
    change(tables, "services", {"service_id": "refuge_one"}, closes_on="2026-12-31")
    command = Command(write_pack(tmp_path, tables), capsys)
    refuge = ("--by", "component")

    def through_a_refuge(*options: str) -> float:
        document = command.json("coverage", *refuge, *options)
        found = {row["component"]: row["central"]["met"] for row in document["rows"]}
        return float(found["refuge_services"])

    assert through_a_refuge() > 0
    assert through_a_refuge("--on", "2026-12-31") > 0
    assert through_a_refuge("--on", "2027-01-01") == 0
    document = command.json("coverage", "--on", "2027-01-01")
    assert document["settings"]["reference_date"] == date(2027, 1, 1).isoformat()


def test_a_need_without_a_published_share_is_named_and_not_0(command: Command) -> None:
    document = command.json("coverage", "--by", "need")
    counted = {row["need"] for row in document["rows"]}
    assert counted == {"mental_health", "nrpf", "male"}
    assert "drugs" in document["number_unknown"]
    assert not counted & set(document["number_unknown"])
    assert "Number unknown, not 0: " in command("coverage", "--by", "need")[1]


def test_the_pack_is_the_one_given_else_the_one_of_the_environment(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_pack(tmp_path, info={"name": "other", "title": "Other"})
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(other))
    _, printed, _ = command.bare("coverage", "--format", "json")
    assert json.loads(printed)["pack"]["name"] == "other"
    assert command.json("coverage")["pack"]["name"] == "testham"
    assert command.json("coverage")["pack"]["sha256"] == pack.load_pack(command.folder).digest


# Routes -------------------------------------------------------------------------------------


HOUSEHOLD = ("--area", "Alderby East", "--tenure", "owned")


def test_routes_in_three_forms_tell_the_same(command: Command) -> None:
    """The owner who wishes to stay: the sanctuary's rules are unknown, so *perhaps*."""
    document = command.json("routes", *HOUSEHOLD)
    assert document["verdict"] == "perhaps"
    assert document["use"].startswith("For planning")
    found = {tuple(route["services"]): route for route in document["routes"]}
    assert ("sanctuary_one",) in found
    assert ("refuge_one", "lettings") in found
    stay = found["sanctuary_one",]
    assert (stay["pathway"], stay["end"]) == ("stay", "home:stayed")
    assert stay["ways_in"][0]["through"] == ["idva"]
    assert document["names"]["sanctuary_one"] == "Sanctuary"
    lines = command.csv("routes", *HOUSEHOLD)
    assert [line["services"] for line in lines if line["outcome"] != "no"] == [
        ";".join(route["services"]) for route in document["routes"]
    ]
    refused = {line["services"]: line["pathway_or_reason"] for line in lines}
    for refusal in document["cannot_help"]:
        assert refused[refusal["service"]] == refusal["reason"]
    status, printed, _ = command("routes", *HOUSEHOLD)
    assert status == 0
    assert printed.startswith("For planning")
    assert "Sanctuary → stayed in their own home" in printed
    assert "Refuge → Council lettings" in printed


def test_routes_of_a_man_leave_the_refuge_out_and_say_why(command: Command) -> None:
    document = command.json("routes", *HOUSEHOLD, "--need", "male", "--aim", "move")
    assert all("refuge_one" not in route["services"] for route in document["routes"])
    assert {"service": "refuge_one", "reason": "not_eligible", "detail": ["male"]} in (
        document["cannot_help"]
    )
    assert "Refuge: does not take: man" in command("routes", *HOUSEHOLD, "--need", "male")[1]


# Validate -----------------------------------------------------------------------------------


def test_the_shipped_pack_is_valid_with_warnings_listed(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    status, printed, said = command.bare("validate", "--format", "json")
    problems = json.loads(printed)["problems"]
    assert (status, said) == (0, "")
    assert {problem["severity"] for problem in problems} <= {"warning"}
    keys = {"severity", "file", "row", "column", "value", "message", "expected", "mend"}
    assert all(set(problem) == keys for problem in problems)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Return a pack with three faults, one of them in a cell that a spreadsheet would run."""
    tables = base_tables()
    change(tables, "services", {"service_id": "idva"}, kind="=HYPERLINK(0)")
    change(tables, "capacity", {"service_id": "lettings"}, capacity_central="many")
    add(tables, "eligibility", service_id="nobody", rule="male", answer="yes", status="assumed",
        source="made up")  # fmt: skip
    return write_pack(tmp_path, tables)


def test_validate_lists_every_problem_with_its_place(command: Command, faulty: Path) -> None:
    status, printed, _ = command("validate", "--format", "json", data=faulty)
    assert status == 1
    errors = [p for p in json.loads(printed)["problems"] if p["severity"] == "error"]
    places = {(problem["file"], problem["column"], problem["value"]) for problem in errors}
    assert ("providers/capacity.csv", "capacity_central", "many") in places
    assert ("providers/eligibility.csv", "service_id", "nobody") in places
    assert any(file == "providers/services.csv" for file, _, _ in places)
    status, printed, _ = command("validate", data=faulty)
    assert status == 1
    assert f"{len(errors)} errors" in printed.splitlines()[-1]


def test_every_command_lists_the_problems_of_a_faulty_pack(command: Command, faulty: Path) -> None:
    for options in (["coverage"], ["routes", *HOUSEHOLD]):
        status, printed, _ = command(*options, "--format", "json", data=faulty)
        assert status == 1
        assert len(json.loads(printed)["problems"]) >= 3


# Spreadsheets -------------------------------------------------------------------------------


def test_no_cell_of_a_csv_starts_a_formula(
    command: Command, faulty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = command("validate", "--format", "csv", data=faulty)[1]
    assert "'=HYPERLINK(0)" in printed
    tables = base_tables()
    for row, name in zip(tables["groupings"], ("=1+1", "+1", "@SUM(A1)"), strict=True):
        row |= {"hub": name, "hub_evidence": "made up"}
    hostile = Command(write_pack(tmp_path / "hostile", tables), capsys)
    texts = [row["hub"] for row in hostile.csv("coverage", "--by", "hub")]
    assert {"'=1+1", "'+1", "'@SUM(A1)"} <= set(texts)
    assert hostile.json("coverage", "--by", "hub")["rows"][0]["hub"] in {"=1+1", "+1", "@SUM(A1)"}


# Wrong use ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["coverage", "--by", "county"], "no level of area called 'county'"),
        (["coverage", "--by", "ward", "place"], "one level of area at most"),
        (["coverage", "--by", "need", "component"], "need or by component"),
        (["coverage", "--by", "tenure", "tenure"], "nothing twice"),
        (["coverage", "--goal", "happy"], "invalid choice: 'happy'"),
        (["coverage", "--pathway", "leave"], "invalid choice: 'leave'"),
        (["coverage", "--on", "tomorrow"], "'tomorrow' is not a date such as"),
        (["routes", "--area", "Atlantis", "--tenure", "owned"], "'Atlantis'"),
        (["routes", *HOUSEHOLD, "--need", "wings"], "no circumstance 'wings'"),
        (["routes", *HOUSEHOLD, "--need", "male", "pregnant"], "cannot both hold"),
        (["routes", *HOUSEHOLD, "--need", "children_3", "children_4_plus"], "cannot both hold"),
        (["routes", "--area", "Alderby East"], "--tenure"),
    ],
)
def test_wrong_use_ends_with_2_and_a_message_for_people(
    command: Command, arguments: list[str], said: str
) -> None:
    status, printed, message = command(*arguments)
    assert (status, printed) == (2, "")
    assert said in message
    assert "Traceback" not in message


@pytest.mark.parametrize("name", ["app", "validate", "coverage"])
def test_a_folder_that_is_not_there_is_wrong_use(
    command: Command, tmp_path: Path, name: str
) -> None:
    status, printed, said = command(name, data=tmp_path / "gone")
    assert (status, printed) == (2, "")
    assert "is not a folder" in said


def test_no_command_and_an_unknown_command_are_wrong_use(command: Command) -> None:
    assert command.bare()[0] == 2
    assert command.bare("conquer")[0] == 2


def test_the_version_and_help_end_well(command: Command) -> None:
    assert command.bare("--version")[:2] == (0, f"housing-map {__version__}\n")
    for name in ("app", "validate", "describe", "coverage", "routes"):
        status, printed, _ = command.bare(name, "--help")
        assert status == 0
        assert "--data" in printed


# The installed program ----------------------------------------------------------------------


def test_the_installed_program_runs_in_a_process_of_its_own(small: Path) -> None:
    options = ["coverage", "--data", str(small), "--by", "tenure", "--format", "json"]
    ended = subprocess.run(
        [PROGRAM, *options], capture_output=True, timeout=SECONDS, check=False, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert {row["tenure"] for row in json.loads(ended.stdout)["rows"]} >= {"owned", "private_rent"}


@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_that_stops_listening_is_no_failure(small: Path, lines: int) -> None:
    """As in ``housing-map coverage | head -1``: the pipe closes while much is still to come."""
    options = ["coverage", "--data", str(small), "--by", "lsoa", "tenure", "risk"]
    with subprocess.Popen(
        [PROGRAM, *options, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BUFFERED,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(SECONDS) == 0


def test_few_words_into_a_closed_pipe_are_no_failure_either(small: Path) -> None:
    with subprocess.Popen(
        [PROGRAM, "validate", "--data", str(small)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BUFFERED,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(SECONDS) == 0
