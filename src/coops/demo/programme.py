"""What the programme did: associations, activities, field work; the written tables of experts, plan and partners."""

from importlib import resources

import numpy as np
import pandas as pd

WRITTEN = ("expert_findings", "orientations", "measures", "stakeholders", "commitments", "meetings")
KINDS = {
    "diagnostic": (2, 1_500),
    "training": (5, 4_000),
    "coaching": (8, 1_200),
    "equipment": (1, 14_000),
    "marketing": (2, 3_000),
    "legal": (1, 800),
    "exchange": (1, 2_500),
}

CAPACITIES = ("cap_governance", "cap_finance", "cap_support", "cap_advocacy")
REMARKS = (
    "interrompu par une visite, repris ensuite",
    "دخل الأسرة غير معروف بدقة",
    "question sur les mois payés répétée",
)


def written() -> dict[str, pd.DataFrame]:
    """Tables that are written by hand: sentences in three languages, the plan, the parties."""
    folder = resources.files("coops.demo").joinpath("texts")
    tables = {}
    for name in WRITTEN:
        with folder.joinpath(f"{name}.csv").open(encoding="utf-8") as file:
            tables[name] = pd.read_csv(file, dtype=str, keep_default_na=False)
    return tables


def associations(random: np.random.Generator) -> pd.DataFrame:
    """Five associations at both waves; their capacities rise by about one step."""
    lines = []
    for number in range(1, 6):
        start = random.integers(1, 4, 4)
        for late, wave in enumerate(("baseline", "endline")):
            rise = random.integers(0, 2, 4) if late else 0
            capacities = dict(zip(CAPACITIES, np.clip(start + rise, 1, 5), strict=True))
            staff = {"staff": random.integers(2, 9), "volunteers": random.integers(3, 25)}
            lines.append({"association_id": f"A{number}", "wave": wave, **staff, **capacities})
    return pd.DataFrame(lines)


def activities(random: np.random.Generator, coops: pd.DataFrame) -> pd.DataFrame:
    """Support over 18 months, a line an activity; nearly all of what was planned was delivered."""
    lines, first = [], pd.Timestamp("2013-02-01")
    for coop in coops[coops["arm"] == "supported"].itertuples():
        for kind, (times, cost) in KINDS.items():
            for _ in range(random.binomial(times, 0.8) or kind == "diagnostic"):
                start = first + pd.Timedelta(days=int(random.integers(0, 520)))
                days = int(random.integers(1, 4))
                lines.append({
                    "coop_id": coop.coop_id, "association_id": coop.association_id, "type": kind,
                    "start_date": start.strftime("%Y-%m-%d"),
                    "end_date": (start + pd.Timedelta(days=days)).strftime("%Y-%m-%d"),
                    "days": days, "participants": int(random.integers(3, coop.size + 1)),
                    "cost_mad": int(round(cost * random.lognormal(0, 0.3) / 50) * 50), "planned": "yes",
                    "delivered": str(random.choice(["full", "part", "none"], p=[0.9, 0.07, 0.03])),
                })  # fmt: skip
    frame = pd.DataFrame(lines).sort_values(["start_date", "coop_id"], ignore_index=True)
    frame.insert(0, "activity_id", [f"V{number:04d}" for number in range(1, len(frame) + 1)])
    return frame


def _free(interviews: pd.DataFrame) -> list[str]:
    """Give an interview that begins before its enumerator is free to the next one who is."""
    codes = interviews["enumerator"].to_list()
    ended: dict = {}
    for place in interviews["start"].argsort(kind="stable"):
        start, end = interviews["start"].iloc[place], interviews["end"].iloc[place]
        turn = [f"N{1 + (int(codes[place][1:]) - 1 + step) % 8}" for step in range(8)]
        codes[place] = next((code for code in turn if ended.get(code, start) <= start), codes[place])
        ended[codes[place]] = max(end, ended.get(codes[place], end))
    return codes


def field_work(random: np.random.Generator, members: pd.DataFrame, answers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Interviews as the survey tool logs them, those planned, and a few repeated by a supervisor."""
    planned = pd.concat(
        [members[["member_id", "coop_id"]].assign(wave=wave) for wave in ("baseline", "endline")], ignore_index=True
    )
    planned.insert(0, "planned_id", [f"P{number:04d}" for number in range(1, len(planned) + 1)])
    done = answers[answers["status"] == "interviewed"][["member_id", "wave", "say_coop", "months_paid"]].reset_index(
        drop=True
    )
    first = np.where(done["wave"] == "baseline", np.datetime64("2013-02-04"), np.datetime64("2014-08-04"))
    begin = (
        pd.to_datetime(first)
        + pd.to_timedelta(random.integers(0, 26, len(done)), "D")
        + pd.to_timedelta(random.integers(540, 1020, len(done)), "m")
    )
    submissions = pd.DataFrame({
        "submission_id": [f"U{number:05d}" for number in range(1, len(done) + 1)],
        "member_id": done["member_id"],
        "wave": done["wave"],
        "questionnaire_version": np.where(done["wave"] == "baseline", "1", "2"),
        "enumerator": [f"N{number}" for number in random.integers(1, 9, len(done))],
        "start": begin,
        "end": begin + pd.to_timedelta(random.integers(9, 24, len(done)), "m"),
        "comment": [REMARKS[place // 97 % len(REMARKS)] if place % 97 == 40 else "" for place in range(len(done))],
    })  # fmt: skip
    submissions["enumerator"] = _free(submissions)
    for name in ("start", "end"):
        submissions[name] = submissions[name].dt.strftime("%Y-%m-%d %H:%M")
    again = done.sample(frac=0.06, random_state=int(random.integers(1_000_000)))
    backchecks = again.rename(columns={"say_coop": "say_coop_again", "months_paid": "months_paid_again"}).reset_index(
        drop=True
    )
    wrong = random.random(len(backchecks)) < 0.1
    backchecks["months_paid_again"] = [
        min(12, int(v) + 1) if flip else v for v, flip in zip(backchecks["months_paid_again"], wrong, strict=True)
    ]
    backchecks.insert(0, "backcheck_id", [f"B{number:03d}" for number in range(1, len(backchecks) + 1)])
    return {"sample": planned, "submissions": submissions, "backchecks": backchecks}
