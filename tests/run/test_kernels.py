"""Kernels forked from a warm process: one fresh process a notebook, nothing passed on, nothing left, no port."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest

from coops.run import kernels, warm

pytestmark = pytest.mark.skipif(not warm.possible(), reason="kernels are forked on Linux only")
HERE = Path(__file__).resolve()


def execute(folder: Path, *cells: str, engine: str = kernels.NAME) -> list[str]:
    """Run cells as a notebook; return what each printed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "asked.ipynb")
    done = papermill.execute_notebook(
        folder / "asked.ipynb", folder / "done.ipynb", engine_name=engine, cwd=folder, progress_bar=False,
        extra_arguments=["--log-level=CRITICAL"],
    )  # fmt: skip
    return ["".join(output.get("text", "") for output in cell.outputs).strip() for cell in done.cells]


def test_the_engine_of_this_system():
    """Forked where the system can; papermill's own engine elsewhere; nothing in the environment or the modules says so."""
    assert kernels.engine() == kernels.NAME
    assert "JUPYTER_DEFAULT_PROVISIONER_NAME" not in os.environ
    assert sys.modules.get("rfc3987_syntax", ...) is not None


def test_elsewhere_the_ordinary_engine_runs(tmp_path, monkeypatch):
    """On a system that cannot fork the name is that of papermill's engine, and it runs a notebook as ever."""
    monkeypatch.setattr(sys, "platform", "darwin")
    name = kernels.engine()
    monkeypatch.undo()
    assert name == "nbclient"
    parent = execute(tmp_path, "import os; print(os.getppid())", engine=name)
    assert parent == [str(os.getpid())]


def test_every_notebook_has_a_process_of_its_own(tmp_path):
    """Two notebooks, two processes, one parent: the warm process; each in a session of its own and in its folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    ask = "import os; print(os.getpid(), os.getppid(), os.getsid(0), os.getcwd())"
    first, second = (execute(tmp_path / name, ask)[0].split() for name in "ab")
    assert first[0] != second[0]
    assert first[1] == second[1] == str(warm.start().pid)
    assert (first[2], second[2]) == (first[0], second[0])
    assert (first[3], second[3]) == (str(tmp_path / "a"), str(tmp_path / "b"))
    assert not psutil.pid_exists(int(first[0])) and not psutil.pid_exists(int(second[0]))


def test_nothing_leaks_from_one_notebook_into_the_next(tmp_path):
    """Names, options, module attributes, environment, builtins, folders and seeds of the first are unknown to the second."""
    change = (
        "import builtins, os, sys, matplotlib, numpy, pandas\n"
        "pandas.options.display.max_rows = 7\nmatplotlib.rcParams['lines.linewidth'] = 9\nnumpy.leaked = 1\n"
        "os.environ['LEAKED'] = '1'\nbuiltins.leaked = 1\nsys.path.append('leaked')\nnumpy.random.seed(1)\nleaked = 1"
    )
    look = (
        "import builtins, os, sys, matplotlib, numpy, pandas\n"
        "print(pandas.options.display.max_rows, matplotlib.rcParams['lines.linewidth'], hasattr(numpy, 'leaked'),"
        " 'LEAKED' in os.environ, hasattr(builtins, 'leaked'), 'leaked' in sys.path, 'leaked' in globals())"
    )
    draw = "import numpy; print(numpy.random.random())"
    execute(tmp_path, change)
    seen, first = execute(tmp_path, look, draw)
    assert seen == "60 1.5 False False False False False"
    assert first != execute(tmp_path, look, draw)[1]


def test_a_forgotten_import_still_fails(tmp_path):
    """What is preloaded is not bound: a name that the notebook has not imported is unknown, as in a cold kernel."""
    for name in ("pd", "numpy", "coops", "json"):
        with pytest.raises(papermill.PapermillExecutionError) as caught:
            execute(tmp_path, f"print({name})")
        assert caught.value.ename == "NameError"


def test_one_thread_at_the_fork(tmp_path):
    """A process with several threads must not fork; numpy's library is told to use one."""
    execute(tmp_path, "print(1)")
    assert psutil.Process(warm.start().pid).num_threads() == 1
    assert execute(tmp_path, "import os; print(os.environ['OPENBLAS_NUM_THREADS'])") == ["1"]


def test_a_dead_kernel_is_told(tmp_path):
    """A kernel that ends in the middle of a cell is an error of its own, not a wait for ever."""
    from nbclient.exceptions import DeadKernelError

    with pytest.raises(DeadKernelError):
        execute(tmp_path, "import os; os._exit(3)")


def test_a_warm_process_that_cannot_start_is_told(tmp_path, monkeypatch):
    """It ends without an answer: said, with its exit code; the next call starts a new one."""
    monkeypatch.setattr(warm, "_process", None)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises((RuntimeError, BrokenPipeError)):
        warm.fork([], str(tmp_path), {})


RUNNER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.run.test_kernels import execute
execute(Path(sys.argv[2]), "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_is_left_when_the_runner_is_ended(tmp_path, number):
    """However the runner ends, the warm process and the kernel end within seconds."""
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, HERE.parents[2], tmp_path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text(), 60)
    kernel = psutil.Process(int((tmp_path / "pid").read_text()))
    family = [kernel, kernel.parent()]
    assert family[1].pid != runner.pid
    runner.send_signal(number)
    runner.wait(30)
    wait_for(lambda: not any(process.is_running() for process in family), 30)


def wait_for(true, seconds: float) -> None:
    """Wait until something is true; fail after some seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
