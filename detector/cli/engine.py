"""Puts the parts together as the settings say; heavy, so commands import it late."""

from collections.abc import Mapping

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.settings import Settings
from models.embedder import Embedder
from models.registry import load_embedder

THREADS_PER_CALL = 1
"""Threads inside one library call; there is a worker per core already."""


def load_models(settings: Settings) -> Mapping[str, Embedder]:
    """Load the embedders by kind: `copy`, and `semantic` where one is set."""
    names = {"copy": settings.model, "semantic": settings.semantic_model}
    return {
        kind: load_embedder(name, device=settings.device, threads=THREADS_PER_CALL)
        for kind, name in names.items()
        if name is not None
    }


def image_limits(settings: Settings) -> ImageLimits:
    """Say how large a picture may be."""
    return ImageLimits(settings.max_image_bytes, settings.max_image_pixels)


def load_extractor(settings: Settings) -> Extractor:
    """Load what turns pictures into features."""
    return Extractor(load_models(settings), image_limits(settings))
