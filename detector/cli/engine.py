"""Puts the parts together as the settings say; heavy, so commands import it late."""

from collections.abc import Mapping

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.listings.engine import load_embedders
from detector.listings.serving import load_serving
from detector.matching.threads import use_one_thread_a_call
from detector.settings import Settings
from detector.store.store import Store
from models.embedder import Embedder


def load_models(settings: Settings, store: Store | None) -> Mapping[str, Embedder]:
    """Load the embedders by kind: `copy`, and `semantic` where one is set.

    Args:
        settings: name them.
        store: says which copy model was switched to; None for the one of the settings.
    """
    names = (settings.model, settings.semantic_model)
    if store is None:
        return load_embedders(*names, device=settings.device)
    return load_serving(store.database, *names, device=settings.device)


def image_limits(settings: Settings) -> ImageLimits:
    """Say how large a picture may be."""
    return ImageLimits(settings.max_image_bytes, settings.max_image_pixels)


def load_extractor(settings: Settings, store: Store | None = None) -> Extractor:
    """Load what turns pictures into features; its callers work in threads.

    Args:
        settings: name the models.
        store: see `load_models`.
    """
    use_one_thread_a_call()
    return Extractor(
        load_models(settings, store), image_limits(settings), settings.voting
    )
