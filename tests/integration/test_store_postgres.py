"""What saved work promises, in a file of SQLite and on a real server of PostgreSQL alike."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from housing_map.errors import UsageError
from housing_map.store import (
    Action,
    ConflictError,
    NameTakenError,
    Store,
    StoreError,
    open_store,
)
from tests.postgres import Postgres, running_postgres

SUMMER_TIME = timezone(timedelta(hours=1))
ANN, BEN = {"who": "Ann", "why": "first idea"}, {"who": "Ben", "why": "costs are in"}
CONTENT = {
    "changes": [{"kind": "add", "units": 6, "share": 0.1, "from": None, "sure": True}],
    "title": "Huddersfield – “six” & <b>more</b> \u0000 ✓",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture(params=["sqlite", "postgres"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Give the address of an empty place for saved work, each time another one."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{uuid.uuid4().hex}/work.sqlite3"
    postgres: Postgres = request.getfixturevalue("server")
    return lambda: postgres.database(uuid.uuid4().hex)


@pytest.fixture
def place(new_place: Callable[[], str]) -> str:
    return new_place()


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """Open saved work whose clock goes on by one minute whenever it is read."""
    minutes = count()
    start = datetime(2026, 7, 1, 12, tzinfo=SUMMER_TIME)
    with open_store(place, clock=lambda: start + timedelta(minutes=next(minutes))) as opened:
        yield opened


def together(*works: Callable[[], None]) -> None:
    """Do all at once in threads; raises what the first of them raised."""
    start = threading.Barrier(len(works))
    with ThreadPoolExecutor(len(works)) as threads:
        done = [threads.submit(lambda w=work: (start.wait(), w())) for work in works]
    for one in done:
        one.result()


# Versions -----------------------------------------------------------------------------------------


def test_what_was_saved_comes_back_as_it_was_also_to_somebody_else(
    store: Store, place: str
) -> None:
    kept = store.save("scenario", "Six  units ", CONTENT, **ANN)
    with open_store(place) as other:
        found = other.get(kept.id)
    assert found == kept
    assert found.content == CONTENT
    assert list(found.content) == list(CONTENT), "the order of keys is the writer's"
    assert (found.kind, found.name, found.version) == ("scenario", "Six units", 1)
    assert (found.who, found.why, found.action) == ("Ann", "first idea", Action.MADE)
    assert found.when == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert found.when.utcoffset() == timedelta(0)


def test_every_change_adds_a_version_and_older_ones_stay(store: Store) -> None:
    one = store.save("scenario", "Six units", {"units": 6}, **ANN)
    store.save("scenario", "Seven units", {"units": 7}, **BEN, id=one.id)
    store.rename(one.id, "More units", **ANN)
    store.back_to(one.id, 1, **BEN)
    store.remove(one.id, **ANN)
    last = store.restore(one.id, **BEN)
    history = store.history(one.id)
    assert [(h.version, h.action, h.name, h.who, h.removed, h.origin) for h in history] == [
        (1, Action.MADE, "Six units", "Ann", False, None),
        (2, Action.SAVED, "Seven units", "Ben", False, None),
        (3, Action.RENAMED, "More units", "Ann", False, None),
        (4, Action.WENT_BACK, "More units", "Ben", False, (one.id, 1)),
        (5, Action.REMOVED, "More units", "Ann", True, None),
        (6, Action.RESTORED, "More units", "Ben", False, None),
    ]
    assert [store.at(one.id, h.version).content["units"] for h in history] == [6, 7, 7, 6, 6, 6]
    assert [h.digest for h in history] == [store.at(one.id, h.version).digest for h in history]
    assert history[0].digest == history[3].digest != history[1].digest
    assert sorted(h.when for h in history) == [h.when for h in history]
    assert store.get(one.id) == last
    assert store.at(one.id, 1) == one


def test_a_copy_is_a_document_of_its_own_that_says_of_what(store: Store) -> None:
    one = store.save("scenario", "Six units", {"units": 6}, **ANN)
    two = store.save("scenario", "Six units", {"units": 7}, **ANN, id=one.id)
    copied = store.copy(one.id, "Ours", **BEN)
    store.save("scenario", "Ours", {"units": 9}, **BEN, id=copied.id)
    assert store.get(one.id) == two
    assert copied.content == {"units": 7}
    assert (copied.version, copied.action, copied.origin) == (1, Action.COPIED, (one.id, 2))


def test_the_list_has_the_newest_version_of_each_newest_first(store: Store) -> None:
    one, two, three = (store.save("scenario", name, {}, **ANN) for name in "abc")
    store.save("gap_entry", "a", {}, **ANN)
    store.rename(one.id, "A again", **BEN)
    store.remove(two.id, **BEN)
    assert [(e.id, e.name, e.version) for e in store.list("scenario")] == [
        (one.id, "A again", 2), (three.id, "c", 1),
    ]  # fmt: skip
    assert [(e.id, e.who) for e in store.list("scenario", removed=True)] == [(two.id, "Ben")]
    assert [e.kind for e in store.list("gap_entry")] == ["gap_entry"]
    assert store.list("other") == ()


# Two at once --------------------------------------------------------------------------------------


def test_the_second_of_two_editors_is_told_who_saved_when_and_nothing_is_lost(
    store: Store,
) -> None:
    start = store.save("scenario", "Six units", {"units": 6}, **ANN)
    theirs = store.save("scenario", "Six units", {"units": 7}, **BEN, id=start.id, expected=1)
    for change in (
        lambda: store.save("scenario", "x", {"units": 8}, **ANN, id=start.id, expected=1),
        lambda: store.rename(start.id, "x", **ANN, expected=1),
        lambda: store.remove(start.id, **ANN, expected=1),
        lambda: store.back_to(start.id, 1, **ANN, expected=1),
    ):
        with pytest.raises(ConflictError) as met:
            change()
        assert met.value.newest == theirs
        assert str(met.value) == (
            "“Six units” was changed by Ben on 1 July 2026 at 11:01 UTC (version 2), and you "
            "started from version 1. Nothing is lost: look at that version, or save yours under "
            "another name."
        )
    assert store.get(start.id) == theirs
    assert store.save("scenario", "Ours", {"units": 8}, **ANN).version == 1
    assert store.save("scenario", "Six units", {}, **ANN, id=start.id, expected=2).version == 3


def test_what_somebody_removed_meanwhile_is_not_changed_behind_their_back(store: Store) -> None:
    kept = store.save("scenario", "Six units", {"units": 6}, **ANN)
    removed = store.remove(kept.id, **BEN)
    for change in (
        lambda: store.save("scenario", "Six units", {}, **ANN, id=kept.id),
        lambda: store.save("scenario", "Six units", {}, **ANN, id=kept.id, expected=2),
        lambda: store.rename(kept.id, "x", **ANN),
        lambda: store.remove(kept.id, **ANN),
        lambda: store.back_to(kept.id, 1, **ANN),
    ):
        with pytest.raises(ConflictError, match=r"was removed by Ben .* restore it, or save"):
            change()
    assert store.get(kept.id) == removed
    with pytest.raises(UsageError, match="“Six units” is not removed"):
        store.restore(store.restore(kept.id, **ANN).id, **ANN)


def test_many_writers_of_one_document_lose_no_save(place: str) -> None:
    """Each adds one to what it read; whoever comes second reads again."""
    with open_store(place) as store:
        kept = store.save("scenario", "Count", {"count": 0}, **ANN)

        def add() -> None:
            times = 10
            while times:
                now = store.get(kept.id)
                more = {"count": now.content["count"] + 1}
                try:
                    store.save("scenario", "Count", more, **ANN, id=kept.id, expected=now.version)
                except ConflictError:
                    continue
                times -= 1

        together(*[add] * 4)
        history = store.history(kept.id)
        assert [h.version for h in history] == list(range(1, 42))
        assert [store.at(kept.id, h.version).content["count"] for h in history] == list(range(41))


def test_of_many_who_save_one_document_without_looking_each_gets_a_turn(place: str) -> None:
    """They wait for each other, rather than lose a race again and again."""
    with open_store(place) as store:
        kept = store.save("scenario", "Six units", {}, **ANN)

        def save() -> None:
            for _ in range(8):
                store.save("scenario", "Six units", {}, **ANN, id=kept.id)

        together(*[save] * 8)
        assert [h.version for h in store.history(kept.id)] == list(range(1, 66))


def test_of_many_who_take_one_name_at_once_one_gets_it(place: str) -> None:
    results: list[str] = []

    def take() -> None:
        with open_store(place) as store:
            try:
                store.save("scenario", "The Name", {}, **ANN)
                results.append("kept")
            except NameTakenError:
                results.append("taken")

    with open_store(place):
        together(*[take] * 5)
    assert sorted(results) == ["kept", *["taken"] * 4]
    with open_store(place) as store:
        assert len(store.list("scenario")) == 1


# Names --------------------------------------------------------------------------------------------


def test_a_name_stands_once_among_those_of_a_kind_that_are_not_removed(store: Store) -> None:
    one = store.save("scenario", "Six Units", {}, **ANN)
    two = store.save("scenario", "Other", {}, **ANN)
    store.save("gap_entry", "six units", {}, **ANN)
    for take in (
        lambda name: store.save("scenario", name, {}, **ANN),
        lambda name: store.save("scenario", name, {}, **ANN, id=two.id),
        lambda name: store.rename(two.id, name, **ANN),
        lambda name: store.copy(two.id, name, **ANN),
    ):
        with pytest.raises(NameTakenError, match="There is a scenario called “six UNITS” already"):
            take(" six UNITS")
    store.rename(one.id, "six units", **ANN)  # one's own name in other letters
    store.remove(one.id, **ANN)
    three = store.save("scenario", "SIX UNITS", {}, **BEN)
    with pytest.raises(NameTakenError):
        store.restore(one.id, **ANN)
    assert store.restore(one.id, **ANN, name="Six units, 2026").removed is False
    assert {e.id for e in store.list("scenario")} == {one.id, two.id, three.id}


def test_what_is_not_there_is_said_to_be_missing(store: Store) -> None:
    kept = store.save("scenario", "Six units", {}, **ANN)
    gone = uuid.uuid4().hex
    for ask in (
        lambda: store.get(gone),
        lambda: store.at(gone, 1),
        lambda: store.at(kept.id, 2),
        lambda: store.back_to(kept.id, 2, **ANN),
        lambda: store.history(gone),
        lambda: store.copy(gone, "x", **ANN),
        lambda: store.save("scenario", "x", {}, **ANN, id=gone),
        lambda: store.restore(gone, **ANN),
        lambda: store.export(ids=[kept.id, gone]),
    ):
        with pytest.raises(UsageError, match="There is no saved document"):
            ask()
    with pytest.raises(UsageError, match="is a scenario, not a gap_entry"):
        store.save("gap_entry", "x", {}, **ANN, id=kept.id)
    assert store.list("scenario") == (store.history(kept.id)[0],)


# To another place ---------------------------------------------------------------------------------


@pytest.fixture
def filled(store: Store) -> Store:
    one = store.save("scenario", "Six units", CONTENT, **ANN)
    store.save("scenario", "Seven units", {"units": 7}, **BEN, id=one.id)
    two = store.copy(one.id, "Ours", **BEN)
    store.remove(two.id, **ANN)
    store.save("scenario", "Third", {"units": 3}, **ANN)
    return store


def all_ids(store: Store) -> list[str]:
    return [e.id for gone in (False, True) for e in store.list("scenario", removed=gone)]


def test_an_export_brings_the_whole_history_to_another_place(
    filled: Store, new_place: Callable[[], str]
) -> None:
    ids = all_ids(filled)
    exported = json.loads(json.dumps(filled.export(ids=ids)))
    with open_store(new_place()) as other:
        brought = other.bring_in(exported, who="Cat", why="we move")
        assert [kept.id for kept in brought] == ids
        for kept in brought:
            before = filled.history(kept.id)
            assert other.history(kept.id)[:-1] == before
            assert [other.at(kept.id, h.version) for h in before] == [
                filled.at(kept.id, h.version) for h in before
            ]
            assert (kept.who, kept.why, kept.action) == ("Cat", "we move", Action.BROUGHT_IN)
            assert kept.origin == (kept.id, before[-1].version)
            assert (kept.content, kept.name) == (filled.get(kept.id).content, before[-1].name)
        assert set(all_ids(other)) == set(ids)
        assert len(other.list("scenario", removed=True)) == 1
        assert other.bring_in(exported, who="Cat", why="again") == brought, "it is there already"
        assert {len(other.history(id_)) for id_ in ids} == {2, 3}


def test_an_export_by_kind_has_what_is_not_removed(filled: Store) -> None:
    exported = filled.export("scenario")
    names = [document["versions"][-1]["name"] for document in exported["documents"]]
    assert names == ["Third", "Seven units"]
    assert filled.export("nothing")["documents"] == []
    with pytest.raises(UsageError, match="either a kind or ids"):
        filled.export()


def test_what_went_another_way_or_has_a_taken_name_comes_in_beside(
    filled: Store, new_place: Callable[[], str]
) -> None:
    third = filled.list("scenario")[0]
    exported = filled.export(ids=[third.id])
    with open_store(new_place()) as other:
        other.save("scenario", "THIRD", {}, **BEN)
        other.save("scenario", "third (2)", {}, **BEN)
        (brought,) = other.bring_in(exported, **BEN)
        assert (brought.id, brought.name) == (third.id, "Third (3)")
        assert other.at(third.id, 1).name == "Third"
    ours = filled.save("scenario", "Third", {"units": 30}, **ANN, id=third.id)
    with open_store(new_place()) as other:
        other.bring_in(exported, **BEN)
        other.save("scenario", "Third", {"units": 31}, **BEN, id=third.id)
        (brought,) = filled.bring_in(other.export("scenario"), **BEN)
    assert brought.id != third.id
    assert (brought.name, brought.content) == ("Third (2)", {"units": 31})
    assert brought.origin == (third.id, 3)
    assert filled.get(third.id) == ours


def test_an_import_is_whole_or_nothing(filled: Store, new_place: Callable[[], str]) -> None:
    exported = filled.export("scenario")
    exported["documents"][1]["versions"][0]["content"]["title"] = "another"
    with open_store(new_place()) as other:
        with pytest.raises(UsageError, match=r"Version 1 of document .* was changed since"):
            other.bring_in(exported, **ANN)
        assert other.list("scenario") == ()


# First use ----------------------------------------------------------------------------------------


def test_many_may_be_the_first_at_once(place: str) -> None:
    numbers = count()

    def use() -> None:
        with open_store(place) as store:
            store.save("scenario", f"From {next(numbers)}", {}, **ANN)

    together(*[use] * 6)
    with open_store(place) as store:
        assert {e.name for e in store.list("scenario")} == {f"From {n}" for n in range(6)}


def test_tables_of_a_newer_program_are_left_alone(store: Store, place: str) -> None:
    store.save("scenario", "Six units", {}, **ANN)
    engine = create_engine(place.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE housing_map_schema SET version = 2"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"tables of version 2.*Use the newer program"):
        open_store(place)


# PostgreSQL alone ---------------------------------------------------------------------------------


def test_any_way_to_write_the_address_of_postgresql_will_do(server: Postgres) -> None:
    place = server.database(uuid.uuid4().hex)
    with open_store(place) as store:
        kept = store.save("scenario", "Six units", {}, **ANN)
    for start in ("postgres://", "postgresql+psycopg://"):
        with open_store(place.replace("postgresql://", start)) as store:
            assert store.get(kept.id) == kept


def test_a_database_that_cannot_hold_every_letter_is_refused(server: Postgres) -> None:
    options = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    place = server.database(uuid.uuid4().hex, options)
    with pytest.raises(StoreError, match="needs a database with the encoding UTF8"):
        open_store(place)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be reached") as met:
        open_store("postgresql://ann:hunter2@127.0.0.1:1/work")
    assert "work on 127.0.0.1" in str(met.value)
    assert "hunter2" not in str(met.value)
    assert "Nothing was changed" in str(met.value)


def test_a_save_is_on_the_disk_also_where_the_server_would_not_wait(server: Postgres) -> None:
    name = uuid.uuid4().hex
    place = server.database(name)
    server.run(f"ALTER DATABASE \"{name}\" SET synchronous_commit = 'off'")
    with open_store(place) as store:
        said = store._database.write(lambda c: c.scalar(text("SHOW synchronous_commit")))
    assert said == "on"


def test_a_document_that_another_holds_for_long_is_given_up_with_a_message(
    server: Postgres,
) -> None:
    place = server.database(uuid.uuid4().hex)
    with open_store(place, wait_seconds=0.2) as store, open_store(place) as other:
        kept = store.save("scenario", "Six units", {}, **ANN)

        def hold(connection: object) -> None:
            del connection
            with pytest.raises(StoreError, match=r"lock timeout.* Nothing was changed"):
                store.save("scenario", "Six units", {"units": 6}, **ANN, id=kept.id)

        other._database.write(
            lambda c: (c.execute(text("SELECT * FROM housing_map_documents FOR UPDATE")), hold(c))
        )
        assert store.get(kept.id) == kept


def test_a_crash_of_the_server_loses_no_save_and_the_store_finds_it_again() -> None:
    with running_postgres() as postgres, open_store(postgres.url()) as store:
        kept = store.save("scenario", "Six units", CONTENT, **ANN)
        postgres.crash()
        with pytest.raises(StoreError, match="cannot be reached"):
            store.save("scenario", "Six units", {}, **BEN, id=kept.id)
        postgres.start()
        assert store.get(kept.id) == kept
        assert store.save("scenario", "Six units", {}, **BEN, id=kept.id).version == 2
