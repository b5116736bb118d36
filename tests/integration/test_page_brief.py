"""The brief can be taken along from a comparison: Word and PDF, made when asked for."""

from functools import partial

import pytest
import streamlit as st

from housing_map.app import brief_files
from housing_map.brief.comparing import comparison_brief
from housing_map.effects import compare
from housing_map.pack import load_pack
from housing_map.starts import starts


def test_both_files_are_made_from_the_comparison_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pack = load_pack()
    start = next(one for one in starts(pack) if one.scenario is not None)
    assert start.scenario is not None
    comparison = compare(pack, [start.scenario])
    made: list[str] = []
    offered: dict[str, object] = {}

    def content():  # noqa: ANN202
        made.append("made")
        return comparison_brief(comparison)

    class Column:
        def download_button(self, label: str, data: object, *, file_name: str, **_: object) -> None:
            assert label.startswith("Brief in")
            offered[file_name] = data

    monkeypatch.setattr(st, "columns", lambda count: [Column() for _ in range(count)])
    monkeypatch.setattr(st, "html", lambda _: None)
    monkeypatch.setattr(st, "header", lambda *_, **__: None)
    brief_files.show(content, "brief", key="k")
    assert made == []
    assert set(offered) == {"brief.docx", "brief.pdf"}
    word, pdf = offered["brief.docx"], offered["brief.pdf"]
    assert isinstance(word, partial)
    assert isinstance(pdf, partial)
    assert word()[:2] == b"PK"
    assert pdf()[:5] == b"%PDF-"
    assert made == ["made", "made"]
