"""A drafted folder: what the data tell is filled in, every choice is one TODO, and nothing else is found."""

import csv
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from coops.__main__ import main
from coops.collect.from_files import draft
from coops.data import units
from coops.estimation import effects, sample_design, tidy
from coops.field_data.receive import receive
from coops.study.load import load
from tests import made

GRACE = Path(__file__).resolve().parents[3] / "shared" / "realdata" / "grace_india" / "grace_period_denamed.csv"


def received(folder: Path, name: str, text: str) -> Path:
    """Write a file as it is received."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def settings(folder: Path) -> dict:
    """What the drafted study.toml says."""
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def codebook(folder: Path) -> dict[str, dict[str, str]]:
    """Rows of the drafted codebook by name."""
    with (folder / "codebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def findings(folder: Path) -> list:
    """What loading the folder finds."""
    return made.refused(load, folder)


PEOPLE = """id,village,sex,age,income,paid,born,remark
1,A,f,31,1200.5,0,1990-02-01,came late
2,A,m,28,900,1,1991-12-31,
3,B,f,,1100,1,,lives elsewhere
4,B,f,45,-99,0,1976-07-15,asked to call again
5,B,m,39,-99,1,1982-01-01,none
"""


# -- what is seen --------------------------------------------------------------------------------


def test_a_small_csv(tmp_path):
    """Types, ranges, allowed values, and the one missing code that is asked about."""
    number = draft(tmp_path / "new", [received(tmp_path, "people.csv", PEOPLE)])
    rows_ = codebook(tmp_path / "new")
    kinds = {name: row["type"] for name, row in rows_.items()}
    assert kinds == {
        "id": "integer", "village": "category", "sex": "category", "age": "integer", "income": "number",
        "paid": "integer", "born": "date", "remark": "text",
    }  # fmt: skip
    assert rows_["id"]["role"] == "key" and rows_["id"]["range"] == ""
    assert rows_["sex"]["allowed"] == "f|m" and rows_["village"]["allowed"] == "A|B"
    assert rows_["age"]["range"] == "28..45" and rows_["age"]["decimals"] == "2"  # SD 7.9
    assert rows_["income"]["range"] == "900..1200.5" and rows_["income"]["decimals"] == "0"  # SD 153
    assert rows_["income"]["missing"].startswith("TODO: does -99 ")
    assert (rows_["paid"]["allowed"], rows_["paid"]["range"], rows_["paid"]["unit"]) == ("0|1", "", "share")
    assert rows_["remark"]["label_en"] == "remark" and all(row["pii"] == "" for row in rows_.values())
    assert number == len(findings(tmp_path / "new")) == 16  # 15 in study.toml, one in the codebook
    assert (tmp_path / "new" / "raw" / "people.csv").read_text(encoding="utf-8") == PEOPLE


def test_study_toml(tmp_path):
    """What can be told is filled in; the arm is not guessed, although a column of 0 and 1 is there."""
    draft(tmp_path / "My study 2", [received(tmp_path, "people.csv", PEOPLE)])
    study = settings(tmp_path / "My study 2")
    assert study["study"]["id"] == "My_study_2"
    assert study["tables"]["people"]["key"] == ["id"] and study["tables"]["people"]["wave"] == "wave1"
    assert study["design"]["arm"].startswith("TODO: ") and study["study"]["label"].startswith("TODO: ")
    assert study["specifications"]["main"]["waves"] == ["wave1"]
    assert study["waves"] == {"wave1": {"label": "survey"}}


def test_the_same_folder_name_gives_the_same_seed(tmp_path):
    """Nothing in a draft hangs on when or where it was made."""
    file = received(tmp_path, "people.csv", PEOPLE)
    for place in ("a", "b"):
        draft(tmp_path / place / "new", [file])
    for name in ("study.toml", "codebook.csv"):
        assert (tmp_path / "a/new" / name).read_bytes() == (tmp_path / "b/new" / name).read_bytes()
    draft(tmp_path / "other", [file])
    assert settings(tmp_path / "other")["study"]["seed"] != settings(tmp_path / "a" / "new")["study"]["seed"]


def test_semicolons_and_decimal_commas(tmp_path):
    """As a European Excel writes them."""
    file = received(tmp_path, "half.csv", "no;area;note\n1;1,5;a\n2;2,25;b\n3;4;c\n")
    draft(tmp_path / "new", [file])
    assert codebook(tmp_path / "new")["area"]["type"] == "number"
    assert codebook(tmp_path / "new")["area"]["range"] == "1.5..4"


def test_a_workbook(tmp_path):
    """Typed cells are read as they stand; sheets that are not drafted are named."""
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"code": ["a1", "a2", "a3"], "score": [1.5, 2.0, 3.5]}).to_excel(
            book, sheet_name="data", index=False
        )
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="choices", index=False)
    draft(tmp_path / "new", [path])
    assert settings(tmp_path / "new")["tables"]["book"] | {"group": ""} == {
        "level": "person", "files": ["book.xlsx"], "sheet": "data", "wave": "wave1", "key": ["code"], "group": "",
    }  # fmt: skip
    assert "not drafted: choices" in (tmp_path / "new" / "study.toml").read_text(encoding="utf-8")
    assert codebook(tmp_path / "new")["score"]["range"] == "1.5..3.5"


def test_decimals(tmp_path):
    """As many as show a hundredth of the spread; not more than two where the answers are whole."""
    file = received(tmp_path, "t.csv", "k;whole;small;same\na;1;0.1;7\nb;2;0.2;7\nc;2;0.2;7\nd;1;0.1;7\n")
    draft(tmp_path / "new", [file])  # SD 0.58 and 0.058
    assert [codebook(tmp_path / "new")[name]["decimals"] for name in ("whole", "small", "same")] == ["2", "4", "0"]


def test_labels_of_stata(tmp_path):
    """A label in the file is the label here; a column without one is called by its name."""
    frame = pd.DataFrame({"pid": [1, 2, 3], "inc_m": [10.5, None, 7.25]})
    frame.to_stata(tmp_path / "w.dta", write_index=False, variable_labels={"inc_m": "Monthly income"})
    draft(tmp_path / "new", [tmp_path / "w.dta"])
    rows_ = codebook(tmp_path / "new")
    assert rows_["inc_m"]["label_en"] == "Monthly income" and rows_["pid"]["label_en"] == "pid"
    assert rows_["inc_m"]["range"] == "7.25..10.5"


@pytest.mark.parametrize(
    ("cells", "kind", "missing"),
    [
        (["007", "010", "011", "012"], "text", ""),  # leading zeros belong to a code
        (["1", "NA", "3", "NA"], "integer", "NA=no answer"),  # R writes NA into an empty number
        (["1", "2", "999", "999"], "integer", "TODO"),  # far outside, and repeated
        (["1", "2", "3", "999"], "integer", ""),  # once: may be a value
        (["400", "800", "999", "999"], "integer", ""),  # not outside of the rest
        (["-5", "3", "-9", "-9"], "integer", ""),  # others are negative too
        (["yes", "no", "yes", "no"], "category", ""),
        (["red", "blue", "green", "black"], "text", ""),  # none twice
        (["a|b", "a|b", "c", "c"], "text", ""),  # the bar parts values in the codebook
        (["", "", "", ""], "text", ""),
        (["1,200", "1,300", "5", "6"], "integer", ""),  # can be read in two ways: intake asks, no range is said
    ],
)
def test_one_column(tmp_path, cells, kind, missing):
    """Each kind of column, by four cells."""
    text = "key;x\n" + "".join(f"k{number};{cell}\n" for number, cell in enumerate(cells))
    draft(tmp_path / "new", [received(tmp_path, "t.csv", text)])
    row = codebook(tmp_path / "new")["x"]
    assert row["type"] == kind
    assert row["missing"].startswith(missing) and bool(row["missing"]) == bool(missing)
    assert not (cells[0] == "1,200" and row["range"])


# -- keys and waves --------------------------------------------------------------------------------


def test_two_rounds(tmp_path):
    """The key repeats, and with the column that says the round it does not."""
    file = received(tmp_path, "panel.csv", "farm,year,crop\n1,1999,5\n1,2001,6\n2,1999,7\n2,2001,9\n3,1999,1\n")
    draft(tmp_path / "new", [file])
    study = settings(tmp_path / "new")
    assert study["tables"]["panel"]["key"] == ["farm", "year"] and study["tables"]["panel"]["wave_column"] == "year"
    assert study["waves"] == {
        "year_1999": {"label": "year 1999", "values": ["1999"]}, "year_2001": {"label": "year 2001", "values": ["2001"]},
    }  # fmt: skip
    assert study["specifications"]["main"]["waves"] == ["year_2001"]
    assert codebook(tmp_path / "new")["year"]["type"] == "text"  # its values become names of waves


def test_a_year_that_is_no_wave(tmp_path):
    """Where a row has a key of its own, a column called year is a column."""
    file = received(tmp_path, "cross.csv", "farm,year,crop\n1,1999,5\n2,1999,6\n3,2001,7\n4,2001,8\n")
    draft(tmp_path / "new", [file])
    assert settings(tmp_path / "new")["tables"]["cross"]["key"] == ["farm"]
    assert list(settings(tmp_path / "new")["waves"]) == ["wave1"]


def test_no_key(tmp_path):
    """No column is complete and unique: the key is asked for; a measured number is no key."""
    file = received(tmp_path, "t.csv", "who,weight\na,1.5\na,2.5\n,3.25\n")
    number = draft(tmp_path / "new", [file])
    assert settings(tmp_path / "new")["tables"]["t"]["key"][0].startswith("TODO: ")
    asked = [finding.column for finding in findings(tmp_path / "new")]
    assert "tables.t.key" in asked and number == len(asked)


def test_names_do_not_clash(tmp_path):
    """Names that the draft makes give way to columns and to words that are taken."""
    file = received(tmp_path, "t.csv", "id,wave,main,arm0\n1,change,1,2\n1,arm1,5,3\n2,change,2,4\n2,arm1,2,5\n")
    draft(tmp_path / "new", [file])
    study = settings(tmp_path / "new")
    names = [*study["waves"], *study["arms"], *study["specifications"], "id", "wave", "main", "arm0"]
    assert len(set(names)) == len(names) and "change" not in names
    assert [wave["values"] for wave in study["waves"].values()] == [["change"], ["arm1"]]


# -- names of columns and files ----------------------------------------------------------------------


def test_bad_column_names(tmp_path):
    """A name that is no identifier is renamed on arrival; two that become one are told apart."""
    file = received(tmp_path, "t.csv", "id,Âge (ans),2nd visit,a b,a-b,a_b,TODO\n1,30,1,5,6,7,x\n2,31,2,5,6,8,y\n")
    draft(tmp_path / "new", [file])
    assert settings(tmp_path / "new")["tables"]["t"]["rename"] == {
        "Âge (ans)": "Age_ans", "2nd visit": "column_2nd_visit", "a b": "a_b_2", "a-b": "a_b_3", "TODO": "column_TODO",
    }  # fmt: skip
    assert codebook(tmp_path / "new")["Age_ans"]["label_en"] == "Âge (ans)"


def test_arabic_column_names(tmp_path):
    """They are numbered; their words become the Arabic label, and no English one."""
    file = received(tmp_path, "بيانات.csv", "الرقم,الدخل الشهري\n1,500\n2,700\n")
    draft(tmp_path / "new", [file])
    table = settings(tmp_path / "new")["tables"]["table"]
    assert table["rename"] == {"الرقم": "column_1", "الدخل الشهري": "column_2"}
    assert table["key"] == ["column_1"] and table["files"] == ["table.csv"]
    row = codebook(tmp_path / "new")["column_2"]
    assert (tmp_path / "new" / "codebook.csv").read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads Arabic only so
    assert (row["label_ar"], row["label_en"], row["source"]) == ("الدخل الشهري", "", "بيانات.csv")


def test_file_names(tmp_path):
    """A bad name is made safe, two files of one name are both kept, one file named twice is taken once."""
    first = received(tmp_path / "x", "Enquête [1].csv", "id,y\n1,2\n2,3\n")
    second = received(tmp_path / "y", "Enquête [1].csv", "id,z\n1,4\n2,5\n")
    draft(tmp_path / "new", [first, second, first])
    assert sorted(path.name for path in (tmp_path / "new" / "raw").iterdir()) == ["Enquete_1.csv", "Enquete_1_2.csv"]
    tables = settings(tmp_path / "new")["tables"]
    assert {name: table["files"] for name, table in tables.items()} == {
        "Enquete_1": ["Enquete_1.csv"], "Enquete_1_2": ["Enquete_1_2.csv"],
    }  # fmt: skip
    assert all(table["level"].startswith("TODO: ") and table["wave"].startswith("TODO: ") for table in tables.values())


# -- refusals and findings ---------------------------------------------------------------------------


def test_nothing_is_overwritten(tmp_path):
    """A folder that is there stays as it is."""
    file = received(tmp_path, "t.csv", "id\n1\n")
    (tmp_path / "new").mkdir()
    assert [finding.code for finding in made.refused(draft, tmp_path / "new", [file])] == ["E_NEW_EXISTS"]
    assert not any((tmp_path / "new").iterdir())


def test_every_bad_file_is_told_and_nothing_is_written(tmp_path):
    """Two files are not there, one is empty, one is a picture."""
    files = [
        tmp_path / "no.csv",
        received(tmp_path, "e.csv", ""),
        received(tmp_path, "p.png", "x"),
        tmp_path / "no.dta",
    ]
    codes = sorted(finding.code for finding in made.refused(draft, tmp_path / "new", files))
    assert codes == ["E_EMPTY_FILE", "E_FORMAT", "E_NEW_FILE", "E_NEW_FILE"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("names", [["people.csv"], ["people.csv", "panel.csv"]])
def test_coops_run_lists_each_todo_and_nothing_else(tmp_path, capsys, names):
    """Exit code 1, one line a TODO, each with its line in the file."""
    texts = {"people.csv": PEOPLE, "panel.csv": "farm,year,crop\n1,1999,5\n1,2001,6\n2,1999,7\n2,2001,9\n"}
    number = draft(tmp_path / "new", [received(tmp_path, name, texts[name]) for name in names])
    asked = findings(tmp_path / "new")
    assert {finding.code for finding in asked} == {"E_TODO"} and len(asked) == number
    for finding in asked:
        line = (tmp_path / "new" / finding.file).read_text(encoding="utf-8-sig").splitlines()[finding.row - 1]
        assert "TODO: " + finding.parameters["what"] in line.replace('""', '"')
    assert main(["run", str(tmp_path / "new"), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.splitlines()) == number
    assert all(line.startswith("E_TODO ") for line in shown.err.splitlines())


# -- a real study -----------------------------------------------------------------------------------

TOML, BOOK = "study.toml", "codebook.csv"
ROW = "grace_period_denamed,Late_Days_364,integer,share,1,0|1,,,,,{},{},,,grace_period_denamed.csv"
SAID = """\
title = "TODO: title of the study, as it will stand on the page"
title = "When repayment begins"
summary = "TODO: what was done, for whom and where, in one sentence; or delete this line"
summary = "In Kolkata loan groups were drawn to begin repayment after two months or after two weeks."
label = "TODO: DEMONSTRATION, PUBLIC or FIELD"
label = "PUBLIC"
licence = "TODO: licence of the data; delete this line if they are not PUBLIC"
licence = "CC BY 4.0"
citation = "TODO: who collected and published the data; delete this line if they are not PUBLIC"
citation = "Field, E., Pande, R., Papp, J., Rigol, N. (2013). American Economic Review 103(6): 2196-2226."
en = { one = "person", other = "persons" }
en = { one = "woman", other = "women" }
en = { one = "group", other = "groups" }
en = { one = "loan group", other = "loan groups" }
group = "TODO: the column that says the group; delete this line if there is none"
group = "sec_group"
label = "TODO: what arm0 is called on the page"
label = "first repayment after two weeks"
values = ["TODO: how the data write arm0"]
values = ["0"]
label = "TODO: what arm1 is called on the page"
label = "first repayment after two months"
values = ["TODO: how the data write arm1"]
values = ["1"]
assignment = "TODO: randomised, not randomised or no comparison"
assignment = "randomised"
arm = "TODO: the column that says the arm"
arm = "sec_treat"
reference = "TODO: the arm that the other is compared with: arm0 or arm1"
reference = "arm0"
strata = []  # columns within whose values the arms were drawn
strata = ["Stratification_Dummies"]
cluster = "TODO: the column of what was assigned as a whole: the group, or the key if it was single units"
cluster = "sec_group"
outcomes = ["TODO: a column that the programme was to change; several are parted by commas"]
outcomes = ["Late_Days_364"]
"""  # a line of the draft of study.toml, and what a person makes of it
EDITS = [(TOML, *pair) for pair in zip(*[iter(SAID.splitlines())] * 2, strict=True)]
EDITS.append((BOOK, ROW.format("", "Late Days 364"), ROW.format("down", "not repaid eight weeks after the due date")))


@pytest.mark.skipif(not GRACE.is_file(), reason="../shared/realdata/grace_india is not here: NOT TESTED")
def test_a_real_study_in_fewer_than_thirty_lines(tmp_path):
    """From a received file to the published estimate, by the lines that a person has to edit.

    Field and others (2013), table 3; values of expected.json: grace.Late_Days_364.crv1.
    """
    folder = tmp_path / "grace"
    draft(folder, [GRACE])
    for name, old, new in EDITS:
        lines = (folder / name).read_text(encoding="utf-8").split("\n")
        assert lines.count(old) == 1, old
        lines[lines.index(old)] = new
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    assert len(EDITS) < 30
    study = load(folder)
    got = receive(study)
    assert not got.errors and not got.findings
    (specification,) = study.resolve("main")
    (estimate,) = effects.rows(sample_design.build(units.Data(study, got.tables), specification))
    assert tidy.key(estimate) == "Late_Days_364.wave1.arm1.main.effect"
    assert estimate.estimate == pytest.approx(0.090066578, abs=9e-6)
    assert estimate.std_error_cr1 == pytest.approx(0.034868197, abs=3.5e-5)
    assert (estimate.n, estimate.n_clusters) == (845, 169)
