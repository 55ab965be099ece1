"""Every published n of the demonstration reconciles with the ledger, from received rows to each table."""

import json

import pandas as pd
import pytest

from coops.estimation.flow import REASONS
from tests.checkout import ROOT

RESULTS, FIGURES = ROOT / "data" / "results", ROOT / "figures"


def exhibit(notebook: str, name: str) -> pd.DataFrame:
    """The numbers behind a table, found by its name."""
    listed = json.loads((RESULTS / "exhibits" / f"{notebook}.json").read_text(encoding="utf-8"))
    (file,) = [one["file"] for one in listed if one["name"] == name]
    return pd.read_csv(FIGURES / f"{file}.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def results() -> pd.DataFrame:
    frame = pd.read_csv(RESULTS / "07_impact.csv")
    return frame[frame["quantity"] != "family_index"]  # made of the outcomes, whose lines are there


def test_received_rows_are_the_clean_ones():
    """Received = taken out + merged + aside + accepted, and accepted is what the clean tables hold."""
    files = exhibit("02_field_data", "tab_received")
    assert (files["received"] == files[["dropped", "merged", "aside", "accepted"]].sum(axis=1)).all()
    clean = exhibit("02_field_data", "tab_clean").set_index("table")["rows"]
    assert clean.to_dict() == files.groupby("table")["accepted"].sum().to_dict()


def test_each_estimate_rests_on_its_line(results):
    """n of each estimate is what its line of the ledger leaves; the line starts from the population of the flow."""
    ledger = exhibit("07_impact", "tab_ledger").set_index(["specification", "outcome"])
    flow = exhibit("05_participants", "tab_flow")
    population = flow.groupby("wave")["population"].sum().iloc[0]
    assert len(ledger) == len(results)
    for row in results.itertuples():
        line = ledger.loc[(row.specification, row.outcome)]
        assert row.n == line["n"] and row.n_rows == line["used"]
        assert line["start"] - sum(line[f"lost_{reason}"] for reason in REASONS) == line["used"]
        assert row.unit_level != "person" or line["start"] == population
        groups = sum(int(one.rpartition("=")[2]) for one in str(row.groups_by_arm).split("|"))
        assert groups == line["groups"]


def test_the_flow_chart_says_the_same():
    """Its boxes are the one above less what left, its first those of the flow, its last the n of the estimates."""
    chart, flow = exhibit("05_participants", "fig_flow"), exhibit("05_participants", "tab_flow")
    for _, part in chart.groupby("arm"):
        steps = part[part["step"] != "used_for"]
        assert (steps["number"].to_numpy()[1:] == steps["number"].to_numpy()[:-1] - steps["out"].to_numpy()[1:]).all()
        used = part[part["step"] == "used_for"]
        assert len(used) and (used["number"] + used["out"] == steps["number"].iloc[-1]).all()
    listed = chart[chart["step"] == "listed"].set_index("arm")["number"]
    assert listed.to_dict() == flow.groupby("arm")["roster"].max().to_dict()
    used = chart[chart["step"] == "used_for"].groupby("of")["number"].sum()
    ledger = exhibit("07_impact", "tab_ledger").set_index(["specification", "outcome"])["used"]
    assert used.to_dict() == {name: ledger["double_difference", name] for name in used.index}
