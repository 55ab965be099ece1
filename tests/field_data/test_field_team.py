"""The twenty checks of the field team: each finds what was planted, and nothing in clean data; answers by hand."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coops.field_data import field_team
from coops.field_data.field_team import answers
from coops.field_data.field_team.base import Collected, moments, unusual
from coops.field_data.intake import NO_REASONS
from coops.field_data.receive import receive
from coops.show.language import package_labels
from coops.study.labels import study_labels
from coops.study.load import load
from coops.study.study import Study
from tests import made

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
TOML = (
    made.TOML.replace('label = "before"', 'label = "before"\nstart = 2001-02-01\nend = 2001-02-28\nform_version = "1"')
    .replace('label = "after"', 'label = "after"\nstart = 2002-02-01\nend = 2002-02-28\nform_version = "2"')
    .replace("seed = 1", "seed = 1\ndate = 2003-01-01")
    + """
[tables.talks]
level = "event"
files = ["talks.csv"]
key = ["talk"]
[tables.plan]
level = "event"
files = ["plan.csv"]
key = ["planned"]
[tables.again]
level = "event"
files = ["again.csv"]
key = ["again"]
[samples.young]
conditions = [{ variable = "age", between = [0, 10] }]
[fieldwork]
submissions = "talks"
sample = "plan"
backchecks = "again"
unit = "pupil"
wave = "round"
version = "form"
enumerator = "who"
start = "began"
end = "ended"
minutes = [5, 60]
again = { score = "score_again", q1 = "q1_again" }
again_kind = { q1 = 3 }
consent = "agreed"
guardian = "parent"
minors = "young"
battery = ["q1", "q2", "q3"]
money = { spent = [12, 100] }
unique = { talks = ["pupil", "round"] }
specify = ["likes_text"]
comments = ["remark"]
places = ["town"]
elsewhere = "helped"
"""
)
CODEBOOK = """table,name,type,unit,decimals,allowed,range,missing,pii,label_en
pupils,pupil,text,,,,,,Q,pupil
pupils,wave,text,,,,,,N,wave
pupils,school,text,,,,,,Q,school
pupils,given,category,,,0|1,,,N,books given
pupils,town,category,,,east|west,,,N,town
pupils,helped,category,,,yes|no,,,N,helped by others
pupils,score,number,points,1,,0..1000,,N,score
pupils,age,integer,years,,,,,N,age
pupils,spent,number,MAD,0,,0..,,S,money spent
pupils,q1,integer,,,,1..5,-98=dk,N,item one
pupils,q2,integer,,,,1..5,-98=dk,N,item two
pupils,q3,integer,,,,1..5,-98=dk,N,item three
pupils,likes,multiple,,,none|maths|music|other,,,N,likes
pupils,likes_text,text,,,,,,N,likes what else
pupils,agreed,category,,,yes|no,,,N,consent
pupils,parent,category,,,yes|no,,,N,consent of a parent
talks,talk,text,,,,,,N,interview
talks,pupil,text,,,,,,Q,pupil
talks,round,text,,,,,,N,round
talks,form,text,,,,,,N,form
talks,who,text,,,,,,Q,interviewer
talks,began,text,,,,,,S,begin
talks,ended,text,,,,,,S,end
talks,remark,text,,,,,,N,remark
plan,planned,text,,,,,,N,planned interview
plan,pupil,text,,,,,,Q,pupil
plan,round,text,,,,,,N,round
again,again,text,,,,,,N,interview repeated
again,pupil,text,,,,,,Q,pupil
again,round,text,,,,,,N,round
again,score_again,number,points,,,,,N,score asked again
again,q1_again,integer,,,,,,N,item one asked again
"""
LABELS = {f"{name}.{value}": {"en": value} for name, values in
          {"town": ("east", "west"), "helped": ("yes", "no"), "likes": ("none", "maths", "music", "other"),
           "agreed": ("yes", "no"), "parent": ("yes", "no")}.items() for value in values}  # fmt: skip


def clean() -> dict[str, pd.DataFrame]:
    """Eight schools of five pupils, seen twice; four interviewers make one interview a day each: nothing is wrong."""
    pupils, talks = [], []
    for late, wave in enumerate(("before", "after")):
        for i in range(40):
            pupils.append({
                "pupil": f"p{i:02d}", "wave": wave, "school": f"s{i // 5}", "given": int(i >= 20),
                "town": "east" if i % 2 else "west", "helped": "yes" if i % 4 == 1 else "no",
                "score": 40 + (7 * i + 11 * late) % 23, "age": 10 + i % 3 + late, "spent": 201 + (13 * i + 29 * late) % 97,
                "q1": 1 + (i + late) % 5, "q2": 1 + (2 * i + late + 1) % 5, "q3": 1 + (3 * i + late + 3) % 5,
                "likes": ("maths", "music", "maths music", "none")[i % 4], "likes_text": "", "agreed": "yes",
                "parent": "yes",
            })  # fmt: skip
            day, minutes = f"{2001 + late}-02-{1 + i // 4:02d}", 20 + i % 7
            talks.append({
                "talk": f"T{late}{i:02d}", "pupil": f"p{i:02d}", "round": wave, "form": str(1 + late), "who": f"e{i % 4}",
                "began": f"{day} 09:{i % 30:02d}", "ended": f"{day} 09:{i % 30 + minutes:02d}", "remark": "",
            })  # fmt: skip
    pupils, talks = pd.DataFrame(pupils).astype(object), pd.DataFrame(talks).astype(object)
    plan = talks[["pupil", "round"]].assign(planned=[f"L{n}" for n in range(80)])
    again = pupils.iloc[::4][["pupil", "wave", "score", "q1"]].set_axis(
        ["pupil", "round", "score_again", "q1_again"], axis=1
    )
    return {"pupils": pupils, "talks": talks, "plan": plan, "again": again.assign(again=range(20))}


def checks(folder: Path, toml: str = TOML, codebook: str = CODEBOOK, **changed) -> dict[str, field_team.Check]:
    """Check a study; every word that its findings need must exist."""
    study = load(made.study(folder, toml, codebook, **{**clean(), **changed}))
    received = receive(study)
    reasons = pd.concat([NO_REASONS, *received.reasons])
    done = field_team.check(study, received.tables, reasons, received.findings, LABELS)
    for check in done:
        words = {f"what.{word}" for what in check.rows["what"] for word in what.split(", ") if word}
        words |= {check.code, f"{check.code}.means"} | (set() if check.ran else {f"why.{check.why_not}"})
        assert {f"fieldwork.{word}" for word in words} <= set(package_labels())
    return {check.code: check for check in done}


def plainly(study: Study) -> list[field_team.Check]:
    """Check the tables of a study alone."""
    return field_team.check(study, receive(study).tables, NO_REASONS, [])


def told(check: field_team.Check, *columns: str) -> list[tuple]:
    """Flagged rows of a check."""
    rows = check.rows[check.rows["what"] != ""]
    assert check.flagged == len(rows)
    return list(rows[list(columns or ("key", "what"))].itertuples(index=False, name=None))


# -- which run -------------------------------------------------------------------------------------


def test_clean_data_raise_no_alarm(tmp_path):
    """All twenty run on a study that has everything; nothing is flagged, and each says how much it looked at."""
    done = checks(tmp_path)
    assert [check.number for check in done.values()] == list(range(1, 21))
    assert all(check.ran for check in done.values())
    assert {code: told(check, "what") for code, check in done.items() if check.flagged} == {}
    looked = {code: done[code].looked_at for code in ("versions", "keys", "times", "plan", "backchecks", "consent")}
    assert looked == {"versions": 80, "keys": 260, "times": 80, "plan": 80, "backchecks": 40, "consent": 80}


def test_without_fieldwork(tmp_path):
    """A study that names nothing: what needs nothing runs, the rest says why not."""
    study = load(made.study(tmp_path))
    done = plainly(study)
    assert {check.number for check in done if check.ran} == {2, 3, 4, 5, 6, 14, 17, 18, 19}
    assert {check.why_not for check in done if not check.ran} == {"not_collected", "no_choices"}
    assert field_team.support_elsewhere(study, receive(study).tables).empty


def test_tables_without_rows(tmp_path):
    """No interview was logged and none planned or repeated: those checks do not run, the others do."""
    done = checks(tmp_path, **{name: clean()[name].iloc[:0] for name in ("talks", "plan", "again")})
    assert {code for code, check in done.items() if check.why_not == "no_rows"} == {
        "versions", "times", "enumerators", "plan", "backchecks",
    }  # fmt: skip
    assert done["dates"].why_not == "not_collected"


def test_one_wave(tmp_path):
    """Nothing can be matched where there is one round only."""
    toml = TOML.replace("[waves.after]", "[waves.after]\nvalues = ['never']")
    parts = {name: frame[frame.get("wave", frame.get("round")) == "before"] for name, frame in clean().items()}
    done = plainly(load(made.study(tmp_path, toml, CODEBOOK, **parts)))
    assert done[13].why_not == "one_wave"


def test_the_demonstration():
    """All twenty run; what is flagged is so in truth: see the reasons beside each."""
    study = load(DEMO)
    received = receive(study)
    done = field_team.check(
        study, received.tables, pd.concat(received.reasons), received.findings, study_labels(study.folder)
    )
    assert [check.number for check in done if not check.ran] == []
    flagged = {check.code: check for check in done if check.flagged}
    remarks = received.tables["submissions"]["comment"].notna().sum()
    assert flagged.pop("comments").flagged == remarks > 0  # all are to be read
    assert told(flagged.pop("gaps"), "column", "what") == [("planned", "one_value")]  # every activity was planned
    assert told(flagged.pop("alike"), "column", "what") == [("cost_mad", "rounded")]  # costs are in steps of fifty
    assert set(told(flagged.pop("identifiers"), "column", "what")) == {("province", "rare_place")}  # four groups in one
    assert flagged.pop("outliers").flagged <= 3  # the largest household, seen twice
    assert flagged == {}
    counted = field_team.support_elsewhere(study, received.tables)
    groups = received.tables["cooperatives"].groupby(["arm", "other_support"]).size()
    assert counted.set_index(["arm", "value"])["number"].to_dict() == groups.to_dict()


def test_the_small_study(tmp_path):
    """A real study of firms: half of them tell no scrap, one is far larger than all others, one scraps a hundredth."""
    spec = importlib.util.spec_from_file_location("prepare", DEMO.parent / "small" / "prepare.py")
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)
    study = load(prepare.prepare(tmp_path))
    done = {check.code: check for check in plainly(study)}
    flagged = {code: told(check, "column", "what") for code, check in done.items() if check.flagged}
    assert flagged == {
        "gaps": [("lscrap", "many_empty")],
        "outliers": [("lscrap", "outlier"), ("employ", "outlier"), ("employ", "outlier")],
        "alike": [("employ", "rounded"), ("avgsal", "rounded")],
    }
    assert done["outliers"].rows["value"].astype(float).tolist() == pytest.approx([math.log(0.01), 485, 500])


# -- 1 to 8 ------------------------------------------------------------------------------------------


def test_versions(tmp_path):
    """One interview of the second round with the form of the first; a version that is not there is another one too."""
    talks = clean()["talks"]
    talks.loc[[45, 50], "form"] = ["1", ""]
    assert told(checks(tmp_path, talks=talks)["versions"], "key", "what", "value") == [
        ("T105", "version_other", "1"), ("T110", "version_other", ""),
    ]  # fmt: skip


def test_versions_are_not_stated(tmp_path):
    """Without form_version there is nothing to compare with."""
    assert checks(tmp_path, TOML.replace("form_version", "# form_version"))["versions"].why_not == "not_stated"


def test_keys(tmp_path):
    """Two rows of one pupil and round: both, with their place in the file."""
    pupils = clean()["pupils"]
    done = checks(tmp_path, pupils=pd.concat([pupils, pupils.iloc[[3]]]))
    assert told(done["keys"], "table", "key", "what", "value", "measure") == [
        ("pupils", "p03|before", "key_twice", "pupils.csv, 5", 2),
        ("pupils", "p03|before", "key_twice", "pupils.csv, 82", 2),
    ]


def test_duplicates(tmp_path):
    """A pupil interviewed twice in a round; a pupil whose whole row is that of another one."""
    parts = clean()
    parts["talks"].loc[1, "pupil"] = "p00"
    parts["pupils"].loc[7] = {**parts["pupils"].loc[6], "pupil": "p07"}
    done = checks(tmp_path, **parts)
    assert told(done["duplicates"], "table", "key", "what") == [
        ("pupils", "p06|before", "twin"), ("pupils", "p07|before", "twin"),
        ("talks", "T000", "repeated"), ("talks", "T001", "repeated"),
    ]  # fmt: skip
    assert told(done["alike"]) == [("p06|before", "same_answers"), ("p07|before", "same_answers")]


def test_twins_by_chance_are_none(tmp_path):
    """Few coarse answers are the same in many rows: that says nothing, and is not told."""
    codebook = "\n".join(made.CODEBOOK.splitlines()[:5] + ["pupils,score,integer,points,0,,,score"])
    pupils = made.pupils().assign(score=lambda frame: frame.index % 2)
    done = plainly(load(made.study(tmp_path, codebook=codebook, pupils=pupils)))
    assert (done[2].flagged, done[18].flagged) == (0, 0)


def test_gaps(tmp_path):
    """Score is missing in 20 of 80 rows (.25), age is the same everywhere; a don't-know is missing too."""
    pupils = clean()["pupils"]
    pupils.loc[:19, "score"] = ""
    pupils["age"] = 12
    pupils.loc[:7, "q1"] = -98
    gaps = checks(tmp_path, pupils=pupils)["gaps"]
    assert told(gaps, "column", "what") == [("score", "many_empty"), ("age", "one_value")]
    rows = gaps.rows.set_index("column")
    assert rows.loc["score", ["asked", "missing"]].tolist() == [80, 0.25]
    assert rows.loc["q1", ["missing", "different"]].tolist() == [0.1, 5]


def test_a_question_that_was_not_asked_is_not_missing(tmp_path):
    """Not relevant, or not yet in the form: the rows do not count."""
    codebook = CODEBOOK.replace("pii,label_en", "pii,label_en,relevant,version_from").replace(
        ",item two", ",item two,helped=yes,"
    ).replace(",item three", ",item three,,2")  # fmt: skip
    pupils = clean()["pupils"]
    pupils.loc[pupils["helped"] == "no", "q2"] = ""
    pupils.loc[pupils["wave"] == "before", "q3"] = ""
    gaps = checks(tmp_path, TOML.replace('"q3"]', '"q1"]'), codebook, pupils=pupils)["gaps"]
    assert gaps.rows.set_index("column").loc[["q2", "q3"], ["asked", "missing"]].to_numpy().tolist() == [
        [20, 0],
        [40, 0],
    ]


def collected(folder: Path, toml: str = TOML, **changed) -> Collected:
    """A study as the checks see it."""
    study = load(made.study(folder, toml, CODEBOOK, **{**clean(), **changed}))
    return Collected(study, receive(study).tables, NO_REASONS, [])


def test_distance(tmp_path):
    """1 to 10 and no more: median 5.5; deviations above it .5 1.5 2.5 3.5 4.5, so 10 lies 4.5 / (1.4826 × 2.5) away."""
    pupils = clean()["pupils"].iloc[:10].assign(score=range(1, 11))
    far = answers.distances(collected(tmp_path, pupils=pupils), "pupils", "score")
    assert far.loc[9, "z"] == pytest.approx(4.5 / (1.4826 * 2.5), rel=1e-12)
    assert far.loc[0, "z"] == pytest.approx(-4.5 / (1.4826 * 2.5), rel=1e-12)
    wide = pupils.assign(score=[1, 2, 3, 4, 5, 6, 17, 28, 39, 50])  # skewed: above 5.5: .5 11.5 22.5 33.5 44.5
    far = answers.distances(collected(tmp_path / "wide", pupils=wide), "pupils", "score")
    assert far.loc[9, "z"] == pytest.approx(44.5 / (1.4826 * 22.5), rel=1e-12)
    assert far.loc[0, "z"] == pytest.approx(-4.5 / (1.4826 * 2.5), rel=1e-12)


def test_outliers_by_pool(tmp_path):
    """A score that is usual in one town is far out in the other: told only if towns are pools; money is in logs."""
    pupils = clean()["pupils"]
    west = pupils["town"] == "west"
    pupils.loc[west, "score"] += 300
    pupils.loc[1, "score"] = 345
    pupils.loc[4, "spent"] = 2500  # eleven times the median: far out in logs, too
    assert told(checks(tmp_path, pupils=pupils)["outliers"]) == [("p04|before", "outlier")]
    done = checks(tmp_path / "pool", TOML.replace("battery", 'pool = "town"\nbattery'), pupils=pupils)["outliers"]
    assert told(done, "key", "column", "value") == [("p01|before", "score", "345"), ("p04|before", "spent", "…")]


def test_soft_rules(tmp_path):
    """A rule that only warns: the score that grew more than tenfold; a rule that is kept says nothing."""
    rule = '[rules.jump]\ntable = "pupils"\nkind = "ratio"\nof = "score"\nhigh = 10\nseverity = "warning"\nlabel = "jump"\n'
    pupils = clean()["pupils"]
    pupils.loc[0, "score"], pupils.loc[40, "score"] = 5, 51
    assert told(checks(tmp_path, TOML + rule, pupils=pupils)["rules"], "table", "key", "what") == [
        ("pupils", "p00|after", "soft")
    ]
    assert checks(tmp_path / "kept", TOML + rule)["rules"].flagged == 0


def test_specified(tmp_path):
    """Something else chosen, alone or with others, and what was written; a personal text is not written out."""
    pupils = clean()["pupils"]
    pupils.loc[2, ["likes", "likes_text"]] = ["maths other", "chess"]
    done = checks(tmp_path, pupils=pupils)["specified"]
    assert told(done, "key", "column", "what", "value") == [
        ("p02|before", "likes", "other_chosen", ""), ("p02|before", "likes_text", "other_text", "chess"),
    ]  # fmt: skip
    private = CODEBOOK.replace("likes_text,text,,,,,,N", "likes_text,text,,,,,,S")
    assert told(checks(tmp_path / "s", TOML, private, pupils=pupils)["specified"], "value")[1] == ("…",)


def test_comments(tmp_path):
    """Each remark is a row."""
    talks = clean()["talks"]
    talks.loc[5, "remark"] = "=interrupted"
    assert told(checks(tmp_path, talks=talks)["comments"], "key", "value") == [("T005", "=interrupted")]


# -- 9 to 15 -----------------------------------------------------------------------------------------


def test_times(tmp_path):
    """3 minutes, 61 minutes, 22:00, 05:59 and 06:00 (dawn is day), end before begin, no time, begun while busy."""
    talks = clean()["talks"]
    talks[["who", "began", "ended"]] = talks[["who", "began", "ended"]].astype(object)
    change = {
        0: ("09:00", "09:03"), 1: ("09:00", "10:01"), 2: ("22:00", "22:20"), 3: ("05:59", "06:20"), 4: ("06:00", "06:20"),
        5: ("09:30", "09:10"), 6: ("soon", "09:30"), 8: ("09:00", "09:05"), 9: ("09:00", "10:00"),
    }  # fmt: skip
    for at, (began, ended) in change.items():
        day = talks.loc[at, "began"][:10]
        talks.loc[at, ["began", "ended"]] = [f"{day} {began}", f"{day} {ended}"]
    day = talks.loc[13, "began"][:10]  # 12 to 15 are made on one day by e0, e1, e2, e3; here by e1 alone
    busy = {12: "10:00 10:50", 13: "10:10 10:20", 14: "10:30 10:55", 15: "10:55 11:20"}
    for at, (began, ended) in ((at, span.split()) for at, span in busy.items()):
        talks.loc[at, ["who", "began", "ended"]] = ["e1", f"{day} {began}", f"{day} {ended}"]
    done = checks(tmp_path, talks=talks)["times"]
    assert sorted(told(done)) == [
        ("T000", "too_short"), ("T001", "too_long"), ("T002", "night"), ("T003", "night"), ("T005", "time_backwards"),
        ("T006", "time_unreadable"), ("T013", "overlap"), ("T014", "overlap"),
    ]  # fmt: skip
    assert told(done, "what", "enumerator", "measure")[-1] == ("overlap", "e1", 25.0)


def test_moments():
    """Local time, whatever the zone; seconds are kept, what is no time is missing."""
    text = pd.Series(["2001-02-03 14:05", "2001-02-03T14:05:09.123+01:00", "14:05", None])
    assert moments(text).to_list()[:2] == [pd.Timestamp(2001, 2, 3, 14, 5), pd.Timestamp(2001, 2, 3, 14, 5, 9)]
    assert moments(text).isna().to_list() == [False, False, True, True]


def test_enumerators(tmp_path):
    """One interviewer hurries (and on two days only), one writes the same down the scale, one don't-knows, one leaves gaps."""
    parts = clean()
    who = np.array([f"e{i % 4}" for i in range(80)])
    hurried = np.flatnonzero(who == "e0")
    for place, at in enumerate(hurried):
        day = f"{2001 + place // 10}-02-01"
        parts["talks"].loc[at, ["began", "ended"]] = [
            f"{day} {8 + place % 10:02d}:00",
            f"{day} {8 + place % 10:02d}:06",
        ]
    parts["pupils"].loc[who == "e1", ["q1", "q2", "q3"]] = 3
    parts["pupils"].loc[who == "e2", "q1"] = -98
    parts["pupils"].loc[who == "e3", "score"] = ""
    done = checks(tmp_path, **parts)["enumerators"]
    assert told(done, "enumerator", "what") == [
        ("e0", "fast, many_a_day"), ("e1", "straight"), ("e2", "many_dont_know"), ("e3", "many_missing"),
    ]  # fmt: skip
    rows = done.rows.set_index("enumerator")
    assert rows.loc["e0", ["interviews", "days", "minutes"]].tolist() == [20, 2, 6]
    assert rows.loc["e1", "straight"] == 1 and rows.loc["e0", "straight"] == 0
    assert rows.loc["e2", "dont_know"] == pytest.approx(1 / 10) and rows.loc["e2", "missing"] == 0  # ten questions
    assert rows.loc["e3", "missing"] == pytest.approx(1 / 10)


def test_received_keys(tmp_path):
    """Don't-knows are found where the files write rounds as 1 and 2, and pupils as numbers with zeros before."""
    parts = clean()
    for name, column in (("pupils", "wave"), ("talks", "round"), ("plan", "round"), ("again", "round")):
        parts[name][column] = parts[name][column].map({"before": "1", "after": "2"})
        parts[name]["pupil"] = parts[name]["pupil"].str.replace("p", "00")
    parts["pupils"].loc[[1, 41], "q1"] = -98  # both were asked by e1, of 20 interviews and 200 answers
    toml = TOML.replace('label = "before"', 'label = "before"\nvalues = ["1"]').replace(
        'label = "after"', 'label = "after"\nvalues = ["2"]'
    )
    done = checks(tmp_path, toml, CODEBOOK.replace("pupil,text", "pupil,integer"), **parts)
    rows = done["enumerators"].rows.set_index("enumerator")
    assert rows["dont_know"].tolist() == pytest.approx([0, 2 / 200, 0, 0])
    assert (done["plan"].rows["made"] == 5).all() and done["backchecks"].looked_at == 40


def test_plan(tmp_path):
    """School 0 was not visited at first, four of five are missing in school 1 then, and one came who is not on the plan.

    Of 40 planned at first 31 were made: rate .225; four of five missing by chance: 5 × .225⁴ × .775 + .225⁵ = .0105,
    above .01 / 17; with school 0 visited the rate is .1 and the chance .00046, below it.
    """
    parts = clean()
    away = parts["talks"].index.isin([*range(6, 10)])
    extra = pd.DataFrame([{**parts["talks"].loc[79], "talk": "T999", "pupil": "zz"}])
    table = checks(tmp_path, talks=pd.concat([parts["talks"][~away], extra]))["plan"]
    assert told(table, "wave", "group", "planned", "made", "what") == [
        ("after", "zz", 0, 0, "unplanned"), ("before", "s1", 5, 1, "few_made"),
    ]  # fmt: skip
    assert unusual(4, 5, 0.1) == pytest.approx(5 * 0.1**4 * 0.9 + 0.1**5, rel=1e-9)
    away = parts["talks"].index.isin([*range(0, 5), *range(6, 10)])
    table = checks(tmp_path / "two", talks=parts["talks"][~away])["plan"]
    assert told(table, "group", "what") == [("s0", "none_made")]
    assert table.rows["planned"].sum() == 80 and table.rows["made"].sum() == 71


def test_plan_without_a_log(tmp_path):
    """Where interviews are not logged, those who were seen count as done."""
    toml = TOML
    for field in ("submissions", "version", "enumerator", "start", "end"):
        toml = toml.replace(f"\n{field} = ", f"\n# {field} = ")
    parts = clean()
    done = checks(tmp_path, toml, pupils=parts["pupils"].drop(index=[*range(0, 5)]))
    assert told(done["plan"], "wave", "group", "what") == [("before", "s0", "none_made")]
    assert done["times"].why_not == "not_collected"


def test_unusual_is_the_binomial_tail():
    """Against the sum of its terms."""
    terms = [math.comb(12, k) * 0.2**k * 0.8 ** (12 - k) for k in range(5, 13)]
    assert unusual(5, 12, 0.2) == pytest.approx(sum(terms), rel=1e-12)
    assert unusual(0, 12, 0.2) == 1


def test_backchecks(tmp_path):
    """Score differs in 9 of 20 interviews, all of one interviewer (e0): far more than a tenth; item one may change."""
    again = clean()["again"].reset_index(drop=True)
    again.loc[:8, "score_again"] += 1
    again.loc[:14, "q1_again"] = 6 - again.loc[:14, "q1_again"]  # turned round: the middle stays
    done = checks(tmp_path, again=again)["backchecks"]
    assert told(done, "variable", "enumerator", "compared", "different") == [
        ("score", "", 20, 9),
        ("score", "e0", 20, 9),
    ]
    rows = done.rows.set_index(["variable", "enumerator"])
    assert rows.loc[("score", ""), "rate"] == 0.45
    assert rows.loc[("score", ""), "keys"].split("; ") == [str(n) for n in range(9)]
    assert rows.loc[("q1", ""), "different"] == 12 and rows.loc[("q1", ""), "kind"] == 3  # 3 of 15 were in the middle


def test_consent(tmp_path):
    """One without consent; a guardian's lacks for one of ten years (told) and one of twelve (not told)."""
    pupils = clean()["pupils"]
    pupils.loc[4, "agreed"] = "no"
    pupils.loc[[0, 2], "parent"] = ""  # ages 10 and 12
    assert told(checks(tmp_path, pupils=pupils)["consent"]) == [
        ("p04|before", "no_consent"),
        ("p00|before", "no_guardian"),
    ]


def test_consent_of_those_not_seen_is_not_asked(tmp_path):
    """A pupil who was absent gave none."""
    toml = TOML.replace("[specifications.main]", 'status = "there"\nseen = "yes"\n[specifications.main]')
    codebook = CODEBOOK + "pupils,there,category,,,yes|no,,,N,there\n"
    pupils = clean()["pupils"].assign(there="yes")
    pupils.loc[4, ["agreed", "there", "score"]] = ["no", "no", ""]
    done = checks(tmp_path, toml, codebook, pupils=pupils)
    assert (done["consent"].looked_at, done["consent"].flagged) == (79, 0)
    assert done["gaps"].rows.set_index("column").loc["score", ["asked", "missing"]].tolist() == [79, 0]


def test_match(tmp_path):
    """A mistyped code of the second round, with the lost one that is most alike; a school of which nobody came back.

    Six of 40 are lost: five of five in one school by chance: .15⁵ = .00008, below .01 / 8.
    """
    pupils = clean()["pupils"]
    pupils.loc[47, "pupil"] = "p07x"
    pupils = pupils.drop(index=range(60, 65))  # p20 to p24: school 4
    done = checks(tmp_path, pupils=pupils)["match"]
    assert told(done, "what", "key", "value", "group") == [
        ("new_unit", "p07x", "p07", ""), ("many_lost", "", "", "s4"),
    ]  # fmt: skip
    losses = done.rows[done.rows["group"] != ""].set_index("group")
    assert losses.loc[["s1", "s4", "s0"], "lost"].tolist() == [1, 5, 0]
    assert losses.loc["s1", "share"] == 0.2


def test_dates(tmp_path):
    """A day before the round, one after the study's own date, and eight days without an interview."""
    talks = clean()["talks"]
    talks.loc[0, ["began", "ended"]] = ["2001-01-31 09:00", "2001-01-31 09:20"]
    talks.loc[79, ["began", "ended"]] = ["2003-02-10 09:00", "2003-02-10 09:20"]
    talks.loc[39, ["began", "ended"]] = ["2001-02-18 09:00", "2001-02-18 09:20"]  # the others end on the 10th
    done = checks(tmp_path, TOML.replace("minutes = ", "gap_days = 7\nminutes = "), talks=talks)["dates"]
    assert told(done, "key", "what", "measure") == [
        ("T000", "outside_wave", ""), ("T139", "outside_wave", ""), ("T139", "in_future", ""),
        ("before: 2001-02-10", "gap", 7),
    ]  # fmt: skip


def test_other_dates(tmp_path):
    """A day of a visit in a table of persons."""
    pupils = clean()["pupils"].assign(
        visit=lambda frame: frame["wave"].map({"before": "2001-02-05", "after": "2002-02-05"})
    )
    pupils.loc[3, "visit"] = "2001-03-01"
    toml = TOML.replace("minutes = ", 'dates = "visit"\nminutes = ')
    done = checks(tmp_path, toml, CODEBOOK + "pupils,visit,date,,,,,,N,visit\n", pupils=pupils)["dates"]
    assert told(done, "table", "key", "value") == [("pupils", "p03|before", "2001-03-01")]


# -- 16 to 20 ----------------------------------------------------------------------------------------


def test_contradictions(tmp_path):
    """None and another; none alone is right, and so are two others."""
    pupils = clean()["pupils"]
    pupils.loc[[3, 5, 6], "likes"] = ["none", "none maths", "music maths"]
    assert told(checks(tmp_path, pupils=pupils)["contradictions"], "key", "what", "value") == [
        ("p05|before", "none_and_others", "maths none")
    ]


def test_codebook(tmp_path):
    """No label, no unit, no list, a choice without label, a code that is in range, codes that nobody declared."""
    codebook = CODEBOOK.replace(",N,town", ",N,").replace("score,number,points", "score,number,")
    codebook = codebook.replace("yes|no,,,N,helped", ",,,N,helped").replace(
        "1..5,-98=dk,N,item one", "1..5,5=dk,N,item one"
    )
    codebook = codebook.replace("maths|music|other", "maths|music|dance|other")
    pupils = clean()["pupils"]
    pupils.loc[[1, 2], "age"] = 99
    pupils.loc[[1, 2], "score"] = [999, 998]  # one nine and its neighbour: a score
    done = checks(tmp_path, TOML, codebook, pupils=pupils)["codebook"]
    assert sorted(told(done, "column", "what", "value")) == [
        ("age", "code_undeclared", "99"), ("helped", "no_list", ""), ("likes", "choice_unlabelled", "dance"),
        ("q1", "code_in_range", "5"), ("score", "no_unit", ""), ("town", "no_label", "en"),
    ]  # fmt: skip


def test_negative_codes(tmp_path):
    """-99 twice among positive numbers is a code that was forgotten; among negative ones it is a number."""
    pupils = clean()["pupils"]
    pupils.loc[[1, 2], "age"] = -99
    assert told(checks(tmp_path, pupils=pupils)["codebook"], "column", "value") == [("age", "-99")]
    pupils.loc[3, "age"] = -5
    assert checks(tmp_path / "negative", pupils=pupils)["codebook"].flagged == 0


REMARKS = [
    ("call 06 12 34 56 78", "pii_phone"), ("+212612345678", "pii_phone"), ("٠٦١٢٣٤٥٦٧٨", "pii_phone"),
    ("her card is AB123456", "pii_card"), ("name@example.org", "pii_mail"), ("0112 3456 7890 1234 5678 9012", "pii_account"),
    ("MA64 011519000001205000534921", "pii_account"), ("33.5731, -4.7300", "pii_place"),
    ("2001-02-03 06:12", ""), ("0412345678", ""), ("form A12", ""), ("1234567890", ""), ("2.5, 3.5", ""),
]  # fmt: skip


def test_formats(tmp_path):
    """Moroccan telephone, card, e-mail, account of 24 digits, co-ordinates; dates and short numbers are none of these."""
    talks, names = clean()["talks"], [f"r{place}" for place in range(len(REMARKS))]
    for name, (remark, _) in zip(names, REMARKS, strict=True):
        talks[name] = ""
        talks.loc[5, name] = remark
    codebook = CODEBOOK + "".join(f"talks,{name},text,,,,,,N,remark\n" for name in names)
    done = checks(tmp_path, TOML, codebook, talks=talks)["identifiers"]
    expected = [(name, what, "", 1) for name, (_, what) in zip(names, REMARKS, strict=True) if what]
    assert told(done, "column", "what", "value", "measure") == expected


def test_identifiers(tmp_path):
    """A telling name, free text, cards as keys, telephones as numbers, a rare place; running codes and N are not told."""
    parts = clean()
    parts["pupils"] = parts["pupils"].assign(
        phone_no=lambda f: 612345678 + f.index, story=[f"she told us about day {n}" for n in range(80)], name_of="x"
    )
    parts["pupils"].loc[:, "town"] = np.where(parts["pupils"]["pupil"].isin(["p01", "p03"]), "east", "west")
    cards = {f"p{i:02d}": f"{'ABCDE'[i % 5]}{123456 + 7919 * i}" for i in range(40)}
    parts["again"] = parts["again"].assign(again=[f"B{10000 + n}" for n in range(20)])  # running: codes of the study
    for frame in parts.values():
        frame["pupil"] = frame["pupil"].map(cards)
    codebook = CODEBOOK + "pupils,phone_no,integer,numbers,,,,,S,number\npupils,story,text,,,,,,S,story\n"
    codebook += "pupils,name_of,text,,,,,,N,x\n"
    done = checks(tmp_path, TOML, codebook, **parts)["identifiers"]
    assert sorted(told(done, "table", "column", "what", "measure")) == [
        ("again", "pupil", "pii_card", 20), ("plan", "pupil", "pii_card", 80), ("pupils", "phone_no", "pii_name", ""),
        ("pupils", "phone_no", "pii_phone", 80), ("pupils", "pupil", "pii_card", 80), ("pupils", "story", "pii_text", 80),
        ("pupils", "town", "rare_place", 2), ("talks", "pupil", "pii_card", 80),
    ]  # fmt: skip


def test_rounding(tmp_path):
    """Scores in fives, and in fives with a few others (half of the last digits); in tens they are the unit of the scale."""
    pupils = clean()["pupils"]
    pupils["score"] = [5 * (1 + i % 30) for i in range(80)]
    assert told(checks(tmp_path, pupils=pupils)["alike"], "column", "what", "measure") == [("score", "rounded", 1.0)]
    pupils["score"] = [5 * (1 + i % 30) + (i % 2) for i in range(80)]
    assert told(checks(tmp_path / "half", pupils=pupils)["alike"], "column", "measure") == [("score", 0.5)]
    pupils["score"] = [10 * (1 + i % 30) for i in range(80)]
    assert checks(tmp_path / "tens", pupils=pupils)["alike"].flagged == 0


def test_same_answers_in_two_groups(tmp_path):
    """All answers of a pupil of another school: not told; of the same school: test_duplicates."""
    pupils = clean()["pupils"]
    pupils.loc[12] = {**pupils.loc[6], "pupil": "p12", "school": "s2"}
    assert checks(tmp_path, pupils=pupils)["alike"].flagged == 0


def test_units(tmp_path):
    """A year for a month, and dirhams in hundreds: told with the factor; a large amount that no factor explains is not."""
    pupils = clean()["pupils"].astype({"spent": float})
    pupils.loc[45, "spent"] *= 12
    pupils.loc[46, "spent"] /= 100
    pupils.loc[47, "spent"] *= 35
    done = checks(tmp_path, pupils=pupils)
    assert told(done["units"], "key", "measure") == [("p05|after", 12), ("p06|after", 0.01)]
    assert [key for key, _ in told(done["outliers"])] == ["p05|after", "p06|after", "p07|after"]


def test_units_against_the_other_wave(tmp_path):
    """Amounts differ a thousandfold between pupils but hardly between waves: a slip shows only beside the other wave."""
    pupils = clean()["pupils"].astype({"spent": float})
    i = np.arange(40)
    first = 10 * np.exp(i * np.log(1000) / 39)
    pupils["spent"] = np.concatenate([first, first * (1 + 0.01 * (i % 7))])
    pupils.loc[60, "spent"] *= 12  # p20, in the middle
    done = checks(tmp_path, pupils=pupils)
    assert told(done["units"], "key", "measure") == [("p20|after", 12)]
    assert done["outliers"].flagged == 0


def test_support_elsewhere(tmp_path):
    """Every fourth pupil was helped: 5 of 20 in each arm."""
    study = load(made.study(tmp_path, TOML, CODEBOOK, **clean()))
    counted = field_team.support_elsewhere(study, receive(study).tables)
    expected = [[arm, *cell] for arm in ("books", "without") for cell in (("no", 15), ("yes", 5))]
    assert counted.to_numpy().tolist() == expected


# -- what study.toml says ----------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new", "code", "column"), [
    ('submissions = "talks"', 'submissions = "talk"', "E_UNKNOWN_NAME", "fieldwork.submissions"),
    ('enumerator = "who"', 'enumerator = "whom"', "E_UNKNOWN_NAME", "fieldwork.enumerator"),
    ('"score_again"', '"score_anew"', "E_UNKNOWN_NAME", "fieldwork.again"),
    ("again_kind = { q1 = 3 }", "again_kind = { q2 = 3 }", "E_UNKNOWN_NAME", "fieldwork.again_kind"),
    ("again_kind = { q1 = 3 }", "again_kind = { q1 = 4 }", "E_FIELD_VALUE", "fieldwork.again_kind.q1"),
    ('minors = "young"', 'minors = "old"', "E_UNKNOWN_NAME", "fieldwork.minors"),
    ('minors = "young"', "", "E_FIELDWORK_NEEDS", "fieldwork.guardian"),
    ('unit = "pupil"', "", "E_FIELDWORK_NEEDS", "fieldwork.sample"),
    ('wave = "round"', "", "E_FIELDWORK_NEEDS", "fieldwork.sample"),
    ('"q1", "q2", "q3"]', '"q1", "q2", "town"]', "E_FIELD_VALUE", "fieldwork.battery"),
    ("minutes = [5, 60]", "minutes = [60, 5]", "E_FIELD_VALUE", "fieldwork.minutes"),
    ("minutes = [5, 60]", "night = [21, 25]", "E_FIELD_VALUE", "fieldwork.night"),
    ("spent = [12, 100]", "spent = [0.5]", "E_FIELD_VALUE", "fieldwork.money.spent"),
    ("spent = [12, 100]", "cost = [12]", "E_UNKNOWN_NAME", "fieldwork.money"),
    ("{ talks = [", "{ talk = [", "E_UNKNOWN_NAME", "fieldwork.unique"),
])  # fmt: skip
def test_names_are_checked(tmp_path, old, new, code, column):
    """A name that does not exist, or a field without the one that it needs, is refused with its place."""
    assert old in TOML
    findings = made.refused(load, made.study(tmp_path, TOML.replace(old, new), CODEBOOK, **clean()))
    assert (code, column) in {(finding.code, finding.column) for finding in findings}
