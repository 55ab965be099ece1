"""Adapter: loans with a grace period for women in 169 loan groups, Kolkata (Field and others 2013)."""

from pathlib import Path

import pandas as pd

from tests.real.adapter import SHARED, write_codebook, write_raw

SOURCE = SHARED / "grace_india" / "grace_period_denamed.csv"
SHOWN = {
    "Late_Days_364": ("not repaid eight weeks after the due date", "share", 1),
    "Late_Days_476": ("not repaid half a year after the due date", "share", 1),
    "not_finished_aug19": ("not repaid a year after the due date", "share", 1),
    "Outstanding_Loan_Amount_Default": ("still owed", "Rs", 0), "Fifty_Percent_Loan_Paid": ("half of the loan repaid", "share", 1),
    "Made_First_Pay": ("made the first payment", "share", 1), "Profit": ("weekly profit of the household's businesses", "Rs", 0),
    "ln_Q50": ("monthly household income, log", "log points", 3), "Capital": ("stock and equipment", "Rs", 0),
    "Business_Expenditures": ("loan money spent on business", "Rs", 0), "Age_C": ("age at the start", "years", 1),
    "Years_Education_C": ("years of schooling", "years", 1),
}  # fmt: skip
TEXTS = ("slid", "sec_group", "sec_treat", "Stratification_Dummies", "sec_loanamount")
TOML = """
[study]
id = "grace"
title = "Time before the first repayment, and what became of the loans"
summary = "In Kolkata 169 loan groups of five women were drawn at random, within nine strata, to begin repayment after two months or after two weeks."
label = "PUBLIC"
languages = ["en"]
seed = 2007
licence = "CC BY 4.0"
citation = "Field, E., Pande, R., Papp, J., Rigol, N. (2013). Does the Classic Microfinance Model Discourage Entrepreneurship Among the Poor? AER 103(6): 2196-2226. doi 10.1257/aer.103.6.2196"

[units.group]
en = { one = "loan group", other = "loan groups" }

[units.person]
en = { one = "woman", other = "women" }

[waves.endline]
label = "endline"

[tables.loans]
level = "person"
files = ["loans.csv"]
wave = "endline"
key = ["slid"]
group = "sec_group"

[arms.two_weeks]
label = "first repayment after two weeks"
values = ["0"]

[arms.two_months]
label = "first repayment after two months"
values = ["1"]

[design]
assignment = "randomised"
arm = "sec_treat"
reference = "two_weeks"
strata = ["Stratification_Dummies"]
cluster = "sec_group"
balance = ["Age_C", "Years_Education_C"]

[specifications.within_strata]
label = "within strata"
headline = true
estimator = "level"
waves = ["endline"]
outcomes = ["Late_Days_364", "Late_Days_476", "not_finished_aug19", "Outstanding_Loan_Amount_Default", "Fifty_Percent_Loan_Paid", "Made_First_Pay", "Profit", "ln_Q50", "Capital"]

[specifications.loan_use]
label = "within strata and loan sizes"
estimator = "level"
waves = ["endline"]
outcomes = ["Business_Expenditures"]
covariates = ["Match3rd_in3rd", "sec_loanamount"]
"""


def make(folder: Path) -> Path:
    """Write the study folder: the file as received, without the religion of the women."""
    received = pd.read_csv(SOURCE).drop(columns=["Muslim_C"], errors="ignore")
    write_raw(folder, loans=received)
    rows = [
        {"table": "loans", "name": name, "type": "category" if name in TEXTS else "number"}
        | dict(zip(("label_en", "unit", "decimals"), SHOWN.get(name, ("", "", "")), strict=True))
        for name in [*TEXTS, "Match3rd_in3rd", *SHOWN]
        if name in received
    ]
    write_codebook(folder, rows)
    (folder / "study.toml").write_text(TOML, encoding="utf-8")
    return folder
