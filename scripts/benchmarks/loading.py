"""How long a model takes to load where nothing of it is loaded yet."""

import os
import subprocess
import sys
import time

from scripts.benchmarks.timing import Timing

NUM_LOADS = 3
_LOAD = """
import sys
from models.registry import load_embedder
load_embedder(sys.argv[1], device="cpu", threads=1).embed
"""


def time_loading(model: str) -> Timing:
    """Start a new process that imports what the model needs and loads it.

    The start of the interpreter counts, and so does its end. Everything comes from
    files that the system has in memory.

    Raises:
        CalledProcessError: the model cannot be loaded.
    """
    command = [sys.executable, "-c", _LOAD, model]
    subprocess.run(command, check=True)
    seconds = []
    cpu_start = _cpu_of_children()
    for _ in range(NUM_LOADS):
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds.append(time.perf_counter() - start)
    cpu_s = _cpu_of_children() - cpu_start
    name = f"{model}, in a new process with its imports"
    return Timing("load", name, "process", NUM_LOADS, sum(seconds), cpu_s, seconds)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
