"""The file of a scenario: what is read, what is refused and how, and what it never says."""

import json
from contextlib import suppress
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from housing_map.changes import AddService, ChangeDemand, MoveService, Point, Resize
from housing_map.scenario import (
    FORMAT,
    LARGEST,
    Baseline,
    Scenario,
    ScenarioError,
    apply,
    digest,
    for_pack,
    json_schema,
    load,
    location_problems,
    read,
    written,
)
from tests.drawn import examples
from tests.scenarios import ROOT, changes, rich_pack, scenarios

SCHEMA = ROOT / "docs" / "scenario.schema.json"


def refused(text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as raised:
        read(text, "tried.json")
    return tuple(map(str, raised.value.problems))


# The schema -------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_program() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_the_schema_is_a_sound_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@given(scenarios(6))
@examples(150)
def test_every_file_that_is_written_fits_the_schema_and_reads_as_it_was(
    scenario: Scenario,
) -> None:
    text = written(scenario)
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(text))
    assert read(text) == scenario
    assert read(text.encode()) == scenario
    assert written(read(text)) == text


@given(changes())
@examples(150)
def test_what_the_schema_refuses_the_program_refuses(change: object) -> None:
    scenario = Scenario(name="Tried", changes=(change,))  # type: ignore[arg-type]
    whole = json.loads(written(scenario))
    checker = jsonschema.Draft202012Validator(json_schema())
    for name in list(whole["changes"][0]):
        broken = json.loads(json.dumps(whole))
        broken["changes"][0][name] = {"not": "this"}
        assert not checker.is_valid(broken)
        assert refused(json.dumps(broken))
        del broken["changes"][0][name]
        if not checker.is_valid(broken):
            assert refused(json.dumps(broken)), name


def test_a_file_leaves_out_what_is_as_a_matter_of_course() -> None:
    scenario = Scenario(name="More", changes=(ChangeDemand(times=1.1),))
    assert json.loads(written(scenario)) == {
        "format": FORMAT,
        "name": "More",
        "changes": [{"change": "demand", "times": 1.1}],
    }


def test_the_layout_of_a_file_does_not_change_the_digest() -> None:
    one = read('{"name": "More", "changes": [{"change": "demand", "times": 2}]}')
    other = read('{"changes":[{"times":2.0,"change":"demand","note":""}],"name":"More"}')
    assert digest(one) == digest(other)
    assert digest(one) != digest(one.model_copy(update={"name": "Less"}))


# Refused ----------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_named_at_once_with_place_value_and_what_was_expected() -> None:
    problems = refused(
        json.dumps(
            {
                "name": "",
                "goal": "safer",
                "colour": "red",
                "changes": [
                    {"change": "demand", "times": -1},
                    {"change": "resize", "pool": "Refuge One", "by": 3},
                    {"change": "resize", "pool": "refuge_one"},
                    {"change": "improve"},
                    {"times": 3},
                    {"change": "close_service", "service_id": "refuge_one", "on": "March"},
                ],
            }
        )
    )
    assert len(problems) == 9
    whole = "\n".join(problems)
    for said in (
        "tried.json, column name: ",
        "column goal: this is not as it should be (found 'safer'); expected 'safe' or 'settled'",
        "column colour: nothing of this name belongs here (found 'red')",
        "column changes.0.demand.times: this is not as it should be (found '-1'); "
        "expected greater than or equal to 0",
        "column changes.1.resize.pool: ",
        "column changes.2.resize: say either by how many places, or to how many",
        "column changes.3: there is no such sort of change; expected 'add_service', ",
        "column changes.4: say which sort of change it is, by 'change'",
        "column changes.5.close_service.on: ",
    ):
        assert said in whole, said


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, '"1.1"', "true", "null", "[]"]
)
def test_a_figure_is_a_finite_number_and_nothing_that_looks_like_one(value: str) -> None:
    text = '{"name": "x", "changes": [{"change": "demand", "times": ' + value + "}]}"
    (problem,) = refused(text)
    assert "changes.0.demand.times" in problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"a scenario"',
        '{"name": "x"',
        "[" * 200_000,
        '{"a":' * 100_000,
        b"\xff\xfe{}",
        '{"name": "' + "x" * LARGEST + '"}',
        '{"name": "x", "changes": [' + '{"change":"budget","units":1},' * 201 + "]}",
        '{"name": "x", "changes": [' + ",".join(['{"change":"budget","units":1}'] * 201) + "]}",
        '{"name": "x", "format": "housing-map/scenario/2.0"}',
        '{"name": "x", "baseline": {"pack": "kirklees", "digest": "abc"}}',
        '{"name": "x\\u0007"}',
        '{"name": "two\\nlines"}',
        '{"name": "\\ud800"}',
    ],
    ids=lambda text: str(text)[:24],
)
def test_hostile_files_are_refused_with_a_message(text: str | bytes) -> None:
    assert refused(text)


def test_a_name_given_twice_is_refused_since_nobody_can_say_which_counts() -> None:
    (problem,) = refused('{"name": "One", "name": "Two"}')
    assert "name is given twice" in problem


def test_long_texts_and_lists_are_refused() -> None:
    texts = {
        "name": "x" * 121,
        "description": "x" * 2001,
        "changes": [
            {"change": "demand", "times": 1, "note": "x" * 201},
            {"change": "demand", "times": 1, "areas": ["x"] * 5001},
            {"change": "close_service", "service_id": "x" * 61},
        ],
    }
    assert len(refused(json.dumps(texts))) == 5


def test_a_mark_that_an_editor_puts_before_the_text_does_no_harm() -> None:
    assert read("\N{ZERO WIDTH NO-BREAK SPACE}" + '{"name": "x"}').name == "x"
    assert read(b'\xef\xbb\xbf{"name": "x"}').name == "x"


def test_a_file_that_cannot_be_opened_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.json: the file cannot be read"):
        load(tmp_path / "nowhere.json")


@given(st.binary(max_size=200) | st.text(max_size=200))
@examples(200)
def test_whatever_stands_in_a_file_is_read_or_refused(content: str | bytes) -> None:
    with suppress(ScenarioError):
        assert read(content).name


# The baseline -----------------------------------------------------------------------------


def test_a_scenario_made_for_other_data_says_so_and_still_runs() -> None:
    pack = rich_pack()
    own = for_pack(Scenario(name="Own", changes=(ChangeDemand(times=2),)), pack)
    assert apply(pack, own).notices == ()
    other = own.model_copy(update={"baseline": Baseline(pack="other", digest="0" * 64)})
    applied = apply(pack, other)
    assert applied.made == (0,)
    assert "made for other data" in applied.notices[0]


# Where safe accommodation is --------------------------------------------------------------

LOCATED = ["HD1 2AB", "hd1 2ab", "12 High Street", "53.6449, -1.7836", "SE 1234 5678",
           "UPRN 100012345678", "///filled.count.soap", "E01999001", "H\u200bD1 2AB"]  # fmt: skip


@pytest.mark.parametrize("text", LOCATED)
def test_no_text_of_a_scenario_may_hold_a_location(text: str) -> None:
    for place in ("name", "description"):
        with pytest.raises(ValidationError):
            Scenario.model_validate({"name": "x"} | {place: f"It is at {text}."})
    for place in ("note", "name", "town"):
        whole = {"change": "add_service", "service_id": "x", "name": "x", "kind": "refuge"}
        (problem,) = refused(json.dumps({"name": "x", "changes": [whole | {place: text}]}))
        assert text not in problem
    note = {"change": "demand", "times": 1, "note": text}
    (problem,) = refused(json.dumps({"name": "x", "changes": [note]}))
    assert text not in problem


@pytest.mark.parametrize("text", ["HD1 2AB", "12 High Street"])
def test_a_location_in_a_wrong_value_is_not_repeated(text: str) -> None:
    for wrong in ({"name": f"{text} {'x' * 200}"}, {"name": "x", "goal": text}, {"on": text}):
        assert text not in "".join(refused(json.dumps(wrong)))


@pytest.mark.parametrize("kind", ["refuge", "dispersed", "second_stage", "sanctuary"])
def test_safe_accommodation_is_never_given_a_point(kind: str) -> None:
    point = Point(name="Town hall", lon=-1.5, lat=53.6)
    with pytest.raises(ValidationError, match="no place that is written down"):
        AddService(service_id="x", name="x", kind=kind, points=(point,))


@pytest.mark.parametrize("service_id", ["home_hd1_2ab", "hd1-2ab"])
def test_an_identifier_is_no_place_for_a_postcode(service_id: str) -> None:
    with pytest.raises(ValidationError):
        AddService(service_id=service_id, name="x", kind="refuge")


@pytest.mark.parametrize(
    "words", ["Ask anna.smith@example.org", "Ring 07700 900123", "NHS 943 476 5919"]
)
@pytest.mark.parametrize("field", ["name", "description"])
def test_what_belongs_to_one_person_is_refused_and_never_repeated(words: str, field: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read(json.dumps({"name": "One", "changes": []} | {field: words}))
    assert "no personal data" in str(refused.value)
    assert words.rsplit(maxsplit=1)[-1] not in str(refused.value)


def located(**texts: object) -> list[str | None]:
    scenario = Scenario.model_validate({"name": "Tried", **texts})
    found = location_problems(scenario, rich_pack())
    assert "Alderby" not in "".join(map(str, found)), "what is found is not repeated"
    if found:
        with pytest.raises(ScenarioError):
            apply(rich_pack(), scenario)
    return [problem.column for problem in found]


def added(**cells: object) -> dict[str, object]:
    new = {"change": "add_service", "service_id": "x", "name": "x", "kind": "refuge"}
    return {**new, "capacity": 1, **cells}


def test_a_place_beside_words_for_safe_accommodation_is_refused_in_any_text() -> None:
    assert located(name="Six dispersed homes in Alderby") == ["name"]
    assert located(description="An Alderby refuge.") == ["description"]
    assert located(changes=[{"change": "demand", "times": 1, "note": "Alderby refuge"}]) == [
        "changes.0.note"
    ]


def test_a_place_alone_is_refused_where_the_text_is_about_safe_accommodation() -> None:
    assert located(changes=[added(name="The Alderby one")]) == ["changes.0.name"]
    assert located(changes=[added(note="Near Cowden")]) == ["changes.0.note"]
    assert located(changes=[added(service_id="alderby_one")]) == ["changes.0.service_id"]
    closing = {"change": "close_service", "service_id": "refuge_one", "note": "The Alderby one"}
    assert located(changes=[closing]) == ["changes.0.note"]
    pool = {"change": "resize", "pool": "pool:refuge", "by": 1, "note": "In Brockley"}
    assert located(changes=[pool]) == ["changes.0.note"]
    route = {"change": "add_route", "note": "for Alderby"}
    route |= {"route": {"from_id": "options", "to_id": "sanctuary_one"}}
    assert located(changes=[route]) == ["changes.0.note"]


def test_public_services_and_the_need_of_a_place_may_be_named() -> None:
    assert located(name="More for Alderby", description="Alderby has most need.") == []
    moved = {"change": "move_service", "service_id": "options", "note": "A desk in Alderby"}
    point = {"name": "12 High Street, Alderby", "lon": -1.79, "lat": 53.61}
    assert located(changes=[moved | {"points": [point]}]) == []


def test_a_public_point_is_not_called_a_refuge() -> None:
    point = {"name": "Alderby refuge", "lon": -1.79, "lat": 53.61}
    moved = {"change": "move_service", "service_id": "options", "points": [point]}
    assert located(changes=[moved]) == ["changes.0.points"]


def test_a_town_may_be_named_as_a_town_and_changes_nothing() -> None:
    assert located(changes=[added(town="Alderby")]) == []
    with_town = apply(
        rich_pack(), Scenario(name="T", changes=(AddService(**_new(town="Alderby")),))
    )
    without = apply(rich_pack(), Scenario(name="T", changes=(AddService(**_new()),)))
    assert with_town.pack.digest == without.pack.digest
    for frame in with_town.pack.tables.values():
        if "service_id" in frame:
            own = frame[frame["service_id"] == "x"].astype(str)
            assert not own.apply(lambda column: column.str.contains("Alderby")).to_numpy().any()


def _new(**cells: object) -> dict[str, object]:
    return {name: cell for name, cell in added(**cells).items() if name != "change"}


@pytest.mark.parametrize("town", ["Alderby East", "Alderby 2", "1 Alderby", "Alderby, East", "*"])
def test_nothing_smaller_than_a_town_stands_for_one(town: str) -> None:
    try:
        scenario = Scenario.model_validate({"name": "x", "changes": [added(town=town)]})
    except ValidationError:
        return
    assert [p.column for p in location_problems(scenario, rich_pack())] == ["changes.0.town"]


def test_safe_accommodation_keeps_to_the_district_whatever_it_takes_after() -> None:
    pack = rich_pack()
    local = MoveService(service_id="lettings", areas=("Alderby",))
    new = AddService(
        service_id="x", name="x", kind="refuge", like="lettings", capacity=1, basis="units",
        stay_days=90, occupancy=1, routes=(),
    )  # fmt: skip
    applied = apply(pack, Scenario(name="T", changes=(local, new)))
    assert applied.skipped == ()
    served = applied.pack["areas_served"]
    assert served.loc[served["service_id"] == "x", "area"].tolist() == [pack.info.district_code]


def test_safe_accommodation_is_not_moved_to_a_place() -> None:
    point = Point(name="Town hall", lon=-1.5, lat=53.6)
    scenario = Scenario(
        name="T",
        changes=(
            MoveService(service_id="refuge_one", areas=("Alderby",)),
            MoveService(service_id="refuge_one", points=(point,)),
            AddService(service_id="x", name="x", kind="refuge", capacity=1, areas=("Cowden",)),
        ),
    )
    applied = apply(rich_pack(), scenario)
    assert applied.made == ()
    assert applied.pack is rich_pack()
    assert all("safe accommodation" in skipped.why for skipped in applied.skipped)


def test_the_date_of_a_scenario_is_a_day() -> None:
    assert read('{"name": "x", "on": "2027-03-31"}').on == date(2027, 3, 31)
    assert refused('{"name": "x", "on": 20270331}')


def test_changes_of_a_library_and_of_a_file_are_the_same() -> None:
    made = Scenario(name="x", changes=(Resize(pool="refuge_one", by=2),))
    text = '{"name": "x", "changes": [{"change": "resize", "pool": "refuge_one", "by": 2}]}'
    assert read(text) == made
