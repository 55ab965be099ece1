"""Adapter: the trial of a programme for depressed mothers in 40 union councils (Baranov and others 2020)."""

from pathlib import Path

import pandas as pd

from tests.real.adapter import SHARED, write_codebook, write_raw

SOURCE = SHARED / "thp_pakistan" / "THP_clean.dta"

INTERVIEW = ["month_int", "month_int_sq", "doi0", "doi0Xtreat", *(f"intervr_{n}" for n in range(1, 10))]
CONTROLS = (
    "age_baseline age_baseline_sq employed_mo_baseline mo_emp grandmother_baseline MIL wealth_baseline edu_lvl_mo_1 edu_lvl_mo_2"
    " edu_lvl_mo_3 edu_mo_baseline edu_fa_baseline kids_no first_child"
).split()
SCORES = ["hamd_baseline", "mspss_baseline"]  # at baseline: also the first round of hamd and mspss
TIMES = [f"{name}Xtreat" for name in CONTROLS + SCORES]
LAST = ["motherfinancial", "parentmoney", "parenttime", "socialsupport", "recover_perm", "empowered", "income_mo"]
ROUNDS = {  # wave: name here -> name received
    "w0": {"hamd": "hamd_baseline", "mspss": "mspss_baseline"},
    "m6": {"hamd": "hamd_6m", "depressed": "depressed_6m", "depindex": "depindex_6m", "mspss": "mspss_6m"},
    "y1": {"hamd": "hamd_1y", "depressed": "depressed_1y", "depindex": "depindex_1y", "mspss": "mspss_1y"},
    "y7": {"depressed": "depressed", "depindex": "depindex_7y"},
}
LABELS = {
    "motherfinancial": ("financial empowerment, index", "SD", 2), "parentmoney": ("spending on the child, index", "SD", 2),
    "parenttime": ("time with the child, index", "SD", 2), "socialsupport": ("social support over the years, index", "SD", 2),
    "recover_perm": ("recovered for good", "share", 1), "empowered": ("controls spending", "share", 1),
    "income_mo": ("own monthly income", "hundred PKR", 1), "hamd": ("depression score of Hamilton", "points", 1),
    "depressed": ("depressed", "share", 1), "depindex": ("severity of depression, index", "SD", 2),
    "mspss": ("perceived social support", "points", 1), "edu_mo_baseline": ("years of schooling", "years", 1),
    "mo_emp": ("controls spending at the start", "share", 1),
}  # fmt: skip


def toml() -> str:
    """Write what study.toml says: the file beside this one, its long lists filled in."""
    interview = ", ".join(f'{{ variable = "{name}", wave = "y7" }}' for name in INTERVIEW)
    controls = ", ".join(f'{{ variable = "{name}", wave = "w0" }}' for name in CONTROLS + SCORES + TIMES)
    last = ", ".join(f'"{name}"' for name in LAST)
    rounds = ", ".join(
        f'{{ variable = "{name}", waves = ["m6", "y1", "y7"], separate = true }}' for name in ("depressed", "depindex")
    )
    outcomes = f'[{last}, {rounds}, {{ variable = "hamd", waves = ["m6"] }}]'
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return text.replace("@interview", interview).replace("@controls", controls).replace("@outcomes", outcomes)


def make(folder: Path) -> Path:
    """Write the study folder."""
    received = pd.read_stata(SOURCE, convert_categoricals=False).copy().rename_axis("woman").reset_index()
    parts = []
    for wave, names in ROUNDS.items():
        part = received[["woman", *names.values()]].set_axis(["woman", *names], axis=1)
        seen = received["attrit2"] == 0 if wave == "y7" else part["hamd"].notna()
        parts.append(part.assign(round_name=wave, interview_status=seen.map({True: "seen", False: "lost"})))
    rounds = pd.concat(parts, ignore_index=True)
    women = received[["woman", "uc", "treat", "THP_sample", "girl", *CONTROLS, *SCORES, *TIMES]]
    last = received[["woman", *INTERVIEW, *LAST]]
    write_raw(folder, women=women, rounds=rounds, last=last)
    kinds = {
        "woman": "text",
        "uc": "text",
        "round_name": "text",
        "interview_status": "category",
        "treat": "category",
        "THP_sample": "category",
        "girl": "category",
    }
    rows = [
        {"table": table, "name": name, "type": kinds.get(name, "number")}
        | dict(zip(("label_en", "unit", "decimals"), LABELS.get(name, ("", "", "")), strict=True))
        for table, frame in (("women", women), ("rounds", rounds), ("last", last))
        for name in frame
    ]
    write_codebook(folder, rows)
    (folder / "study.toml").write_text(toml(), encoding="utf-8")
    return folder
