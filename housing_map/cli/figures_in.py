"""Commands for figures that come in: ``template``, ``import`` and ``monitor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.cli import output
from housing_map.cli.output import DATA_ERRORS, OK, Sheet
from housing_map.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

IMPORT_FORMAT: Final = "housing-map/import/1.0"
MONITOR_FORMAT: Final = "housing-map/monitor/1.0"


def template(options: argparse.Namespace) -> int:
    """Write a workbook for providers and the data lead."""
    from housing_map.importers.template import write_template
    from housing_map.pack import load_pack

    path = write_template(
        load_pack(options.data),
        options.out,
        organisation=options.organisation,
        periods=tuple(options.period),
    )
    print(f"{path}: fill it in, and bring it back with housing-map import. It is restricted.")
    return OK


def import_(options: argparse.Namespace) -> int:
    """Show what a file would change, and take it over when asked."""
    from housing_map.importers.incoming import Sort, look
    from housing_map.pack import default_folder, load_pack

    folder: Path = options.data or default_folder()
    if options.undo:
        return _undo(folder)
    if options.file is None:
        message = "name the file to import, or --undo"
        raise UsageError(message)
    pack = load_pack(folder)
    if options.copy_to is not None:
        from housing_map.importers.changes import own_copy

        folder = own_copy(pack, options.copy_to)
        pack = load_pack(folder)
    try:
        content = options.file.read_bytes()
    except OSError as failed:
        message = f"{options.file} cannot be read: {failed.strerror}"
        raise UsageError(message) from failed
    found = look(content, options.file.name, pack, Sort(options.sort))
    taken: tuple[str, ...] = ()
    if options.apply and not found.errors:
        taken = found.take_over(folder)
    document = output.header(IMPORT_FORMAT, pack, {"file": options.file.name, "sort": found.sort})
    document |= {
        "errors": list(found.errors),
        "warnings": list(found.warnings),
        "changes": found.changes.to_dict("records"),
        "applied": list(taken),
    }
    notes = [f"Error: {said}" for said in found.errors]
    notes += [f"Warning: {said}" for said in found.warnings]
    notes.append(_said(len(found.changes), len(found.errors), taken, folder))
    rows = found.changes.to_numpy(dtype=object).tolist()
    output.answer(options, document, Sheet([str(c) for c in found.changes.columns], rows), notes)
    return DATA_ERRORS if found.errors else OK


def _said(changes: int, errors: int, taken: tuple[str, ...], folder: Path) -> str:
    if errors:
        return f"Nothing was changed: {output.plural(errors, 'error')}."
    if taken:
        return f"Taken over into {folder}: {', '.join(taken)}. Take it back with import --undo."
    if not changes:
        return "It says what the data says already."
    return f"{output.plural(changes, 'cell')} would change. Nothing is, until you add --apply."


def _undo(folder: Path) -> int:
    from housing_map.importers import changes

    done = changes.undo(folder)
    print(f"Taken back: {done.why} ({', '.join(done.files)})")
    return OK


def monitor(options: argparse.Namespace) -> int:
    """Print every series, quarter by quarter, with what is more than noise."""
    from housing_map import monitoring
    from housing_map.pack import load_pack

    pack = load_pack(options.data)
    restricted = options.view == "restricted"
    series = monitoring.everything(pack, restricted=restricted)
    frame = monitoring.as_rows(series)
    document = output.header(MONITOR_FORMAT, pack, {"view": options.view})
    document["rows"] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    notes = [f"{one.label}: {monitoring.changed(one)}." for one in series]
    if restricted:
        notes.append("Restricted: returns hold small numbers of people.")
    return output.answer(options, document, output.sheet_of(frame), notes)
