"""Change several files of a folder at once: all of them or none, whatever happens meanwhile.

The new files and copies of the old ones are first written beside the others, in
``.housing-map``. One renaming of a folder there decides: before it nothing has changed, after
it the change is made, even if the program is killed, since :func:`recover` then finishes it.
While files are being exchanged ``pack.json`` is put aside: a reader then finds no pack, never
half of the old and half of the new.

The old files are kept, so that :func:`undo` can bring back the folder as it was, byte for byte,
change by change.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from housing_map.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STORE: Final = ".housing-map"
"""Folder inside the pack that holds what is needed to finish a change, or to undo it."""

GUARD: Final = "pack.json"
"""File that is put aside while others are exchanged."""

_PLAN: Final = "plan.json"
_PREPARING: Final = "preparing"
_GOING: Final = ".going"
_DONE: Final = ".done"
_GONE: Final = ".gone"


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made: its number, what it was for, and the files it touched."""

    number: int
    why: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a change does: digests of each file before and after, None where there is no file."""

    why: str
    files: tuple[tuple[str, str | None, str | None], ...]
    made: tuple[str, ...]
    undoes: int | None

    def as_text(self) -> str:
        members = {
            "why": self.why,
            "files": [list(file) for file in self.files],
            "made": list(self.made),
            "undoes": self.undoes,
        }
        return json.dumps(members, indent=2, ensure_ascii=False) + "\n"


def commit(
    folder: Path,
    files: Mapping[str, bytes | None],
    why: str,
    *,
    before: Mapping[str, str | None] | None = None,
) -> Done:
    """Give ``files`` their new content, all at once; None removes a file.

    Paths are relative to ``folder``, with ``/`` between their parts; ``why`` says in words what
    the change is for; ``before`` gives the SHA-256 that files are expected to have, None where
    there is to be none. Raises :class:`UsageError` when a path leads out of the folder or is
    ``pack.json`` itself, when there is nothing to change, when a file is not as expected, or
    when the folder cannot be written.
    """
    for path in files:
        parts = PurePosixPath(path).parts
        if not parts or Path(path).is_absolute() or ".." in parts or parts[0] == STORE:
            message = f"{path} is no path inside the folder"
            raise UsageError(message)
    if GUARD in files or not files:
        message = f"{GUARD} is not changed this way" if files else "there is nothing to change"
        raise UsageError(message)
    with _alone(folder):
        for path, digest in (before or {}).items():
            if _digest(folder / path) != digest:
                message = f"{path} has been changed meanwhile: nothing is changed"
                raise UsageError(message)
        return _commit(folder, files, why, undoes=None)


def undo(folder: Path) -> Done:
    """Take back the last change that was not taken back yet, and return it.

    Raises :class:`UsageError` when there is none, or when one of its files was changed since:
    that later change would be lost.
    """
    with _alone(folder):
        done = _slots(folder, _DONE)
        if not done:
            message = f"nothing was brought into {folder} that could be taken back"
            raise UsageError(message)
        number, slot = done[-1]
        plan = _read(slot)
        for path, _, after in plan.files:
            if _digest(folder / path) != after:
                message = (
                    f"{path} was changed by hand since; taking the import back would lose that. "
                    f"The files as they were are in {slot / 'old'}"
                )
                raise UsageError(message)
        old: dict[str, bytes | None] = {}
        for path, before, _ in plan.files:
            old[path] = (slot / "old" / path).read_bytes() if before is not None else None
        _commit(folder, old, plan.why, undoes=number)
        return Done(number, plan.why, tuple(path for path, _, _ in plan.files))


def history(folder: Path) -> tuple[Done, ...]:
    """Return the changes that can be taken back, the last one first."""
    found = []
    for number, slot in reversed(_slots(folder, _DONE)):
        plan = _read(slot)
        found.append(Done(number, plan.why, tuple(path for path, _, _ in plan.files)))
    return tuple(found)


def recover(folder: Path) -> bool:
    """Finish a change that was cut short; return whether there was one.

    A change that was not decided yet leaves nothing behind. Raises :class:`UsageError` when the
    folder cannot be written.
    """
    if not (folder / STORE).is_dir():
        return False
    with _alone(folder) as unfinished:
        return unfinished


# How a change is made ----------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Keep other processes out, and finish first what one of them left; yield whether any did.

    The lock is on the folder itself, and ends with the process. Where the system has no such
    lock (Windows), two people must not import into one folder at the same moment.
    """
    if not folder.is_dir():
        message = f"{folder} is not a folder"
        raise UsageError(message)
    handle = None
    try:
        if os.name == "posix":
            import fcntl  # noqa: PLC0415 - other systems have no such module

            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield _recover(folder)
    except OSError as failed:
        message = f"{folder} cannot be written: {failed.strerror}"
        raise UsageError(message) from failed
    finally:
        if handle is not None:
            os.close(handle)


def _recover(folder: Path) -> bool:
    going = _slots(folder, _GOING)
    for _, slot in going:
        _finish(folder, slot)
    for name in (_PREPARING, *(slot.name for _, slot in _slots(folder, _GONE))):
        _remove(folder / STORE / name)
    _tidy(folder)
    return bool(going)


def _commit(
    folder: Path, files: Mapping[str, bytes | None], why: str, *, undoes: int | None
) -> Done:
    """Write the change beside the files, decide it, and carry it out."""
    store = folder / STORE
    store.mkdir(mode=0o700, exist_ok=True)
    numbers = [number for end in (_GOING, _DONE) for number, _ in _slots(folder, end)]
    number = max(numbers, default=0) + 1
    slot = store / _PREPARING
    _remove(slot)
    slot.mkdir()
    listed = []
    for path, content in sorted(files.items()):
        before = _digest(folder / path)
        if before is not None:
            _write(slot / "old" / path, (folder / path).read_bytes())
        if content is not None:
            _write(slot / "new" / path, content)
            if before is not None:
                shutil.copymode(folder / path, slot / "new" / path)
        listed.append((path, before, None if content is None else _hash(content)))
    plan = _Plan(why, tuple(listed), _missing_folders(folder, files), undoes)
    _write(slot / _PLAN, plan.as_text().encode())
    _settle(slot)
    decided = store / f"{number:06d}{_GOING}"
    slot.replace(decided)
    _settle(store)
    _finish(folder, decided)
    _tidy(folder)
    return Done(number, why, tuple(path for path, _, _ in listed))


def _finish(folder: Path, slot: Path) -> None:
    """Carry out a change that is decided. Each step may have been done already."""
    plan = _read(slot)
    if (folder / GUARD).exists():
        (folder / GUARD).replace(slot / GUARD)
        _settle(folder)
    for path, _, after in plan.files:
        new = slot / "new" / path
        if after is None:
            (folder / path).unlink(missing_ok=True)
        elif new.exists():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            new.replace(folder / path)
    for parent in {(folder / path).parent for path, _, _ in plan.files}:
        if parent.is_dir():
            _settle(parent)
    if plan.undoes is not None:
        undone = folder / STORE / f"{plan.undoes:06d}{_DONE}"
        if (undone / _PLAN).exists():
            for made in reversed(_read(undone).made):
                _remove_empty(folder / made)
            undone.replace(undone.with_suffix(_GONE))
    if (slot / GUARD).exists():
        (slot / GUARD).replace(folder / GUARD)
        _settle(folder)
    end = slot.with_suffix(_DONE if plan.undoes is None else _GONE)
    slot.replace(end)
    _settle(folder / STORE)
    for _, gone in _slots(folder, _GONE):
        _remove(gone)


def _missing_folders(folder: Path, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
    """Return the folders that the files need and that are not there, outer ones first."""
    needed = {
        str(parent)
        for path, content in files.items()
        if content is not None
        for parent in PurePosixPath(path).parents
        if not (folder / parent).exists()
    }
    return tuple(sorted(needed))


def _slots(folder: Path, end: str) -> list[tuple[int, Path]]:
    """Return the changes in a state, by number; one without its plan is nothing."""
    return sorted(
        (int(slot.stem), slot)
        for slot in (folder / STORE).glob(f"*{end}")
        if slot.stem.isdecimal() and (end == _GONE or (slot / _PLAN).exists())
    )


def _read(slot: Path) -> _Plan:
    members = json.loads((slot / _PLAN).read_text(encoding="utf-8"))
    files = tuple((str(path), before, after) for path, before, after in members["files"])
    return _Plan(str(members["why"]), files, tuple(members["made"]), members["undoes"])


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.is_file() else None


def _write(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Wait until the disk has the names in a folder, where the system can do that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def _remove_empty(path: Path) -> None:
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()


def _tidy(folder: Path) -> None:
    """Leave no store behind when there is nothing to take back."""
    _remove_empty(folder / STORE)
