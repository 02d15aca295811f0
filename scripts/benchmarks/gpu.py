"""Pictures a second on a GPU, and the share of what its multiplier can do."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from detector.catalogue.features import Extractor
from detector.cli.engine import image_limits
from models.embedder import RGB, Embedder
from models.registry import load_embedder
from models.untrained import write_untrained_clip
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.crowd_scan import crowd_scanner, load_channels
from scripts.benchmarks.part import Figure, Part
from scripts.benchmarks.scan_part import MIXED
from scripts.benchmarks.scans import scan_whole
from scripts.benchmarks.timing import Timing

LARGE_MODELS = ("ViT-B-16-SigLIP2", "ViT-L-14")
BATCHES = (1, 16, 64, 256)
SIDE = 8192
"""Of the square matrices that measure the ceiling: large enough to fill any GPU."""
NUM_MULTIPLICATIONS = 20
LEAST_S = 2.0
"""Each batch size is repeated for so long."""


def measure_gpu(bench: Bench) -> Part:
    """Embed with the shipped model and with large ones, and scan with the shipped."""
    if not torch.cuda.is_available():
        return Part("GPU", notes=["No GPU is here: nothing was measured."])
    bench.tell("Timing the GPU")
    ceiling = multiply_matrices()
    figures = [
        Figure(f"bf16 matrix product, {SIDE} squared", ceiling / 1e12, "Tflop/s")
    ]
    timings: list[Timing] = []
    size = BATCHES[-1]
    images = [image.pixels for image in bench.mixed.images]
    shipped = load_embedder(bench.settings.model, device="cuda")
    for embedder in (shipped, *_large(bench.folder, seed=bench.plan.seed)):
        title = embedder.name.partition("/")[0]
        best = max(
            (_embed(embedder, title, images, size) for size in BATCHES),
            key=lambda timing: timing.per_second,
        )
        timings.append(best)
        with FlopCounterMode(display=False) as counter:
            embedder.embed(images[:1])
        flops = counter.get_total_flops()
        busy_s = _busy_s(embedder, [images[i % len(images)] for i in range(size)])
        rates = {"preparing pictures included": best.per_second}
        if busy_s:
            rates[f"while the GPU works on {size}"] = size / busy_s
        figures += [
            Figure(
                f"{title}, {what}: of that product", 100 * rate * flops / ceiling, "%"
            )
            for what, rate in rates.items()
        ]
    return Part("GPU", [_scan(bench, shipped), *timings], figures, [
        f"{torch.cuda.get_device_name()}. Pictures are decoded before; each model is "
        f"shown with the fastest of the batches {BATCHES}. Large models have random "
        "weights, which take the same time."
    ])  # fmt: skip


def multiply_matrices() -> float:
    """Measure the floating-point operations a second of a bf16 matrix product."""
    left, right = (
        torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16) for _ in range(2)
    )

    def work() -> None:
        for _ in range(NUM_MULTIPLICATIONS):
            torch.mm(left, right)
        torch.cuda.synchronize()

    work()
    seconds = min(_seconds(work) for _ in range(3))
    return 2 * SIDE**3 * NUM_MULTIPLICATIONS / seconds


def _large(folder: Path, *, seed: int) -> list[Embedder]:
    embedders = []
    for model in LARGE_MODELS:
        checkpoint = folder / f"{model}.pt"
        write_untrained_clip(model, checkpoint, seed=seed)
        embedders.append(
            load_embedder(f"open_clip:{model}/{checkpoint}", device="cuda")
        )
        checkpoint.unlink()
    return embedders


def _embed(embedder: Embedder, title: str, images: Sequence[RGB], size: int) -> Timing:
    """Embed batches of a size, over and over; vectors come back to the CPU."""
    batch = [images[i % len(images)] for i in range(size)]
    embedder.embed(batch)
    seconds: list[float] = []
    cpu_start = time.process_time()
    while sum(seconds) < LEAST_S:
        seconds.append(_seconds(lambda: embedder.embed(batch)))
    cpu_s = time.process_time() - cpu_start
    name = f"{title}, whole pictures, batches of {size}"
    return Timing("embed", name, "picture", size * len(seconds), sum(seconds), cpu_s)


def _busy_s(embedder: Embedder, images: Sequence[RGB]) -> float:
    """Embed pictures; return how long the GPU was at work, copies included."""
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        embedder.embed(images)
    micros: float = sum(r.self_device_time_total for r in profiled.key_averages())
    return micros / 1e6


def _scan(bench: Bench, shipped: Embedder) -> Timing:
    """Scan the mixed pictures in the larger catalogue, embedding on the GPU."""
    extractor = Extractor(
        {"copy": shipped}, image_limits(bench.settings), bench.settings.voting
    )
    channels = load_channels(extractor, bench.crowd_folder)
    scanner, _ = crowd_scanner(bench.store, extractor, channels)
    return scan_whole(
        scanner,
        f"{MIXED}, embedding on the GPU",
        bench.pictures.mixed,
        spare=bench.pictures.spare,
        threads=1,
        references=bench.num_crowd,
    ).timing


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
