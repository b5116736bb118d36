"""Answers hold decisions, never people; and come back from file and store as they went in."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.assessment import answers as author
from housing_map.assessment.answers import (
    Answers,
    as_content,
    digest_of,
    form_problems,
    from_content,
    load,
    location_problems,
    read,
    written,
)
from housing_map.assessment.form import read_form
from housing_map.errors import UsageError
from housing_map.store import open_store
from tests.worlds import base_pack

FULL = {
    "period": "2025-26",
    "author": "Domestic Abuse Team",
    "document_version": "2.1",
    "full_assessment_on": "2024-10-01",
    "sections_amended": ["use", "unmet"],
    "strategy": {
        "title": "Strategy 2022 to 2027",
        "first_published_on": "2022-01-04",
        "regards": {"housing": "Read beside the homelessness strategy."},
    },
    "board": {
        "appointed": "yes",
        "name": "Strategic partnership",
        "how_often": "every quarter",
        "seats": [{"seat": "victims", "body": "Survivors' forum", "role": "chair"}],
        "meetings": [{"on": "2026-01-20", "about": "Needs assessment"}],
    },
    "consultation": [
        {"on": "2025-09-01", "whom": "board", "body": "The board", "said": "More on children."}
    ],
    "spend": [{"objective": "Safe homes", "stream": "Duty grant", "spent_gbp": 400000.0}],
    "decisions": [{"on": "2025-06-01", "what": "Two more workers", "by_strategy": "Objective 4"}],
    "statements": {"8(d)(iii)": "Advocates help people to the services."},
    "edited": {"area": {"text": "In our own words.", "digest": "0" * 64}},
    "added": {"community": "No effect was seen."},
}

PERSONAL = [
    ("Write to anna.smith@example.org", "an e-mail address"),
    ("Ring 01484 221 000", "a phone number"),
    ("Ring +44 (0)7700 900123", "a phone number"),
    ("Ring 07700-900-123.", "a phone number"),
    ("QQ 12 34 56 C is hers", None),
    ("Her number is AB123456C", "a National Insurance number"),
    ("NHS 943 476 5919", "an NHS number"),
    ("DOB: 1/2/1990", "a date of birth"),
    ("She lives at HD1 2AB", "a postcode"),
    ("It is at 53.6449, -1.7836", "a coordinate"),
]


def test_answers_come_back_as_they_went_in(tmp_path: Path) -> None:
    answers = read(json.dumps(FULL))
    again = read(written(answers))
    assert again == answers
    assert written(again) == written(answers)
    path = tmp_path / "answers.json"
    path.write_text(written(answers), encoding="utf-8")
    assert load(path) == answers
    assert from_content(as_content(answers)) == answers


def test_saved_work_keeps_answers_and_their_history(tmp_path: Path) -> None:
    first = Answers(author="Team A")
    second = first.model_copy(update={"document_version": "2"})
    with open_store(str(tmp_path / "store")) as store:
        made = store.save(author.KIND, "2025-26", as_content(first), who="Ann", why="begun")
        store.save(author.KIND, "2025-26", as_content(second), who="Ben", why="version",
                   id=made.id, expected=made.version)  # fmt: skip
        assert from_content(store.get(made.id).content) == second
        assert from_content(store.at(made.id, 1).content) == first


def test_every_answer_may_be_missing_and_what_is_missing_is_not_written() -> None:
    assert json.loads(written(Answers())) == {"version": 1}


@pytest.mark.parametrize(("words", "what"), PERSONAL)
@pytest.mark.parametrize("field", ["author", "added"])
def test_what_belongs_to_one_person_is_refused_and_never_repeated(
    words: str, what: str | None, field: str
) -> None:
    given = {"author": words} if field == "author" else {"added": {"area": words}}
    if what is None:
        read(json.dumps(given))
        return
    with pytest.raises(UsageError, match=what) as refused:
        read(json.dumps(given))
    assert words not in str(refused.value)
    assert words.rsplit(maxsplit=1)[-1] not in str(refused.value)


@pytest.mark.parametrize(
    "words",
    [
        "£1,250,000 was spent in 2025-26, 12% more than in 2024-25.",
        "From 1 April 2025 to 31 March 2026, 1,031 referrals; 0.767 per cent; SI 2021/990.",
        "Contract KMCAS-144; 36 months; 2022/S 000-005679",
        "Ratio 1 : 10 000, about 433 166 people.",
    ],
)
def test_figures_dates_and_references_are_no_personal_data(words: str) -> None:
    assert read(json.dumps({"added": {"area": words}})).added["area"] == words


def test_a_refuge_is_not_placed_by_an_answer() -> None:
    """A ward beside words for safe accommodation is found, its name not repeated."""
    ward = str(base_pack()["groupings"]["ward_name"].iloc[0])
    bad = Answers.model_validate({"added": {"gaps": f"All is well. Our refuge in {ward} is full."}})
    (problem,) = location_problems(bad, base_pack())
    assert problem.column == "added.gaps"
    assert ward not in str(problem)
    good = Answers.model_validate(
        {"added": {"gaps": f"In {ward} many rent privately. The refuge serves the district."}}
    )
    assert location_problems(good, base_pack()) == ()


def test_codes_that_the_form_does_not_have_are_named() -> None:
    wrong = Answers.model_validate(
        {
            "sections_amended": ["weather"],
            "statements": {"9(a)": "x"},
            "board": {"seats": [{"seat": "poets", "body": "Guild"}]},
        }
    )
    assert {one.column for one in form_problems(wrong, read_form())} == {
        "sections_amended", "statements", "board.seats",
    }  # fmt: skip
    assert form_problems(read(json.dumps(FULL)), read_form()) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be used"),
        ('{"version": 2}', "version"),
        ('{"autor": "x"}', "autor"),
        ('{"spend": [{"objective": "a", "stream": "b", "spent_gbp": -1}]}', "spend.0.spent_gbp"),
        ('{"spend": [{"objective": "a", "stream": "b", "spent_gbp": 1e999}]}', "spent_gbp"),
        ('{"author": "two\\nlines"}', "author"),
        ('{"edited": {"area": {"text": "x", "digest": "short"}}}', "edited.area.digest"),
        ('{"full_assessment_on": "last week"}', "full_assessment_on"),
    ],
)  # fmt: skip
def test_a_hostile_or_mistyped_file_is_refused_at_its_field(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read(text)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(b" " * (author.LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="larger"):
        load(path)
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.json")


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_two_texts_have_one_digest_only_if_they_read_alike(a: list[str], b: list[str]) -> None:
    same = "\n\n".join(a) == "\n\n".join(b)
    if all(text.isprintable() for text in (*a, *b)):
        assert (digest_of(tuple(a)) == digest_of(tuple(b))) is same


def test_dates_are_dates() -> None:
    assert read(json.dumps(FULL)).board.meetings[0].on == date(2026, 1, 20)
