"""The plan of the house: what stands below what, and what the core never loads."""

import ast
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "housing_map"

_SCRIPT = runpy.run_path(str(ROOT / "docs" / "build_structure.py"))
CORE: tuple[str, ...] = tuple(name for names in _SCRIPT["CORE"].values() for name in names)
"""Modules of the core in the order in which data flows: each imports only earlier ones."""
PICTURES: tuple[str, ...] = _SCRIPT["PICTURES"]
"""Modules that draw; they import no core module but for their types."""
ORDER = (*CORE, *PICTURES, *_SCRIPT["REST"])

DRAWING = ("streamlit", "folium", "altair", "streamlit_folium", "branca", "playwright")
"""Packages that only the pages, pictures and their tests need."""

UPWARD = {
    ("sieve", "coverage"): "the type of a setting, which the sieve is handed",
    ("blocks", "coverage"): "the type of a setting, which blocks are merged in",
}
"""Imports of types from a later module, other than of a pack, and why each is there."""

LONGEST = 600
LONGER = {
    "tests/integration/test_hand_worked.py": "one pack after another, all of the same sort",
    "tests/integration/test_validation.py": "one fault after another, all of the same sort",
    "tests/unit/test_legal.py": "one legal case after another, all of the same sort",
}
"""Files of more than 600 lines, and why each is best left whole."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.stem != "__init__")


def unit(path: Path) -> str:
    """Return the name a module has in the order: the app is one."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the modules of this package that a file imports, and whether for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "housing_map":
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("housing_map."):
            names = [str(node.module).split(".")[1]]
        elif isinstance(node, ast.Import):
            names = [
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("housing_map.")
            ]
        for name in names:
            yield name, id(node) in typing_only


def test_every_module_has_its_place_in_the_order() -> None:
    assert {unit(path) for path in modules()} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


def test_data_flows_down_and_never_back() -> None:
    """No module imports one that stands later; types count too, but for those of a pack."""
    place = {name: number for number, name in enumerate(ORDER)}
    back = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in modules()
        for name, typing_only in imports(path)
        if name not in {"__version__", unit(path)}
        and place[name] >= place[unit(path)]
        and not (typing_only and (name == "pack" or (unit(path), name) in UPWARD))
    ]
    assert back == []


def test_each_exception_from_the_order_is_still_needed() -> None:
    found = {(unit(path), name) for path in modules() for name, _ in imports(path)}
    assert set(UPWARD) <= found


def test_the_core_loads_nothing_that_draws() -> None:
    """In a fresh process, module by module: the first that loads such a package is named."""
    script = (
        "import importlib, json, sys\n"
        f"for name in {CORE!r}:\n"
        "    importlib.import_module('housing_map.' + name)\n"
        f"    loaded = sorted(set({DRAWING!r}) & set(sys.modules))\n"
        "    if loaded:\n"
        "        print(json.dumps([name, loaded])); break\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "", json.loads(done.stdout)


def test_pictures_do_not_work_anything_out() -> None:
    """What is drawn comes from a result: pictures import no core module when they run."""
    for path in modules():
        if unit(path) in PICTURES:
            core = {name for name, typing_only in imports(path) if not typing_only} & set(CORE)
            assert core == set(), path.name


def test_every_module_says_what_it_is_and_reads_its_annotations_late() -> None:
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path.name} has no docstring"
        first = ast.unparse(tree.body[1])
        assert first == "from __future__ import annotations", path.name


def test_no_file_is_too_long_to_read_in_one_sitting() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in ("housing_map", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    }
    long = {name for name, lines in lengths.items() if lines > LONGEST}
    assert long <= set(LONGER), sorted(long - set(LONGER))
    assert set(LONGER) <= set(lengths), "a file of the list of long ones is gone"
