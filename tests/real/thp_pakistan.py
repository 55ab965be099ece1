"""Adapter: the trial of a programme for depressed mothers in 40 union councils (Baranov and others 2020)."""

import shutil
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
LABELLED = """\
motherfinancial|SD|2|financial empowerment, index|autonomie financière, indice|التمكين المالي، مؤشر مركب
parentmoney|SD|2|spending on the child, index|dépenses pour l’enfant, indice|الإنفاق على الطفل، مؤشر مركب
parenttime|SD|2|time with the child, index|temps avec l’enfant, indice|الوقت مع الطفل، مؤشر مركب
socialsupport|SD|2|social support over the years, index|soutien social au fil des ans, indice|الدعم الاجتماعي عبر السنوات، مؤشر مركب
recover_perm|share|1|recovered for good|guérison durable|شفاء دائم
empowered|share|1|controls spending|maîtrise des dépenses|التحكم في المصاريف
income_mo|hundred PKR|1|own monthly income|revenu mensuel propre|الدخل الشهري الخاص
hamd|points|1|depression score of Hamilton|score de dépression de Hamilton|نقطة الاكتئاب حسب هاملتون
depressed|share|1|depressed|dépression|الاكتئاب
depindex|SD|2|severity of depression, index|gravité de la dépression, indice|حدة الاكتئاب، مؤشر مركب
mspss|points|1|perceived social support|soutien social perçu|الدعم الاجتماعي المحسوس
edu_mo_baseline|years|1|years of schooling|années d’école|سنوات التمدرس
mo_emp|share|1|controls spending at the start|maîtrise des dépenses au départ|التحكم في المصاريف في البداية
"""  # unit, decimals, label in English, French and Arabic
LABELS = {name: cells for name, *cells in (line.split("|") for line in LABELLED.splitlines())}


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
    kinds = dict.fromkeys(("interview_status", "treat", "THP_sample", "girl"), "category")
    kinds |= dict.fromkeys(("woman", "uc", "round_name"), "text")
    rows = [
        {"table": table, "name": name, "type": kinds.get(name, "number")}
        | dict(zip(("unit", "decimals", "label_en", "label_fr", "label_ar"), LABELS.get(name, ("",) * 5), strict=True))
        for table, frame in (("women", women), ("rounds", rounds), ("last", last))
        for name in frame
    ]
    write_codebook(folder, rows)
    shutil.copyfile(Path(__file__).with_suffix(".csv"), folder / "labels.csv")
    (folder / "study.toml").write_text(toml(), encoding="utf-8")
    return folder
