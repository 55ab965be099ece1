"""The expert's path in real JupyterLab: open a notebook, run all cells, save; after cleaning nothing but the work differs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coops.run.stored import clean_file
from tests import checkout

BROWSER, DRIVER = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="Chromium and its driver are not installed: JupyterLab NOT TESTED"
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --window-size=1400,1000"
).split()


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def server(words: list[str], folder: Path, here: Path, settings: Path):
    """JupyterLab, started by these words in a folder; its address, once it answers. Its settings are its own."""
    port = free_port()
    settings.mkdir()
    asked = {"ServerApp": {"allow_root": True, "ip": "127.0.0.1", "port": port, "open_browser": False}}
    asked |= {"IdentityProvider": {"token": ""}, "LabApp": {"expose_app_in_browser": True, "news_url": None}}
    (settings / "jupyter_server_config.json").write_text(json.dumps(asked), encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=here,
        env=checkout.environment(folder) | {"JUPYTER_CONFIG_DIR": str(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).read()
            break
        except OSError:
            time.sleep(0.5)
    try:
        yield address
    finally:
        os.killpg(started.pid, signal.SIGTERM)  # the command and the server that it started
        started.wait(60)


@pytest.fixture
def browser(tmp_path):
    """A headless Chromium with a profile of its own."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(600)
    yield driver
    driver.quit()


RUN = """
const [path, edits, more, done] = arguments, app = window.jupyterapp;
(async () => {
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {path});
  await panel.context.ready; await panel.sessionContext.ready; await panel.revealed;
  const model = panel.content.model;
  for (const [before, after] of edits) {
    const fitting = [...model.cells].filter(cell => cell.type === 'code' && cell.sharedModel.getSource().includes(before));
    if (fitting.length !== 1) return `${fitting.length} cells hold ${before}`;
    fitting[0].sharedModel.setSource(fitting[0].sharedModel.getSource().split(before).join(after));
  }
  for (const source of more) model.sharedModel.addCell({cell_type: 'code', source});
  await app.commands.execute('notebook:run-all-cells');
  await panel.context.save();
  return 'saved';
})().then(done, error => done('failed: ' + error));
"""


def run_in(browser, address: str, path: str, edits: dict | None = None, cells: tuple[str, ...] = ()) -> None:
    """Open a notebook in the browser, change and add cells, run all of them, save."""
    browser.get(f"{address}/lab")
    for _ in range(240):
        if browser.execute_script(
            "return !!(window.jupyterapp && window.jupyterapp.commands.hasCommand('notebook:run-all-cells'))"
        ):
            break
        time.sleep(0.5)
    assert browser.execute_async_script(RUN, path, list((edits or {}).items()), list(cells)) == "saved"


def test_open_run_save(browser, demonstration, tmp_path):
    """A changed sentence and nothing else is left of an expert's visit: no metadata, no counts, no outputs."""
    folder = checkout.copy(tmp_path / "a checkout")
    path = folder / "notebooks" / "05_participants.ipynb"
    stored = path.read_text(encoding="utf-8")
    shutil.copytree(demonstration[1], folder / "build" / "demo")
    recorded = folder / "build" / "demo" / "data" / "results" / "05_participants.csv"
    recorded.unlink()
    path.write_text(stored.replace("Arms that are alike", "Arms which are alike"), encoding="utf-8")
    with server(["jupyterlab"], folder, folder / "notebooks", tmp_path / "settings") as address:
        run_in(browser, address, path.name)
    assert recorded.is_file()  # the cells were run
    saved = path.read_text(encoding="utf-8")
    assert saved != stored
    clean_file(path)
    assert path.read_text(encoding="utf-8") == stored.replace("Arms that are alike", "Arms which are alike")


COLOUR = (160, 90, 0)
FOREST = f"""
def forest(figure, data, words):
    figures.draw_effects(figure, data, words)
    for panel in figure.axes:
        for drawn in [*panel.lines, *panel.collections]:
            drawn.set_color("#{bytes(COLOUR).hex()}")

plotted = figures.effects_data(estimates[lead.name], study.study).iloc[::-1].reset_index(drop=True)"""
CAPTIONS = {
    "en": "Say, by schooling",
    "fr": "Pouvoir de décision, par scolarité",
    "ar": "المشاركة في القرار حسب التمدرس",
}
SUBGROUPS = f"""
seen = people[people["seen"]]
table = seen.groupby(["schooling", "wave"], observed=True)["say"].agg(["mean", "count"])
study.show(table, name="by_schooling", behind="count", caption={CAPTIONS!r})"""
DEVIATION = {"en": "Exploratory deviation", "fr": "Écart exploratoire", "ar": "انحراف استكشافي"}


def git(folder, *words) -> str:
    """Run git in a folder and return what it says."""
    own = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.run(["git", *own, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def leading(root) -> pd.DataFrame:
    """The leading effects that a run recorded, by key."""
    rows = pd.read_csv(root / "data" / "results" / "07_impact.csv", index_col="key")
    return rows[(rows["specification"] == "double_difference") & (rows["quantity"] == "effect")]


def intervals(rows: pd.DataFrame) -> list[str]:
    """The intervals of effects as the English page writes them."""
    ends = [(row.conf_low, row.conf_high, int(row.decimals)) for row in rows.itertuples()]
    return [f"{low:.{decimals}f} to {high:.{decimals}f}".replace("-", "\u2212") for low, high, decimals in ends]


def effects_table(root: Path) -> str:
    """The table of the leading effects, as it stands on the English page."""
    exhibits = json.loads((root / "data" / "results" / "exhibits" / "07_impact.json").read_text(encoding="utf-8"))
    return next(each["body"]["en"] for each in exhibits if each["name"] == "tab_effects.double_difference")


def test_an_expert_at_work(browser, demonstration, tmp_path):
    """By ``coops lab``: a covariate less, another colour and order, a table of her own; then the page.

    Every digit follows, the page calls it an exploratory deviation and has her table, both in three languages, and git
    sees nothing of it.
    """
    folder, settings = checkout.copy(tmp_path / "a checkout"), tmp_path / "settings"
    shutil.copyfile(checkout.ROOT / ".gitignore", folder / ".gitignore")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "As it was")
    root = folder / "build" / "demo"
    shutil.copytree(demonstration[1], root)
    before, pages = leading(root), {code: (root / "report" / f"demo.{code}.md").read_text("utf-8") for code in CAPTIONS}
    edits = {
        "lead = study.specification()": 'lead = study.specification().without("age_band")',
        "plotted = figures.effects_data(estimates[lead.name], study.study)": FOREST.strip(),
        "figure(figures.draw_effects,": "figure(forest,",
    }
    words = ["coops", "lab", "data/demo", "--no-browser"]
    with server(words, folder, folder, settings) as address:
        run_in(browser, address, "07_impact.ipynb", edits, (SUBGROUPS.strip(),))
        run_in(browser, address, "11_findings.ipynb")
    for name in ("07_impact", "11_findings"):
        cells = nbformat.read(root / "lab" / f"{name}.ipynb", 4).cells
        outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
        assert outputs and not [output for output in outputs if output.output_type == "error"]
    after = leading(root)
    assert list(after.index) == list(before.index)
    assert (after["estimate"] != before["estimate"]).all() and (after["std_error"] != before["std_error"]).all()
    assert before["formula"].str.contains("age_band").all() and not after["formula"].str.contains("age_band").any()
    drawn = pd.read_csv(root / "figures" / "07_effects.csv")["outcome"].tolist()
    assert drawn == list(reversed(before["outcome"].tolist()))
    pixels = np.asarray(Image.open(root / "figures" / "07_effects.en.png").convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.abs(pixels - COLOUR).max(axis=1) < 12).sum() > 100
    html = (root / "report" / "demo.html").read_text(encoding="utf-8")
    for code in CAPTIONS:
        page = (root / "report" / f"demo.{code}.md").read_text(encoding="utf-8")
        assert DEVIATION[code] in page and DEVIATION[code] not in pages[code] and DEVIATION[code] in html
        assert CAPTIONS[code] in page and CAPTIONS[code] in html
    printed = intervals(after)
    assert not set(printed) & set(intervals(before))
    page, (was, now) = (
        (root / "report" / "demo.en.md").read_text(encoding="utf-8"),
        map(effects_table, (demonstration[1], root)),
    )
    assert now in page and all(interval in now for interval in printed)
    assert was in pages["en"] and all(interval not in was for interval in printed)
    assert git(folder, "status", "--porcelain") == ""
