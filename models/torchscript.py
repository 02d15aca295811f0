"""Any TorchScript descriptor: `torchscript:<file>`, such as SSCD's published files.

A TorchScript file is a program as well as weights: load only files you trust.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.calibration import Calibration
from models.embedder import RGB, Region, Vectors
from models.errors import CorruptWeights
from models.region_crops import REGIONS, embed_crops
from models.torch_run import choose_device, run_in_batches
from models.weights_file import require_weights

PREFIX = "torchscript:"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes the network's input; SSCD's is the default.

    `<file>.json` beside the network, with these keys, says otherwise.

    Attributes:
        input_px: side of the square that a picture is squashed to.
        mean: of each channel, of values in 0..1.
        std: of each channel, of values in 0..1.
    """

    input_px: int = 320
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def __call__(self, image: RGB) -> Tensor:
        """Return (3, input_px, input_px) float32."""
        size = (self.input_px, self.input_px)
        resized = Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)
        values = np.asarray(resized, np.float32) / 255
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        return torch.from_numpy(((values - mean) / std).transpose(2, 0, 1).copy())


class TorchScriptEmbedder:
    """A TorchScript module that takes (n, 3, h, w) and returns (n, dim).

    Attributes:
        name: the registry name.
        weights_hash: SHA-256 of the file.
        dim: length of a vector.
        input_px: side of the square that a picture is resized to.
        regions: whole and centre.
        calibration: none; inner products are taken as they are.
    """

    regions: tuple[Region, ...] = REGIONS
    calibration: Calibration | None = None

    def __init__(self, path: Path, *, device: str = "auto", threads: int = 1) -> None:
        """Load a module.

        Raises:
            MissingWeights: no such file.
            CorruptWeights: no TorchScript in it, not a descriptor's, or a hash or
                preprocessing file beside it that does not fit.
        """
        remedy = (
            "Name a TorchScript file; SSCD's are listed in the README of "
            "facebookresearch/sscd-copy-detection."
        )
        self.name = f"{PREFIX}{path}"
        self._device = choose_device(device, threads=threads)
        self.weights_hash = require_weights(path, remedy=remedy)
        self._prepare = _read_preprocessing(path.with_name(path.name + ".json"))
        try:
            self._network = _load_module(path, self._device)
        except (RuntimeError, ValueError) as error:
            raise CorruptWeights(
                f"{path}: no TorchScript in it, or cut off "
                f"({str(error).splitlines()[0]}). {remedy}"
            ) from error
        self.dim = self._measure_dim(path, remedy)

    @property
    def input_px(self) -> int:
        """Side of the square that a picture is resized to."""
        return self._prepare.input_px

    def embed(self, images: Sequence[RGB]) -> Vectors:
        """Embed whole pictures; see `Embedder.embed`."""
        return run_in_batches(
            self._network, self._prepare, images, device=self._device, dim=self.dim
        )

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        """Embed the whole and the centre of each picture, by cropping."""
        return embed_crops(self.embed, images, self.regions)

    @torch.inference_mode()
    def _measure_dim(self, path: Path, remedy: str) -> int:
        side = self.input_px
        try:
            vectors = self._network(torch.zeros(2, 3, side, side, device=self._device))
        except RuntimeError as error:
            raise CorruptWeights(
                f"{path}: it does not take pictures of (n, 3, {side}, {side}) "
                f"({str(error).splitlines()[0]}). {remedy}"
            ) from error
        shape = tuple(getattr(vectors, "shape", ()))
        if len(shape) != 2 or shape[0] != 2:
            raise CorruptWeights(
                f"{path}: expected one vector a picture, (2, dim), and it returned "
                f"{shape or type(vectors).__name__}. {remedy}"
            )
        return int(shape[1])


def _load_module(path: Path, device: torch.device) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():  # deprecated, and the format of published files
        warnings.filterwarnings("ignore", "`torch.jit.load`", FutureWarning)
        module = torch.jit.load(path, map_location=device)  # type: ignore[no-untyped-call]
    assert isinstance(module, torch.jit.ScriptModule)
    return module.eval()


def _read_preprocessing(path: Path) -> Preprocessing:
    if not path.is_file():
        return Preprocessing()
    try:
        fields = json.loads(path.read_text())
        red, green, blue = (float(value) for value in fields["mean"])
        spread = tuple(float(value) for value in fields["std"])
        return Preprocessing(
            input_px=int(fields["input_px"]),
            mean=(red, green, blue),
            std=(spread[0], spread[1], spread[2]),
        )
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise CorruptWeights(
            f"{path}: expected a JSON object with input_px (whole number), mean and "
            f"std (three numbers each), and found something else ({error}). Correct "
            "it, or remove it for SSCD's preprocessing."
        ) from error
