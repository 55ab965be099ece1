"""The net tells a planted difference at its place, and lets through what the map says."""

import json
import shutil

import pytest

from tests.net.compare import compare, main
from tests.net.frozen import Unreadable, read
from tests.net.intended import Map, WrongMap


def write_run(root, number="7.1", file="tab_7_1", name="tab_effects.adjusted", **fields):
    """Write a run with one result, one table and a page that quotes both."""
    folder = root / "made"
    for part in ("data/results/exhibits", "figures", "report"):
        (folder / part).mkdir(parents=True)
    (folder / "data/results/07_impact.csv").write_text("key,value,low\nincome.effect,6.4,-22.7\nage.mean,31,\n")
    (folder / f"figures/{file}.csv").write_text("outcome,value\nincome,6.4\nage,31\n")
    exhibit = {
        "name": name, "kind": "table", "number": number, "file": file, "caption": {"en": "Estimates", "ar": "التقديرات"},
        "alt": {"en": "two values"}, "body": {"en": "| Outcome   | n |\n|:---|---:|\n| income | 813 |"},
    }  # fmt: skip
    exhibit = {key: value for key, value in (exhibit | fields).items() if value is not None}
    (folder / "data/results/exhibits/07_impact.json").write_text(json.dumps([exhibit]), encoding="utf-8")
    page = f"Income: 6 MAD (Table {number}).\n![a](../figures/{file}.en.png)\n: Table {number}. Estimates\n"
    (folder / "report/made.en.md").write_text(page, encoding="utf-8")
    (folder / "report/made.ar.md").write_text(f": الجدول \u2066{number}\u2069. التقديرات\n", encoding="utf-8")
    return root


@pytest.fixture
def old(tmp_path):
    return write_run(tmp_path / "old")


def places(old, new, **entries):
    intended = Map(**entries)
    return [d.place for d in compare(old, new, intended) if not intended.reason(d.place)]


def test_no_difference(old, tmp_path):
    assert places(old, write_run(tmp_path / "new")) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "place"),
    [
        ("data/results/07_impact.csv", "-22.7", "-22.8", "made/results/income.effect/low"),
        ("data/results/07_impact.csv", "age.mean,31,\n", "", "made/results/age.mean"),
        ("data/results/07_impact.csv", ",low", ",conf_low", "made/results/column conf_low"),
        ("figures/tab_7_1.csv", "age,31", "age,32", "made/exhibits/tab_effects.adjusted/data/row 2/value"),
        ("figures/tab_7_1.csv", "age,31\n", "", "made/exhibits/tab_effects.adjusted/data/rows"),
        ("data/results/exhibits/07_impact.json", "two values", "2 values", "made/exhibits/tab_effects.adjusted/alt.en"),
        ("data/results/exhibits/07_impact.json", "813", "814", "made/exhibits/tab_effects.adjusted/body.en/row 1/n"),
        ("report/made.en.md", "6 MAD", "7 MAD", "made/report/made.en.md"),
        ("report/made.en.md", "(Table 7.1)", "(Table 7.2)", "made/report/made.en.md"),
    ],
)
def test_each_is_told_at_its_place(old, tmp_path, file, before, after, place):
    new = shutil.copytree(old, tmp_path / "new")
    text = (new / "made" / file).read_text(encoding="utf-8")
    assert before in text
    (new / "made" / file).write_text(text.replace(before, after), encoding="utf-8")
    assert place in places(old, new)
    assert main([str(old), str(new)]) == 1


def test_order_is_told(old, tmp_path):
    new = shutil.copytree(old, tmp_path / "new")
    path = new / "made/data/results/07_impact.csv"
    path.write_text("key,value,low\nage.mean,31,\nincome.effect,6.4,-22.7\n")
    assert places(old, new) == ["made/results/order of rows"]


def test_numbers_and_files_of_exhibits_are_no_difference(old, tmp_path):
    """Also where the list gives no number, and it is printed on the page alone."""
    assert places(old, write_run(tmp_path / "named", number="8.3", file="07_effects.adjusted")) == []
    new = write_run(tmp_path / "unnumbered", number="4", file="07_effects.adjusted")
    path = new / "made/data/results/exhibits/07_impact.json"
    path.write_text(path.read_text().replace('"number": "4", ', ""))
    assert '"number"' not in path.read_text() and places(old, new) == []


def test_tolerance(old, tmp_path):
    new = shutil.copytree(old, tmp_path / "new")
    path = new / "made/data/results/07_impact.csv"
    path.write_text(path.read_text().replace("6.4", "6.4000000001"))
    same_names = tmp_path / "empty.toml"  # the map of the branch renames the column that this changes
    same_names.write_text("")
    command = [str(old), str(new), "--map", str(same_names)]
    assert main(command) == 1 and main([*command, "--tolerance", "1e-9"]) == 0


def test_map_translates(old, tmp_path):
    """A column, a key by its pattern, an exhibit with all that hangs on it, words; what the map does not name is told."""
    new = write_run(tmp_path / "new", name="effects.adjusted", caption={"en": "Estimated effects", "ar": "التقديرات"})
    path = new / "made/data/results/07_impact.csv"
    path.write_text("key,estimate,low\nincome.att,6.4,-22.7\nage.mean,32,\n")
    page = new / "made/report/made.en.md"
    page.write_text(page.read_text().replace("Estimates", "Estimated effects"))
    renamed = [
        {"what": "column", "at": "*/results", "old": "value", "new": "estimate", "why": "broom"},
        {"what": "row", "at": "*/results", "old": r"(.*)\.effect", "new": r"\1.att", "why": "a term"},
        {"what": "row", "at": "*/exhibits", "old": r"tab_(.*)", "new": r"\1", "why": "names"},
    ]
    reworded = [{"at": "*.en*", "old": "Estimates", "new": "Estimated effects", "why": "clearer"}]
    assert places(old, new, renamed=renamed, reworded=reworded) == ["made/results/age.mean/estimate"]
    accepted = [{"at": "*/results/age.mean/*", "why": "she had a birthday"}]
    assert places(old, new, renamed=renamed, reworded=reworded, accepted=accepted) == []


def test_map_file(old, tmp_path, capsys):
    """An entry without a reason is refused; one that nothing needs is told."""
    path = tmp_path / "map.toml"
    path.write_text('[[accepted]]\nat = "*"\nwhy = " "\n')
    with pytest.raises(WrongMap, match="why"):
        Map.read(path)
    path.write_text('[[accepted]]\nat = "nowhere"\nwhy = "a reason"\n')
    assert main([str(old), str(old), "--map", str(path)]) == 0
    assert "not needed here, accepted" in capsys.readouterr().out


def test_the_committed_map_is_readable():
    from tests.net.compare import MAP

    assert isinstance(Map.read(MAP), Map)


def test_a_run_that_is_not_there_is_told(old, tmp_path):
    (tmp_path / "new").mkdir()
    assert places(old, tmp_path / "new") == ["made"]


def test_an_exhibit_without_its_csv_is_told(old):
    (old / "made/figures/tab_7_1.csv").unlink()
    with pytest.raises(Unreadable, match="tab_7_1"):
        read(old / "made")
    assert places(old, old) == ["made"]
