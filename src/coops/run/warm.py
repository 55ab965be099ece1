"""The warm process: it has the heavy imports done, and every kernel of a run is forked from it.

The runner starts it and writes one order a line; it answers with the process id of the kernel. It ends when the
runner ends, however that ends, and its kernels end with it.
"""

import json
import os
import signal
import subprocess
import sys

_process: "subprocess.Popen[str] | None" = None


def possible() -> bool:
    """Tell whether kernels may be forked here: on Linux; macOS libraries may crash after a fork, Windows has none."""
    return sys.platform == "linux"


def start() -> "subprocess.Popen[str]":
    """Start the process, unless it runs; it warms up while the caller goes on."""
    global _process
    if _process is None or _process.poll() is not None:
        _process = subprocess.Popen(
            [sys.executable, "-Xfrozen_modules=off", "-c", f"from {__name__} import serve; serve()"],
            text=True,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    return _process


def fork(arguments: list[str], folder: str, environment: dict[str, str]) -> int:
    """Fork a kernel and return its process id.

    Parameters
    ----------
    arguments : list of str
        What ``ipykernel_launcher`` would be given.
    folder : str
        The kernel's working folder.
    environment : dict
        Added to the environment of the warm process.

    Raises
    ------
    RuntimeError
        If the warm process has ended without an answer; its own words are on stderr.
    """
    process = start()
    assert process.stdin is not None and process.stdout is not None  # both are pipes, by ``start``
    print(json.dumps([arguments, folder, environment]), file=process.stdin, flush=True)
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"the process that kernels are forked from ended with {process.wait()}")
    return int(answer)


def serve() -> None:
    """Import what notebooks need, then fork a kernel for every order that is read. What the warm process runs."""
    sys.path[:] = [entry for entry in sys.path if entry]  # the kernel puts the notebook's folder in its usual place
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    _import()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears away finished kernels
    for line in sys.stdin:
        if pid := os.fork():
            print(pid, flush=True)
            continue
        _become_kernel(*json.loads(line))


def _import() -> None:
    """Import by name: nothing is bound, so that a notebook that forgets an import still fails."""
    from importlib import import_module

    for name in (
        "ipykernel.kernelapp ipykernel.ipkernel ipykernel.debugger IPython.core.completerlib psutil sqlite3 numpy "
        "scipy.stats pandas matplotlib.pyplot pydantic jinja2.sandbox babel.numbers tabulate "
        "coops.run.session coops.report.publish coops.robustness.robustness"
    ).split():
        import_module(name)


def _become_kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    import numpy
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    numpy.random.seed()  # else all notebooks share one hidden random state
    IPKernelApp.launch_instance(arguments, parent_handle=os.getppid())
    os._exit(0)
