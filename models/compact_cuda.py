"""The compact network run by torch, for GPUs; `models/compact.py` runs it on CPUs."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from models.compact_graph import Architecture
from models.embedder import RGB
from models.training.network import CompactNetwork

BATCH_SIZE = 256
"""Pictures a pass: smaller ones leave a large GPU idle between kernels."""


def start_network(
    architecture: Architecture,
    arrays: Mapping[str, NDArray[np.float32]],
    device: torch.device,
) -> Callable[[RGB], NDArray[np.float32]]:
    """Put a network on a device: bfloat16 on a GPU, float32 on a CPU.

    Args:
        architecture: its shape.
        arrays: as `CompactNetwork.weights` names them.
        device: where to.

    Returns:
        What turns (n, side, side, 3) uint8 pixels into (n, regions, dim) float32.

    Raises:
        KeyError: an array is missing.
        RuntimeError: an array has another shape.
    """
    network = CompactNetwork(architecture).to(device)
    side = architecture.input_px
    # The norms are set so that what was folded into the convolutions stays as it is,
    # whatever picture their statistics are taken of.
    network.start_from(arrays, torch.zeros(1, 3, side, side, device=device))
    network.eval().to(memory_format=torch.channels_last)
    is_gpu = device.type == "cuda"

    @torch.inference_mode()
    def run(pixels: RGB) -> NDArray[np.float32]:
        batch = torch.from_numpy(pixels)
        if is_gpu:
            batch = batch.pin_memory().to(device, non_blocking=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=is_gpu):
            vectors = network(network.normalize(batch))
        found: NDArray[np.float32] = vectors.float().cpu().numpy()
        return found

    return run
