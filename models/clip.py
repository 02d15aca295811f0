"""Any open_clip model: `open_clip:<model>/<pretrained tag or checkpoint file>`.

These embeddings say what a picture shows (its kind of product), more than which photo
it is.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import open_clip
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2, merge_preprocess_dict
from PIL import Image
from torch import Tensor

from models.calibration import Calibration
from models.embedder import RGB, Region, Vectors
from models.errors import CorruptWeights, MissingWeights, UnknownModel
from models.region_crops import REGIONS, embed_crops
from models.torch_run import choose_device, run_in_batches
from models.weights_file import require_weights

PREFIX = "open_clip:"


class ClipEmbedder:
    """The image tower of an open_clip model, with that model's own preprocessing.

    Attributes:
        name: the registry name.
        weights_hash: SHA-256 of the checkpoint file that was loaded.
        dim: length of a vector.
        input_px: side of the square that a picture is resized to.
        regions: whole and centre.
        calibration: none; inner products are taken as they are.
    """

    regions: tuple[Region, ...] = REGIONS
    calibration: Calibration | None = None

    def __init__(
        self, model: str, weights: str, *, device: str = "auto", threads: int = 1
    ) -> None:
        """Load a model; downloads only if `weights` is a tag that is not cached.

        Args:
            model: one of `open_clip.list_models()`.
            weights: one of the model's pretrained tags, or a checkpoint file.
            device: `auto`, `cpu` or `cuda`.
            threads: of one call on a CPU.

        Raises:
            UnknownModel: open_clip has no such model.
            MissingWeights: no such tag or file, or the download failed.
            CorruptWeights: no checkpoint of this model.
        """
        _require_model(model)
        self.name = f"{PREFIX}{model}/{weights}"
        self._device = choose_device(device, threads=threads)
        tag = open_clip.get_pretrained_cfg(model, weights)
        checkpoint = _download(model, weights) if tag else Path(weights)
        self.weights_hash = require_weights(
            checkpoint, remedy=_remedy(model, checkpoint)
        )
        try:
            network = open_clip.create_model(
                model,
                pretrained=str(checkpoint),
                force_quick_gelu=bool(tag.get("quick_gelu")),
                force_preprocess_cfg=merge_preprocess_dict({}, tag),
                device=self._device,
            )
        except OSError as error:
            raise MissingWeights(
                f"{self.name}: {error}. Its text tower is fetched from a hub: run once "
                "where the hub can be reached, or choose another model."
            ) from error
        except Exception as error:  # a foreign checkpoint fails in any way it likes
            raise CorruptWeights(
                f"{checkpoint}: no checkpoint of {model} "
                f"({_first_line(error)}). {_remedy(model, checkpoint)}"
            ) from error
        self._network = network.eval()
        settings = PreprocessCfg(**open_clip.get_model_preprocess_cfg(network))
        self._transform = image_transform_v2(settings, is_train=False)
        self.input_px = max(settings.input_size[1:])
        self.dim = int(open_clip.get_model_config(model)["embed_dim"])

    def embed(self, images: Sequence[RGB]) -> Vectors:
        """Embed whole pictures; see `Embedder.embed`."""
        return run_in_batches(
            self._network.encode_image,
            self._prepare,
            images,
            device=self._device,
            dim=self.dim,
        )

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        """Embed the whole and the centre of each picture, by cropping."""
        return embed_crops(self.embed, images, self.regions)

    def _prepare(self, image: RGB) -> Tensor:
        prepared: Tensor = self._transform(Image.fromarray(image))
        return prepared


def _require_model(model: str) -> None:
    known = open_clip.list_models()
    if model not in known:
        close = difflib.get_close_matches(model, known, n=5, cutoff=0.4)
        hint = f"Did you mean {', '.join(close)}? " if close else ""
        raise UnknownModel(
            f"open_clip has no model {model!r}. {hint}"
            "`python -c 'import open_clip; print(open_clip.list_models())'` lists all."
        )


def _download(model: str, tag: str) -> Path:
    try:
        return Path(
            open_clip.download_pretrained(open_clip.get_pretrained_cfg(model, tag))
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise MissingWeights(
            f"{PREFIX}{model}/{tag}: the download failed ({_first_line(error)}). "
            'Where the network reaches it, run `python -c "import open_clip; '
            f"print(open_clip.download_pretrained(open_clip.get_pretrained_cfg("
            f"'{model}', '{tag}')))\"`, copy the file it prints to this machine, and "
            f"use the model `{PREFIX}{model}/<that file>`."
        ) from error


def _remedy(model: str, checkpoint: Path) -> str:
    tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
    return (
        f"Name a checkpoint file of {model}, or one of its pretrained tags, which are "
        f"downloaded ({tags})."
    )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".: ")
