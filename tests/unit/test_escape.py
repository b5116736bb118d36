"""Text from data stays text in HTML, in the script of a map and in Markdown."""

import html
import re

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.escape import escape, markdown_text

SPECIAL = "&<>\"'`$\\{"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "a`b`",
    "</script><script>alert(1)</script>",
    r"\u003cimg src=x onerror=alert(1)\u003e",
    r"\x3cimg src=x\x3e",
    "{{ 7*7 }} {% raw %} {# note #}",
]
texts = st.text() | st.text(alphabet=SPECIAL + "#;}a1 ") | st.sampled_from(HOSTILE)


@given(texts)
def test_no_special_sign_is_left_except_in_an_entity(text: str) -> None:
    rest = re.sub(r"&#\d+;", "", escape(text))
    assert not set(rest) & set(SPECIAL)


@given(texts)
def test_a_browser_shows_the_text_as_it_was_written(text: str) -> None:
    shown = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), escape(text))
    assert shown == text
    if text.isprintable():
        assert html.unescape(escape(text)) == text


@pytest.mark.parametrize(("thing", "shown"), [(None, ""), (3, "3"), (1.5, "1.5"), ("", "")])
def test_anything_with_a_string_form_is_taken(thing: object, shown: str) -> None:
    assert escape(thing) == shown
    assert markdown_text(thing) in {shown, shown.replace(".", "&#46;")}


def test_folium_does_not_work_out_what_stands_in_braces() -> None:
    page = folium.Map(tiles=None)
    point = {"type": "Point", "coordinates": [0, 0]}
    properties = {"name": escape("{{ 7*7 }}")}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    folium.GeoJson({"type": "FeatureCollection", "features": [feature]}).add_to(page)
    written = page.get_root().render()
    assert '"49"' not in written
    assert r"\u0026#123;\u0026#123; 7*7" in written


@given(texts)
def test_markdown_is_one_line_without_live_signs(text: str) -> None:
    written = markdown_text(text)
    assert "\n" not in written
    rest = re.sub(r"&#\d+;", "", written)
    assert not set(rest) & set("&<>`$\\*_[]|~:")
    assert not re.match(r"\s|[#+=-]|\d{1,9}[.)]", rest if written == rest else written)


@given(texts)
def test_markdown_keeps_the_words(text: str) -> None:
    written = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), markdown_text(text))
    assert written.replace("\N{WORD JOINER}", "") == " ".join(text.split()).replace(
        "\N{WORD JOINER}", ""
    )


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("see https://example.com", "https://example"),
        ("see www.example.com", "www.example"),
        ("write to a@example.com", "a@example"),
    ],
)
def test_an_address_in_data_does_not_become_a_link(text: str, live: str) -> None:
    written = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), markdown_text(text))
    assert live not in written


@pytest.mark.parametrize(
    ("text", "start"),
    [("# a", "&#35;"), ("- a", "&#45;"), ("1. a", "1&#46;"), ("12) a", "12&#41;"), ("a - b", "a")],
)
def test_only_a_start_that_makes_a_block_is_changed(text: str, start: str) -> None:
    assert markdown_text(text).startswith(start)
    assert markdown_text("a - b (c), d. 2.5") == "a - b (c), d. 2.5"
