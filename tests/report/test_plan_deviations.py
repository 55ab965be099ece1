"""What a page says of its plan, in three languages: not locked, kept, late, changed, or with a lock that was touched."""

from datetime import date

import pytest

from coops.report import plan_deviations
from coops.show.language import Words
from coops.study.findings import finding
from coops.study.languages import LANGUAGES
from coops.study.load import load
from coops.study.plan_lock import Deviation, Lock
from tests import made
from tests.show.test_language import CODEBOOK, UNITS, toml

DAY = date(2001, 3, 1)
CHANGES = (
    Deviation("families.main.outcomes", "changed", "one_a, two", "one_a"),
    Deviation("arms.x.values", "added", "", "a|b"),
    Deviation("design.level", "removed", "0.9", ""),
)


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> dict[str, Words]:
    folder = made.study(tmp_path_factory.mktemp("lock"), toml(), CODEBOOK)
    (folder / "labels.csv").write_text(UNITS, encoding="utf-8")
    study = load(folder)
    return {language: Words(study, language) for language in LANGUAGES}


@pytest.mark.parametrize(
    ("language", "none", "kept", "late"),
    [
        ("en", "was not locked", "is the one that was locked on 1 March 2001.", "the last wave had begun"),
        ("fr", "n’a pas été verrouillé", "est celui qui a été verrouillé le 1 mars 2001.", "le dernier passage avait commencé"),
        ("ar", "لم تُقفل", "هي التي أُقفلت يوم 1 مارس 2001.", "وكانت الجولة الأخيرة قد بدأت"),
    ],
)  # fmt: skip
def test_a_quiet_sentence(words, language, none, kept, late):
    """Where nothing was changed nothing stands before the first section."""
    own = words[language]
    assert none in plan_deviations.closing(Lock(), own) and plan_deviations.notice(Lock(), own) == ""
    assert plan_deviations.closing(Lock(DAY), own).endswith(kept) and plan_deviations.notice(Lock(DAY), own) == ""
    assert late in plan_deviations.closing(Lock(DAY, late=True), own) and late not in plan_deviations.closing(
        Lock(DAY), own
    )
    assert "abcdef0123" in plan_deviations.closing(Lock(DAY, commit="abcdef0123456789"), own)
    assert "abcdef01234" not in plan_deviations.closing(Lock(DAY, commit="abcdef0123456789"), own)


@pytest.mark.parametrize("language", LANGUAGES)
def test_changes_are_told_first(words, language):
    """With their number, the day, and the table where there is one."""
    own, changed = words[language], Lock(DAY, deviations=CHANGES)
    sentence = plan_deviations.notice(changed, own)
    assert own.count(3) in sentence and own.date(DAY) in sentence and "T9" not in sentence
    assert plan_deviations.notice(changed, own, "T9").startswith(sentence) and "T9" in plan_deviations.notice(
        changed, own, "T9"
    )


@pytest.mark.parametrize("code", ["W_LOCK_UNREADABLE", "W_LOCK_EDITED", "W_LOCK_OTHER"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lock_that_was_touched_is_told(words, language, code):
    """The finding itself stands on the page, and nothing claims that the plan was kept."""
    fault = finding(code, file="plan.lock", study="a", own="b")
    broken = Lock(finding=fault)
    assert plan_deviations.notice(broken, words[language]) == f"**{fault.text(language)}**"
    assert plan_deviations.closing(broken, words[language]) == ""


def test_the_table(words):
    """A line a change; names of the files stay as they are, in their own order in Arabic; a bar does not part a cell."""
    table = plan_deviations.deviations(Lock(DAY, deviations=CHANGES))
    lines = table.markdown(words["en"]).splitlines()
    assert len(lines) == 5 and [line.count("| ") for line in lines[2:]] == [4] * 3
    assert "one\\_a, two" in lines[2] and "a\\|b" in lines[3] and "removed" in lines[4] and "–" in lines[4]
    assert "\u2068families.main.outcomes\u2069" in table.markdown(words["ar"])
    assert table.csv().splitlines()[1] == 'families.main.outcomes,lock.altered,"one_a, two",one_a'
