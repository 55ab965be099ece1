"""The whole pipeline on a published trial: 20 + 20 union councils, four waves.

Expected values: expected.json of the data set, computed with pyfixest 0.60.0 by those who collected it, and printed by
the authors of the paper; tolerances are those of that file (one unit of the fourth printed digit and closer).
"""

import pytest

from tests.real import targets, thp_pakistan
from tests.real.adapter import run

pytestmark = pytest.mark.skipif(
    not thp_pakistan.SOURCE.is_file(), reason="../shared/realdata/thp_pakistan is not here: NOT TESTED"
)
OUT_OF_SCOPE = {
    "thp.balance.hamd_baseline": "unclustered standard errors", "thp.balance.edu_mo_baseline": "unclustered standard errors",
    "thp.balance.mo_emp": "unclustered standard errors", "thp.balance.mspss_baseline": "unclustered standard errors",
    "thp.hamd.ancova.crv3": "jackknife standard errors", "thp.n_women": "the sum of the two arms, tested below",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Run the command that a user types."""
    return run(thp_pakistan.make, tmp_path_factory.mktemp("thp"))


def test_every_target_in_scope(root):
    """Each published value, its clustered standard error and its counts are in the results."""
    frame, faults, compared = targets.results(root), [], 0
    for name, target in targets.expected("thp_pakistan").items():
        key = targets.thp_key(name)
        if key is None:
            assert name in OUT_OF_SCOPE
            continue
        compared += 1
        faults += [f"{name} ({key}): {fault}" for fault in targets.off(target, frame.loc[key])]
    assert not faults
    assert compared == 40


def test_counts(root):
    """903 women at the start, 585 at seven years (authors' text)."""
    frame = targets.results(root)
    seen = {
        wave: sum(frame.loc[f"persons.{wave}.{arm}.flow.count", "estimate"] for arm in ("usual_visits", "therapy"))
        for wave in ("w0", "y7")
    }
    assert seen == {"w0": 903, "y7": 585}


def test_the_page_claims_no_more_than_its_design(root):
    """Random assignment allows "because of the programme", and only where the interval leaves out zero."""
    page = (root / "report" / "thp.en.md").read_text(encoding="utf-8")
    results = page[: page.index("## Who is in the data")]
    lines = [line for line in results.splitlines() if line.startswith("**")]
    for line in lines:
        low, high = (float(end.replace("−", "-")) for end in line.split("between ")[1].split(";")[0].split(" and "))
        assert ("because of the programme" in line) == (low * high > 0)
        assert ("Direction uncertain" in line) == (low <= 0 <= high)
    assert len(lines) == 14


def test_no_experts(root):
    """Nothing was collected: the notebook says so, the run goes on, and the page has no section."""
    assert "Not collected: no findings of experts." in (root / "notebooks" / "04_field_studies.ipynb").read_text(
        "utf-8"
    )
    assert "experts" not in (root / "report" / "thp.en.md").read_text(encoding="utf-8").lower()


def test_three_languages(root):
    """The default texts fill in each language: the same numbers, the words of that language only."""
    pages = {
        language: (root / "report" / f"thp.{language}.md").read_text(encoding="utf-8")
        for language in ("en", "fr", "ar")
    }
    for words in ("because of the programme", "Who was not seen again"):
        assert words in pages["en"] and words not in pages["fr"] + pages["ar"]
    for language in ("fr", "ar"):
        assert "0,29" in pages[language] and "585" in pages[language]
        assert (root / "report" / f"thp.{language}.pdf").is_file() and (
            root / "report" / f"thp.{language}.docx"
        ).is_file()
