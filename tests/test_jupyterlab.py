"""The expert's path in real JupyterLab: open a notebook, run all cells, save; after cleaning nothing but the work differs."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

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


@pytest.fixture
def lab(tmp_path):
    """JupyterLab in the notebooks folder of a copy of the repository; yields its address and the copy."""
    folder, port = checkout.copy(tmp_path / "a checkout"), free_port()
    words = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    server = subprocess.Popen(
        words,
        cwd=folder / "notebooks",
        env=checkout.environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).read()
            break
        except OSError:
            time.sleep(0.5)
    yield address, folder
    server.terminate()
    server.wait(30)


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
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


RUN = """
const done = arguments[arguments.length - 1], app = window.jupyterapp;
(async () => {
  const panel = await app.commands.execute('docmanager:open', {path: arguments[0]});
  await panel.context.ready; await panel.sessionContext.ready; await panel.revealed;
  await app.commands.execute('notebook:run-all-cells');
  await panel.context.save();
  return 'saved';
})().then(done, error => done('failed: ' + error));
""".replace("arguments[0]", "path").replace("const done", "const path = arguments[0], done")


def test_open_run_save(lab, browser, demonstration):
    """A changed sentence and nothing else is left of an expert's visit: no metadata, no counts, no outputs."""
    address, folder = lab
    path = folder / "notebooks" / "05_participants.ipynb"
    stored = path.read_text(encoding="utf-8")
    shutil.copytree(demonstration[1], folder / "build" / "demo")
    recorded = folder / "build" / "demo" / "data" / "results" / "05_participants.csv"
    recorded.unlink()
    path.write_text(stored.replace("Arms that are alike", "Arms which are alike"), encoding="utf-8")
    browser.get(f"{address}/lab")
    for _ in range(120):
        if browser.execute_script(
            "return !!(window.jupyterapp && window.jupyterapp.commands.hasCommand('notebook:run-all-cells'))"
        ):
            break
        time.sleep(0.5)
    browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; window.jupyterapp.restored.then(() => done(1));"
    )
    assert browser.execute_async_script(RUN, path.name) == "saved"
    assert recorded.is_file()  # the cells were run
    saved = path.read_text(encoding="utf-8")
    assert saved != stored
    clean_file(path)
    assert path.read_text(encoding="utf-8") == stored.replace("Arms that are alike", "Arms which are alike")
