"""Load the service with matches, against the same scan on the command line.

    python -m scripts.load_service --data demo/data --listings demo/listings

Starts `detector serve` on a copy of the data directory and measures, on the same
pictures: the pictures a second of `detector scan --no-save`, from its first line to its
last, and of `POST /v1/match` with some clients that each wait for their answer, in
turns; then the latencies at half the service's rate, with requests that arrive when
they are due, whether earlier ones have been answered or not. `--soak N` sends N
requests with small pictures instead and watches the service's memory.
"""

import argparse
import http.client
import io
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.benchmarks.machine import (
    cpu_s,
    describe_machine,
    library_versions,
    load_1_min,
)

COMMAND = [sys.executable, "-m", "detector.cli"]
SMALL_PX = 160
WARM_UP = 8


@dataclass(frozen=True, slots=True)
class Server:
    """A running service.

    Attributes:
        pid: of its process.
        port: that it listens on.
        key: that lets in.
    """

    pid: int
    port: int
    key: str

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        content_type: str = "application/octet-stream",
    ) -> bytes:
        """Send a request and read the answer.

        Raises:
            RuntimeError: it is no success.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {"Authorization": f"Bearer {self.key}"}
            if body is not None:
                headers["Content-Type"] = content_type
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            if not 200 <= response.status < 300:
                raise RuntimeError(f"{path}: {response.status}: {answer[:300]!r}")
            return answer
        finally:
            connection.close()

    def match(self, picture: bytes) -> None:
        """Send one picture and read the answer."""
        self.call("POST", "/v1/match", picture)

    def memory_mb(self) -> float:
        """Read how much memory the process has resident."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(x for x in status.splitlines() if x.startswith("VmRSS:"))
        return int(line.split()[1]) / 1000

    def cpu_s(self) -> float:
        """Read how many seconds of processor time the process has used."""
        return cpu_s(self.pid)


@contextmanager
def serving(data: Path, *, marketplace: str | None = None) -> Iterator[Server]:
    """Run the service on a data directory until the block ends.

    Args:
        data: directory of the service.
        marketplace: that the key speaks for, if any.
    """
    command = [
        *("env", f"DETECTOR_DATA_DIR={data}"),
        *("DETECTOR_RATE_LIMIT=1000000", "DETECTOR_MAX_REQUESTS=64"),
        *COMMAND,
    ]
    named = [] if marketplace is None else ["--marketplace", marketplace]
    made = subprocess.run(
        [*command, "key", "create", "--role", "marketplace", *named],
        check=True,
        capture_output=True,
        text=True,
    )
    log = (data / "serve.log").open("w")
    process = subprocess.Popen(
        [*command, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"The service did not start: see {log.name}.")
        port = int(line.rpartition(":")[2].split()[0])
        reader.start()
        _wait_until_ready(port)
        yield Server(process.pid, port, made.stdout.strip())
    finally:
        process.terminate()
        process.wait()
        if reader.is_alive():
            reader.join()
        process.stdout.close()
        log.close()


def _wait_until_ready(port: int) -> None:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)


def scan_rate(data: Path, files: Sequence[Path]) -> float:
    """Measure pictures a second of `detector scan --no-save`, without its start."""
    command = ["env", f"DETECTOR_DATA_DIR={data}", *COMMAND, "scan", "--no-save"]
    with subprocess.Popen(
        [*command, "--format", "jsonl", *map(str, files)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        times = [time.perf_counter() for _ in process.stdout]
    times = times[WARM_UP:]
    return (len(times) - 1) / (times[-1] - times[0])


def service_rate(
    server: Server, pictures: Sequence[bytes], *, num_clients: int
) -> float:
    """Measure pictures a second when each client waits for its answer."""
    for picture in pictures[:WARM_UP]:
        server.match(picture)
    waiting = iter(pictures[WARM_UP:])
    lock = threading.Lock()

    def client() -> None:
        while True:
            with lock:
                picture = next(waiting, None)
            if picture is None:
                return
            server.match(picture)

    start = time.perf_counter()
    with ThreadPoolExecutor(num_clients) as pool:
        for done in [pool.submit(client) for _ in range(num_clients)]:
            done.result()
    return (len(pictures) - WARM_UP) / (time.perf_counter() - start)


def latencies_s(
    server: Server, pictures: Sequence[bytes], *, rate: float
) -> list[float]:
    """Measure from when a request was due to its answer, at a fixed rate."""
    start = time.perf_counter() + 0.1

    def send(due: float, picture: bytes) -> float:
        time.sleep(max(0.0, due - time.perf_counter()))
        server.match(picture)
        return time.perf_counter() - due

    with ThreadPoolExecutor(64) as pool:
        sent = [
            pool.submit(send, start + number / rate, picture)
            for number, picture in enumerate(pictures)
        ]
        return [each.result() for each in sent]


def soak(server: Server, pictures: Sequence[bytes], num: int) -> list[float]:
    """Send many requests; read the memory after each hundredth part of them."""
    memory = []
    step = max(1, num // 100)
    endless = itertools.cycle(pictures)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(0, num, step):
            list(pool.map(server.match, itertools.islice(endless, step)))
            memory.append(server.memory_mb())
    return memory


def small_copies(files: Sequence[Path]) -> list[bytes]:
    """Reduce pictures, so that many can be sent."""
    reduced = []
    for file in files:
        with Image.open(file) as image:
            small = image.convert("RGB")
            small.thumbnail((SMALL_PX, SMALL_PX))
            data = io.BytesIO()
            small.save(data, "JPEG", quality=85)
            reduced.append(data.getvalue())
    return reduced


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="data directory")
    parser.add_argument("--listings", type=Path, required=True, help="pictures to send")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="of both, in turns")
    parser.add_argument("--pictures", type=int, default=120, help="of each round")
    parser.add_argument("--soak", type=int, metavar="N", help="watch the memory")
    options = parser.parse_args()
    found = sorted(p for p in options.listings.iterdir() if p.is_file())
    files = list(itertools.islice(itertools.cycle(found), options.pictures))
    figures: dict[str, object] = {
        "machine": describe_machine() | {"load_1_min": load_1_min()},
        "versions": dict(library_versions()),
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(options.data, data)
        with serving(data) as server:
            if options.soak:
                memory = soak(server, small_copies(found), options.soak)
                figures["soak"] = {"requests": options.soak, "memory_mb": memory}
            else:
                figures |= _compare(server, data, files, options)
    print(json.dumps(figures, indent=2))
    return 0


def _compare(
    server: Server, data: Path, files: Sequence[Path], options: argparse.Namespace
) -> dict[str, object]:
    pictures = [file.read_bytes() for file in files]
    scans, services = [], []
    for _ in range(options.rounds):
        scans.append(scan_rate(data, files))
        services.append(service_rate(server, pictures, num_clients=options.clients))
    rate = float(np.median(services))
    times = latencies_s(server, pictures, rate=rate / 2)
    p50, p99 = np.quantile(times, [0.5, 0.99])
    return {
        "scan_per_second": [round(each, 2) for each in scans],
        "service_per_second": [round(each, 2) for each in services],
        "service_to_scan": round(rate / float(np.median(scans)), 3),
        "half_load": {
            "per_second": round(rate / 2, 2),
            "p50_ms": round(1e3 * float(p50)),
            "p99_ms": round(1e3 * float(p99)),
        },
    }


if __name__ == "__main__":
    sys.exit(main())
