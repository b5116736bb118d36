"""The pages: their links lead somewhere, their examples run, their figures are the program's."""

import contextlib
import doctest
import importlib.util
import io
import re
import shlex
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from housing_map import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
IMAGES = ROOT / "docs" / "images"
METHOD = [ROOT / "docs" / "method.md", *sorted((ROOT / "docs" / "method").glob("*.md"))]
FEWEST_EXAMPLES = 8
"""Lines of Python that each page of the method shows, at least."""

# What a page never names: package hosts, networks that deliver other people's scripts, and
# folders of one machine. Each is cut in two here, so that a search finds it nowhere.
PACKAGE_HOSTS = ("py" + "pi", "python" + "hosted", "ana" + "conda", "npm" + "js")
SCRIPT_HOSTS = ("js" + "delivr", "un" + "pkg", "cdn" + "js", "fonts.google" + "apis")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|home|root|tmp|Users|mnt|opt)/|[A-Z]:\\", re.ASCII)

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
SUM = re.compile(r"(?<![A-Za-z])[(\d][\d.,×÷+−²()= \n]*[\d)²]")
"""Digits and signs: a sum with its answer, if it has an equals sign."""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SIGNS = set("+−×÷")
COMMAND = re.compile(r"^(?:\$ )?(?:\.venv[\\/](?:bin|Scripts)[\\/])?housing-map (?P<rest>.+)$")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def script(name: str) -> ModuleType:
    """Load a script of the folder docs, which is not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are commonly made from the words."""
    found: list[str] = []
    for line in prose(page).splitlines():
        if heading := re.match(r"#+ (?P<words>.+)", line):
            words = re.sub(r"[^\w\- ]", "", heading["words"].lower())
            slug = words.replace(" ", "-")
            repeats = sum(known == slug or known.startswith(f"{slug}-") for known in found)
            found.append(f"{slug}-{repeats}" if slug in found else slug)
    return set(found)


def links(*, images: bool) -> list[tuple[Path, str]]:
    return [
        (page, link["target"])
        for page in PAGES
        for link in LINK.finditer(prose(page))
        if bool(link["image"]) is images and not link["target"].startswith(("https:", "mailto:"))
    ]


def commands() -> list[tuple[str, str]]:
    """Return each housing-map command that a page shows in a block of code."""
    return [
        (name_of(page), command["rest"].split(" #")[0].strip())
        for page in PAGES
        for block in BLOCK.finditer(page.read_text(encoding="utf-8"))
        for line in block["body"].splitlines()
        if (command := COMMAND.match(line))
    ]


@pytest.mark.parametrize(("page", "target"), links(images=False))
def test_link_leads_to_a_file_and_a_heading_that_exist(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{name_of(page)} links to {target}"
    if anchor:
        assert anchor in anchors(file), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize(("page", "target"), links(images=True))
def test_picture_exists(page: Path, target: str) -> None:
    if not any(IMAGES.glob("*.png")):
        pytest.skip("docs/images is empty: the screenshots have not been taken yet")
    assert (page.parent / target).is_file(), f"{name_of(page)} shows {target}"


def test_every_picture_has_words_for_those_who_cannot_see_it() -> None:
    for page in PAGES:
        for link in LINK.finditer(prose(page)):
            assert not link["image"] or len(link["text"]) > 40, f"{name_of(page)}: {link[0]}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_names_no_package_host_and_no_folder_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for host in (*PACKAGE_HOSTS, *SCRIPT_HOSTS):
        assert host not in text.lower(), f"{name_of(page)} names {host}"
    found = MACHINE_PATHS.search(text)
    assert found is None, f"{name_of(page)}: {text[found.start() - 20 : found.end() + 20]!r}"


def test_pages_show_commands() -> None:
    assert {page for page, _ in commands()} >= {"README.md", "docs/user-guide.md"}


@pytest.mark.parametrize(("page", "command"), commands())
def test_command_is_one_the_program_takes(page: str, command: str) -> None:
    said = io.StringIO()
    status: object = 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            cli.parser().parse_args(shlex.split(command))
        except SystemExit as stopped:
            status = stopped.code
    assert status == 0, f"{page}: housing-map {command}\n{said.getvalue()}"


def test_data_dictionary_is_up_to_date() -> None:
    dictionary = script("build_dictionary")
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.render(), (
        "Write it again: python docs/build_dictionary.py"
    )


def test_the_page_of_the_structure_is_up_to_date() -> None:
    structure = script("build_structure")
    assert structure.PAGE.read_text(encoding="utf-8") == structure.render(), (
        "Write it again: python docs/build_structure.py"
    )


def test_examples_show_what_the_commands_print() -> None:
    examples = script("refresh_examples")
    for page in examples.PAGES:
        text = page.read_text(encoding="utf-8")
        assert examples.refreshed(text) == text, (
            f"{name_of(page)}: write the examples again: python docs/refresh_examples.py"
        )


@pytest.mark.parametrize("page", METHOD, ids=name_of)
def test_figures_of_the_method_are_those_of_the_program(page: Path) -> None:
    example = doctest.DocTestParser().get_doctest(
        page.read_text(encoding="utf-8"), {}, name_of(page), str(page), 0
    )
    said = io.StringIO()
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.write)
    assert result.attempted >= FEWEST_EXAMPLES
    assert result.failed == 0, said.getvalue()


def sums(page: Path) -> list[tuple[str, str]]:
    """Return what a page says is equal: the two sides of a sum, or working and value in a table."""
    text = prose(page).replace("**", "").replace("½", "0.5")
    found = []
    for part in SUM.findall(text):
        sides = [side.strip().strip(".,") for side in part.split("=")]
        found += list(pairwise(sides))
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        found += [(a, b) for a, b in pairwise(cells) if NUMBER.fullmatch(b) and "=" not in a]
    # A side that starts or ends with a sign has lost its other half to a word or symbol.
    return [
        (a, b)
        for a, b in found
        if SUM.fullmatch(a) and NUMBER.match(b) and SIGNS & set(a + b)
        if not {a[0], a[-1], b[0], b[-1]} & SIGNS and a.count("(") == a.count(")")
    ]


def worked_out(side: str) -> float:
    """Work out one side of a sum as it is written on a page."""
    signs = {"×": "*", "÷": "/", "−": "-", "²": "**2", ",": "", "\n": " "}
    for sign, meaning in signs.items():
        side = side.replace(sign, meaning)
    return float(pd.eval(side, engine="python"))


@pytest.mark.parametrize("page", METHOD, ids=name_of)
def test_sums_of_the_method_come_out_with_a_pocket_calculator(page: Path) -> None:
    wrong = []
    for left, right in sums(page):
        a, b = worked_out(left), worked_out(right)
        last = min(len(n.partition(".")[2]) for n in NUMBER.findall(right))
        # Figures on a page are rounded, and so is what is worked out from them.
        if abs(a - b) > max(0.5 * 10**-last, 0.003 * abs(b)) * 1.01:
            wrong.append(f"{left} = {right}: {a:.6g} and {b:.6g}")
    assert not wrong, "\n".join(wrong)


def test_every_chapter_of_the_method_has_an_example_worked_by_hand() -> None:
    for page in METHOD:
        assert "By hand" in page.read_text(encoding="utf-8") or "by hand" in prose(page)
        assert sums(page), f"{name_of(page)} shows no sum"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    while True:
        further = {
            (page.parent / target.partition("#")[0]).resolve()
            for page, target in links(images=False)
            if page in reached and target.partition("#")[0]
        }
        if further <= reached:
            break
        reached |= further
    assert {name_of(page) for page in PAGES if page not in reached} == set()


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for record in folder.glob("0*.md"):
        assert f"({record.name})" in listed
        title = record.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, words = title.partition(" ")
        assert record.name.startswith(number)
        assert words in listed
