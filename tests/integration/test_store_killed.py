"""Real processes that save at once, and are killed in the middle: what was kept is there."""

import random
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from housing_map.store import Action, Store, open_store
from housing_map.store_records import digest_of
from tests.postgres import Postgres, running_postgres
from tests.savers import PIECES, Saver, count_up, prepared, save_until_statement, save_without_end

SEED = 2026
ROUNDS = 25
LONGEST_S = 0.05


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


def check_whole(store: Store) -> None:
    """Every document has all its versions, and every version its own content."""
    for entry in (*store.list("scenario"), *store.list("scenario", removed=True)):
        history = store.history(entry.id)
        assert [h.version for h in history] == list(range(1, entry.version + 1))
        assert history[0].action in {Action.MADE, Action.COPIED, Action.BROUGHT_IN}
        assert history[-1] == entry
        for revision in history:
            assert digest_of(store.at(entry.id, revision.version).content) == revision.digest


def test_what_killed_processes_were_told_is_kept_is_there_and_whole(
    new_place: Callable[[], str], tmp_path: Path
) -> None:
    """Two at once, killed at any moment, many times over, in one place."""
    place, moments = new_place(), random.Random(SEED)  # noqa: S311 - not a secret
    told: list[tuple[str, int, str]] = []
    with open_store(place) as store:
        shared = store.save("scenario", "Shared", {"lines": []}, who="Ann", why="all write").id
    for number in range(ROUNDS):
        savers = [Saver(save_without_end, place, shared, f"{number}{side}") for side in "ab"]
        for saver in savers:
            saver.wait_for(1 + moments.randint(1, 4))
        for saver in savers:
            time.sleep(moments.uniform(0, LONGEST_S))
            saver.kill()
            told += saver.told[1:]
    assert len(told) >= 2 * ROUNDS
    with open_store(place) as store:
        for document, version, mark in told:
            content = store.at(document, version).content
            assert mark in {content.get("by"), *content.get("lines", [])}
        check_whole(store)
        history, lines = store.history(shared), store.get(shared).content["lines"]
        # Also those whose process died before it could tell: each line once, none overwritten.
        assert [h.why for h in history[1:]] == lines
        assert len(set(lines)) == len(lines)
    for file in tmp_path.rglob("*.sqlite3"):
        with sqlite3.connect(file) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


@pytest.mark.parametrize("work", PIECES)
def test_a_process_that_dies_after_any_statement_leaves_all_of_its_work_or_nothing(
    new_place: Callable[[], str], work: str
) -> None:
    whole = new_place()
    prepared(whole)
    saver = Saver(save_until_statement, whole, work, 0)
    assert saver.listen() == 0
    statements = saver.told[-1]
    assert statements >= 3
    place = new_place()
    prepared(place)
    with open_store(place) as store:
        before = store.export(ids=[e.id for e in store.list("scenario")])
        for statement in range(1, statements + 1):
            assert Saver(save_until_statement, place, work, statement).listen() == -9
            ids = [e.id for e in store.list("scenario")]
            assert store.list("scenario", removed=True) == ()
            assert store.export(ids=ids) == before
        assert Saver(save_until_statement, place, work, 0).listen() == 0, "it can be done after"
        check_whole(store)
        assert store.export("scenario") != before


def test_several_processes_that_write_one_document_at_once_lose_nothing(
    new_place: Callable[[], str],
) -> None:
    place, times = new_place(), 12
    with open_store(place) as store:
        shared = store.save("scenario", "Shared", {"lines": []}, who="Ann", why="all write").id
        savers = [Saver(count_up, place, shared, f"p{number}", times) for number in range(4)]
        assert [saver.listen() for saver in savers] == [0] * 4
        history, lines = store.history(shared), store.get(shared).content["lines"]
        assert sorted(lines) == sorted(f"p{n} {turn}" for n in range(4) for turn in range(times))
        assert [h.why for h in history[1:]] == lines
        for saver in savers:
            for _, version, line in saver.told[1:]:
                assert store.at(shared, version).content["lines"] == lines[: version - 1]
                assert lines[version - 2] == line
