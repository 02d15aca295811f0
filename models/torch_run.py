"""What every torch model needs to run: a device, and batches of what it was asked."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.embedder import RGB, Vectors, require_rgb
from models.errors import ModelError

BATCH_SIZE = 32
"""Pictures a pass."""
MAX_ASPECT = 8
"""Longer pictures are cut to this many times their width: a line of 1 by 2000 pixels
with its short side scaled to 224 would take 300 MB, all but its middle for nothing."""


def choose_device(device: str, *, threads: int) -> torch.device:
    """Choose where to run, and bound the threads of torch in this process.

    Args:
        device: `auto`, `cpu` or `cuda`; `auto` is CUDA where there is one.
        threads: of one call on a CPU.

    Raises:
        ModelError: CUDA was asked for, and torch finds none; or another name.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ModelError(f"Unknown device {device!r}: use auto, cpu or cuda.")
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ModelError(
            "Device cuda was asked for, but torch finds no CUDA device here. "
            "Use the device auto or cpu, or install a driver that torch supports."
        )
    torch.set_num_threads(threads)
    return torch.device("cuda" if has_cuda and device != "cpu" else "cpu")


@torch.inference_mode()
def run_in_batches(
    network: Callable[[Tensor], Tensor],
    prepare: Callable[[RGB], Tensor],
    images: Sequence[RGB],
    *,
    device: torch.device,
    dim: int,
) -> Vectors:
    """Run a network over pictures, in bfloat16 on a GPU and float32 on a CPU.

    Args:
        network: (n, 3, h, w) to (n, dim), any length.
        prepare: one picture to (3, h, w), the same size for all.
        images: n pictures, each (h, w, 3) uint8 RGB.
        device: where the network is.
        dim: length of a vector.

    Returns:
        (n, dim) float32, L2-normalized.
    """
    is_gpu = device.type == "cuda"
    parts = []
    for start in range(0, len(images), BATCH_SIZE):
        prepared = [prepare(bounded(i)) for i in images[start : start + BATCH_SIZE]]
        batch = torch.stack(prepared)
        if is_gpu:
            # Pinned, so that the copy and the kernels run while the next is prepared.
            batch = batch.pin_memory().to(device, non_blocking=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=is_gpu):
            vectors = network(batch)
        parts.append(functional.normalize(vectors.float(), dim=1))
    if not parts:
        return np.zeros((0, dim), np.float32)
    return np.concatenate([part.cpu().numpy() for part in parts])


def bounded(image: RGB) -> RGB:
    """Check a picture, and cut the ends off one that is over `MAX_ASPECT` long."""
    require_rgb(image)
    height, width = image.shape[:2]
    num_rows, num_columns = (
        min(height, MAX_ASPECT * width),
        min(width, MAX_ASPECT * height),
    )
    top, left = (height - num_rows) // 2, (width - num_columns) // 2
    return image[top : top + num_rows, left : left + num_columns]
