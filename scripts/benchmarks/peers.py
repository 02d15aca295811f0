"""What one would use instead: other packages, on the same pictures, in the same run."""

import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.brute_force import nearest_vectors
from scripts.benchmarks.crowd import read_crowd
from scripts.benchmarks.part import Figure, Goal, Part, times_as_fast
from scripts.benchmarks.peer_programs.graph import recall_of
from scripts.benchmarks.peer_programs.protocol import Answer, Task, read_answer
from scripts.benchmarks.scan_part import scan_larger
from scripts.benchmarks.timing import Timing, joined, measure

SCANNING = ("imagededup_cnn", "open_clip_faiss", "pdq_faiss")
SEARCHING = ("hnswlib_graph", "usearch_graph")
EMBEDDING = ("network_engines",)
NEIGHBOURS = 10
ENOUGH = 0.99
"""Recall at which graphs are timed where our own is higher still."""
GOALS = {
    "imagededup CNN": Goal(10, is_least=True),
    "open_clip ViT-B-32 + FAISS": Goal(3, is_least=True),
}
"""Start of a peer's name → how many times as fast the whole scan is to be."""
TIMEOUT_S = 900
_ROOT = Path(__file__).parents[2]
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def measure_peers(bench: Bench, python: Path) -> Part:
    """Scan and search with each peer, between two scans of our own; one thread each.

    Args:
        bench: with the pictures.
        python: of the environment that the peers are installed in.
    """
    folder = bench.folder / "peers"
    folder.mkdir()
    task, searched, recall = _search(bench, folder)
    scans, notes = [scan_larger(bench).timing], []
    answers: dict[str, Answer] = {}
    for name in (*SCANNING, *SEARCHING, *EMBEDDING):
        bench.tell(f"Timing {name}")
        answer = run_program(python, name, task, folder / name)
        if isinstance(answer, str):
            notes.append(answer)
        else:
            answers[name] = answer
    scans.append(scan_larger(bench).timing)
    ours = replace(joined(scans), name=f"ours, {task.references:,} references")
    firsts = [answers[name].timings[0] for name in SCANNING if name in answers]
    timings = [ours, *firsts, searched]
    figures = [Figure(f"{searched.name}: recall@{NEIGHBOURS}", recall, "of 1")]
    for name, answer in answers.items():
        timings += [each for each in answer.timings if each not in firsts]
        notes += answer.notes
        notes.append(f"{name}: " + ", ".join(map(" ".join, answer.packages.items())))
        base = {ours.step: ours, searched.step: searched}
        if name in EMBEDDING:
            base = {"embed": answer.timings[0]}
        figures += [
            times_as_fast(base[each.step], each, goal=_goal_of(each))
            for each in answer.timings
            if each.step in base and each != base[each.step]
        ]
        figures += answer.figures
    return Part("peers", timings, figures, notes)


def run_program(python: Path, name: str, task: Task, folder: Path) -> Answer | str:
    """Run a peer's program in a process of its own.

    Args:
        python: of the environment that the peer is installed in.
        name: of the program.
        task: to be done, but for the folder.
        folder: to work in; made here.

    Returns:
        What it measured, or why it measured nothing.
    """
    folder.mkdir()
    asked, answered = folder / "task.json", folder / "answer.json"
    replace(task, folder=str(folder)).write(asked)
    threads = [f"{name}={task.threads}" for name in _THREAD_SETTINGS]
    try:
        done = subprocess.run(
            [
                *("env", "CUDA_VISIBLE_DEVICES=", *threads),
                *(str(python), "-m", f"scripts.benchmarks.peer_programs.{name}"),
                *(str(asked), str(answered)),
            ],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name}: not measured: {error}"
    if done.returncode or not answered.exists():
        lines = done.stderr.strip().splitlines() or [f"it exited {done.returncode}"]
        return f"{name}: not measured: {lines[-1]}"
    return read_answer(answered)


def _search(bench: Bench, folder: Path) -> tuple[Task, Timing, float]:
    """Search with our own index, and write down what the others are to do.

    Returns:
        The task; how long our search took; its recall.
    """
    channel = bench.crowd_channels[0]
    names, vectors = read_crowd(bench.drawn_folder / channel.kind)
    queries = bench.mixed.vectors(channel.embedder)
    exact = nearest_vectors(np.concatenate(queries), vectors, NEIGHBOURS)
    rows = {name: row for row, name in enumerate(names)}
    found = [
        [rows[hit.id] for hit in hits]
        for each in queries
        for hits in channel.index.search(each, NEIGHBOURS)
    ]
    recall = recall_of(np.array(found), exact)
    timing = measure(
        "search",
        f"ours, {len(vectors):,} vectors: {len(queries[0])} vectors a picture",
        partial(channel.index.search, k=NEIGHBOURS),
        queries,
    )
    files = {name: folder / f"{name}.npy" for name in ("vectors", "queries", "exact")}
    np.save(files["vectors"], vectors)
    np.save(files["queries"], np.stack(queries))
    np.save(files["exact"], exact)
    task = Task(
        folder=str(folder),
        files=[
            str(path.absolute())
            for path in (*bench.pictures.spare, *bench.pictures.mixed)
        ],
        references=len(vectors),
        k=NEIGHBOURS,
        threads=1,
        seed=bench.plan.seed,
        recall=min(recall, ENOUGH),
        **{name: str(path.absolute()) for name, path in files.items()},
    )
    return task, timing, recall


def _goal_of(timing: Timing) -> Goal | None:
    fits = (goal for start, goal in GOALS.items() if timing.name.startswith(start))
    return next(fits, None)
