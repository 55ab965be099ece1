"""Published facts on a made file of a few rows: read and refused, as tables and figures, beside the roster; three languages."""

import csv
import re

import pandas as pd
import pytest

from coops.context import facts, figures, roster
from coops.field_data.receive import receive
from coops.show import drawing
from coops.show.language import Words
from coops.study.findings import FindingError
from coops.study.load import load
from tests import made

LANGUAGES = ("en", "fr", "ar")
TOML = re.sub(
    r'^(title|label) = "(?!DEMONSTRATION)([^"]*)"$',
    r'\1 = { en = "\2", fr = "\2", ar = "\2" }',
    made.TOML.replace('["en"]', '["en", "fr", "ar"]').replace("seed = 1", 'seed = 1\nfacts = "printed/facts.csv"'),
    flags=re.M,
)
TOML = re.sub(r"^en = (.*)$", r"en = \1\nfr = \1\nar = \1", TOML, flags=re.M)
CODEBOOK = "\n".join(
    f"{line},label_fr,label_ar" if line.startswith("table,") else f"{line},{line.split(',')[-1]},{line.split(',')[-1]}"
    for line in made.CODEBOOK.splitlines()
)
HEAD = "key,theme,item_en,item_fr,item_ar,value,unit,place,year,source,status,conflicts_with,figure,series,roster"
ROWS = """
a.pupils,size,Pupils,Élèves,تلاميذ,16,pupils,town,2010,https://one.example/a,conflict,b.pupils,size,first,person
b.pupils,size,Pupils,Élèves,تلاميذ,1042.5,pupils,town,2010,https://two.example/b_c ; https://one.example/a,conflict,a.pupils,size,second,person@books
a.schools,size,Schools,Écoles,مدارس,4,pupils,town,2010,https://one.example/a,verified,,size,first,group@books
a.opened,size,Opened,Ouverture,الافتتاح,2009-10-14,date,town,2009,https://one.example/a,verified,,,,
a.law,law,Law of,Loi de,قانون,1999,year,,,https://two.example/b_c,verified,,,,stratum:given=0
a.rate,law,Rate: all,Taux : tous,نسبة: الكل,-1.50,percent,town,2010,https://two.example/b_c,derived,,rates,,
a.rate_girls,law,Rate: girls,Taux : filles,نسبة: بنات,12,percent,town,2010,https://two.example/b_c,verified,,rates,,
a.none,law,Unknown,Inconnu,غير معروف,,percent,town,,,not found,,rates,,
""".strip()
LABELS = """key,en,fr,ar
theme.size,size,taille,الحجم
theme.law,law,loi,القانون
unit.pupils,pupils,élèves,تلاميذ
unit.percent,%,%,%
unit.date,date,date,تاريخ
unit.year,year,année,سنة
place.town,the town,la ville,المدينة
series.first,first source,première source,المصدر الأول
series.second,second source,deuxième source,المصدر الثاني
figure.size,Size,Taille,الحجم
figure.rates,Rates,Taux,النسب
"""


def study(folder, rows: str = ROWS, labels: str = LABELS, toml: str = TOML):
    """A made study with a facts file."""
    made.study(folder, toml, CODEBOOK)
    (folder / "printed").mkdir(exist_ok=True)
    (folder / "printed" / "facts.csv").write_text(f"{HEAD}\n{rows}\n", encoding="utf-8")
    (folder / "printed" / "labels.csv").write_text(labels, encoding="utf-8")
    return load(folder)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The study, its facts, its words by language."""
    made_study = study(tmp_path_factory.mktemp("made"))
    return made_study, facts.read(made_study), {language: Words(made_study, language) for language in LANGUAGES}


def cells(markdown: str) -> list[list[str]]:
    """The cells of a pipe table, without its rule; isolates taken away."""
    lines = [re.sub("[\u2066-\u2069]", "", line) for line in markdown.splitlines()]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in [lines[0], *lines[2:]]]


def test_themes_and_conflicts_in_their_order(one):
    _, found, _ = one
    assert found.themes == ["size", "law"]
    assert found.conflicts == [("a.pupils", "b.pupils")]
    assert found.figures == [("size", "pupils"), ("rates", "percent")]


@pytest.mark.parametrize(
    ("language", "head", "first", "last"),
    [
        (
            "en",
            ["Fact", "Value", "Unit", "Place", "Year", "Status", "Source"],
            ["Pupils (second source)", "1,042.5", "pupils", "the town", "2010", "sources disagree", "2, 1"],
            ["Opened", "14 October 2009", "date", "the town", "2009", "read in the source", "1"],
        ),
        (
            "fr",
            ["Fait", "Valeur", "Unité", "Lieu", "Année", "Statut", "Source"],
            ["Élèves (deuxième source)", "1\u202f042,5", "élèves", "la ville", "2010", "les sources divergent", "2, 1"],
            ["Ouverture", "14 octobre 2009", "date", "la ville", "2009", "lu dans la source", "1"],
        ),
        (
            "ar",
            ["المعطى", "القيمة", "الوحدة", "المكان", "السنة", "الحالة", "المصدر"],
            ["تلاميذ (المصدر الثاني)", "1\u202f042,5", "تلاميذ", "المدينة", "2010", "المصادر متضاربة", "2, 1"],
            ["الافتتاح", "14 أكتوبر 2009", "تاريخ", "المدينة", "2009", "مقروء في المصدر", "1"],
        ),
    ],
)
def test_table_of_a_theme(one, language, head, first, last):
    """Decimals as they are given, a date in words, the status in words, sources numbered as in the note."""
    _, found, words = one
    table = facts.table(found, "size")
    said = cells(table.markdown(words[language]))
    assert said[0] == head and said[2] == first and said[-1] == last
    assert next(csv.reader(table.csv().splitlines()[1:2]))[:2] == ["a.pupils", "size"]


def test_years_dashes_and_decimals(one):
    """A year has no thousands sign, what was not found is a dash, two decimals stay two."""
    _, found, words = one
    said = {row[0]: row[1:] for row in cells(facts.table(found, "law").markdown(words["en"]))}
    assert said["Law of"] == ["1999", "year", "–", "–", "read in the source", "1"]
    assert said["Rate: all"][0] == "−1.50" and said["Rate: all"][4] == "computed from others"
    assert said["Unknown"] == ["–", "%", "the town", "–", "not found", "–"]


def test_the_note_lists_the_sources(one):
    _, found, words = one
    said = facts.table_words(found, "size")
    assert said["theme"](words["fr"]) == "taille"
    assert said["sources"](words["en"]) == "[1] <https://one.example/a>; [2] <https://two.example/b_c>"
    assert said["sources"](words["ar"]).count("\u2066") == said["sources"](words["ar"]).count("\u2069") == 2


def test_conflicts_side_by_side(one):
    _, found, words = one
    said = cells(facts.conflicts(found).markdown(words["en"]))
    where = "source, the town, 2010"
    assert said[1:] == [["Pupils", "pupils", "16", f"first {where}", "1,042.5", f"second {where}"]]
    assert cells(facts.conflicts(found).markdown(words["ar"]))[1][3] == "المصدر الأول، المدينة، 2010"


def test_summary_counts_by_status(one):
    _, found, words = one
    said = "Facts: 8 (read in the source: 4, computed from others: 1, sources disagree: 2, not found: 1)."
    assert found.summary(words["en"]) == said


# -- the roster ---------------------------------------------------------------------------------------


def test_the_roster_is_counted(one):
    """16 pupils in 8 schools; 4 schools got books, 8 pupils with them, so 8 have none. 4 schools are fewer than 5."""
    made_study, found, words = one
    rows = roster.compared(found, made_study, lambda: receive(made_study))
    assert rows.dropna(subset=["count"]).set_index("key")["count"].to_dict() == {"a.pupils": 16, "a.schools": 4}
    said = cells(roster.table(found, rows).markdown(words["en"]))
    assert said[1][2:] == ["16", "16", "0"]
    assert said[2][2:] == ["1,042.5", "(c)", "(c)"], "8 persons are fewer than 10, and nobody has printed 8"
    assert said[3][2:] == ["4", "4", "0"], "4 groups are fewer than 5, but 4 is what was printed"


def test_what_is_hidden_is_not_in_the_file_either(one):
    made_study, found, _ = one
    table = roster.table(found, roster.compared(found, made_study, lambda: receive(made_study)))
    hidden = pd.DataFrame(csv.DictReader(table.csv().splitlines())).set_index("key").loc["b.pupils"]
    assert hidden["count"] == "" and hidden["difference"] == ""


def test_raw_files_with_errors_are_not_counted(tmp_path):
    """The notebook goes on and says so; which errors there are is told by the intake."""
    made_study = study(tmp_path)
    bad = made.pupils().astype({"score": object})
    bad.loc[0, "score"] = "much"
    made.write_raw(tmp_path, pupils=bad)
    found = facts.read(made_study)
    rows = roster.compared(found, made_study, lambda: receive(made_study))
    assert rows["count"].isna().all()
    assert "errors" in roster.table_words(rows)["unread"](Words(made_study, "en"))
    assert cells(roster.table(found, rows).markdown(Words(made_study, "en")))[1][3:] == ["–", "–"]


# -- figures ------------------------------------------------------------------------------------------


def test_one_series_is_sorted_and_its_shared_words_go_to_the_unit(one):
    """What was not found is not drawn."""
    _, found, words = one
    frame = figures.data(found, "rates", "percent", words)
    assert frame["key"].tolist() == ["a.rate_girls", "a.rate"] and frame["decimals"].tolist() == [0, 2]
    assert frame["category_fr"].tolist() == ["filles", "tous"] and set(frame["unit_fr"]) == {"Taux (%)"}
    assert figures.alt(frame, words["en"]) == "girls 12; all −1.50 (Rate (%))"


def test_several_series_keep_the_order_of_the_file(one):
    _, found, words = one
    frame = figures.data(found, "size", "pupils", words)
    assert frame[["category_en", "series_en", "value"]].to_numpy().tolist() == [
        ["Pupils", "first source", 16],
        ["Pupils", "second source", 1042.5],
        ["Schools", "first source", 4],
    ]
    said = figures.figure_words(found, "size", "pupils")
    assert said["figure"](words["fr"]) == "Taille" and said["where"](words["fr"]) == "la ville, 2010. "


@pytest.mark.parametrize(
    ("years", "places", "expected"),
    [
        (["2010", "2011"], ["town", "town"], ["year"]),
        (["2010", "2010"], ["town", "wood"], ["place"]),
        (["2010", "2010"], ["town", "town"], ["item"]),
    ],
)
def test_what_tells_the_rows_apart(years, places, expected):
    rows = pd.DataFrame({"item_en": ["Rate", "Rate"], "place": places, "year": years, "series": ["", ""]})
    assert figures.varying(rows) == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figure", [("size", "pupils"), ("rates", "percent")], ids=lambda one: one[0])
def test_figures_are_drawn(one, figure, language):
    """Every value stands beside its mark; in Arabic rows are named at the right, and numbers still rise to the right."""
    from matplotlib.figure import Figure

    _, found, words = one
    frame = figures.data(found, *figure, words)
    drawn = Figure()
    figures.draw(drawn, frame, words[language])
    axes = drawn.axes[0]
    written = [text.get_text() for text in axes.texts]
    assert written == [words[language].number(v, d) for v, d in zip(frame["value"], frame["decimals"], strict=True)]
    assert not axes.xaxis_inverted()
    assert axes.yaxis.get_ticks_position() == ("right" if language == "ar" else "left")
    assert [label.get_text() for label in axes.get_yticklabels()] == list(dict.fromkeys(frame[f"category_{language}"]))
    assert drawing.png(figures.draw, frame, words[language], mark=False).startswith(b"\x89PNG")


def test_few_numbers_of_one_series_stay_in_the_table(one):
    """Two rates need no picture; two sources that disagree do."""
    assert figures.worth_drawing(one[1]) == [("size", "pupils")]


def test_years_are_lines(one):
    """One line a series, its points at its years; both named at their last; time runs to the right, in Arabic too."""
    from matplotlib.figure import Figure

    frame = pd.DataFrame({"series": ["a", "a", "b", "b"], "year": [2004, 2010, 2010, 2014], "value": [1.0, 3, 2, 5]})
    named = {f"series_{code}": frame["series"].str.upper() for code in LANGUAGES}
    frame = frame.assign(decimals=0, **named, **{f"unit_{code}": "%" for code in LANGUAGES})
    axes = figures.draw(Figure(), frame, one[2]["ar"])
    lines = [list(zip(*line.get_data(), strict=True)) for line in axes.lines if len(line.get_xdata())]
    assert lines == [[(2004, 1), (2010, 3)], [(2010, 2), (2014, 5)]] and not axes.xaxis_inverted()
    assert [text.get_text() for text in axes.texts] == [
        *(one[2]["ar"].count(value) for value in (1, 3, 2, 5)),
        "A",
        "B",
    ]


# -- refused ------------------------------------------------------------------------------------------


def test_a_study_without_facts_says_so(tmp_path):
    made_study = study(tmp_path, toml=TOML.replace('facts = "printed/facts.csv"', ""))
    found = facts.read(made_study)
    assert (found.themes, found.conflicts, found.figures) == ([], [], [])
    assert len(roster.compared(found, made_study, lambda: receive(made_study))) == 0
    assert found.summary(Words(made_study, "fr")) == "Cette étude n’a pas de fichier de faits publiés."


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("a.law,law", "A law,law", "E_FACTS_KEY", "key"),
        ("a.law,law", "a.rate,law", "E_KEY_TWICE", "key"),
        (",1999,year", ",about 1999,year", "E_NOT_A_NUMBER", "value"),
        (",1999,year", ",,year", "E_NOT_A_NUMBER", "value"),
        ("2009-10-14", "14 October", "E_NOT_A_DATE", "value"),
        (",not found,", ",missing,", "E_FIELD_VALUE", "status"),
        ("غير معروف,,", "غير معروف,3,", "E_FACTS_NOT_FOUND", "value"),
        ("https://one.example/a,verified,,,,", ",verified,,,,", "E_FACTS_SOURCE", "source"),
        (",conflict,a.pupils,", ",conflict,,", "E_FACTS_ONE_SIDED", "conflicts_with"),
        (",conflict,a.pupils,", ",conflict,a.pupil,", "E_UNKNOWN_NAME", "conflicts_with"),
        (",Ouverture,", ",,", "E_NO_LABEL", "item_fr"),
        (",person@books", ",person@book", "E_UNKNOWN_NAME", "roster"),
        (",person@books", ",pupils", "E_FACTS_ROSTER", "roster"),
        (",stratum:given=0", ",stratum:0", "E_FACTS_ROSTER", "roster"),
        (",stratum:given=0", ",stratum:gift=0", "E_UNKNOWN_NAME", "roster"),
    ],
)
def test_faults_are_findings_with_their_place(tmp_path, old, new, code, column):
    """One change to the good file, one kind of finding, in three languages."""
    assert ROWS.count(old) == 1
    with pytest.raises(FindingError) as error:
        facts.read(study(tmp_path, ROWS.replace(old, new)))
    told = [one for one in error.value.findings if one.code == code]
    assert told and told[0].file == "facts.csv" and told[0].column == column and told[0].row
    assert all(told[0].text(language) for language in ("en", "fr", "ar"))


def test_words_that_are_missing_are_named(tmp_path):
    made_study = study(tmp_path, labels=LABELS.replace("place.town,the town,la ville,", "place.town,the town,,"))
    with pytest.raises(FindingError) as error:
        facts.read(made_study)
    assert [one.code for one in error.value.findings] == ["E_NO_TEXT_LABEL"]
    assert error.value.findings[0].parameters == {"language": "fr"} and error.value.findings[0].key == "place.town"


@pytest.mark.parametrize(("path", "code"), [("../facts.csv", "E_FACTS_OUTSIDE"), ("printed/fact.csv", "E_FACTS_FILE")])
def test_the_file_lies_in_the_study_folder(tmp_path, path, code):
    """Also a file that is there is refused where it lies outside."""
    (tmp_path / "facts.csv").write_text(f"{HEAD}\n{ROWS}\n", encoding="utf-8")
    with pytest.raises(FindingError) as error:
        facts.read(study(tmp_path / "made", toml=TOML.replace("printed/facts.csv", path)))
    assert [one.code for one in error.value.findings] == [code]


def test_a_column_that_is_missing_is_named(tmp_path):
    made_study = study(tmp_path)
    path = tmp_path / "printed" / "facts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("status", "state", 1), encoding="utf-8")
    with pytest.raises(FindingError) as error:
        facts.read(made_study)
    assert [(one.code, one.column) for one in error.value.findings] == [("E_FACTS_COLUMN", "status")]


READING = "reading.size,Two sources: [a.pupils] and [b.pupils].,Deux sources : [a.pupils] et [b.pupils].,مصدران: [a.pupils] و[b.pupils].\n"


def test_a_reading_quotes_by_key(tmp_path):
    """Words beside the facts file with the numbers of the facts; a theme without a reading has none."""
    loaded = study(tmp_path, labels=LABELS + READING)
    published = facts.read(loaded)
    assert facts.reading(published, "size", Words(loaded, "en")) == "Two sources: 16 and 1,042.5."
    assert facts.reading(published, "law", Words(loaded, "en")) == ""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("[a.pupils] and", "16 and", "E_TYPED_DIGIT"), ("[a.pupils] and", "[a.pupil] and", "E_UNKNOWN_KEY"),
     ("Two sources: [a.pupils] and [b.pupils].", "", "E_NO_TEXT_LABEL")],
)  # fmt: skip
def test_a_faulty_reading_is_a_finding(tmp_path, old, new, code):
    """A typed number, a key that is no fact, a language that is missing."""
    loaded = study(tmp_path, labels=LABELS + READING.replace(old, new))
    with pytest.raises(FindingError) as caught:
        facts.reading(facts.read(loaded), "size", Words(loaded, "en"))
    assert [one.code for one in caught.value.findings] == [code]
