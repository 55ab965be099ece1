"""A made study of twelve schools with a scorecard, for the pages of units: every answer is written here."""

from pathlib import Path

import pandas as pd

from tests import made

TOML = (
    made.TOML.split("[tables.pupils]")[0].replace('"made"', '"schools"')
    + """
[tables.schools]
level = "group"
files = ["schools.csv"]
key = ["school"]
[tables.visits]
level = "group"
files = ["visits.csv"]
key = ["school", "wave"]
wave_column = "wave"
[tables.pupils]
level = "person"
files = ["pupils.csv"]
key = ["pupil", "wave"]
wave_column = "wave"
group = "school"
[design]
assignment = "no comparison"
cluster = "school"
strata = ["kind"]
[specifications.main]
estimator = "change"
headline = true
waves = ["after"]
baseline = ["before"]
outcomes = ["content"]
[diagnosis.levels.low]
start = 0
label = "low"
[diagnosis.levels.middle]
start = 0.5
label = "middle"
[diagnosis.levels.high]
start = 0.8
label = "high"
"""
)
CODEBOOK = """table,name,type,unit,decimals,allowed,range,missing,label_en
schools,school,text,,,,,,school
schools,kind,category,,,day|night|alone,,,kind of school
visits,school,text,,,,,,school
visits,wave,text,,,,,,wave
visits,clean,category,,,yes|no,,-98=dk,clean
visits,desks,number,points,0,,0..10,,desks
visits,permit,category,,,yes|no,,-98=dk,permit
visits,exits,category,,,yes|no,,-98=dk,exits
pupils,pupil,text,,,,,,pupil
pupils,wave,text,,,,,,wave
pupils,school,text,,,,,,school
pupils,content,number,points,0,,1..5,-98=dk,content
"""
CARD = """dimension,item,variable,rule,weight,needed,version,dimension_weight,basis,dimension_en,label_en,step_en
rooms,clean,clean,share:yes,1,1,3,1,own,the rooms,rooms are clean,clean the rooms
rooms,desks,desks,scale:0..10,1,,3,,own,,ten desks,buy desks
law,permit,permit,share:yes,1,1,3,1,law,the law,a permit as the law asks,ask for the permit
law,exits,exits,share:yes,0,,3,,retrospective,,two exits (later law),build an exit
people,content,content,scale:1..5,1,1,3,2,own,the pupils,pupils are content,listen to the pupils
"""
# school: clean, desks, permit, exits, and what its pupils say (1 to 5), at the later wave
AFTER = {
    "day01": ("no", 4, "yes", "no", (3, 3, 4, 4, 1)),
    "day02": ("yes", 5, "yes", "yes", (3,) * 5),
    "day03": ("no", 5, "yes", "yes", (3,) * 5),
    "day04": ("yes", 5, "yes", "yes", (3,) * 5),
    "day05": ("no", 5, "yes", "yes", (3,) * 5),
    "day06": ("yes", 5, "yes", "yes", (3,) * 5),
    "day07": ("no", 5, "yes", "yes", (3,) * 4 + (-98,)),  # four of five pupils answered
    "night01": ("yes", 10, "no", "no", (3,) * 5),  # (1 + 0 + 2 × 0.5) / 4 is 0.5 exactly: a cut-off
    "night02": ("yes", 0, -98, -98, (4,) * 5),  # no answer in a whole dimension
    "night03": ("no", 0, "no", "no", (1,) * 5),  # two steps with the same gain
    "night04": ("no", 2, "no", "no", (3,) * 5),
    "alone01": ("yes", 10, "yes", "yes", (5,) * 5),  # full scores, and the only one of its kind
}
BEFORE = ("no", 1, "no", "no", (3,) * 5)


def make(folder: Path, schools: list[str] | None = None, toml: str = TOML, card: str = CARD, **after) -> Path:
    """Write the study folder; ``after`` replaces the answers of schools."""
    answers = {name: after.get(name, default) for name, default in AFTER.items() if schools is None or name in schools}
    visits, pupils = [], []
    for name, later in answers.items():
        for wave, (*visit, content) in (("before", BEFORE), ("after", later)):
            visits.append([name, wave, *visit])
            pupils += [[f"{name}p{place}", wave, name, answer] for place, answer in enumerate(content)]
    kinds = [[name, name[:-2]] for name in answers]
    made.study(
        folder,
        toml,
        CODEBOOK,
        schools=pd.DataFrame(kinds, columns=["school", "kind"]),
        visits=pd.DataFrame(visits, columns=["school", "wave", "clean", "desks", "permit", "exits"]),
        pupils=pd.DataFrame(pupils, columns=["pupil", "wave", "school", "content"]),
    )
    if card:
        (folder / "diagnosis.csv").write_text(card, encoding="utf-8")
    return folder
