"""Saved work in a file: where it lies, what may enter, and what is said when it cannot be."""

import json
import math
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import store_tables
from housing_map.errors import HousingMapError, UsageError
from housing_map.store import ConflictError, Kept, NameTakenError, Store, StoreError, open_store
from housing_map.store_records import (
    LARGEST_BYTES,
    LONGEST_LINE,
    checked_content,
    checked_name,
    digest_of,
    name_key,
)
from tests.drawn import examples

ANN = {"who": "Ann", "why": "first idea"}
NOBODY = 65534

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
OBJECTS = st.dictionaries(
    st.text(),
    st.recursive(
        LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "work")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_place_of_this_computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tests that name no place out of a person's own data."""
    monkeypatch.delenv("HOUSING_MAP_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


# What may enter -----------------------------------------------------------------------------------


@given(OBJECTS)
def test_content_comes_back_equal_in_value_and_in_type(content: dict[str, Any]) -> None:
    back = checked_content(content)
    assert repr(back) == repr(content)
    assert back is not content


@given(OBJECTS.flatmap(lambda content: st.tuples(st.just(content), st.permutations(list(content)))))
def test_the_digest_does_not_depend_on_the_order_of_keys(
    drawn: tuple[dict[str, Any], list[str]],
) -> None:
    content, keys = drawn
    assert digest_of({key: content[key] for key in keys}) == digest_of(content)


def test_other_content_has_another_digest() -> None:
    several: list[dict[str, Any]] = [
        {}, {"a": None}, {"a": False}, {"a": 0}, {"a": 0.0}, {"a": "0"}, {"a": []}, {"a": {}},
        {"a": [1, 2]}, {"a": [2, 1]},
    ]  # fmt: skip
    assert len({digest_of(content) for content in several}) == len(several)


class Tenure(StrEnum):
    OWNED = "owned"


def test_words_of_a_vocabulary_enter_as_plain_text() -> None:
    assert type(checked_content({"tenure": Tenure.OWNED})["tenure"]) is str


def nested(levels: int) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for _ in range(levels):
        content = {"in": content}
    return content


ROUND: dict[str, Any] = {"list": []}
ROUND["list"].append(ROUND)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1], "JSON object, not list"),
        ({"share": [1, math.nan]}, r"content\.share\[1\] has a number that is not finite"),
        ({"share": {"low": -math.inf}}, r"content\.share\.low has a number that is not finite"),
        ({"units": 2**53}, "whole number that JSON cannot hold"),
        ({"when": datetime(2026, 1, 1, tzinfo=UTC)}, "value that JSON does not know .datetime."),
        ({"pair": (1, 2)}, "value that JSON does not know .tuple."),
        ({"a": {1: "x"}}, r"content\.a has a key that is not text .int."),
        ({"name": "\ud800"}, "half a character"),
        ({"\udfff": 1}, "a key of content has half a character"),
        (nested(70), "more levels"),
        (ROUND, "more levels"),
        ({"text": "é" * (LARGEST_BYTES // 2)}, r"1,000,\d+ bytes; a document may have 1,000,000"),
    ],
)
def test_what_json_cannot_hold_is_refused_and_the_place_is_named(
    store: Store, content: object, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        store.save("scenario", "Six units", content, **ANN)  # type: ignore[arg-type]
    assert store.list("scenario") == ()


def test_the_largest_content_that_is_allowed_is_kept(store: Store) -> None:
    content = {"text": "x" * (LARGEST_BYTES - len('{"text":""}'))}
    assert store.get(store.save("scenario", "Large", content, **ANN).id).content == content


def test_what_was_handed_in_or_out_may_be_changed_without_changing_what_is_kept(
    store: Store,
) -> None:
    content = {"units": [6]}
    kept = store.save("scenario", "Six units", content, **ANN)
    content["units"].append(7)
    store.get(kept.id).content["units"].append(8)
    assert kept.content == store.get(kept.id).content == {"units": [6]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"name": "  "}, "A name is needed"),
        ({"name": "x" * (LONGEST_LINE + 1)}, "A name has 201 characters; it may have 200"),
        ({"name": "a\u0000b"}, "A name has signs that are not text"),
        ({"name": "\ufdfa" * 100}, "This name is too long"),
        ({"who": ""}, "Who does it is needed"),
        ({"who": "Ann\u001b[2J"}, "Who does it has signs that are not text"),
        ({"why": " \n "}, "A reason is needed"),
        ({"why": "x" * 2001}, "A reason has 2001 characters"),
        ({"kind": "Scenario"}, "small letters and underscores, not 'Scenario'"),
        ({"kind": "scenario\n"}, "small letters"),
    ],
)
def test_words_that_are_missing_or_not_words_are_refused(
    store: Store, words: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        store.save(**{"kind": "scenario", "name": "Six", "content": {}, **ANN, **words})
    assert store.list("scenario") == ()


def test_a_reason_may_have_lines(store: Store) -> None:
    kept = store.save("scenario", "Six", {}, who=" Ann  Lee", why=" one\r\ntwo ")
    assert (kept.who, kept.why) == ("Ann Lee", "one\ntwo")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40))
def test_a_name_and_its_capitals_have_one_key_and_a_checked_name_stays(name: str) -> None:
    try:
        checked = checked_name(name)
    except UsageError:
        return
    assert checked_name(checked) == checked
    assert name_key(name_key(checked)) == name_key(checked)
    assert name_key(checked.upper().lower()) == name_key(checked.lower())


# Files of documents -------------------------------------------------------------------------------


def changed(exported: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> object:
    change(exported["documents"][0])
    return exported


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(id="../x"), r"documents\.0\.id"),
        (lambda d: d.update(kind="A"), r"documents\.0\.kind"),
        (lambda d: d.update(more=1), r"documents\.0\.more"),
        (lambda d: d.update(versions=[]), r"documents\.0\.versions"),
        (lambda d: d["versions"].pop(0), "Version 1 of document .* is missing"),
        (lambda d: d["versions"].reverse(), "Version 1 of document .* is missing"),
        (lambda d: d["versions"][1].update(content={"units": 9}), "Version 2 .* was changed since"),
        (lambda d: d["versions"][1].update(content={"units": math.nan}), "not finite"),
        (lambda d: d["versions"][1].update(name="\u0007"), "signs that are not text"),
        (lambda d: d["versions"][1].update(who=""), "Who did it is needed"),
        (lambda d: d["versions"][1].update(when="2026-01-01T00:00:00"), "when"),
        (lambda d: d["versions"][1].update(action="forged"), "action"),
        (lambda d: d["versions"][1].update(version="2"), "version"),
    ],
)
def test_a_file_that_is_no_export_or_was_changed_is_refused_and_the_place_named(
    store: Store, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    kept = store.save("scenario", "Six", {"units": 6}, **ANN)
    store.save("scenario", "Six", {"units": 7}, **ANN, id=kept.id)
    exported = changed(json.loads(json.dumps(store.export("scenario"))), change)
    with pytest.raises(UsageError, match=said):
        store.bring_in(exported, **ANN)
    assert len(store.list("scenario")) == 1


@pytest.mark.parametrize("file", [None, [], {}, {"housing_map_store": 2, "documents": []}])
def test_any_other_file_is_said_to_be_no_export(store: Store, file: object) -> None:
    with pytest.raises(UsageError, match="not an export of saved work"):
        store.bring_in(file, **ANN)


def test_a_document_stands_in_a_file_once(store: Store) -> None:
    store.save("scenario", "Six", {"units": 6}, **ANN)
    exported = store.export("scenario")
    exported["documents"] *= 2
    with pytest.raises(UsageError, match="a document twice"):
        store.bring_in(exported, **ANN)


def test_a_long_name_that_is_taken_gets_its_number_all_the_same(
    store: Store, tmp_path: Path
) -> None:
    name = "x" * LONGEST_LINE
    store.save("scenario", name, {"units": 6}, **ANN)
    with open_store(str(tmp_path / "other")) as other:
        other.save("scenario", name, {}, **ANN)
        (brought,) = other.bring_in(store.export("scenario"), **ANN)
    assert brought.name == "x" * (LONGEST_LINE - 4) + " (2)"


# The place ----------------------------------------------------------------------------------------


def test_without_a_word_the_place_is_a_folder_of_the_persons_own_data(tmp_path: Path) -> None:
    with open_store() as store:
        assert store.place == str(tmp_path / "share" / "housing-map" / "saved-work.sqlite3")
    assert Path(store.place).is_file()


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}/saved-work.sqlite3"])
def test_the_variable_names_a_folder_or_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    folder = tmp_path / "shared" / "work"
    monkeypatch.setenv("HOUSING_MAP_STORE", form.format(folder))
    with open_store() as store:
        store.save("scenario", "Six units", {}, **ANN)
    with open_store(str(folder)) as store:
        assert [e.name for e in store.list("scenario")] == ["Six units"]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "Zoë’s 50%?mode=memory#x & c"
    with open_store(str(folder)) as store:
        store.save("scenario", "Six units", {}, **ANN)
    assert (folder / "saved-work.sqlite3").is_file()


def test_nobody_else_on_the_computer_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with open_store(str(folder)) as store:
        database = store._database
        database.write(
            lambda _: [
                pytest.fail(f"{file.name} may be read by others")
                for file in (folder, *folder.iterdir())
                if stat.S_IMODE(file.stat().st_mode) & 0o077
            ]
        )
        assert {file.name for file in folder.iterdir()} == {"saved-work.sqlite3"}


def test_at_rest_the_one_file_is_a_whole_copy(store: Store, tmp_path: Path) -> None:
    kept = store.save("scenario", "Six units", {"units": 6}, **ANN)
    shutil.copy(store.place, tmp_path / "copy.sqlite3")
    with open_store(f"sqlite:///{tmp_path}/copy.sqlite3") as copy:
        assert copy.get(kept.id) == kept


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://ann:hunter2@host/x", "a database of 'mysql'"),
        ("sqlite://", "a file of its own"),
        ("sqlite:///:memory:", "a file of its own"),
        ("sqlite:///file:x?mode=memory&uri=true", "a file of its own"),
        ("postgresql://ann:hunter2@host:port/x", "cannot be read"),
        ("://hunter2", "cannot be read"),
    ],
)
def test_an_address_of_no_use_is_refused_without_repeating_it(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as met:
        open_store(url)
    assert "Set HOUSING_MAP_STORE to a folder" in str(met.value)
    assert "hunter2" not in str(met.value)
    assert isinstance(met.value, HousingMapError)


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be kept in .*file.* Set HOUSING_MAP_STORE"):
        open_store(str(tmp_path / "file" / "work"))


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_a_folder_that_may_not_be_written_is_named_with_what_to_do() -> None:
    """Also for root, who may write anywhere: as another account for the while."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        try:
            with pytest.raises(StoreError, match=r"Permission denied\. Set HOUSING_MAP_STORE"):
                open_store(folder)
        finally:
            os.seteuid(before)
            Path(folder).chmod(0o755)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear all, " * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        open_store(f"sqlite:///{file}")
    assert file.read_text() == "Dear all, " * 100


def test_nothing_is_saved_into_a_file_that_is_gone(store: Store) -> None:
    store.save("scenario", "Six units", {}, **ANN)
    Path(store.place).unlink()
    with pytest.raises(StoreError, match=r"unable to open database file.* Nothing was changed"):
        store.save("scenario", "Seven units", {}, **ANN)
    assert not Path(store.place).exists()


def test_when_others_hold_it_for_too_long_that_is_said_and_reading_goes_on(
    tmp_path: Path,
) -> None:
    with open_store(str(tmp_path), wait_seconds=0.05) as store:
        kept = store.save("scenario", "Six units", {}, **ANN)
        other = sqlite3.connect(store.place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="others are writing; try again"):
            store.save("scenario", "Seven units", {}, **ANN)
        assert store.get(kept.id) == kept
        other.rollback()
        other.close()
        assert store.save("scenario", "Seven units", {}, **ANN).version == 1


def test_a_failure_says_nothing_of_what_was_to_be_saved(store: Store) -> None:
    with sqlite3.connect(store.place) as connection:
        connection.execute("DROP TABLE housing_map_revisions")
    connection.close()
    with pytest.raises(StoreError) as met:
        store.save("scenario", "Secret name", {"units": "secret content"}, **ANN)
    assert "ecret" not in f"{met.value} {met.value.__cause__}"


def test_each_commit_waits_for_the_disk(store: Store) -> None:
    found = [
        store._database.write(lambda c, name=name: c.exec_driver_sql(f"PRAGMA {name}").scalar())
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert found == ["wal", 2, 1]  # 2 is FULL


def test_tables_without_a_version_are_not_taken_for_ours(store: Store) -> None:
    with sqlite3.connect(store.place) as connection:
        connection.execute("UPDATE housing_map_schema SET version = -1")
    connection.close()
    with pytest.raises(StoreError, match=r"version -1.* Restore it from a copy"):
        open_store(f"sqlite:///{store.place}")
    assert store_tables.SCHEMA_VERSION == 1


# Any order of work --------------------------------------------------------------------------------

STEPS = st.tuples(
    st.sampled_from(["save", "change", "stale", "rename", "copy", "remove", "restore", "back"]),
    st.integers(0, 5),
    st.sampled_from(["One", "ONE", "two", "Three"]),
    st.integers(0, 9),
)


@given(st.lists(STEPS, max_size=14))
@examples(40)
def test_any_order_of_work_leaves_what_a_plain_list_of_versions_would_hold(
    steps: list[tuple[str, int, str, int]],
) -> None:
    """Against a model of a few lines; no step but those allowed changes anything."""
    with tempfile.TemporaryDirectory() as folder, open_store(folder) as store:
        model: dict[str, list[tuple[str, int, bool]]] = {}
        for step, which, name, number in steps:
            id_ = list(model)[which % len(model)] if model else "none"
            versions = model.get(id_, [])
            taken = {v[-1][0].lower() for k, v in model.items() if not v[-1][2] and k != id_}
            own = set() if not versions or versions[-1][2] else {versions[-1][0].lower()}
            try:
                kept = deeds(store, id_, name, number, len(versions))[step]()
            except NameTakenError:
                wanted = versions[-1][0] if step == "restore" else name
                assert wanted.lower() in taken | (own if step in {"save", "copy"} else set())
            except ConflictError:
                assert step == "stale" or versions[-1][2]
            except UsageError:
                assert not versions or (step == "restore" and not versions[-1][2])
            else:
                model.setdefault(kept.id, []).append(
                    (kept.name, kept.content["n"], step == "remove")
                )
                assert kept.version == len(model[kept.id])
                expected = {"save": number, "change": number, "back": versions and versions[0][1]}
                assert kept.content["n"] == expected.get(step, versions and versions[-1][1])
        for id_, versions in model.items():
            history = store.history(id_)
            assert [
                (h.name, store.at(id_, h.version).content["n"], h.removed) for h in history
            ] == versions
        live = [e.name.lower() for e in store.list("scenario")]
        assert sorted(live) == sorted(v[-1][0].lower() for v in model.values() if not v[-1][2])
        assert len(set(live)) == len(live)


def deeds(
    store: Store, id_: str, name: str, number: int, newest: int
) -> dict[str, Callable[[], Kept]]:
    """Return what each step does."""
    keep = partial(store.save, "scenario", name, {"n": number}, **ANN)
    return {
        "save": keep,
        "change": lambda: keep(id=id_, expected=newest or None),
        "stale": lambda: keep(id=id_, expected=newest + 1),
        "rename": lambda: store.rename(id_, name, **ANN),
        "copy": lambda: store.copy(id_, name, **ANN),
        "remove": lambda: store.remove(id_, **ANN),
        "restore": lambda: store.restore(id_, **ANN),
        "back": lambda: store.back_to(id_, 1, **ANN),
    }
