"""Small models with random weights, in the files that the real ones come in."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import torch
from torch import Tensor, nn

from tests.small_models import write_compact_weights

TINY_CLIP = "tiny-test-vit"


class TinyDescriptor(nn.Module):
    """What an SSCD file holds, in small: pictures in, vectors out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 5, stride=4)
        self.project = nn.Linear(8 * 9, 20)

    def forward(self, pictures: Tensor) -> Tensor:
        features = torch.relu(self.conv(pictures))
        pooled = nn.functional.adaptive_avg_pool2d(features, (3, 3))
        projected: Tensor = self.project(pooled.flatten(1))
        return projected


@pytest.fixture(scope="session")
def write_compact(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Write compact weights drawn from a seed."""

    def write(seed: int) -> Path:
        path = tmp_path_factory.mktemp("compact") / "tiny.safetensors"
        return write_compact_weights(path, seed=seed)

    return write


@pytest.fixture(scope="session")
def write_clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Write a checkpoint as open_clip's training does, for the model `TINY_CLIP`."""
    config = tmp_path_factory.mktemp("configs") / f"{TINY_CLIP}.json"
    config.write_text(
        json.dumps(
            {
                "embed_dim": 16,
                "vision_cfg": {
                    "image_size": 32,
                    "layers": 2,
                    "width": 64,
                    "head_width": 32,
                    "patch_size": 8,
                },
                "text_cfg": {
                    "context_length": 8,
                    "vocab_size": 64,
                    "width": 32,
                    "heads": 2,
                    "layers": 1,
                },
            }
        )
    )
    open_clip.add_model_config(config)

    def write(seed: int) -> Path:
        torch.manual_seed(seed)
        path = tmp_path_factory.mktemp("clip") / "epoch_1.pt"
        model = open_clip.create_model(TINY_CLIP)
        torch.save({"epoch": 1, "state_dict": model.state_dict()}, path)
        return path

    return write


@pytest.fixture(scope="session")
def write_torchscript(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[int], Path]:
    """Write a TorchScript descriptor drawn from a seed."""

    def write(seed: int) -> Path:
        torch.manual_seed(seed)
        path = tmp_path_factory.mktemp("torchscript") / "tiny.torchscript.pt"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit\.", FutureWarning)
            module = torch.jit.script(TinyDescriptor().eval())
            torch.jit.save(module, path)
        return path

    return write
