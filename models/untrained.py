"""Checkpoints with random weights: as slow as the real ones, and good for no more."""

from pathlib import Path

import open_clip
import torch


def write_untrained_clip(model: str, path: Path, *, seed: int) -> None:
    """Write a checkpoint of an open_clip model, which `load_embedder` then loads.

    Args:
        model: one of `open_clip.list_models()`.
        path: of the file.
        seed: decides the weights.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = open_clip.create_model(model)
    halves = {name: tensor.half() for name, tensor in network.state_dict().items()}
    torch.save({"state_dict": halves}, path)
