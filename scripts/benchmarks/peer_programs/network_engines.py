"""The compact network on other engines than its own, one picture a pass."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import openvino
import torch
from numpy.typing import NDArray

from models.compact import SHIPPED, load_weights, start_session
from models.compact_cuda import start_network
from models.compact_graph import Architecture, build_graph
from models.embedder import RGB
from models.training.network import CompactNetwork
from scripts.benchmarks.part import Figure
from scripts.benchmarks.peer_programs.protocol import Answer, Task, run, versions_of
from scripts.benchmarks.timing import measure

Engine = Callable[[RGB], NDArray[np.float32]]
Arrays = dict[str, NDArray[np.float32]]
NUM_PASSES = 60
WARM_UP = 4


def measure_all(task: Task) -> Answer:
    """Run each engine on the same pixels; the first is the one that is used."""
    torch.set_num_threads(task.threads)
    architecture, arrays = load_weights(SHIPPED, remedy="")
    side = architecture.input_px
    rng = np.random.default_rng(task.seed)
    passes = rng.integers(0, 256, (NUM_PASSES, 1, side, side, 3), np.uint8)
    timings, figures = [], []
    expected = None
    for name, engine in _engines(architecture, arrays, task.threads):
        for pixels in passes[:WARM_UP]:
            engine(pixels)
        title = f"compact network by {name}"
        timings.append(replace(measure("embed", "", engine, [*passes]), name=title))
        vectors = np.concatenate([engine(pixels) for pixels in passes])
        expected = vectors if expected is None else expected
        least = float((vectors * expected).sum(axis=-1).min())
        figures.append(
            Figure(f"{title}: least cosine with the first", 1 - least, "below 1")
        )
    return Answer(
        versions_of("onnxruntime", "openvino", "torch"),
        timings,
        figures[1:],
        ["bfloat16 is fast only on processors that have instructions for it."],
    )


def _engines(
    architecture: Architecture, arrays: Arrays, threads: int
) -> Iterator[tuple[str, Engine]]:
    yield "ONNX Runtime", start_session(architecture, arrays, threads)
    yield "torch", start_network(architecture, arrays, torch.device("cpu"))
    network = CompactNetwork(architecture)
    side = architecture.input_px
    network.start_from(arrays, torch.zeros(1, 3, side, side))
    network.eval().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run_half(pixels: RGB) -> NDArray[np.float32]:
        with torch.autocast("cpu", torch.bfloat16):
            vectors = network(network.normalize(torch.from_numpy(pixels)))
        half: NDArray[np.float32] = vectors.float().numpy()
        return half

    yield "torch, bfloat16", run_half
    if shutil.which("g++"):
        compiled = torch.compile(lambda pixels: network(network.normalize(pixels)))

        @torch.inference_mode()
        def run_compiled(pixels: RGB) -> NDArray[np.float32]:
            vectors: NDArray[np.float32] = compiled(torch.from_numpy(pixels)).numpy()
            return vectors

        yield "torch.compile", run_compiled
    yield from _openvino(build_graph(architecture, arrays), threads)


def _openvino(graph: bytes, threads: int) -> Iterator[tuple[str, Engine]]:
    core = openvino.Core()
    for precision in ("f32", "bf16"):
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": 1,
        }
        model = core.compile_model(core.read_model(graph), "CPU", settings)

        def run_model(
            pixels: RGB, model: Callable[[RGB], list[NDArray[np.float32]]] = model
        ) -> NDArray[np.float32]:
            return model(pixels)[0]

        yield f"OpenVINO, {precision}", run_model


if __name__ == "__main__":
    run(measure_all)
