"""The commands about the best set of candidates, and about the least provision."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from housing_map import candidate_file, scenario
from housing_map.candidates import Ask
from housing_map.choosing import Choosing
from housing_map.cli import main
from housing_map.model import Settings
from housing_map.needed import Wanted, needed
from housing_map.pack import Pack, load_pack
from housing_map.vocabulary import Goal
from tests.choices import places, secured
from tests.packs import base_tables, write_pack

CLOSE = 1e-6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("pack"), base_tables())


@pytest.fixture(scope="module")
def small(folder: Path) -> Pack:
    return load_pack(folder)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with three candidates, one of them without a cost."""
    file = tmp_path_factory.mktemp("candidates") / "mine.json"
    text = candidate_file.written((places(5, 60), secured(4, 30), secured(10)))
    text = text.replace('"refuge"', '"refuge_one"').replace('"sanctuary"', '"pool:sanctuary"')
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - a function
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["scenario", *arguments, "--data", str(folder)])
        printed, said = capsys.readouterr()
        return status, printed, said

    return run


def document(answer: tuple[int, str, str]) -> dict[str, Any]:
    status, printed, said = answer
    assert (status, said) == (0, "")
    found: dict[str, Any] = json.loads(printed)
    return found


def test_optimise_gives_what_the_library_gives(command: Any, small: Pack, listed: Path) -> None:  # noqa: ANN401
    found = document(
        command("optimise", "--units", "9", "--candidates", str(listed), "--format", "json")
    )
    every = candidate_file.load(listed, small)
    best = Choosing(small, Settings(goal=Goal.SAFE), every, Ask(units=9)).optimum()
    assert found["format"] == "housing-map/optimise/1.0"
    assert found["best"]["ids"] == list(best.ids)
    assert found["best"]["met"] == pytest.approx(best.met, abs=CLOSE)
    assert found["best"]["proved"] is True
    assert found["first_answer"]["met"] <= best.bound + CLOSE
    assert {row["what"] for row in found["left_out"]} == {"place", "tenure", "risk", "need"}
    assert [row["chosen"] for row in found["candidates"]] == [
        "yes" if one.id in best.ids else "no" for one in every
    ]


def test_the_text_says_the_set_the_proof_and_whom_it_leaves_out(command: Any, listed: Path) -> None:  # noqa: ANN401
    status, said, _ = command(
        "optimise", "--units", "9", "--candidates", str(listed), "--order", "--frontier",
        "--survival", "--draws", "2",
    )  # fmt: skip
    assert status == 0
    for part in (
        "Best for 9 units:", "Proved: nothing allowed does better.", "By home before, left out",
        "By need, left out", "What to do first:", "The best set of every budget:",
        "When assumptions vary:", "not for publication",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("option", "columns"),
    [
        ((), ["id", "label", "units", "cost_gbp_a_year", "chosen"]),
        (("--survival", "--draws", "1"),
         ["id", "label", "units", "cost_gbp_a_year", "chosen", "share_of_draws"]),
        (("--order",), ["step", "id", "label", "spent", "met", "best", "regret"]),
        (("--frontier",), ["spent", "met", "further", "bound", "proved", "ids"]),
    ],
)  # fmt: skip
def test_csv_is_the_table_that_was_asked_for(
    command: Any,  # noqa: ANN401
    listed: Path,
    option: tuple[str, ...],
    columns: list[str],
) -> None:
    answer = command(
        "optimise", "--units", "9", "--candidates", str(listed), "--format", "csv", *option
    )
    rows = list(csv.DictReader(io.StringIO(answer[1])))
    assert list(rows[0]) == columns


def test_where_some_households_count_more_the_figures_are_not_called_households(
    command: Any,  # noqa: ANN401
    listed: Path,
    tmp_path: Path,
) -> None:
    base = tmp_path / "weights.json"
    base.write_text(
        '{"format": "housing-map/scenario/1.0", "name": "Weights", '
        '"changes": [{"change": "weight", "rule": "risk_high", "weight": 3}]}'
    )
    asked = ("optimise", "--units", "9", "--candidates", str(listed))
    _, said, _ = command(*asked, "--base", str(base))
    assert "Weighted: of people at high risk each household counts 3." in said
    _, text, _ = command(*asked, "--base", str(base), "--format", "json")
    assert json.loads(text)["unit"] == "weighted household-episodes a year"
    assert "Weighted" not in command(*asked)[1]


def test_a_budget_in_pounds_asks_for_costs_that_nobody_has_given(
    command: Any,  # noqa: ANN401
    listed: Path,
) -> None:
    status, printed, said = command("optimise", "--budget", "50,000", "--candidates", str(listed))
    assert (status, printed) == (2, "")
    assert "10 homes" in said


def test_what_cannot_be_had_says_what_binds(command: Any, listed: Path) -> None:  # noqa: ANN401
    status, _, said = command(
        "optimise", "--units", "3", "--candidates", str(listed), "--must", "refuge_5"
    )
    assert status == 1
    assert "2 more than the 3 there are" in said


def test_the_best_set_is_written_as_a_scenario_on_its_base(
    command: Any,  # noqa: ANN401
    small: Pack,
    listed: Path,
    tmp_path: Path,
) -> None:
    base, out = tmp_path / "base.json", tmp_path / "best.json"
    base.write_text(
        '{"format": "housing-map/scenario/1.0", "name": "Busier", "goal": "settled", '
        '"changes": [{"change": "demand", "times": 1.2}]}',
        encoding="utf-8",
    )
    found = document(
        command(
            "optimise", "--units", "9", "--candidates", str(listed), "--base", str(base),
            "--out", str(out), "--format", "json",
        )
    )  # fmt: skip
    best = scenario.load(out)
    assert best.goal is Goal.SETTLED
    assert best.changes[0].change == "demand"
    assert len(best.changes) == 1 + len(found["best"]["ids"])
    assert best.baseline is not None
    assert best.baseline.digest == small.digest
    assert main(["scenario", "run", str(out), "--data", str(small.folder)]) == 0


def test_the_budget_of_the_scenario_it_starts_from_holds_where_none_is_given(
    command: Any,  # noqa: ANN401
    listed: Path,
    tmp_path: Path,
) -> None:
    base = tmp_path / "base.json"
    base.write_text(
        '{"name": "Nine places", "changes": [{"change": "budget", "units": 9}]}', encoding="utf-8"
    )
    asked = ("optimise", "--candidates", str(listed), "--format", "json")
    held = document(command(*asked, "--base", str(base)))
    assert held["best"]["ids"] == document(command(*asked, "--units", "9"))["best"]["ids"]
    free = document(command(*asked, "--base", str(base), "--units", "19"))
    assert free["best"]["ids"] == document(command(*asked, "--units", "19"))["best"]["ids"]


def test_fair_and_without_floors_are_asked_of_the_library(command: Any, listed: Path) -> None:  # noqa: ANN401
    found = document(
        command(
            "optimise", "--units", "9", "--candidates", str(listed), "--fair", "aim",
            "--no-floors", "--format", "json",
        )
    )  # fmt: skip
    assert found["best"]["lowest_share"] > 0
    assert found["settings"]["fair"] == "aim"


def test_the_ready_list_can_be_written_edited_and_read(
    command: Any,  # noqa: ANN401
    small: Pack,
    tmp_path: Path,
) -> None:
    file = tmp_path / "ready.json"
    assert command("candidates", "--out", str(file))[0] == 0
    schema = document(command("candidates", "--schema"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(file.read_text(encoding="utf-8")))
    found = document(command("candidates", "--format", "json"))
    assert [row["id"] for row in found["candidates"]] == [
        one.id for one in candidate_file.load(file, small)
    ]
    status, said, _ = command("candidates")
    assert status == 0
    assert "people with pets" in said


def test_need_gives_what_the_library_gives(command: Any, small: Pack) -> None:  # noqa: ANN401
    found = document(
        command("need", "--share", "0.5", "--by", "tenure", "--as-far", "--format", "json")
    )
    expected = needed(small, Settings(goal=Goal.SAFE), Wanted(0.5, by=("tenure",), as_far=True))
    assert [row["new"] for row in found["places"]] == pytest.approx(
        list(expected.places["new"]), abs=CLOSE
    )
    status, said, _ = command("need", "--share", "0.5", "--by", "tenure", "--as-far")
    assert status == 0
    assert "To meet 50% of need in every group" in said
    rows = command("need", "--share", "0.5", "--as-far", "--format", "csv")[1]
    assert rows.startswith("kind,area,tenure,new\n")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("need", "--share", "0.99"), 1, "at most"),
        (("need", "--share", "1.5"), 2, "at most 1"),
        (("need", "--share", "0.5", "--kinds", "idva"), 2, "cannot be opened"),
        (("need", "--share", "0.5", "--price", "refuge=1"), 2, "Give the price"),
        (("optimise", "--candidates", "none.json"), 1, "cannot be read"),
        (("optimise", "--units", "5", "--must", "other"), 2, "no candidate other"),
    ],
)
def test_wrong_use_is_said_in_words(
    command: Any,  # noqa: ANN401
    arguments: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    found = command(*arguments)
    assert found[0] == status
    assert said in found[1] + found[2]


@pytest.mark.parametrize("amount", ["-1", "much", "inf", "nan"])
def test_an_amount_that_is_none_is_refused(command: Any, amount: str) -> None:  # noqa: ANN401
    with pytest.raises(SystemExit) as left:
        command("optimise", "--units", amount)
    assert left.value.code == 2
