"""The compact network as it is trained: residual blocks, region pooling, projection."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.compact_graph import (
    GEM_EPSILON,
    NORM_EPSILON,
    Architecture,
    region_weights,
)


class ConvNorm(nn.Module):
    """A 3 by 3 convolution and its batch norm, which export folds into one."""

    def __init__(self, num_in: int, num_out: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(num_in, num_out, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(num_out)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (n, c, h, w) and normalize."""
        normalized: Tensor = self.norm(self.conv(features))
        return normalized

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the one convolution that does the same."""
        assert self.norm.running_var is not None
        assert self.norm.running_mean is not None
        gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        bias = self.norm.bias - gain * self.norm.running_mean
        return self.conv.weight * gain[:, None, None, None], bias

    @torch.no_grad()
    def unfold(self, weight: Tensor, bias: Tensor, pictures: Tensor) -> Tensor:
        """Take over folded weights; the norm is set so that nothing changes.

        Args:
            weight: as `folded` returned it.
            bias: as `folded` returned it.
            pictures: (n, c, h, w), whose statistics the norm starts from.

        Returns:
            What `forward` gives for the pictures.
        """
        self.conv.weight.copy_(weight)
        features = self.conv(pictures)
        variance, mean = torch.var_mean(features, dim=(0, 2, 3), correction=0)
        assert self.norm.running_var is not None
        assert self.norm.running_mean is not None
        self.norm.running_var.copy_(variance)
        self.norm.running_mean.copy_(mean)
        self.norm.weight.copy_(torch.sqrt(variance + self.norm.eps))
        self.norm.bias.copy_(mean + bias)
        normalized: Tensor = features + bias[:, None, None]
        return normalized


class Residual(nn.Module):
    """Two convolutions whose result is added to what went in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvNorm(width, width)
        self.second = ConvNorm(width, width)
        nn.init.zeros_(self.second.norm.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Refine (n, c, h, w) in place of shape."""
        inner = functional.relu(self.first(features))
        return functional.relu(features + self.second(inner))


class CompactNetwork(nn.Module):
    """One forward pass gives an embedding for each region of the architecture."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.stages = nn.ModuleList()
        num_in = 3
        for width, num_blocks in zip(
            architecture.widths, architecture.blocks, strict=True
        ):
            stage = nn.ModuleList([ConvNorm(num_in, width, stride=2)])
            stage.extend(Residual(width) for _ in range(num_blocks))
            self.stages.append(stage)
            num_in = width
        num_pooled = sum(architecture.widths[s] for s in architecture.pooled)
        self.project = nn.Linear(num_pooled, architecture.dim)
        self.masks = nn.Module()
        for s in architecture.pooled:
            mask = region_weights(architecture.regions, architecture.map_px(s))
            self.masks.register_buffer(
                f"stage{s}", torch.from_numpy(mask), persistent=False
            )

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed every region.

        Args:
            pictures: (n, 3, side, side) float32, normalized as `normalize` does.

        Returns:
            (n, regions, dim) float32, L2-normalized.
        """
        features = pictures
        pooled: list[Tensor] = []
        for s, stage in enumerate(self.stages):
            assert isinstance(stage, nn.ModuleList)
            features = functional.relu(stage[0](features))
            for block in stage[1:]:
                features = block(features)
            if s in self.architecture.pooled:
                pooled.append(self._pool(features, s))
        with torch.autocast(features.device.type, enabled=False):
            vectors = self.project(torch.cat(pooled, dim=-1))
            return functional.normalize(vectors, dim=-1, eps=NORM_EPSILON)

    def _pool(self, features: Tensor, stage: int) -> Tensor:
        """Pool (n, c, h, w) to (n, regions, c): cube root of the mean cube (GeM)."""
        mask = self.masks.get_buffer(f"stage{stage}")
        with torch.autocast(features.device.type, enabled=False):
            clamped = features.float().clamp_min(GEM_EPSILON).flatten(2)
            means = (clamped * clamped * clamped) @ mask
            per_region = means.pow(1 / 3).transpose(1, 2)
            return functional.normalize(per_region, dim=-1, eps=NORM_EPSILON)

    def normalize(self, pixels: Tensor) -> Tensor:
        """Turn (n, side, side, 3) uint8 into what `forward` takes."""
        planes = pixels.permute(0, 3, 1, 2).float()
        mean = planes.new_tensor(self.architecture.mean)[:, None, None]
        std = planes.new_tensor(self.architecture.std)[:, None, None]
        return (planes / 255 - mean) / std

    @torch.no_grad()
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Name the arrays that the inference graph is built from, norms folded."""
        arrays: dict[str, Tensor] = {
            "project.weight": self.project.weight,
            "project.bias": self.project.bias,
        }
        for prefix, conv in self._convolutions():
            arrays[f"{prefix}.weight"], arrays[f"{prefix}.bias"] = conv.folded()
        return {k: v.detach().cpu().float().numpy() for k, v in arrays.items()}

    @torch.no_grad()
    def start_from(
        self, arrays: Mapping[str, NDArray[np.float32]], pictures: Tensor
    ) -> None:
        """Take over what `weights` exported, to train it further.

        Args:
            arrays: as `weights` named them.
            pictures: (n, 3, side, side), normalized; the norms start from their
                statistics.

        Raises:
            KeyError: an array is missing.
            RuntimeError: an array has another shape.
        """
        placed = {k: torch.from_numpy(v).to(pictures.device) for k, v in arrays.items()}
        self.project.weight.copy_(placed["project.weight"])
        self.project.bias.copy_(placed["project.bias"])
        features = pictures
        entering = features
        for prefix, conv in self._convolutions():
            is_second = prefix.endswith("conv1")
            if prefix.endswith("conv0"):
                entering = features
            features = conv.unfold(
                placed[f"{prefix}.weight"], placed[f"{prefix}.bias"], features
            )
            features = functional.relu(features + entering if is_second else features)

    def _convolutions(self) -> Iterator[tuple[str, ConvNorm]]:
        """Yield each convolution in the order of `forward`, with its exported name."""
        for s, stage in enumerate(self.stages):
            assert isinstance(stage, nn.ModuleList)
            for b, block in enumerate(stage):
                convs = [block] if b == 0 else [block.first, block.second]
                for c, conv in enumerate(convs):
                    assert isinstance(conv, ConvNorm)
                    yield f"stage{s}.block{b}.conv{c}", conv
