"""LibreOffice for tests that have a workbook saved by another program.

Without it such tests are skipped, or fail when the environment variable
``HOUSING_MAP_REQUIRE_LIBREOFFICE`` is ``1``.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REQUIRED = "HOUSING_MAP_REQUIRE_LIBREOFFICE"
LONGEST_S = 120


def saved_by_libreoffice(path: Path, to: Path, form: str = "xlsx") -> Path:
    """Open a file in LibreOffice, save it into the folder ``to`` and return the new file.

    It runs without a window and with a profile of its own, so that several may run at once.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        message = "LibreOffice is not installed: install Debian's libreoffice-calc"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    to.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            program,
            f"-env:UserInstallation={(to / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            form,
            "--outdir",
            str(to),
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    saved = to / f"{path.stem}.{form.partition(':')[0]}"
    assert saved.exists(), f"LibreOffice saved nothing: {done.stdout}{done.stderr}"
    return saved
