"""The training loop: steps, learning rate, checkpoints."""

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader

from models.compact_graph import Architecture
from models.training.loss import info_nce, koleo, region_similarity
from models.training.network import CompactNetwork
from models.training.photos import Batch, CopyBatches, Photos

MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    Attributes:
        batch_size: pairs a step.
        learning_rate: the highest, reached after the warm-up.
        weight_decay: of AdamW, on matrices and kernels.
        warmup_share: share of the run in which the learning rate rises.
        temperature: of the InfoNCE softmax.
        entropy_weight: of the KoLeo term.
        sibling_share: share of a batch that gets a recolored sibling as negative.
        seed: of the batches and of the first weights.
    """

    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.05
    temperature: float = 0.06
    entropy_weight: float = 0.3
    sibling_share: float = 0.25
    seed: int = 0

    def rate(self, progress: float) -> float:
        """Learning rate at a share of the run: a linear rise, then a cosine to zero."""
        if progress < self.warmup_share:
            return self.learning_rate * (progress / self.warmup_share + 0.01)
        rest = (progress - self.warmup_share) / (1 - self.warmup_share)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, rest)))


class StepLog(NamedTuple):
    """What one step measured.

    Attributes:
        step: how many steps were done before it.
        loss: InfoNCE and weighted KoLeo.
        found: share of the copies whose own original is the nearest of the batch.
    """

    step: int
    loss: float
    found: float


class Trainer:
    """A network, its optimizer and its place in the run; saved and resumed whole."""

    def __init__(
        self, architecture: Architecture, recipe: Recipe, *, device: str = "cpu"
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.num_steps = 0
        self.seconds = 0.0
        self._device = torch.device(device)
        network = CompactNetwork(architecture).to(self._device)
        self.network = network.to(memory_format=torch.channels_last)
        matrices = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": recipe.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
        )

    def start_from(
        self, arrays: Mapping[str, NDArray[np.float32]], batch: Batch
    ) -> None:
        """Begin with exported weights; see `CompactNetwork.start_from`."""
        pixels = torch.cat([batch.copies, batch.originals])
        self.network.start_from(arrays, self.network.normalize(pixels.to(self._device)))

    def batches(self, photos: Photos, *, num_workers: int = 0) -> Iterator[Batch]:
        """Draw the batches from where the run stands, without end."""
        recipe = self.recipe
        dataset = CopyBatches(
            photos,
            batch_size=recipe.batch_size,
            num_siblings=round(recipe.sibling_share * recipe.batch_size),
            side_px=self.network.architecture.input_px,
            seed=recipe.seed,
        )
        loader = DataLoader(
            dataset,
            batch_size=None,
            sampler=range(self.num_steps, 10**9),
            num_workers=num_workers,
            pin_memory=self._device.type == "cuda",
        )
        yield from loader

    def step(self, batch: Batch, *, progress: float) -> StepLog:
        """Do one step.

        Args:
            batch: see `Batch`.
            progress: share of the run that is done, 0..1; sets the learning rate.
        """
        self.network.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self.recipe.rate(progress)
        num_copies = len(batch.copies)
        pixels = torch.cat([batch.copies, batch.originals, batch.siblings])
        pictures = self.network.normalize(pixels.to(self._device, non_blocking=True))
        with _autocast(self._device):
            embeddings = self.network(
                pictures.contiguous(memory_format=torch.channels_last)
            )
        loss, found = self._loss(embeddings, num_copies)
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        self._optimizer.step()
        log = StepLog(self.num_steps, loss.item(), found.item())
        if not math.isfinite(log.loss):
            raise FloatingPointError(
                f"loss is {log.loss} at step {log.step}; lower the learning rate "
                "and start again"
            )
        self.num_steps += 1
        return log

    def _loss(self, embeddings: Tensor, num_copies: int) -> tuple[Tensor, Tensor]:
        copies = embeddings[:num_copies]
        wholes = embeddings[num_copies:, 0]
        similarity = region_similarity(copies, wholes)
        contrast = info_nce(similarity, temperature=self.recipe.temperature)
        spread = koleo(wholes[:num_copies])
        own = torch.arange(num_copies, device=similarity.device)
        found = (similarity.argmax(dim=1) == own).float().mean()
        return contrast + self.recipe.entropy_weight * spread, found

    def save(self, path: Path) -> None:
        """Write the checkpoint, replacing the last one in one step."""
        state = {
            "architecture": self.network.architecture.to_json(),
            "recipe": asdict(self.recipe),
            "num_steps": self.num_steps,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        half_written = path.with_suffix(".partial")
        torch.save(state, half_written)
        half_written.replace(path)

    @classmethod
    def resume(
        cls, path: Path, *, device: str = "cpu", input_px: int | None = None
    ) -> Self:
        """Load a checkpoint.

        Args:
            path: what `save` wrote.
            device: where to go on.
            input_px: another size than so far; a run that begins small sees more.
        """
        state = torch.load(path, map_location=device, weights_only=True)
        architecture = Architecture.from_json(state["architecture"])
        if input_px is not None:
            architecture = replace(architecture, input_px=input_px)
        trainer = cls(architecture, Recipe(**state["recipe"]), device=device)
        trainer.network.load_state_dict(state["network"])
        trainer._optimizer.load_state_dict(state["optimizer"])
        trainer.num_steps = state["num_steps"]
        trainer.seconds = state["seconds"]
        return trainer


def _autocast(device: torch.device) -> AbstractContextManager[None]:
    """Compute in bfloat16 where the hardware does; elsewhere it is slower on a CPU."""
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        is_fast = torch.cpu._is_amx_tile_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=is_fast)
