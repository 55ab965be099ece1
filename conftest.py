"""One thread for linear algebra, set before numpy loads: tests, and the kernels that nbval starts, inherit it."""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
