"""The picture of what ends when says in words what it shows."""

from datetime import date

import pytest

from housing_map.timeline_picture import Line, Mark, timeline_alt, timeline_chart

ON = date(2026, 6, 30)
LINES = (
    Line("Haven", date(2027, 3, 31), "31 March 2027", (date(2026, 12, 31),)),
    Line("Two other services", None, "nobody has published an end"),
)
MARKS = (
    Mark(date(2027, 3, 31), "31 March 2027: Grant ends.", "about 20 lose their last route"),
    Mark(date(2026, 12, 31), "31 December 2026: Part ends."),
)


def specification(*marks: Mark) -> str:
    return timeline_chart(LINES, marks, on=ON, title="Haven ends.").to_json()


def test_every_line_and_day_is_in_the_words() -> None:
    said = timeline_alt(LINES, MARKS, on=ON, title="Haven ends.")
    assert said == (
        "Timeline from 30 June 2026. Haven ends. Haven: 31 March 2027; "
        "Two other services: nobody has published an end. "
        "31 March 2027: Grant ends. 31 December 2026: Part ends."
    )
    assert said in specification(*MARKS)


def test_a_day_is_marked_where_it_has_a_label_and_read_out_anyway() -> None:
    assert '"label": "about 20 lose their last route"' in specification(*MARKS)
    assert '"label": ""' not in specification(*MARKS)


def test_a_day_stays_the_same_day_in_any_time_zone() -> None:
    assert '"2027-03-31T12:00:00"' in specification()


def test_a_picture_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one line"):
        timeline_chart((), MARKS, on=ON, title="Nothing")


def test_a_picture_of_unknown_ends_alone_can_be_drawn() -> None:
    chart = timeline_chart(LINES[1:], (), on=ON, title="Nothing is known").to_json()
    assert "nobody has published an end" in chart
