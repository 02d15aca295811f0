"""The engine of the model that serves; another one once another model does."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

from detector.catalogue.features import Extractor
from detector.catalogue.serving_model import ModelVersion, list_models, serving_model
from detector.errors import DetectorError, NotReady
from detector.listings.engine import Engine, load_embedders
from detector.store.database import Database
from models.embedder import Embedder
from models.errors import ModelError
from models.registry import full_name

log = logging.getLogger(__name__)

RETRY_S = 30.0
"""How long a model that could not be loaded is left alone."""


def load_serving(
    database: Database, copy: str, semantic: str | None, *, device: str
) -> Mapping[str, Embedder]:
    """Load embedders by kind; the copy embedder is what the database says.

    Args:
        database: knows which model was switched to.
        copy: registry name of the copy embedder, if none ever was.
        semantic: of the other; None for none.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        NotReady: the weights are others than those that were switched to.
    """
    version = serving_model(database)
    name = copy if version is None else version.name
    embedders = load_embedders(name, semantic, device=device)
    if version is not None:
        require_weights_of(version, embedders["copy"])
    return embedders


def load_other(database: Database, name: str, *, device: str) -> Embedder:
    """Load a model to be prepared, compared or switched to.

    Args:
        database: knows which weights it had, if it is on record.
        name: registry name; a file may be named from the folder that we are in.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        NotReady: the weights are others than those on record.
    """
    embedder = load_embedders(full_name(name), None, device=device)["copy"]
    with database.read() as session:
        versions = list_models(session)
    for version in versions:
        if version.name == embedder.name:
            require_weights_of(version, embedder)
    return embedder


def require_weights_of(version: ModelVersion, embedder: Embedder) -> None:
    """Refuse an embedder whose weights are not those on record.

    Raises:
        NotReady: they are others.
    """
    if embedder.weights_hash != version.weights_hash:
        raise NotReady(
            f"{version.name} has the weights {embedder.weights_hash[:12]} here; on "
            f"record are {version.weights_hash[:12]}.",
            remedy="Put the weights back that `detector model prepare` was given; "
            "other weights are another model, at a path of their own.",
        )


class ServingEngine:
    """Opens the engine when it is first wanted, and another after a switch.

    Whoever asks goes on with the engine that they have got; while another is opened,
    both are in memory. Safe to use from several threads.

    Args:
        version: says which model was switched to; None if none ever was.
        load: loads that model, and what else turns pictures into features.
        open_it: opens the engine.
    """

    def __init__(
        self,
        version: Callable[[], ModelVersion | None],
        load: Callable[[], Extractor],
        open_it: Callable[[Extractor], Engine],
    ) -> None:
        self._version = version
        self._load = load
        self._open_it = open_it
        self._extractor: Extractor | None = None
        self._engine: Engine | None = None
        self._opening = threading.RLock()
        self._tried: tuple[str, float] = ("", 0.0)

    @property
    def extractor(self) -> Extractor:
        """What turns pictures into features; opens no index."""
        extractor = self._extractor
        if extractor is not None:  # also while its engine is being opened
            return extractor
        with self._opening:
            if self._extractor is None:
                self._extractor = self._load()
            return self._extractor

    @property
    def is_open(self) -> bool:
        """Whether there is an engine."""
        return self._engine is not None

    def engine(self) -> Engine:
        """Give the engine; opens it if nobody has, which may take long."""
        engine = self._engine
        if engine is not None:
            return engine
        with self._opening:
            if self._engine is None:
                self._engine = self._open_it(self.extractor)
            return self._engine

    def follow(self) -> bool:
        """Take another model if another serves by now; one small query if not.

        What is open goes on until the other is ready. One that cannot be opened, as
        its weights are not on this machine, is tried again now and then.

        Returns:
            Whether it was taken.
        """
        extractor, version = self._extractor, self._version()
        if extractor is None or version is None:
            return False
        if extractor.embedders["copy"].weights_hash == version.weights_hash:
            return False
        tried, at = self._tried
        if tried == version.weights_hash and time.monotonic() < at + RETRY_S:
            return False
        try:
            found = self._load()
            engine = None if self._engine is None else self._open_it(found)
        except (DetectorError, ModelError) as error:
            self._tried = version.weights_hash, time.monotonic()
            log.error("%s serves, but cannot be used here: %s", version.name, error)
            return False
        with self._opening:
            self._extractor = found
            self._engine = engine
        log.info("%s serves from now on", version.name)
        return True
