"""Commands about the program and its data: ``app``, ``validate``, ``describe``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from housing_map.cli.output import DATA_ERRORS, OK, plural, print_problems
from housing_map.errors import Severity, UsageError

if TYPE_CHECKING:
    import argparse

DEFAULT_PORT: Final = 8501


def app(options: argparse.Namespace) -> int:
    """Open the app in a browser."""
    script = Path(__file__).resolve().parents[2] / "app.py"
    if options.data is not None and not options.data.is_dir():
        message = f"{options.data} is not a folder"
        raise UsageError(message)
    environment = dict(os.environ)
    if options.data is not None:
        environment["HOUSING_MAP_DATA"] = str(options.data.resolve())
    port = options.port or _free_port(DEFAULT_PORT)
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.address=127.0.0.1",
        f"--server.port={port}",
        f"--server.headless={'true' if options.no_browser else 'false'}",
        "--browser.gatherUsageStats=false",
    ]
    print(f"Opening http://127.0.0.1:{port} (stop with Ctrl+C)", flush=True)
    try:
        return subprocess.run(command, env=environment, cwd=script.parent, check=False).returncode  # noqa: S603 - our own interpreter and script
    except KeyboardInterrupt:
        return OK


def _free_port(wanted: int) -> int:
    """Return ``wanted`` where nothing listens on it, else a port the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = "no port is free to open the app on"
    raise UsageError(message)


def validate(options: argparse.Namespace) -> int:
    """Check a data pack and list every problem."""
    from housing_map.pack import check_pack, default_folder

    folder = options.data or default_folder()
    _, problems = check_pack(folder)
    print_problems(problems, options.format)
    errors = sum(p.severity is Severity.ERROR for p in problems)
    if options.format == "table":
        warnings = len(problems) - errors
        print(f"{folder}: {plural(errors, 'error')}, {plural(warnings, 'warning')}")
    return DATA_ERRORS if errors else OK


def describe(options: argparse.Namespace) -> int:
    """Write datapackage.json from the schemas."""
    from housing_map.pack import default_folder, write_description

    print(write_description(options.data or default_folder()))
    return OK
