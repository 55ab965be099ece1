"""Field data: what a study must state, where it may lie, how long it may be used, and that it is gone afterwards."""

import json
import zipfile
from datetime import date

from coops.__main__ import main
from coops.study import data_protection
from coops.study.load import load
from tests import made

PROTECTION = """
[data_protection]
receipt = "D-000/2001"
controller = "the school board"
purpose = "evaluation"
hosting_country = "Morocco"
retention_date = 2031-12-31
"""
FIELD = made.TOML.replace('"DEMONSTRATION"', '"FIELD"')


def codes(call) -> list[str]:
    return [fault.code for fault in made.refused(call)]


def test_a_field_study_states_what_the_law_asks(tmp_path):
    """Each of the five is asked for by name; an empty one counts as missing."""
    assert codes(lambda: load(made.study(tmp_path, FIELD))) == ["E_FIELD_NEEDS"]
    for field in ("receipt", "controller", "purpose", "hosting_country", "retention_date"):
        line = next(setting for setting in PROTECTION.splitlines() if setting.startswith(field))
        lacking = FIELD + PROTECTION.replace(line, "")
        assert codes(lambda text=lacking: load(made.study(tmp_path, text))) == ["E_MISSING_FIELD"]
        if field != "retention_date":
            empty = FIELD + PROTECTION.replace(line, f'{field} = " "')
            assert codes(lambda text=empty: load(made.study(tmp_path, text))) == ["E_FIELD_EMPTY"]
    assert load(made.study(tmp_path, FIELD + PROTECTION)).id == "made"


def test_the_period(tmp_path):
    """The last day counts; after it nothing is read; other kinds of study have no period."""
    study = load(made.study(tmp_path, FIELD + PROTECTION))
    data_protection.open_for(study, tmp_path, today=date(2031, 12, 31))
    assert codes(lambda: data_protection.open_for(study, tmp_path, today=date(2032, 1, 1))) == ["E_RETENTION"]
    data_protection.open_for(load(made.study(tmp_path / "demo")), tmp_path, today=date(2032, 1, 1))


def test_not_in_a_git_work_tree(tmp_path):
    """Neither the study nor what its runs write may lie in one."""
    (tmp_path / "work" / ".git").mkdir(parents=True)
    study = load(made.study(tmp_path / "private", FIELD + PROTECTION))
    for folders in ((tmp_path / "work" / "study", tmp_path), (tmp_path, tmp_path / "work" / "build")):
        assert codes(lambda both=folders: data_protection.open_for(study, *both, today=date(2030, 1, 1))) == [
            "E_FIELD_IN_GIT"
        ]


def test_check_refuses_an_expired_study(tmp_path, capsys):
    """On the command line: one line, exit 1, nothing written."""
    made.study(tmp_path / "s", FIELD + PROTECTION.replace("2031", "2001"))
    assert main(["check", str(tmp_path / "s")]) == 1
    assert "E_RETENTION" in capsys.readouterr().err and not (tmp_path / "s" / "check").exists()


def test_purge(tmp_path):
    """Only after the date, only runs of this study, everything of them; a second time finds nothing left to do."""
    study = load(made.study(tmp_path / "study", FIELD + PROTECTION))
    (tmp_path / "study" / "corrections.csv").write_text("table\n", encoding="utf-8")
    run, other = tmp_path / "run", tmp_path / "other"
    for root, name in ((run, "made"), (other, "another")):
        for part in data_protection.WRITTEN:
            (root / part).mkdir(parents=True)
            (root / part / "x.csv").write_text("x", encoding="utf-8")
        (root / "run.json").write_text(json.dumps({"study": name}), encoding="utf-8")
    assert codes(lambda: data_protection.purge(study, [run], today=date(2031, 12, 31))) == ["E_NOT_YET"]
    assert (run / "private" / "x.csv").is_file()
    removed, left = data_protection.purge(study, [run, other], today=date(2032, 1, 1))
    assert len(removed) == len(data_protection.WRITTEN) + 2 and left == [other]
    assert not [path for path in run.rglob("*.csv")] and (other / "private" / "x.csv").is_file()
    assert not (tmp_path / "study" / "raw").exists() and (tmp_path / "study" / "study.toml").is_file()
    assert data_protection.purge(study, [run], today=date(2032, 1, 1)) == ([], [])


def test_a_study_without_a_date_is_not_purged(tmp_path):
    """A demonstration has no retention date: nothing is removed by mistake."""
    assert codes(lambda: data_protection.purge(load(made.study(tmp_path)), [], today=date(2099, 1, 1))) == ["E_NOT_YET"]


def test_the_private_folder_is_its_owners(tmp_path):
    """Mode 0700."""
    assert data_protection.private_folder(tmp_path).stat().st_mode & 0o777 == 0o700


def test_purge_on_the_command_line(tmp_path, capsys):
    """Before the date one line and exit 1; after it what was removed, and exit 0."""
    made.study(tmp_path / "s", FIELD + PROTECTION)
    assert main(["purge", str(tmp_path / "s")]) == 1 and "E_NOT_YET" in capsys.readouterr().err
    made.study(tmp_path / "old", FIELD + PROTECTION.replace("2031", "2001"))
    assert main(["purge", str(tmp_path / "old")]) == 0 and "raw" in capsys.readouterr().out
    assert not (tmp_path / "old" / "raw").exists()


def test_a_file_that_is_not_safe(tmp_path, capsys):
    """A workbook with macros is not opened: exit 3, one line with its name; a run stops before any notebook."""
    folder = made.study(tmp_path / "s", made.TOML.replace("pupils.csv", "pupils.xlsx"))
    with zipfile.ZipFile(folder / "raw" / "pupils.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/vbaProject.bin", b"macro")
    assert main(["check", str(folder)]) == 3
    assert "pupils.xlsx" in capsys.readouterr().out
    assert main(["run", str(folder), "--out", str(tmp_path / "run")]) == 3
    assert "U_" in capsys.readouterr().err and not (tmp_path / "run" / "notebooks").exists()


def test_a_list_of_pages_cannot_name_a_folder(tmp_path):
    """A list that was touched names the folder above, or one below: neither is taken for a page."""
    study = load(made.study(tmp_path / "made"))
    folder = tmp_path / "pages"
    (folder / "below").mkdir(parents=True)
    (folder / "a.pdf").write_bytes(b"")
    listed = {"study": study.id, "files": ["..", ".", "below", "a.pdf", "../a.pdf", "gone.pdf"]}
    (folder / data_protection.PAGES).write_text(json.dumps(listed), encoding="utf-8")
    assert data_protection._pages_of(folder, study) == ["a.pdf"]
