"""Parse received text by the type that the codebook gives; nothing is guessed."""

import pandas as pd

from coops.intake.codebook import Variable

SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009\t"))
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫−", "01234567890123456789.-")
THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+"


def parse(text: pd.Series, variable: Variable) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Parse one column.

    Parameters
    ----------
    text : Series of str, as received
    variable : what the codebook says of the column

    Returns
    -------
    values : Series, same index
        float for numbers, text for the rest; missing where empty, coded as missing, or faulty.
    reasons : Series of str, same index
        The reason of a coded missing answer, else empty.
    faults : Series of str, same index
        The code of the finding of a cell that does not fit, else empty.
    """
    text = text.str.strip()
    reasons = text.map(variable.missing).fillna("") if variable.missing else pd.Series("", index=text.index)
    given = (text != "") & (reasons == "")
    faults = pd.Series("", index=text.index)
    if variable.numeric:
        values = _numbers(text.where(given), faults)
        _range(values, variable, faults)
    elif variable.type == "date":
        values = _dates(text.where(given), faults)
    else:
        values = text.where(given).astype(object)
        _allowed(values, variable, faults)
    return values.where(faults == ""), reasons, faults


def _numbers(text: pd.Series, faults: pd.Series) -> pd.Series:
    values = pd.to_numeric(text, errors="coerce")
    plain = text.str.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", na=False)
    values = values.where(plain)
    rest = text.notna() & ~plain
    if rest.any():
        odd = text[rest].str.translate(DIGITS).str.translate(SPACES)
        ambiguous = odd.str.fullmatch(THOUSANDS) | (odd.str.contains(",") & odd.str.contains(".", regex=False))
        comma = odd.str.replace(",", ".", regex=False)
        number = comma.str.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)") & ~ambiguous
        values.loc[odd.index[number]] = pd.to_numeric(comma[number])
        faults.loc[odd.index[ambiguous]] = "E_AMBIGUOUS_NUMBER"
        faults.loc[odd.index[~number & ~ambiguous]] = "E_NOT_A_NUMBER"
    return values.astype(float)


def _range(values: pd.Series, variable: Variable, faults: pd.Series) -> None:
    if variable.type == "integer":
        faults[values.notna() & (values != values.round())] = "E_NOT_WHOLE"
    low = values.notna() & (values < variable.low) if variable.low is not None else False
    high = values.notna() & (values > variable.high) if variable.high is not None else False
    faults[(low | high) & (faults == "")] = "E_RANGE"
    if variable.allowed:
        known = pd.to_numeric(pd.Series(variable.allowed), errors="coerce")
        faults[values.notna() & ~values.isin(known) & (faults == "")] = "E_ALLOWED"


def _dates(text: pd.Series, faults: pd.Series) -> pd.Series:
    iso = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    local = pd.to_datetime(text, format="%d/%m/%Y", errors="coerce")
    values = iso.fillna(local)
    faults[text.notna() & values.isna()] = "E_NOT_A_DATE"
    return values.dt.strftime("%Y-%m-%d").astype(object)


def _allowed(values: pd.Series, variable: Variable, faults: pd.Series) -> None:
    if not variable.allowed:
        return
    if variable.type == "multiple":
        ticked = values.map(lambda cell: set(str(cell).split()) <= set(variable.allowed), na_action="ignore")
        faults[values.notna() & (ticked == False)] = "E_ALLOWED"  # noqa: E712 (missing stays missing)
    else:
        faults[values.notna() & ~values.isin(variable.allowed)] = "E_ALLOWED"
