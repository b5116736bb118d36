"""A release is written whole or not at all, comes out the same, and can be confirmed."""

import hashlib
import io
import json
import shutil
from datetime import date
from pathlib import Path

import docx
import pytest

from housing_map import cli, disclosure
from housing_map.assessment import answers, edition, manifest, release
from housing_map.assessment.edition import Inputs, build
from housing_map.assessment.sheets import View
from housing_map.assessment.verify import Sort, verify
from housing_map.disclosure import Audit, Bound, DisclosureError, Policy
from housing_map.disclosure_policy import Need
from housing_map.disclosure_tables import Cell
from housing_map.documents.word import TEMPLATE
from housing_map.errors import UsageError
from housing_map.kinds import CONFIDENTIAL_KINDS, KINDS
from housing_map.model import Settings
from housing_map.pack import Pack, load_pack
from housing_map.scenario import Scenario
from housing_map.vocabulary import Goal
from tests.packs import write_pack
from tests.released import made_edition, whole_text

ANSWERS = answers.Answers(author="Domestic Abuse Team", document_version="2.1")
GAP = {"gap": "absent:sanctuary", "kind": "absent", "title": "No sanctuary", "public": "None"}
SCENARIO = Scenario(name="Nothing changes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small data pack."""
    return write_pack(tmp_path_factory.mktemp("pack") / "data")


@pytest.fixture(scope="module")
def small(folder: Path) -> Pack:
    return load_pack(folder)


@pytest.fixture(scope="module")
def written(small: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a publishable release of the small pack; copy it before changing it."""
    to = tmp_path_factory.mktemp("release") / "release"
    release.write(build(Inputs(pack=small, period="2025-26"), View.PUBLISHABLE), to)
    return to


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "release"))


def shipped() -> Inputs:
    return Inputs(pack=load_pack(), period="2025-26")


# The same to the byte ----------------------------------------------------------------------


@pytest.mark.parametrize("view", list(View))
def test_the_same_edition_gives_the_same_bytes(view: View) -> None:
    once, again = release.files(made_edition(view)), release.files(made_edition(view))
    assert list(once) == list(again)
    assert [path for path in once if once[path] != again[path]] == []


def test_a_release_is_confirmed_by_making_it_again(written: Path, small: Pack) -> None:
    told = verify(written, small)
    assert told.confirmed
    assert told.reasons == ()
    assert told.files == len([path for path in written.rglob("*") if path.is_file()])


def test_no_file_says_where_it_was_written(written: Path, folder: Path) -> None:
    for path in written.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(folder).encode() not in data
            assert str(Path.cwd()).encode() not in data


def test_verify_names_each_file_that_is_not_as_it_was(copied: Path, small: Pack) -> None:
    (copied / "data" / "homes.csv").write_bytes(b"changed")
    (copied / "data" / "people.csv").unlink()
    (copied / "data" / "strange.csv").write_bytes(b"strange")
    told = verify(copied, small)
    assert not told.confirmed
    assert {one.path: one.sort for one in told.differences} == {
        "data/homes.csv": Sort.CHANGED,
        "data/people.csv": Sort.MISSING,
        "data/strange.csv": Sort.STRANGE,
    }


def test_a_forged_file_with_a_mended_checksum_is_found(copied: Path, small: Pack) -> None:
    """A checksum alone says nothing: the file has to come out again from the data."""
    forged = b"all,Testham,1,\r\n"
    (copied / "data" / "homes.csv").write_bytes(forged)
    path = copied / manifest.MANIFEST
    content = json.loads(path.read_bytes())
    for file in content["files"]:
        if file["path"] == "data/homes.csv":
            file |= {"sha256": hashlib.sha256(forged).hexdigest(), "bytes": len(forged)}
    path.write_text(json.dumps(content))
    told = {one.path: one.sort for one in verify(copied, small).differences}
    assert told == {"data/homes.csv": Sort.OTHER, manifest.MANIFEST: Sort.OTHER}


def test_verify_says_that_the_data_are_others(written: Path, small: Pack, tmp_path: Path) -> None:
    other = load_pack(write_pack(tmp_path / "data", info={"title": "Farshire"}))
    told = verify(written, other)
    assert not told.confirmed
    assert any("data pack is another" in reason for reason in told.reasons)
    assert small.digest[:12] in " ".join(told.reasons)


def test_verify_says_that_program_and_libraries_are_others(copied: Path, small: Pack) -> None:
    path = copied / manifest.MANIFEST
    content = json.loads(path.read_bytes())
    content["program"] = "0.0.1"
    content["libraries"]["typst"] = "0.0.2"
    path.write_text(json.dumps(content))
    told = verify(copied, small)
    assert [one.path for one in told.differences] == [manifest.MANIFEST]
    assert any("0.0.1 then" in reason for reason in told.reasons)
    assert any("typst 0.0.2 then" in reason for reason in told.reasons)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'{"format": "other"}'])
def test_what_is_no_manifest_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    (tmp_path / manifest.MANIFEST).write_bytes(content)
    with pytest.raises(UsageError, match="not the manifest of a release"):
        manifest.read(tmp_path)


def test_a_folder_without_a_release_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no release in"):
        manifest.read(tmp_path)


# Inputs ------------------------------------------------------------------------------------


def test_a_restricted_release_brings_its_inputs(small: Pack, tmp_path: Path) -> None:
    inputs = Inputs(
        pack=small,
        period="2025-26",
        answers=ANSWERS,
        scenario=SCENARIO,
        settings=Settings(goal=Goal.SETTLED, on=date(2026, 5, 1)),
        policy=Policy(threshold=20),
    )
    release.write(build(inputs, View.RESTRICTED), tmp_path / "release")
    assert answers.load(tmp_path / "release" / manifest.ANSWERS) == ANSWERS
    assert verify(tmp_path / "release", small).confirmed


def test_a_publishable_release_asks_for_its_answers(small: Pack, tmp_path: Path) -> None:
    inputs = Inputs(pack=small, period="2025-26", answers=ANSWERS)
    release.write(build(inputs, View.PUBLISHABLE), tmp_path / "release")
    assert not (tmp_path / "release" / "inputs").exists()
    with pytest.raises(UsageError, match="Give the answers that the release was made with"):
        verify(tmp_path / "release", small)
    assert verify(tmp_path / "release", small, given=inputs).confirmed


def test_a_gap_register_goes_with_a_restricted_release_and_by_digest_with_a_public_one(
    small: Pack, tmp_path: Path
) -> None:
    inputs = Inputs(pack=small, period="2025-26", gaps=(GAP,))
    for view in View:
        release.write(build(inputs, view), tmp_path / view)
        told = json.loads((tmp_path / view / manifest.MANIFEST).read_bytes())
        assert told["gaps"]["count"] == 1
    assert verify(tmp_path / View.RESTRICTED, small).confirmed
    assert verify(tmp_path / View.PUBLISHABLE, small, given=inputs).confirmed
    with pytest.raises(UsageError, match="Give the gap register"):
        verify(tmp_path / View.PUBLISHABLE, small)


def test_a_report_in_the_look_of_a_template_is_confirmed_with_it(
    small: Pack, tmp_path: Path
) -> None:
    word, made = docx.Document(str(TEMPLATE)), io.BytesIO()
    word.styles["Heading 1"].font.name = "Council Sans"
    word.save(made)
    (tmp_path / "own.docx").write_bytes(made.getvalue())
    inputs = Inputs(pack=small, period="2025-26", word_template=made.getvalue())
    for view in View:
        release.write(build(inputs, view), tmp_path / view)
        (report,) = (tmp_path / view).glob("*.docx")
        assert docx.Document(str(report)).styles["Heading 1"].font.name == "Council Sans"
    assert verify(tmp_path / View.RESTRICTED, small).confirmed
    with pytest.raises(UsageError, match="Give the Word template"):
        verify(tmp_path / View.PUBLISHABLE, small)
    asked = ["assess", "--verify", str(tmp_path / View.PUBLISHABLE), "--data", str(small.folder)]
    assert cli.main([*asked, "--template", str(tmp_path / "own.docx")]) == 0
    assert cli.main([*asked, "--template", str(tmp_path / "none.docx")]) == 2


@pytest.mark.parametrize("text", [b"", b"{}", b'[{"gap": 1}]'])
def test_what_is_no_gap_register_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(UsageError):
        manifest.read_gaps(text)


def test_a_scenario_that_was_not_used_is_refused(written: Path, small: Pack) -> None:
    given = Inputs(pack=small, period="2025-26", scenario=SCENARIO)
    with pytest.raises(UsageError, match="made without scenario: give none"):
        verify(written, small, given=given)


def test_settings_that_a_manifest_cannot_hold_are_refused(small: Pack) -> None:
    with pytest.raises(UsageError, match="by the changes of a scenario"):
        Inputs(pack=small, period="2025-26", settings=Settings(without=frozenset({"idva"})))


def test_a_manifest_says_what_the_release_was_made_from(written: Path, small: Pack) -> None:
    told = json.loads((written / manifest.MANIFEST).read_bytes())
    assert told["pack"]["digest"] == small.digest
    assert told["reference_date"] == "2026-06-30"
    assert told["view"] == "publishable"
    assert told["disclosure"]["audit"] == "passed"
    assert told["disclosure"]["mask"]
    assert told["policy"] == Policy().model_dump(mode="json")
    keys = set(small["parameters"]["key"])
    assert {one["key"] for one in told["parameters"]} == keys
    assert all(one["source"] and one["status"] for one in told["parameters"])
    files = {p.relative_to(written).as_posix() for p in written.rglob("*") if p.is_file()}
    assert {one["path"] for one in told["files"]} == files - {manifest.MANIFEST}
    for one in told["files"]:
        data = (written / one["path"]).read_bytes()
        assert (one["sha256"], one["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))


# Whole or not at all -----------------------------------------------------------------------


def test_what_fails_the_audit_is_not_written(
    monkeypatch: pytest.MonkeyPatch, small: Pack, tmp_path: Path
) -> None:
    cell = Cell("people", "", (("who", "men"),))
    failed = Audit((Bound(cell, 3.0, 3.0, Need(10.0, 3.0, 3.0, "small")),))
    monkeypatch.setattr(disclosure, "audit", lambda *_: failed)
    with pytest.raises(DisclosureError, match="is not written: people, who men") as raised:
        release.write(build(Inputs(pack=small, period="2025-26"), View.PUBLISHABLE), tmp_path / "r")
    assert "3" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        release.write(made_edition(View.PUBLISHABLE), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "release").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        release.write(made_edition(View.PUBLISHABLE), tmp_path / "release")


def test_an_old_release_is_replaced_whole(tmp_path: Path) -> None:
    to = tmp_path / "release"
    release.put({manifest.MANIFEST: b"{}", "data/gone.csv": b"old"}, to)
    release.put({manifest.MANIFEST: b"{}", "data/new.csv": b"new"}, to)
    assert sorted(p.name for p in to.rglob("*") if p.is_file()) == [manifest.MANIFEST, "new.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_a_disk_that_fails_leaves_the_old_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whichever step of the change of folders fails, the old one stands at the end."""
    to = tmp_path / "release"
    release.put({manifest.MANIFEST: b"old"}, to)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space"):
        release.put({manifest.MANIFEST: b"new"}, to)
    monkeypatch.undo()
    assert (to / manifest.MANIFEST).read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_progress_names_each_step_once() -> None:
    told: list[tuple[int, int, str]] = []
    release.files(made_edition(View.PUBLISHABLE), lambda *step: told.append(step))
    names = [what for what, _ in release.STEPS]
    assert [what for _, _, what in told] == [*names, "Done"]
    assert [done for done, _, _ in told] == list(range(len(names) + 1))
    assert {of for _, of, _ in told} == {len(names)}


# The shipped pack --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def public() -> edition.Edition:
    return build(shipped(), View.PUBLISHABLE)


def test_the_shipped_pack_publishes_no_share_that_rests_on_assumptions(
    public: edition.Edition,
) -> None:
    """Refuge units, stay and acceptance are assumed until services send in their own."""
    illustrations = {
        (sheet.id, one.name)
        for sheet in public.content.sheets
        for one in (*sheet.figures, *sheet.shares)
        if one.illustration
    }
    columns = {(sheet.id, column.name) for sheet in public.sheets for column in sheet.columns}
    assert illustrations
    assert not illustrations & columns


def test_the_shipped_pack_publishes_no_confidential_service(public: edition.Edition) -> None:
    """Neither by name nor by code, in any file: so none can stand beside a town."""
    table = public.pack["services"]
    kinds = {str(kind): KINDS[kind].label for kind in CONFIDENTIAL_KINDS}
    names = {
        str(word)
        for row in table[table["kind"].isin(list(kinds))].itertuples()
        for word in (row.name, row.service_id)
        if str(word).casefold() not in {w.casefold() for pair in kinds.items() for w in pair}
    }
    assert names
    for path, data in release.files(public).items():
        text = whole_text(path, data)
        assert [name for name in names if name in text] == [], path


# On the command line -----------------------------------------------------------------------


def test_assess_writes_and_verifies(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = str(tmp_path / "out"), ["--data", str(folder)]
    assert cli.main(["assess", "--year", "2025-26", "--out", out, *data, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["file"] for one in told["files"]} >= {"manifest.json", "data/homes.csv"}
    assert cli.main(["assess", "--verify", out, *data, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["confirmed"]
    (tmp_path / "out" / "data" / "homes.csv").write_bytes(b"x")
    assert cli.main(["assess", "--verify", out, *data]) == 1
    said = capsys.readouterr().out
    assert "data/homes.csv" in said
    assert "Not confirmed: 1 of" in said


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ([], "Give --year and --out"),
        (["--year", "2025-26"], "Give --year and --out"),
        (["--verify", "here", "--out", "there"], "Give --verify DIR alone"),
        (["--year", "next", "--out", "{tmp}/out"], "financial year"),
        (["--verify", "{tmp}"], "There is no release"),
    ],
)
def test_assess_says_what_is_wrong_with_what_was_asked(
    asked: list[str],
    told: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [one.replace("{tmp}", str(tmp_path)) for one in asked]
    assert cli.main(["assess", *given, "--data", str(folder)]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
