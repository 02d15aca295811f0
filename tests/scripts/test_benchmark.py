"""The benchmark, tiny: what it draws, what it reports; nothing about speed."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
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
from scripts.benchmark import Plan, main, run_benchmark
from scripts.benchmarks.gate import (
    EMBEDDING,
    VOTING,
    GateScan,
    GateSize,
    describe_gate,
)
from scripts.benchmarks.peers import nearest_codes, nearest_vectors
from scripts.benchmarks.pictures import NUM_PIXELS, Pictures, draw_pictures
from scripts.benchmarks.report import Report
from scripts.benchmarks.sampling import STEPS, StepSampler, step_of
from scripts.benchmarks.timing import NUM_WARM_UP, measure

SMALL_CLIP = "ViT-S-32-alt"
TINY = Plan(
    references=4, copies=2, innocent=3, crowd=3, crowd_queries=1, peer=SMALL_CLIP
)
FIGURES = {"median_ms", "p95_ms", "mean_ms", "cpu_ms", "per_second"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETECTOR_THREADS", "2")
        return run_benchmark(TINY, tmp_path_factory.mktemp("benchmark"))


def draw(folder: Path, *, seed: int = 1) -> Pictures:
    return draw_pictures(
        folder, num_references=2, num_copies=2, num_innocent=9, seed=seed, workers=1
    )


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]


def test_shares_of_every_scan_add_up(report):
    for scan in report.as_json()["scans"]:
        shares = scan["shares"]
        assert set(shares) == set(STEPS)
        assert sum(shares.values()) == pytest.approx(1)
        assert min(shares[step] for step in ("describe", "embed", "verify")) > 0
        rest = sum(shares[step] for step in set(STEPS) - {"decode", "embed"})
        assert scan["share_not_decode_or_embed"] == pytest.approx(rest)


def test_every_set_of_pictures_is_scanned_in_one_thread_and_in_all(report):
    scanned = [
        (s["pictures"], s["threads"], s["num"]) for s in report.as_json()["scans"]
    ]
    sets = [("one copy in ten", 4), ("copies", 2), ("innocent", 3)]
    assert scanned == [(name, t, num) for t in (1, 2) for name, num in sets]
    for scan in report.as_json()["scans"]:
        assert scan["match"] + scan["review"] + scan["no_match"] == scan["num"]
        assert (scan["median_ms"] is None) == (scan["threads"] > 1)


def test_every_figure_is_a_positive_number_with_its_unit(report):
    timings = report.as_json()["timings"]
    steps = {timing["step"] for timing in timings}
    assert steps == {
        "import", "decode", "describe", "embed", "load", "search", "verify"
    }  # fmt: skip
    for timing in timings:
        assert timing["unit"] in ("picture", "candidate", "process")
        assert timing.keys() >= FIGURES
        if timing["step"] != "import":
            assert all(timing[name] > 0 for name in FIGURES - {"cpu_ms"}), timing


def test_each_peer_has_a_ratio(report):
    ratios = report.as_json()["ratios"]
    hashes = [r for r in ratios if "PDQ" in r["other"]]
    assert len(hashes) == (2 if find_spec("pdqhash") else 0)
    assert [r["ours"].split(":")[0] for r in ratios if r not in hashes] == [
        "decode", "embed", "search", "search"
    ]  # fmt: skip
    assert SMALL_CLIP in ratios[1]["other"]
    assert f"times as fast as {ratios[1]['other']}, by CPU time" in report.as_text()
    assert all(ratio["times_as_fast"] > 0 for ratio in ratios)


def test_both_gates_scan_the_same_pictures_at_both_sizes(report):
    as_it_is, crowd = report.gate
    assert (as_it_is.references, as_it_is.synthetic) == (4, 0)
    assert (crowd.references, crowd.synthetic) == (12, 8)
    assert [as_it_is.voting.num, crowd.voting.num] == [4, 2]
    for size in report.gate:
        assert size.voting.num == size.embedding.num
        assert size.voting.num_examined > 0
        ours, others = size.embedding.copies.timing, size.voting.copies.timing
        assert size.times_as_fast["copies"] == pytest.approx(
            others.cpu_ms / ours.cpu_ms
        )
    found = size.voting.copies.counts
    assert found.match + found.review == 1


def test_the_gain_of_a_gate_is_a_ratio_of_cpu_time(report):
    def scans(way: str, copies_s: float, innocent_s: float) -> GateScan:
        copies, innocent = (
            replace(scan, timing=replace(scan.timing, num=2, cpu_s=cpu_s, wall_s=9.0))
            for scan, cpu_s in zip(
                report.scans[1:3], (copies_s, innocent_s), strict=True
            )
        )
        return GateScan(way, copies, innocent, 8)

    size = GateSize(
        100_000, 99_000, scans(VOTING, 2, 6), scans(EMBEDDING, 0.5, 0.3), 20_000, 1_200
    )
    assert size.times_as_fast == pytest.approx(
        {"half and half": 10, "copies": 4, "innocent": 20}
    )
    text = "\n".join(describe_gate([size]))
    assert "by CPU time: half and half 10.0, copies 4.0, innocent 20.0." in text
    assert "1,200 bytes for the embedding's" in text
    assert "20,000 more for voting" in text
    assert "99,000 of them are synthetic" in text
    counts = report.scans[1].counts
    assert f"{counts.match + counts.review} of 2" in text


def test_conditions_name_the_machine_versions_settings_and_seed(report):
    found = report.as_json()
    assert found["machine"].keys() >= {"cpu", "num_cores", "load_1_min_before"}
    assert found["versions"].keys() >= {"torch", "faiss-cpu", "numpy", "onnxruntime"}
    assert found["settings"]["threads"] == 2
    assert found["run"]["seed"] == TINY.seed
    assert found["run"]["references"] == 4
    text = report.as_text()
    for fact in (found["machine"]["cpu"], found["versions"]["torch"], "shared"):
        assert fact in text


def test_the_command_prints_the_share_and_writes_the_same_figures(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("DETECTOR_THREADS", "1")
    out = tmp_path / "figures.json"
    sizes = ["--references", "2", "--copies", "1", "--innocent", "1", "--crowd", "3"]
    assert main(["--quick", *sizes, "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [scan["threads"] for scan in found["scans"]] == [1, 1, 1]
    share = found["scans"][0]["share_not_decode_or_embed"]
    assert f"Neither decode nor embed: {share:.1%}" in capsys.readouterr().out
    assert found["ratios"] == []
    assert [size["references"] for size in found["gate"]] == [2, 6]


def test_numbers_that_make_no_sense_are_misuse():
    with pytest.raises(SystemExit) as exit_info:
        main(["--references", "0"])
    assert exit_info.value.code == 2


def test_a_model_that_is_not_there_fails_with_one_line(monkeypatch, capsys):
    monkeypatch.setenv("DETECTOR_MODEL", "no-such-model")
    assert main(["--quick"]) == 1
    assert "no-such-model" in capsys.readouterr().err


def test_versions_are_told_without_importing_torch():
    check = "import sys, scripts.benchmark; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


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
