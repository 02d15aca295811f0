"""The benchmark, tiny: what it draws, what it reports; nothing about speed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.matching.describe import Query
from detector.matching.retrieve import retrieve
from detector.workers import map_in_order
from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from models.local_features import sift_features
from scripts.benchmark import GPU, INDEX, PARTS, WORKERS, main, run_benchmark
from scripts.benchmarks.brute_force import nearest_codes, nearest_vectors
from scripts.benchmarks.loaded_process import read_sizes
from scripts.benchmarks.part import Figure, Goal, Part, times_as_fast
from scripts.benchmarks.pictures import NUM_PIXELS, Pictures, draw_pictures
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.rows import PartRow, Run
from scripts.benchmarks.sampling import STEPS, StepSampler, step_of
from scripts.benchmarks.timing import NUM_WARM_UP, Timing, joined, measure

TINY = Plan(references=4, copies=2, innocent=3, crowd=3, rounds=2, requests=2)
MEASURED = [name for name in PARTS if name not in (INDEX, WORKERS, GPU)]
UNITS = {"picture", "candidate", "process", "request"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETECTOR_THREADS", "2")
        return run_benchmark(TINY, tmp_path_factory.mktemp("benchmark"), parts=MEASURED)


def part_of(run: Run, name: str) -> PartRow:
    (part,) = (part for part in run["parts"] if part["name"] == name)
    return part


def draw(folder: Path, *, seed: int = 1) -> Pictures:
    return draw_pictures(
        folder, num_references=2, num_copies=2, num_innocent=9, seed=seed, workers=1
    )


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]


def test_every_part_is_measured_in_positive_numbers_with_units(run):
    assert [part["name"] for part in run["parts"]] == MEASURED
    for part in run["parts"]:
        assert part["timings"] or part["figures"]
        assert not any("Not measured" in note for note in part["notes"])
        for row in part["timings"]:
            assert row["unit"] in UNITS
            assert min(row["num"], row["mean_ms"], row["per_second"]) > 0
            assert (row["median_ms"] is None) == (row["p95_ms"] is None)
        assert all(figure["value"] >= 0 for figure in part["figures"])
        assert all(figure["unit"] for figure in part["figures"])


def test_both_catalogues_are_scanned_and_compared_with_what_is_inevitable(run):
    part = part_of(run, "scan")
    larger, alone, *drawn = part["timings"]
    assert larger["name"] == "one copy in ten, 12 references, 1 thread"
    assert larger["num"] == alone["num"] == TINY.rounds * 4
    sets = [("one copy in ten", 4), ("copies", 2), ("innocent", 3)]
    assert [(row["name"], row["num"]) for row in drawn] == [
        (f"{name}, 4 references, {threads}", num)
        for threads in ("1 thread", "2 threads")
        for name, num in sets
    ]
    beyond = part["figures"][0]
    assert beyond["value"] > 1
    assert beyond["goal"] == "at most 1.15"
    assert "8 are synthetic" in part["notes"][0]
    assert "one copy in ten, 12 references, 1 thread: 4 pictures" in part["notes"][1]


def test_shares_of_a_scan_add_up_in_both_catalogues(run):
    figures = part_of(run, "scan")["figures"]
    for references in (12, 4):
        shares = [
            figure["value"]
            for figure in figures
            if figure["name"].endswith(f"share of a scan among {references}")
        ]
        assert len(shares) == len(STEPS)
        assert sum(shares) == pytest.approx(100)
    (examined,) = (f for f in figures if f["unit"] == "references")
    assert 0 < examined["value"] <= 12


def test_both_catalogues_are_searched_and_weighed(run):
    searched = [row["name"] for row in part_of(run, "search")["timings"]]
    assert "10 vectors among 12" in searched
    assert "10 vectors among 4" in searched
    resident = [
        figure["value"]
        for figure in part_of(run, "memory")["figures"]
        if figure["name"].endswith("resident")
    ]
    assert len(resident) == 2
    assert min(resident) > 50


def test_conditions_name_the_machine_versions_settings_and_seed(run):
    assert run["machine"].keys() >= {"cpu", "num_cores", "load_1_min_before"}
    assert run["versions"].keys() >= {"torch", "faiss-cpu", "numpy", "onnxruntime"}
    assert run["settings"]["threads"] == 2
    assert run["run"]["seed"] == TINY.seed
    assert (run["run"]["references"], run["run"]["larger_catalogue"]) == (4, 12)


def test_the_command_measures_the_parts_that_it_is_told_to(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("DETECTOR_THREADS", "1")
    out = tmp_path / "figures.json"
    sizes = ["--references", "2", "--copies", "1", "--innocent", "1", "--crowd", "3"]
    parts = ["--parts", "decode,import,peers", "--peers", str(tmp_path / "python")]
    assert main(["--quick", *sizes, *parts, "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [part["name"] for part in found["parts"]] == ["peers", "decode", "import"]
    text = capsys.readouterr().out
    assert found["machine"]["cpu"] in text
    assert found["versions"]["torch"] in text
    # There is no such Python: what is missing is named, and ours are measured.
    peers = found["parts"][0]
    assert [row["name"] for row in peers["timings"]] == [
        "ours, 6 references",
        "ours, 6 vectors: 10 vectors a picture",
    ]
    assert sum("not measured: " in note for note in peers["notes"]) == 6
    assert "imagededup_cnn: not measured: " in text


@pytest.mark.parametrize("wrong", [["--references", "0"], ["--parts", "decode,x"]])
def test_what_makes_no_sense_is_misuse(wrong):
    with pytest.raises(SystemExit) as exit_info:
        main(wrong)
    assert exit_info.value.code == 2


def test_a_model_that_is_not_there_fails_with_one_line(monkeypatch, capsys):
    monkeypatch.setenv("DETECTOR_MODEL", "no-such-model")
    assert main(["--quick"]) == 1
    assert "no-such-model" in capsys.readouterr().err


def test_versions_are_told_without_importing_torch():
    check = "import sys, scripts.benchmark; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(
    ("goal", "met", "missed"),
    [(Goal(10, is_least=True), 10, 9.9), (Goal(1.15, is_least=False), 1.15, 1.16)],
)
def test_a_goal_is_met_at_its_bound_and_missed_beyond(goal, met, missed):
    assert goal.is_met(met)
    assert not goal.is_met(missed)
    row = Part("p", figures=[Figure("f", missed, "times", goal)]).as_row(took_s=1.4)
    assert row["figures"][0]["is_met"] is False
    assert row["took_s"] == 1


def test_a_comparison_is_by_cpu_time_of_one_item():
    ours = Timing("scan", "ours", "picture", 10, wall_s=9, cpu_s=1)
    other = Timing("scan", "other", "picture", 2, wall_s=1, cpu_s=0.8)
    assert times_as_fast(ours, other).value == pytest.approx(4)


def test_rounds_are_counted_as_one():
    rounds = [
        Timing("scan", "s", "picture", 2, 3.0, 2.0, [1.0, 2.0]),
        Timing("scan", "s", "picture", 1, 5.0, 1.0, [5.0]),
    ]
    both = joined(rounds)
    assert (both.num, both.wall_s, both.cpu_s) == (3, 8.0, 3.0)
    assert both.median_ms == 2000


def test_sizes_of_a_process_are_read_in_bytes():
    status = "Name:\tpython\nVmHWM:\t    30 kB\nVmRSS:\t    20 kB\nThreads:\t3\n"
    assert read_sizes(status) == {"resident": 20 * 1024, "peak": 30 * 1024}


def test_pictures_have_a_megapixel_and_one_in_ten_is_a_copy(tmp_path):
    drawn = draw(tmp_path)
    assert len(drawn.mixed) == 10
    assert set(drawn.mixed) & set(drawn.copies) == {drawn.copies[0]}
    for path in (*drawn.references.iterdir(), *drawn.mixed, *drawn.spare):
        with Image.open(path) as image:
            assert image.format == "JPEG"
            assert image.width * image.height == pytest.approx(NUM_PIXELS, rel=0.01)


def test_the_same_seed_draws_the_same_pictures(tmp_path):
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        draw(tmp_path / name, seed=seed)
    first, again, other = (contents(tmp_path / n) for n in ("first", "again", "other"))
    assert first == again
    assert not set(first) & set(other)


def test_brute_force_finds_the_nearest_codes():
    rng = np.random.default_rng(0)
    points, codes = (rng.integers(0, 256, (n, 32), np.uint8) for n in (5, 300))
    bits0, bits1 = np.unpackbits(points, axis=1), np.unpackbits(codes, axis=1)
    expected = np.sort((bits0[:, None] != bits1[None]).sum(axis=2), axis=1)[:, :6]
    assert np.array_equal(nearest_codes(points, codes, 6), expected)


def test_brute_force_finds_the_vectors_that_the_index_finds():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((50, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = FaissIndex(16)
    index.add([str(i) for i in range(50)], vectors)
    found = index.search(vectors[:7], 5)
    rows = nearest_vectors(vectors[:7], vectors, 5)
    assert [[hit.id for hit in hits] for hits in found] == [
        [str(row) for row in near] for near in rows
    ]


def test_each_item_is_timed_once_after_the_warm_up():
    seen: list[int] = []
    timing = measure("step", "name", seen.append, range(5))
    assert seen == [*range(NUM_WARM_UP), *range(5)]
    assert timing.num == len(timing.latencies_s) == 5


def test_the_step_of_a_stack_is_that_of_its_innermost_code():
    frames = {}

    class Probe(LocalIndex):
        def search(self, queries, k):
            frames["search"] = sys._getframe()
            return super().search(queries, k)

    index = Probe()
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    query = Query(image, 200, 200)
    index.add(["a"], [query.orb.descriptors])
    assert [c.reference_id for c in retrieve([query], index, [])[0]] == ["a"]
    # The probe itself is no code of the project: its caller, retrieve, decides.
    assert step_of(frames["search"]) == "search"
    assert step_of(sys._getframe()) == "other"
    assert step_of(None) == "other"


def test_time_in_a_worker_is_counted_to_its_step_alone():
    image = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    with StepSampler() as sampler:
        images = [image] * 40
        found = list(map_in_order(sift_features, images, threads=1))
    assert len(found) == 40
    assert sampler.seconds["describe"] > 0
    assert all(sampler.seconds[step] == 0 for step in {*STEPS} - {"describe", "other"})
