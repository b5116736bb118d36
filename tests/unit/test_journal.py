"""Several files change at once: all or none, and back again byte for byte."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from housing_map import journal
from housing_map.errors import UsageError

OLD = {"pack.json": b"{}\n", "a/one.csv": b"one\r\n1\r\n", "b.csv": b"b\n", "gone.csv": b"g\n"}
CHANGE: dict[str, bytes | None] = {
    "a/one.csv": b"one\n2\n",
    "b.csv": b"",
    "gone.csv": None,
    "new/deep/two.csv": b"two\n",
}
NEW = {"pack.json": b"{}\n", "a/one.csv": b"one\n2\n", "b.csv": b"", "new/deep/two.csv": b"two\n"}

KILLED_AT = """
import os, pathlib, signal, sys
from housing_map import journal
folder, step, undo = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "undo"
count = 0
def counting(function):
    def stop(*args, **kwargs):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return stop
for name in ("replace", "unlink", "mkdir", "rmdir", "open"):
    setattr(pathlib.Path, name, counting(getattr(pathlib.Path, name)))
os.fsync = counting(os.fsync)
if undo:
    journal.undo(folder)
else:
    journal.commit(folder, {
        "a/one.csv": b"one\\n2\\n", "b.csv": b"", "gone.csv": None, "new/deep/two.csv": b"two\\n",
    }, "figures of a quarter")
"""


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def held(folder: Path) -> dict[str, bytes]:
    """Return every file of the folder, empty folders too, but for the journal's own."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(journal.STORE):
            if path.is_file():
                found[name] = path.read_bytes()
            elif not any(path.iterdir()):
                found[f"{name}/"] = b""
    return found


def test_a_change_is_made_and_taken_back_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    done = journal.commit(tmp_path, CHANGE, "figures of a quarter")
    assert done.files == tuple(sorted(CHANGE))
    assert held(tmp_path) == NEW
    assert journal.history(tmp_path) == (done,)
    assert journal.undo(tmp_path) == done
    assert held(tmp_path) == OLD
    assert not (tmp_path / journal.STORE).exists()


def test_changes_are_taken_back_one_by_one_from_the_last(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    journal.commit(tmp_path, {"b.csv": b"second\n"}, "second")
    journal.commit(tmp_path, {"b.csv": b"third\n", "c.csv": b"c\n"}, "third")
    assert [done.why for done in journal.history(tmp_path)] == ["third", "second"]
    journal.undo(tmp_path)
    assert held(tmp_path) == {**OLD, "b.csv": b"second\n"}
    journal.commit(tmp_path, {"b.csv": b"fourth\n"}, "fourth")
    journal.undo(tmp_path)
    journal.undo(tmp_path)
    assert held(tmp_path) == OLD
    with pytest.raises(UsageError, match="nothing was brought into"):
        journal.undo(tmp_path)


def test_what_was_changed_by_hand_since_is_not_lost_by_taking_an_import_back(
    tmp_path: Path,
) -> None:
    write(tmp_path, OLD)
    journal.commit(tmp_path, CHANGE, "figures")
    (tmp_path / "b.csv").write_bytes(b"by hand\n")
    with pytest.raises(UsageError, match=r"b\.csv was changed by hand since"):
        journal.undo(tmp_path)
    assert held(tmp_path) == {**NEW, "b.csv": b"by hand\n"}


@pytest.mark.parametrize("path", ["../out.csv", "/out.csv", "", ".housing-map/x", "pack.json"])
def test_nothing_outside_the_folder_is_written(tmp_path: Path, path: str) -> None:
    write(tmp_path, OLD)
    with pytest.raises(UsageError):
        journal.commit(tmp_path, {path: b"x"}, "figures")
    assert held(tmp_path) == OLD


@pytest.mark.parametrize("what", ["commit", "undo"])
def test_killed_at_any_step_the_folder_holds_the_old_or_the_new_never_half(
    tmp_path: Path, what: str
) -> None:
    """A process of its own is killed at its first step, its second, and so on to the last.

    Until the change is finished a reader finds either a whole state or no ``pack.json``.
    """
    before, after = (OLD, NEW) if what == "commit" else (NEW, OLD)
    seen: set[str] = set()
    for step in range(1, 200):
        folder = tmp_path / str(step)
        write(folder, OLD)
        if what == "undo":
            journal.commit(folder, CHANGE, "figures of a quarter")
        done = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(folder), str(step), what],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            assert held(folder) == after
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        raw = held(folder)
        without_new_folders = {name: cell for name, cell in raw.items() if not name.endswith("/")}
        if "pack.json" in raw:
            assert without_new_folders in (before, after), step
        else:
            seen.add("guarded")
        journal.recover(folder)
        whole = held(folder)
        assert whole in (before, after), step
        seen.add("old" if whole == before else "new")
    else:
        pytest.fail("the change did not end")
    assert seen == {"old", "new", "guarded"}


@pytest.mark.skipif(os.name != "posix", reason="the lock is one of POSIX")
def test_of_several_processes_at_once_none_loses_the_change_of_another(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    script = (
        "import pathlib, sys\nfrom housing_map import journal\n"
        "for n in range(5):\n"
        "    journal.commit(pathlib.Path(sys.argv[1]), "
        "{f'{sys.argv[2]}_{n}.csv': b'x'}, sys.argv[2])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), name]) for name in "xyz"
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(journal.history(tmp_path)) == 15
    assert len(held(tmp_path)) == len(OLD) + 15
