"""Members and their answers at both waves, with what would have been answered without the programme.

Outcomes with the programme and without it are drawn from the same noise for every supported woman: their mean
difference over the roster, seen at the end or not, is the truth.
"""

import numpy as np
import pandas as pd

from coops.demo import groups

ITEMS = {
    "say_income": 0.22,
    "say_coop": 0.28,
    "self_skill": 0.38,
    "wellbeing": 0.08,
}  # effect, in SD of the answer's scale
INCOME_EFFECT = 0.08  # share of the income from the cooperative
PRICES = 1.0231  # consumer prices 2012 to 2014, published (data/published/facts.csv)
AGES = {"under18": 0.04, "18_24": 0.17, "25_34": 0.29, "35_49": 0.33, "50plus": 0.17}
SCHOOL = {"none": 0.46, "literacy_class": 0.2, "primary": 0.21, "secondary": 0.11, "higher": 0.02}
CUTS = np.array([-1.1, -0.35, 0.45, 1.25])  # latent values that part the answers 1 to 5
SHOCK = 0.45  # size of the province shock of that scenario, in SD


def _members(random: np.random.Generator, coops: pd.DataFrame) -> pd.DataFrame:
    coop = coops.loc[np.repeat(coops.index.to_numpy(), coops["size"])].reset_index(drop=True)
    frame = pd.DataFrame({"coop_id": coop["coop_id"]})
    letters = np.array(list("23456789BCDFGHJKLMNPQRSTVWXZ"))
    names: dict[str, None] = {}
    while len(names) < len(frame):
        names["M" + "".join(random.choice(letters, 5))] = None
    frame.insert(0, "member_id", list(names))
    frame["age_band"] = random.choice(list(AGES), len(frame), p=list(AGES.values()))
    frame["schooling"] = random.choice(list(SCHOOL), len(frame), p=list(SCHOOL.values()))
    first = ~frame["coop_id"].duplicated()
    frame["role"] = np.where(
        first, "board", random.choice(["member", "board", "worker"], len(frame), p=[0.7, 0.15, 0.15])
    )
    return frame


def _answers(latent: np.ndarray) -> np.ndarray:
    return 1 + np.searchsorted(CUTS, latent)


def draw(seed: int, number: int = groups.SUPPORTED, scenario: str = "honest") -> dict[str, pd.DataFrame]:
    """Draw cooperatives, members and their answers.

    Parameters
    ----------
    seed : int
    number : int
        Cooperatives an arm; 43 is the published number, with 508 women.
    scenario : str
        ``honest``: trends alike, loss by recorded baseline values. ``shock``: something else reaches the supported
        province only, and all in its households. ``attrition``: supported women who fared worse are seen less often.

    Returns
    -------
    dict of DataFrame
        cooperatives, members, member_wave (as received, before faults), coop_wave, truth (outcome, wave, stratum,
        women, effect: mean over all supported women on the roster).
    """
    random = np.random.default_rng([seed, number])
    coops = groups.cooperatives(random, number)
    members = _members(random, coops)
    place = members["coop_id"].map(pd.Series(coops.index, coops["coop_id"])).to_numpy()
    supported = (coops["arm"] == "supported").to_numpy()[place]
    people, shock = len(members), SHOCK if scenario == "shock" else 0.0
    young = members["age_band"].isin(["under18", "18_24"]).to_numpy()
    schooled = members["schooling"].isin(["primary", "secondary", "higher"]).to_numpy()

    def both(
        effect: float, gap: float, random: np.random.Generator = random
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latent values before, and after with and without the programme (SD about 1, ICC about .15)."""
        group, trend = random.normal(0, 0.33, len(coops))[place], random.normal(0, 0.16, len(coops))[place]
        own = random.normal(0, 0.55, people) + 0.15 * schooled + gap * supported
        before = own + group + random.normal(0, 0.68, people)
        after = own + group + 0.1 + trend + shock * supported + random.normal(0, 0.68, people)
        felt = effect * (1 + random.normal(0, 0.4, people))
        return before, after, after + felt * supported

    waves = {name: pd.DataFrame({"member_id": members["member_id"], "wave": name}) for name in ("baseline", "endline")}
    without = pd.DataFrame({"member_id": members["member_id"]})
    for name, effect in ITEMS.items():
        before, after, helped = both(effect, 0.2)
        waves["baseline"][name], waves["endline"][name] = _answers(before), _answers(helped)
        without[name] = _answers(after)
    before, after, _ = both(0, 0.2)
    paid = random.random(people) < 0.85
    lift = np.log1p(INCOME_EFFECT * (1 + random.normal(0, 0.5, people)).clip(-0.9)) / 0.45
    for frame, latent, prices in (
        (waves["baseline"], before, 1),
        (without, after, PRICES),
        (waves["endline"], after + lift * supported, PRICES),
    ):
        frame["income_coop_mad"] = np.where(paid, np.round(prices * np.exp(5.9 + 0.45 * latent) / 10) * 10, 0)
    other = np.exp(6.6 + 0.4 * random.normal(size=people))
    for frame, prices in ((waves["baseline"], 1), (waves["endline"], PRICES)):
        frame["income_total_mad"] = (
            frame["income_coop_mad"] + np.round(prices * other * np.exp(0.15 * random.normal(size=people)) / 10) * 10
        )
        frame["months_paid"] = np.where(paid, random.integers(3, 13, people), 0)
        frame["trainings_12m"] = random.poisson(0.6 + (frame is waves["endline"]) * 2.2 * supported)
        frame["hh_size"] = np.clip(random.poisson(5, people), 1, 15)
        frame["poor_score"] = np.clip(np.round(random.normal(48, 14, people)), 0, 100)
    waves["endline"]["hh_size"] = waves["baseline"]["hh_size"]
    aside = np.random.default_rng([seed, number, 2])  # of its own: all else stays as it is
    before, after, _ = both(0, 0.2, aside)
    earns = aside.random(people) < 0.92
    for frame, latent, prices in ((waves["baseline"], before, 1), (waves["endline"], after, PRICES)):
        income = np.where(earns, np.round(prices * np.exp(7.2 + 0.45 * latent) / 10) * 10, 0)
        frame.insert(frame.columns.get_loc("income_total_mad") + 1, "income_others_mad", income)

    start = random.random(people) < 0.975
    risk = -2.25 + 0.75 * young - 0.5 * (waves["baseline"]["hh_size"] >= 7) + 0.25 * ~supported
    if scenario == "attrition":
        change = sum(
            (waves["endline"][name] - waves["baseline"][name]) / waves["baseline"][name].std()
            for name in ("self_skill", "say_coop", "say_income", "income_coop_mad")
        )
        risk = risk + (0.9 - 0.9 * (change - change.mean())) * supported
    stay = random.random(people) > 1 / (1 + np.exp(-risk))
    for frame, seen, gone in (
        (waves["baseline"], start, ["absent", "refused"]),
        (waves["endline"], stay, ["absent", "refused", "left", "moved"]),
    ):
        frame["status"] = np.where(seen, "interviewed", random.choice(gone, people))
        girl = (members["age_band"] == "under18").to_numpy()
        frame["consent"] = np.where(seen, "yes", "na")
        frame["guardian_consent"] = np.where(seen & girl, "yes", "na")
    truth = _truth(coops, place, supported, waves["endline"], without)
    answers = pd.concat([_with_gaps(random, frame) for frame in waves.values()], ignore_index=True)
    _say_nothing(aside, answers, "income_others_mad")
    girls = members[members["age_band"] == "under18"].groupby("coop_id").size()
    return {
        "cooperatives": coops,
        "members": members,
        "member_wave": answers,
        "truth": truth,
        "coop_wave": groups.coop_wave(random, coops, girls, effect=1.0),
    }


def _with_gaps(random: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Take out what was not asked, and some answers: don't know (-98) and refused (-99)."""
    frame = frame.copy().astype({name: object for name in [*ITEMS, "income_coop_mad", "income_total_mad"]})
    asked = [name for name in frame if name not in ("member_id", "wave", "status", "consent", "guardian_consent")]
    for name in (*ITEMS, "income_coop_mad", "income_total_mad"):
        _say_nothing(random, frame, name)
    frame[asked] = frame[asked].astype(object)
    frame.loc[frame["status"] != "interviewed", asked] = ""
    return frame


def _say_nothing(random: np.random.Generator, frame: pd.DataFrame, name: str) -> None:
    """Replace some answers by don't know (-98) and refused (-99), in place; what was not asked stays empty."""
    chance, asked = random.random(len(frame)), frame[name] != ""
    frame.loc[asked & (chance < 0.015), name] = -98
    frame.loc[asked & (chance > (0.985 if name.endswith("mad") else 0.995)), name] = -99


def _truth(
    coops: pd.DataFrame, place: np.ndarray, supported: np.ndarray, helped: pd.DataFrame, without: pd.DataFrame
) -> pd.DataFrame:
    """Mean effect over all supported women on the roster; by merged sector where five cooperatives stand behind it."""
    outcomes = {
        "income_real": (helped["income_coop_mad"] - without["income_coop_mad"]) / PRICES,
        "say": (helped[["say_income", "say_coop"]] - without[["say_income", "say_coop"]]).mean(axis=1),
        "self_skill": helped["self_skill"] - without["self_skill"],
        "wellbeing": helped["wellbeing"] - without["wellbeing"],
    }
    merged = coops["sector"].replace({"livestock": "livestock_map", "map": "livestock_map"}).to_numpy()[place]
    lines = []
    for name, effect in outcomes.items():
        for stratum in ("all", *dict.fromkeys(merged)):
            mask = supported & ((merged == stratum) | (stratum == "all"))
            if pd.Series(place[mask]).nunique() >= 5:
                line = {"outcome": name, "wave": "endline", "stratum": stratum}
                lines.append(line | {"women": int(mask.sum()), "effect": effect[mask].mean()})
    return pd.DataFrame(lines)
