"""What a peer's program is asked, and how it answers."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.benchmarks.part import Figure
from scripts.benchmarks.timing import Timing

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Task:
    """What to measure.

    Attributes:
        folder: to put files in.
        files: pictures to scan, and two more to warm up with before them.
        references: stored ones, which are random.
        k: neighbours to find.
        threads: that the program may use.
        seed: of whatever is random.
        vectors: file of (n, d) float32 of length 1; for programs that only search.
        queries: file of (pictures, regions, d) float32 of length 1.
        exact: file of (pictures * regions, k) rows of the nearest, best first.
        recall: to be reached, of the k nearest.
    """

    folder: str
    files: Sequence[str]
    references: int
    k: int
    threads: int
    seed: int
    vectors: str
    queries: str
    exact: str
    recall: float

    def write(self, path: Path) -> None:
        """Write it to a JSON file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        packages: names of those that did the work → version.
        timings: a step `scan` is a whole scan; see `Timing`.
        figures: other numbers.
        notes: what is not as a user would have it.
    """

    packages: dict[str, str]
    timings: Sequence[Timing]
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()


def read_answer(path: Path) -> Answer:
    """Read what `run` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return Answer(
        packages=found["packages"],
        timings=[Timing(**row) for row in found["timings"]],
        figures=[Figure(**row) for row in found["figures"]],
        notes=found["notes"],
    )


def run(measure: Callable[[Task], Answer]) -> None:
    """Read the task that the command line names, do it, and write the answer."""
    asked, answered = map(Path, sys.argv[1:3])
    task = Task(**json.loads(asked.read_text(encoding="utf-8")))
    answer = asdict(measure(task))
    answered.write_text(json.dumps(answer), encoding="utf-8")


def versions_of(*packages: str) -> dict[str, str]:
    """Name the versions of installed packages."""
    return {name: version(name) for name in packages}


def random_vectors(num: int, dim: int, *, seed: int) -> Vectors:
    """Draw (num, dim) float32 of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((num, dim), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
