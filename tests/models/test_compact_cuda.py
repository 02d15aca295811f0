"""The compact network in torch does what it does in ONNX Runtime."""

import numpy as np
import pytest
import torch

from models.compact import SHIPPED, CompactEmbedder, load_weights
from models.compact_cuda import start_network
from models.errors import ModelError
from tests.drawing import draw_scene

CPU = torch.device("cpu")


def test_torch_gives_the_vectors_that_onnx_runtime_gives():
    embedder = CompactEmbedder()
    side = embedder.input_px
    pictures = [np.asarray(draw_scene(side, side, seed=seed)) for seed in range(5)]
    run = start_network(*load_weights(SHIPPED, remedy=""), CPU)
    found = run(np.stack(pictures))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, embedder.embed_regions(pictures), atol=1e-4)


def test_arrays_that_do_not_fit_are_refused():
    architecture, arrays = load_weights(SHIPPED, remedy="")
    short = {**arrays, "project.weight": arrays["project.weight"][:, 1:]}
    with pytest.raises(RuntimeError, match="size"):
        start_network(architecture, short, CPU)
    del short["project.weight"]
    with pytest.raises(KeyError):
        start_network(architecture, short, CPU)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="no CUDA device"):
        CompactEmbedder(device="cuda")
