"""Puts the parts together as the settings say; heavy, so commands import it late."""

from collections.abc import Mapping

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.listings.engine import load_embedders
from detector.matching.threads import use_one_thread_a_call
from detector.settings import Settings
from models.embedder import Embedder


def load_models(settings: Settings) -> Mapping[str, Embedder]:
    """Load the embedders by kind: `copy`, and `semantic` where one is set."""
    return load_embedders(
        settings.model, settings.semantic_model, device=settings.device
    )


def image_limits(settings: Settings) -> ImageLimits:
    """Say how large a picture may be."""
    return ImageLimits(settings.max_image_bytes, settings.max_image_pixels)


def load_extractor(settings: Settings) -> Extractor:
    """Load what turns pictures into features; its callers work in threads."""
    use_one_thread_a_call()
    return Extractor(load_models(settings), image_limits(settings), settings.voting)
