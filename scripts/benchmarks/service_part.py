"""The service over HTTP, and the memory of a process that is loaded."""

import json
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.part import Figure, Part
from scripts.benchmarks.timing import Timing
from scripts.load_service import (
    WARM_UP,
    Server,
    latencies_s,
    service_rate,
    serving,
)

CLIENTS = 4
_ROOT = Path(__file__).parents[2]
_STATUS = Path("/proc/self/status")


def measure_http(bench: Bench) -> Part:
    """`POST /v1/match` of a real service: at full speed, and at half of it."""
    bench.tell("Sending pictures to the service")
    files = [path.read_bytes() for path in bench.pictures.mixed]
    pictures = [*islice(cycle(files), WARM_UP + bench.plan.requests)]
    with serving(bench.data) as server:
        rate, busy = _at_full_speed(server, pictures)
        half = _at_half_speed(server, pictures[WARM_UP:], rate)
        memory_mb = server.memory_mb()
    references = f"{len(bench.index):,} references"
    return Part(
        "HTTP",
        [busy, half],
        [Figure(f"service with {references}, resident", memory_mb, "MB")],
        [
            f"The service runs with {bench.threads} threads on {references}; CPU time "
            "is its own. A latency at half speed is that from when a request was due."
        ],
    )


def measure_memory(bench: Bench) -> Part:
    """What a process has resident that has loaded everything and scanned a picture."""
    if not _STATUS.exists():
        return Part("memory", notes=["Not measured: the size is read from /proc."])
    figures = []
    for references, folder in (
        (len(bench.index), None),
        (bench.num_crowd, bench.crowd_folder),
    ):
        bench.tell(f"Loading {references:,} references in a new process")
        command = [
            *(sys.executable, "-m", "scripts.benchmarks.loaded_process"),
            *(str(bench.data.absolute()), str(bench.pictures.spare[0].absolute())),
            *([] if folder is None else [str(folder.absolute())]),
        ]
        answer = json.loads(subprocess.check_output(command, cwd=_ROOT))
        figures += [
            Figure(f"{references:,} references, {what}", answer[key] / 1e6, "MB")
            for what, key in (("resident", "resident"), ("at most", "peak"))
        ]
    return Part("memory", figures=figures)


def _at_full_speed(server: Server, pictures: list[bytes]) -> tuple[float, Timing]:
    cpu_start = server.cpu_s()
    rate = service_rate(server, pictures, num_clients=CLIENTS)
    num = len(pictures) - WARM_UP
    # The pictures that warm up take CPU time as well.
    cpu_s = (server.cpu_s() - cpu_start) * num / len(pictures)
    name = f"match, {CLIENTS} clients that wait for their answers"
    return rate, Timing("HTTP", name, "request", num, num / rate, cpu_s)


def _at_half_speed(server: Server, pictures: list[bytes], rate: float) -> Timing:
    cpu_start = server.cpu_s()
    latencies = latencies_s(server, pictures, rate=rate / 2)
    cpu_s = server.cpu_s() - cpu_start
    num, wall_s = len(latencies), 2 * len(latencies) / rate
    name = "match, requests at half that rate"
    return Timing("HTTP", name, "request", num, wall_s, cpu_s, latencies)
