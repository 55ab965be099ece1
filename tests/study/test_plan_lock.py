"""A plan locked on a day: what is compared, what is not, and what becomes of a lock that was touched."""

import json
import shutil
import subprocess
from datetime import date

import pytest

from coops.__main__ import main
from coops.study import plan_lock
from coops.study.load import load
from tests import made

DAY = date(2001, 3, 1)
MORE = """
[samples.old]
label = "older ones"
conditions = [{ variable = "age", wave = "before", between = [11, 99] }]
[derived.score_log]
kind = "log"
of = ["score"]
label = "score, log"
[families.main_family]
label = "learning"
outcomes = ["score"]
confirmatory = true
[release]
min_persons = 12
"""
TOML = made.TOML.replace('label = "after"', 'label = "after"\nstart = 2001-05-01') + MORE
TOML = TOML.replace('baseline = ["before"]\noutcomes = ["score"]', 'baseline = ["before"]\noutcomes = ["score", "age"]')
CODEBOOK = made.CODEBOOK.replace("label_en", "label_en,direction").replace("..100,score", "..100,score,up")
CODEBOOK = CODEBOOK.replace(",,,age", ",,,age,up")


@pytest.fixture
def locked(tmp_path):
    """A folder whose plan was locked, and a function that writes another study.toml and compares."""
    folder = made.study(tmp_path / "made", TOML, CODEBOOK)
    plan_lock.lock(load(folder), DAY)

    def now(*changes: tuple[str, str], add: str = "", codebook: str = CODEBOOK) -> plan_lock.Lock:
        text = TOML
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / "study.toml").write_text(text + add, encoding="utf-8")
        (folder / "codebook.csv").write_text(codebook, encoding="utf-8")
        return plan_lock.compare(load(folder))

    return folder, now


def listed(lock: plan_lock.Lock) -> list[tuple]:
    return [(deviation.path, deviation.kind, deviation.before, deviation.after) for deviation in lock.deviations]


def test_without_a_lock(tmp_path):
    """Nothing to compare with, and nothing is wrong."""
    assert plan_lock.compare(load(made.study(tmp_path))) == plan_lock.Lock()


def test_kept(locked):
    """The same plan: locked on that day, before the last wave began."""
    _, now = locked
    assert now() == plan_lock.Lock(on=DAY)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('outcomes = ["score"]\nconfirmatory', 'outcomes = ["score", "age"]\nconfirmatory',
         ("families.main_family.outcomes", "changed", "score", "score, age")),
        ("confirmatory = true", "confirmatory = false", ("families.main_family.confirmatory", "changed", "true", "false")),
        ('estimator = "difference"', 'estimator = "ancova"', ("specifications.main.estimator", "changed", "difference", "ancova")),
        ("min_persons = 12", "min_persons = 15", ("release.min_persons", "changed", "12", "15")),
        ('cluster = "school"', 'cluster = "school"\nlevel = 0.9', ("design.level", "changed", "0.95", "0.9")),
        ('cluster = "school"', 'cluster = "school"\npopulation = "old"', ("design.population", "added", "", "old")),
        ("between = [11, 99]", "between = [10, 99]",
         ("samples.old.conditions", "changed", "(variable: age; between: 11, 99; wave: before)",
          "(variable: age; between: 10, 99; wave: before)")),
        ("headline = true\n", "headline = true\nstrata = []\n", ("specifications.main.strata", "added", "", "[]")),
        ("seed = 1", "seed = 2", ("study.seed", "changed", "1", "2")),
        ("start = 2001-05-01", "start = 2001-06-01", ("waves.after.start", "changed", "2001-05-01", "2001-06-01")),
        ('values = ["1"]', 'values = ["1", "2"]', ("arms.books.values", "changed", "1", "1, 2")),
        ('group = "school"\n', "", ("tables.pupils.group", "removed", "school", "")),
    ],
)  # fmt: skip
def test_a_change_is_found(locked, old, new, expected):
    """One change of study.toml is one deviation, with its place as study.toml names it."""
    _, now = locked
    codebook = CODEBOOK.replace("given,category,,,0|1", "given,category,,,0|1|2")
    assert listed(now((old, new), codebook=codebook)) == [expected]


def test_added_and_removed_tables(locked):
    """A whole table is one deviation; what it does not say is left out."""
    _, now = locked
    lock = now(
        ('[derived.score_log]\nkind = "log"\nof = ["score"]\nlabel = "score, log"\n', ""),
        add='[families.more]\noutcomes = ["score"]\nconfirmatory = false\n',
    )
    assert listed(lock) == [
        ("derived.score_log", "removed", "kind: log; of: score; missing: any", ""),
        ("families.more", "added", "", "outcomes: score; confirmatory: false"),
    ]


def test_which_specification_leads_and_the_order_of_waves(locked):
    """Another specification leads; and the waves change places."""
    folder, now = locked
    spec = '[specifications.other]\nestimator = "level"\nheadline = true\nwaves = ["after"]\noutcomes = ["score"]\n'
    assert [deviation[:2] for deviation in listed(now(("headline = true\n", ""), add=spec))] == [
        ("study.leading_specification", "changed"),
        ("specifications.main.headline", "removed"),
        ("specifications.other", "added"),
    ]
    first, second = '[waves.before]\nlabel = "before"\n', '[waves.after]\nlabel = "after"\nstart = 2001-05-01\n'
    text = TOML.replace(first + second, second + first)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert listed(plan_lock.compare(load(folder))) == [
        ("study.order_of_waves", "changed", "before, after", "after, before")
    ]


def test_which_way_is_better(locked):
    """The codebook turns an outcome of a family, or no longer says which way is better: that changes its index."""
    _, now = locked
    for direction, name in (("down", "less_is_better"), ("", "better_not_said")):
        lock = now(codebook=CODEBOOK.replace("..100,score,up", f"..100,score,{direction}"))
        assert listed(lock) == [(f"families.main_family.{name}", "added", "", "score")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('label = "learning"', 'label = "what was learned"'), ('label = "after"', 'label = "in the end"'),
        ('label = "with books"', 'label = "books"'), ('title = "A made study"', 'title = "Another title"'),
        ('one = "pupil"', 'one = "child"'), ('label = "score, log"', 'label = "log of the score"\ndecimals = 3'),
        ("seed = 1", 'seed = 1\nversion = "2"'), ("seed = 1", "seed = 0x1"), ("[release]", "# a note\n[release]"),
        ('label = "DEMONSTRATION"', 'label = "DEMONSTRATION"\nsummary = "It was done."'),
    ],
)  # fmt: skip
def test_words_are_no_plan(locked, old, new):
    """Labels, titles, nouns, notes and decimals change no analysis."""
    _, now = locked
    assert listed(now((old, new))) == []


def test_the_order_in_the_file_is_no_plan(locked):
    """Tables may change places, where their order says nothing."""
    folder, _ = locked
    release = "[release]\nmin_persons = 12\n"
    text = TOML.replace(release, "").replace("[samples.old]", f"{release}[samples.old]")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert listed(plan_lock.compare(load(folder))) == []


def test_locked_once(locked):
    """A second lock is refused, says how to go on, and leaves the first as it was."""
    folder, _ = locked
    before = (folder / plan_lock.FILE).read_bytes()
    (finding,) = made.refused(plan_lock.lock, load(folder), date(2002, 1, 1))
    assert finding.code == "E_LOCKED" and all(
        plan_lock.FILE in finding.text(language) for language in ("en", "fr", "ar")
    )
    assert (folder / plan_lock.FILE).read_bytes() == before
    (folder / plan_lock.FILE).unlink()
    plan_lock.lock(load(folder), date(2002, 1, 1))
    assert plan_lock.compare(load(folder)).on == date(2002, 1, 1)


def test_late(locked):
    """Locked on the day on which the last wave begins, or after: late. Without dates nobody can tell."""
    folder, now = locked
    for day, late in ((date(2001, 4, 30), False), (date(2001, 5, 1), True)):
        (folder / plan_lock.FILE).unlink()
        plan_lock.lock(load(folder), day)
        assert now().late == late
    assert not now(("\nstart = 2001-05-01", "")).late


@pytest.mark.parametrize(
    ("old", "new"),
    [('"score"', '"age"'), ('"2001-03-01"', '"2000-01-01"'), ("12", "10"), ('"commit": ""', '"commit": "abc"')],
)
def test_edited_by_hand(locked, old, new):
    """The plan, the day, a number or the commit: the hash does not fit, and nothing is compared."""
    folder, now = locked
    text = (folder / plan_lock.FILE).read_text(encoding="utf-8")
    assert old in text
    (folder / plan_lock.FILE).write_text(text.replace(old, new), encoding="utf-8")
    lock = now(("seed = 1", "seed = 2"))
    assert (lock.finding.code, lock.on, lock.deviations) == ("W_LOCK_EDITED", None, ())


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "{}", '"a"', '{"sha256": 1}', "\x00", '{"sha256": "a", "on": "2001-03-01", "plan": {}}',
     '{"sha256": "a", "study": "made", "on": "1 March", "commit": "", "plan": {}}',
     '{"sha256": "a", "study": "made", "on": 5, "commit": "", "plan": {}}',
     '{"sha256": "a", "study": "made", "on": "2001-03-01", "commit": "", "plan": []}'],
)  # fmt: skip
def test_unreadable(locked, text):
    """What is no lock is told, never a traceback."""
    folder, now = locked
    (folder / plan_lock.FILE).write_text(text, encoding="utf-8")
    assert now().finding.code == "W_LOCK_UNREADABLE"
    (folder / plan_lock.FILE).write_bytes(b"\xff\xfe{}")
    assert now().finding.code == "W_LOCK_UNREADABLE"


def test_of_another_study(locked):
    """Copied from elsewhere: told with both names."""
    folder, now = locked
    lock = now(('id = "made"', 'id = "other"'))
    assert (lock.finding.code, lock.finding.parameters) == ("W_LOCK_OTHER", {"study": "made", "own": "other"})


def test_ends_of_lines(locked):
    """A lock that Windows or an editor wrote again says the same: CRLF, a mark at its beginning, other spaces."""
    folder, now = locked
    path = folder / plan_lock.FILE
    text = path.read_text(encoding="utf-8")
    assert "\r" not in text
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8"))
    assert now() == plan_lock.Lock(on=DAY)
    path.write_text(json.dumps(json.loads(text), sort_keys=True), encoding="utf-8")
    assert now() == plan_lock.Lock(on=DAY)


def test_the_hash_is_that_of_the_rest(locked):
    """Anybody can compute it again: SHA-256 of the rest as one line of JSON with sorted keys."""
    import hashlib

    folder, _ = locked
    content = json.loads((folder / plan_lock.FILE).read_text(encoding="utf-8"))
    number = content.pop("sha256")
    line = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(line.encode("utf-8")).hexdigest() == number
    assert content["plan"]["families"]["main_family"]["outcomes"] == ["score"]


@pytest.mark.skipif(not shutil.which("git"), reason="git is not here: NOT TESTED")
def test_the_commit(tmp_path):
    """Only a commit that holds study.toml as it is: none before it is committed, none once it is changed."""
    folder = made.study(tmp_path / "made", TOML)
    assert plan_lock._commit(folder) == ""

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", "codebook.csv")
    git("commit", "-qm", "One")
    assert plan_lock._commit(folder) == ""
    git("add", "study.toml")
    git("commit", "-qm", "Two")
    head = git("rev-parse", "HEAD").strip()
    assert plan_lock._commit(folder) == head
    assert json.loads(plan_lock.lock(load(folder)).read_text(encoding="utf-8"))["commit"] == head
    assert plan_lock.compare(load(folder)).commit == head
    (folder / "study.toml").write_text(TOML + "# a note\n", encoding="utf-8")
    assert plan_lock._commit(folder) == ""


def test_the_command(tmp_path, capsys):
    """It locks, says the number, and refuses a second time; ``check`` tells of a lock that was touched."""
    folder = made.study(tmp_path / "made", TOML)
    assert main(["lock", str(folder)]) == 0
    content = json.loads((folder / plan_lock.FILE).read_text(encoding="utf-8"))
    assert content["sha256"] in capsys.readouterr().out and content["on"] == date.today().isoformat()
    assert main(["lock", str(folder)]) == 1
    assert "E_LOCKED plan.lock" in capsys.readouterr().err
    assert main(["check", str(folder)]) == 0
    assert "W_LOCK" not in capsys.readouterr().out
    (folder / plan_lock.FILE).write_text("{}", encoding="utf-8")
    assert main(["check", str(folder)]) == 0
    assert "W_LOCK_UNREADABLE plan.lock" in capsys.readouterr().out
    assert main(["lock", str(tmp_path / "nowhere")]) == 2


def test_the_scorecard_belongs_to_the_plan(tmp_path):
    """A weight and a threshold changed since; a label changed is no deviation."""
    card = "dimension,item,variable,rule,weight,needed,version,dimension_en,label_en\n"
    card += "learning,marks,score,scale:0..100,1,1,1,learning,marks\nlearning,old,age,threshold:at least 11,1,,,,old\n"
    folder = made.study(tmp_path / "made", TOML + made.DIAGNOSIS, CODEBOOK)
    (folder / "diagnosis.csv").write_text(card, encoding="utf-8")
    plan_lock.lock(load(folder), DAY)
    (folder / "diagnosis.csv").write_text(card.replace(",learning,marks", ",learning,good marks"), encoding="utf-8")
    assert listed(plan_lock.compare(load(folder))) == []
    card = card.replace("0..100,1,1", "0..100,2,1").replace("at least 11", "at least 12")
    (folder / "diagnosis.csv").write_text(card, encoding="utf-8")
    assert listed(plan_lock.compare(load(folder))) == [
        ("scorecard.learning.marks.weight", "changed", "1", "2"),
        ("scorecard.learning.old.rule.low", "changed", "11", "12"),
    ]
