"""Cooperatives: how many, how large, in which sector and province, and their answers at both waves."""

import numpy as np
import pandas as pd

SECTORS = {"food": 23, "handicraft": 11, "livestock": 6, "map": 3}  # published: 43 supported cooperatives
WOMEN = 508  # published: women and girls in them
SUPPORTED = sum(SECTORS.values())
PROVINCES = {"supported": ["boulemane"], "comparison": ["sefrou", "moulay_yacoub", "fes", "boulemane_other"]}
NEEDS = ["finance", "training", "marketing", "equipment", "governance"]
CHANNELS = ["souk", "shop", "fair", "contract", "online"]


def sectors(number: int) -> list[str]:
    """Share cooperatives out over the sectors as published, by largest remainder; each sector has one at least."""
    exact = {name: number * share / SUPPORTED for name, share in SECTORS.items()}
    counts = {name: max(1, int(value)) for name, value in exact.items()}
    for name in sorted(exact, key=lambda sector: exact[sector] - int(exact[sector]), reverse=True):
        if sum(counts.values()) < number:
            counts[name] += 1
    counts["food"] += number - sum(counts.values())
    return [name for name, count in counts.items() for _ in range(count)]


def sizes(random: np.random.Generator, number: int, total: int) -> np.ndarray:
    """Draw sizes between 6 and 20 that add up to a total (about lognormal)."""
    drawn = np.clip(np.round(random.lognormal(np.log(total / number) - 0.05, 0.33, number)), 6, 20).astype(int)
    while drawn.sum() != total:
        step = 1 if drawn.sum() < total else -1
        free = np.flatnonzero(drawn < 20 if step > 0 else drawn > 6)
        drawn[random.choice(free)] += step
    return drawn


def cooperatives(random: np.random.Generator, number: int) -> pd.DataFrame:
    """Draw the cooperatives of both arms, one row each, with their size (used to draw members, not published)."""
    total = round(WOMEN * number / SUPPORTED)
    parts: list[pd.DataFrame] = []
    for arm, women in (("supported", total), ("comparison", round(0.97 * total))):
        frame = pd.DataFrame({"sector": sectors(number)})
        frame["arm"] = arm
        frame["province"] = random.choice(PROVINCES[arm], number) if arm == "comparison" else "boulemane"
        frame["size"] = sizes(random, number, women)
        parts.append(frame)
    frame = pd.concat(parts, ignore_index=True)
    frame["coop_id"] = [f"C{place:03d}" for place in random.permutation(np.arange(1, len(frame) + 1))]
    frame["place_band"] = random.choice(["town", "near", "remote"], len(frame), p=[0.25, 0.45, 0.3])
    supported = frame["arm"] == "supported"
    frame["association_id"] = np.where(supported, [f"A{1 + place % 5}" for place in range(len(frame))], "")
    frame["founded_year"] = np.clip(np.round(random.normal(2007, 3, len(frame))), 1995, 2012).astype(int)
    frame["other_support"] = np.where(random.random(len(frame)) < np.where(supported, 0.16, 0.21), "yes", "no")
    frame["km_band_to_supported"] = np.where(
        supported, "0", random.choice(["1_25", "26_75", "over_75"], len(frame), p=[0.2, 0.4, 0.4])
    )
    return frame.sort_values("coop_id", ignore_index=True)


def _yes(random: np.random.Generator, share: np.ndarray) -> np.ndarray:
    """Draw answers yes, no and, sometimes, don't know (-98)."""
    answer = np.where(random.random(len(share)) < share, "yes", "no")
    return np.where(random.random(len(share)) < 0.02, "-98", answer)


def coop_wave(random: np.random.Generator, coops: pd.DataFrame, girls: pd.Series, effect: float = 1.0) -> pd.DataFrame:
    """Draw what cooperatives answered at both waves; management practice moves most, turnover by some per cent."""
    number, supported = len(coops), (coops["arm"] == "supported").to_numpy()
    quality = random.normal(0.15 * supported, 1)
    turnover = np.exp(np.log(9_000 * coops["size"]) + 0.45 * quality + random.normal(0, 0.4, number))
    parts: list[pd.DataFrame] = []
    for late, wave in enumerate(("baseline", "endline")):
        practice = quality + late * (0.1 + 0.55 * effect * supported + random.normal(0, 0.35, number))
        chance = 1 / (1 + np.exp(-practice))
        grown = turnover * np.exp(late * (0.02 + 0.07 * effect * supported + random.normal(0, 0.22, number)))
        days = random.integers(0, 28, number)
        frame = pd.DataFrame({"coop_id": coops["coop_id"], "wave": wave})
        start = pd.Timestamp("2013-02-04") if not late else pd.Timestamp("2014-08-04")
        frame["survey_date"] = (start + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d")
        frame["members_w"] = coops["size"].to_numpy()
        frame["members_girls"] = coops["coop_id"].map(girls).fillna(0).astype(int).to_numpy()
        for name, lift in (("legal_ok", 1.2), ("ga_held", 0.7), ("minutes", 0.3), ("accounts_kept", 0.1)):
            frame[name] = _yes(random, 1 / (1 + np.exp(-(practice + lift))))
        frame["board_w_share"] = np.round(100 * np.clip(0.6 + 0.2 * chance + random.normal(0, 0.1, number), 0, 1))
        frame["months_active"] = np.clip(np.round(6 + 2 * practice + random.normal(0, 1.5, number)), 0, 12).astype(int)
        frame["turnover_mad"] = (np.round(grown / 100) * 100).astype(int)
        frame["surplus_mad"] = (np.round(grown * random.normal(0.08, 0.06, number) / 100) * 100).astype(int)
        frame["debt_mad"] = (np.round(grown * random.exponential(0.1, number) / 100) * 100).astype(int)
        ticked = (
            random.random((number, len(CHANNELS)))
            < np.array([0.8, 0.35, 0.3, 0.12, 0.05]) + 0.1 * late * supported[:, None]
        )
        frame["channels"] = [" ".join(np.array(CHANNELS)[row]) or "none" for row in ticked]
        frame["certified"] = np.where(random.random(number) < 0.1 + 0.1 * late * supported, "food_safety", "none")
        order = np.array([random.permutation(NEEDS) for _ in range(number)])
        for place in range(3):
            frame[f"need_{place + 1}"] = order[:, place]
        frame["capital_mad"] = (np.round(random.lognormal(9, 0.6, number) / 100) * 100).astype(int)
        founders = np.clip(coops["size"].to_numpy() - random.integers(0, 4, number), 5, None)
        frame["founders"] = parts[0]["founders"].to_numpy() if parts else founders  # founded once
        frame["in_local_register"] = _yes(random, np.full(number, 0.15 + 0.1 * late))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)
