"""The form: configuration that people can edit, and that is refused when it cannot be filled."""

import json
from pathlib import Path

import pytest

from housing_map.assessment import form as forms
from housing_map.assessment.form import SECTIONS, read_form
from housing_map.errors import UsageError

SHIPPED = Path(forms.__file__).with_name("form.json")


def changed(folder: Path, **parts: object) -> Path:
    """Write the shipped form with some parts put in place of its own."""
    content = json.loads(SHIPPED.read_text("utf-8")) | parts
    path = folder / "form.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_shipped_form_has_all_sections_0_to_15_and_three_more() -> None:
    form = read_form()
    assert [one.number for one in form.sections] == list(range(19))
    assert tuple(one.id for one in form.sections) == SECTIONS


def test_regulation_8_is_complete() -> None:
    """SI 2021/990 regulation 8: (a), (b), (c)(i) to (iii), (d)(i) to (iii), (e)(i), (ii), (f)."""
    assert [point.ref for point in read_form().regulation8] == [
        "8(a)", "8(b)", "8(c)(i)", "8(c)(ii)", "8(c)(iii)", "8(d)(i)", "8(d)(ii)", "8(d)(iii)",
        "8(e)(i)", "8(e)(ii)", "8(f)",
    ]  # fmt: skip


def test_the_seven_seats_of_section_58_and_the_matters_of_regulation_5_are_there() -> None:
    form = read_form()
    letters = [seat.basis[-3:] for seat in form.seats]
    assert letters == [f"({letter})" for letter in "abcdefg"]
    assert [one.basis.rpartition(" ")[2] for one in form.regards] == [
        *(f"5(1)(a)({number})" for number in ("i", "ii", "iii", "iv", "v", "vi", "vii")),
        "5(1)(b)",
        "5(2)",
    ]


def test_need_in_and_outside_safe_accommodation_is_kept_apart() -> None:
    support = {one.id: one.support for one in read_form().sections}
    assert {id_ for id_, kind in support.items() if kind == "community"} == {"community"}
    assert support["demand"] == support["unmet"] == "accommodation"


def test_an_edited_form_is_read_with_its_version_and_order(tmp_path: Path) -> None:
    sections = json.loads(SHIPPED.read_text("utf-8"))["sections"]
    keep = [one for one in sections if one["id"] not in {"area", "joint_area"}][::-1]
    form = read_form(changed(tmp_path, version="2027.1", sections=keep))
    assert form.version == "2027.1"
    assert [one.id for one in form.sections] == [one["id"] for one in keep]


def section(id_: str) -> dict[str, object]:
    return {"id": id_, "number": 0, "title": "T", "basis": "", "support": "both"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"sections": [section("weather")], "regulation8": []}, "no section weather"),
        ({"sections": [section("area")]}, "point of regulation 8"),
        ({"sections": [section("area")] * 2, "regulation8": []}, "stands twice"),
        ({"sectoins": []}, "sectoins"),
        ({"practice": {"refresh_months": 0, "full_months": 1, "return_month": 6, "return_day": 1}},
         "practice.refresh_months"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_filled_is_refused_at_its_place(
    tmp_path: Path, parts: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        read_form(changed(tmp_path, **parts))


def test_a_form_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_form(tmp_path / "none.json")
