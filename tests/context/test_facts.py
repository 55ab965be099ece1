"""The published facts: readable, sourced, conflicts named from both sides, every derived number computed again."""

import csv
import re
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "data" / "published"
with (FOLDER / "facts.csv").open(encoding="utf-8", newline="") as file:
    ROWS = {row["key"]: row for row in csv.DictReader(file)}
with (FOLDER / "facts.csv").open(encoding="utf-8", newline="") as file:
    KEYS = [row["key"] for row in csv.DictReader(file)]
THEMES = ["programme", "cooperatives", "territory", "poverty", "prices", "literacy", "law", "donor"]
A, B = "programme.a", "programme.b"


def v(key: str) -> float:
    """A value as a number."""
    return float(ROWS[key]["value"])


def day(key: str) -> date:
    """A value as a day."""
    return date.fromisoformat(ROWS[key]["value"])


def communes() -> list[str]:
    """The rows of the communes."""
    return [key for key in ROWS if key.startswith("territory.commune.") and key != "territory.commune.sum"]


DERIVED = {
    f"{A}.sectors_sum": lambda: 23 + 11 + 6 + 3,
    f"{B}.sectors_sum": lambda: 12 + 12 + 20 + 0,
    f"{A}.women_per_cooperative": lambda: 508 / 43,
    f"{B}.women_per_cooperative": lambda: 534 / 44,
    f"{A}.region_active": lambda: 43 / (50 / 100),
    f"{B}.rural_communes_elsewhere": lambda: 21 - 17,
    f"{B}.municipalities_elsewhere": lambda: 5 - 4,
    f"{B}.budget_per_cooperative": lambda: 3_000_000 / 44,
    f"{B}.budget_per_woman": lambda: 3_000_000 / 534,
    f"{B}.budget_per_woman_lines": lambda: 3_000_000 / 534 / 4312,
    "cooperatives.new_womens_size.2013_h1": lambda: 1453 / 124,
    "cooperatives.womens_share.2015_12.handicraft": lambda: 100 * 987 / 2280,
    "cooperatives.womens_share.2015_12.agriculture": lambda: 100 * 763 / 2280,
    "cooperatives.womens_share.2015_12.argan": lambda: 100 * 274 / 2280,
    "territory.population.fes_boulemane.2014.sum": lambda: 1_150_131 + 174_079 + 197_596 + 286_489,
    "territory.commune.sum": lambda: sum(v(key) for key in communes()),
    "poverty.vulnerability_line.urban.2014": lambda: 1.5 * 4667,
    "poverty.vulnerability_line.rural.2014": lambda: 1.5 * 4312,
    "prices.deflator.morocco": lambda: 1.019 * 1.004,
    "prices.deflator.fes": lambda: 1.024 * 1.011,
    "prices.deflator_difference": lambda: 100 * (1.0353 - 1.0231),
    "prices.smag.before": lambda: 66.56 / 1.05,
    "prices.poverty_line_days": lambda: 4312 / 66.56,
    "law.112_12.days_after_meeting": lambda: (date(2014, 11, 21) - date(2014, 10, 14)).days,
    "law.compliance.share": lambda: 100 * 5000 / 15_700,
}


def formula(text: str) -> float:
    """Compute the formula of a note, with every key in it replaced by its value: a reader can do the same by hand."""
    if text.startswith("sum of the rows "):
        start = text.split()[4].removesuffix("*")
        return sum(v(key) for key in ROWS if key.startswith(start) and ROWS[key]["status"] == "verified")
    if "_date" in text:
        later, earlier = text.split(" - ")
        return (day(later) - day(earlier)).days
    found = {}
    for key in sorted(ROWS, key=len, reverse=True):
        if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", text):
            text = re.sub(rf"(?<![\w.]){re.escape(key)}(?![\w.])", f"v{len(found)}", text)
            found[f"v{len(found)}"] = v(key)
    assert re.fullmatch(r"[v\d.+\-*/() ]+", text), text
    return _sum(re.findall(r"v\d+|\d+(?:\.\d+)?|[+\-*/()]", text), found)


def _sum(tokens: list[str], values: dict[str, float]) -> float:
    """Add and subtract, multiply and divide first, brackets before; takes the tokens away that it has used."""
    total = _product(tokens, values)
    while tokens and tokens[0] in "+-":
        total += _product(tokens, values) if tokens.pop(0) == "+" else -_product(tokens, values)
    return total


def _product(tokens: list[str], values: dict[str, float]) -> float:
    total = _one(tokens, values)
    while tokens and tokens[0] in "*/":
        total = total * _one(tokens, values) if tokens.pop(0) == "*" else total / _one(tokens, values)
    return total


def _one(tokens: list[str], values: dict[str, float]) -> float:
    token = tokens.pop(0)
    if token == "(":
        inside = _sum(tokens, values)
        assert tokens.pop(0) == ")"
        return inside
    return values[token] if token in values else float(token)


def unit_of_last_place(text: str) -> float:
    """What one in the last decimal of a number is worth."""
    return 10.0 ** -len(text.partition(".")[2])


def test_keys_are_unique_identifiers():
    assert len(KEYS) == len(set(KEYS)) > 200
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", key) for key in KEYS)
    assert list(dict.fromkeys(row["theme"] for row in ROWS.values())) == THEMES


def test_statuses_and_sources():
    """A row is of a known kind; what is not found has no value, everything else has a source."""
    for key, row in ROWS.items():
        assert row["status"] in ("verified", "derived", "conflict", "not found"), key
        assert (row["status"] == "not found") == (row["value"] == ""), key
        addresses = [one for one in row["source"].split(" ; ") if one]
        assert all(re.fullmatch(r"https?://\S+", one) for one in addresses), key
        assert bool(addresses) == (row["status"] != "not found"), key
        assert re.fullmatch(r"(\d{4})?", row["year"]), key


def test_values_parse():
    for key, row in ROWS.items():
        if row["value"] and row["unit"] == "date":
            assert 1980 < day(key).year < 2020, key
        elif row["value"]:
            assert re.fullmatch(r"\d+(\.\d+)?", row["value"]), key


def test_conflicts_are_named_from_both_sides():
    """A pair of keys, and a row in conflict has at least one; a derived row may disagree with a printed one."""
    for key, row in ROWS.items():
        others = [one for one in row["conflicts_with"].split("|") if one]
        assert key not in others and len(others) == len(set(others))
        for other in others:
            assert key in ROWS[other]["conflicts_with"].split("|"), (key, other)
        assert bool(others) if row["status"] == "conflict" else (not others or row["status"] == "derived"), key


def test_the_two_sources_are_kept_apart():
    """Every number that both sources print is a pair of rows, and all of them disagree but the associations."""
    both = [
        key
        for key in ROWS
        if key.startswith(f"{A}.") and ROWS[key]["status"] != "derived" and key.replace(A, B) in ROWS
    ]
    both = [key for key in both if ROWS[key]["value"] and ROWS[key.replace(A, B)]["value"]]
    assert {key.removeprefix(f"{A}.") for key in both if v(key) == v(key.replace(A, B))} == {"associations"}
    for key in both:
        other = key.replace(A, B)
        assert (ROWS[key]["conflicts_with"] == other) == (v(key) != v(other)), key
    printed = {name: (v(f"{A}.{name}"), v(f"{B}.{name}")) for name in ("women", "cooperatives", "months")}
    assert printed == {"women": (508, 534), "cooperatives": (43, 44), "months": (18, 12)}


def test_the_register_of_conflicts_is_there():
    """Each open conflict of the register has rows that are marked."""
    marked = " ".join(f"{row['note_en']} ." for row in ROWS.values() if row["conflicts_with"])
    assert set(re.findall(r"register (\d)", marked)) >= set("1234568")


def wrong(computed: dict) -> list[str]:
    """Keys whose number does not round to what stands in the file."""
    texts = {key: ROWS[key]["value"] for key in computed}
    return [
        key for key, text in texts.items() if abs(computed[key] - float(text)) > unit_of_last_place(text) / 2 + 1e-9
    ]


def by_formula() -> dict[str, float]:
    """The number that the formula of each derived row gives, from keys that exist."""
    formulas = {key: row["note_en"] for key, row in ROWS.items() if row["status"] == "derived"}
    return {key: formula(re.search(r"= ([^;]+)", note)[1].strip()) for key, note in formulas.items()}


def test_derived_numbers():
    """By hand from the printed ones and by the formula of the note, which none lacks; both see a wrong last place."""
    assert set(by_formula()) <= set(DERIVED)
    by_hand = {key: compute() for key, compute in DERIVED.items()}
    assert wrong(by_hand) == wrong(by_formula()) == []


def test_a_wrong_derived_number_is_seen(monkeypatch):
    """One more in the last place, and its key is named."""
    key = f"{A}.women_per_cooperative"
    monkeypatch.setitem(ROWS, key, {**ROWS[key], "value": "11.9"})
    assert wrong({key: DERIVED[key]()}) == wrong(by_formula()) == [key]


def test_sums_of_printed_numbers():
    """21 communes make the province of 2004, in its two parts too; the parts of the region make the region."""
    assert len(communes()) == 21 == v("territory.communes.boulemane") == 4 + 17
    assert sum(v(key) for key in communes()) == 185_110 == v("territory.population.boulemane.2004") == 53_810 + 131_300
    assert v("territory.population.fes_boulemane.2014") == 1_376_157 + 432_138 == 1_808_295
    assert v("territory.projection.boulemane.2012") == 64_000 + 136_000


def test_words_in_three_languages():
    """Every item, and every identifier that is shown, has words in each language; no word is there for nothing."""
    with (FOLDER / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["key"]: row for row in csv.DictReader(file)}
    columns = ("theme", "place", "unit", "series", "figure")
    readings = {key for key in labels if key.startswith("reading.")}
    assert {key.removeprefix("reading.") for key in readings} <= {row["theme"] for row in ROWS.values()}
    assert {f"{one}.{row[one]}" for row in ROWS.values() for one in columns if row[one]} == set(labels) - readings
    assert all(row[language] for row in labels.values() for language in ("en", "fr", "ar"))
    for key, row in ROWS.items():
        assert all(row[f"item_{language}"] for language in ("en", "fr", "ar")), key
        assert re.search(r"[\u0600-\u06ff]", row["item_ar"]) and not re.search(
            r"[\u0660-\u0669\u2066-\u2069]", row["item_ar"]
        ), key


def test_the_tables_of_the_readme_name_every_column():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"\w+", " ".join(line.split("|")[1] for line in readme.splitlines() if line.startswith("|")))
    )
    assert set(next(iter(ROWS.values()))) <= named


def test_the_copy_of_the_demonstration_is_the_same():
    """A study folder holds all that it needs, so the demonstration has a copy: bring it up to date with the original."""
    copy = FOLDER.parent / "demo" / "published"
    assert [
        name for name in ("facts.csv", "labels.csv") if (copy / name).read_bytes() != (FOLDER / name).read_bytes()
    ] == []
