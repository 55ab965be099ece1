"""Kernels that start faster: each notebook still gets a process of its own, forked from one that has the heavy imports.

Linux only (``fork``); elsewhere, in JupyterLab and under nbval, kernels start cold. What a notebook forgets to import
still fails by name; a forgotten submodule of a preloaded package would pass here, and fails under nbval.
"""

import json
import os
import signal
import sys
from subprocess import PIPE, Popen

from jupyter_client.provisioning import LocalProvisioner

NAME = "coops-fork"
SERVER = """
import json, os, signal, sys
sys.path[:] = [entry for entry in sys.path if entry]  # the kernel puts the notebook's folder in its usual place
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
import ipykernel.kernelapp, ipykernel.ipkernel, ipykernel.debugger, IPython.core.completerlib, psutil, sqlite3
import numpy, scipy.stats, pandas, matplotlib.pyplot, pydantic, jinja2.sandbox, babel.numbers, tabulate
import coops.run
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears away finished kernels
for line in sys.stdin:  # ends when the runner ends, however it ends
    if pid := os.fork():
        print(pid, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    arguments, folder, environment = json.loads(line)
    os.environ.update(environment); os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0); os.dup2(2, 1)
    numpy.random.seed()  # else all notebooks share one hidden random state
    ipykernel.kernelapp.IPKernelApp.launch_instance(arguments, parent_handle=os.getppid())
    os._exit(0)
"""


def warm() -> None:
    """Let papermill start its kernels from the warm process, where the system can fork; it warms up meanwhile."""
    if sys.platform == "linux":
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = NAME
        Forked.start()
    # jsonschema would compile a grammar of addresses at its import, for a second; notebooks are checked without it.
    sys.modules.setdefault("rfc3987_syntax", None)


class Child:
    """The part of ``Popen`` that jupyter_client asks of a kernel's process."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int):
        self.pid = pid

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def poll(self) -> int | None:
        """Tell whether it has ended."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    wait = poll


class Forked(LocalProvisioner):
    """Starts a kernel by a fork of the server process."""

    server: Popen | None = None

    @staticmethod
    def start() -> None:
        """Start the server process, unless it runs."""
        if Forked.server is None or Forked.server.poll() is not None:
            Forked.server = Popen(
                [sys.executable, "-Xfrozen_modules=off", "-c", SERVER],
                text=True,
                start_new_session=True,
                stdin=PIPE,
                stdout=PIPE,
            )

    async def launch_kernel(self, cmd, **options):
        """Fork a kernel and return its connection."""
        Forked.start()
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        order = arguments, str(options.get("cwd") or os.getcwd()), options["env"]
        print(json.dumps(order), file=Forked.server.stdin, flush=True)
        self.process = Child(int(Forked.server.stdout.readline()))
        self.pid = self.pgid = self.process.pid
        return self.connection_info
