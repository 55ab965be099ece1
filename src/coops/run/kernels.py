"""A papermill engine whose kernels start faster: each notebook still has a process of its own, forked from a warm one.

Where the system cannot fork, papermill's ordinary engine is used; in JupyterLab and under nbval kernels start cold.
What a notebook forgets to import still fails by name; a forgotten submodule of a preloaded package would pass here,
and fails under nbval.
"""

import os
import shutil
import signal
import tempfile
import uuid
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from coops.run import warm

NAME = "coops-fork"


def engine() -> str:
    """Name of the papermill engine to run notebooks with on this system."""
    return NAME if warm.possible() else "nbclient"


class ForkEngine(NBClientEngine):
    """papermill's engine, with kernels forked from the warm process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> Any:
        """Execute the notebook in a kernel of its own; ``options`` as papermill hands them down."""
        return super().execute_managed_notebook(nb_man, kernel_name, kernel_manager_class=ForkManager, **options)


class ForkManager(AsyncKernelManager):
    """Starts a kernel by a fork, and talks to it through files that only their owner may open, not through ports.

    One port is left: ipykernel itself takes, on 127.0.0.1, what processes forked by the notebook print.
    """

    # Both are coroutines in AsyncKernelManager, too, whose annotations do not say so.

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel; ``options`` as for any kernel manager."""
        self.kernel_id = str(uuid.uuid4())
        self.folder = Path(tempfile.mkdtemp(prefix="coops-"))  # short: the name of a socket has at most 107 bytes
        self.transport, self.ip = "ipc", str(self.folder / "kernel")
        self.provisioner = Forked(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        await super().start_kernel(**options)

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        """Remove what the connection has left."""
        await super().cleanup_resources(restart)
        if not restart:
            shutil.rmtree(self.folder, ignore_errors=True)


class Forked(LocalProvisioner):
    """A kernel process that the warm process has forked."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel and return its connection."""
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.pid = self.pgid = warm.fork(arguments, str(options.get("cwd") or os.getcwd()), options["env"])
        self.process = Child(self.pid)  # type: ignore[assignment]  # it asks of a Popen what a Child has
        return self.connection_info


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


papermill_engines.register(NAME, ForkEngine)
