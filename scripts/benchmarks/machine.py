"""What the figures were measured on."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

LIBRARIES = (
    "faiss-cpu",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "torch",
)


def describe_machine() -> dict[str, str | int | float]:
    """Name the processor, its cores, the memory, and how busy they are."""
    facts: dict[str, str | int | float] = {
        "cpu": _cpu_model(),
        "num_cores": os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        num_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        facts["memory_gib"] = round(num_bytes / 2**30, 1)
    return facts


def load_1_min() -> float:
    """Processes that wanted a core over the last minute, ours among them."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def cpu_s(pid: int) -> float:
    """Read how many seconds of processor time a process has used."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def library_versions() -> Mapping[str, str]:
    """Versions of what does the work; nothing is imported for it."""
    return {name: version(name) for name in LIBRARIES}


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [x.partition(":")[2].strip() for x in lines if x.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
