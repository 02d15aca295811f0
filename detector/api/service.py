"""What the routers stand on: the store, and an engine that loads in the background."""

import base64
import io
import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version

from fastapi import Request
from PIL import Image

from detector.access.door import Door
from detector.access.principal import Principal
from detector.api.background import Background, Work
from detector.api.metrics import Metrics
from detector.api.schemas import (
    BasisAnswer,
    CompareAnswer,
    EvidenceAnswer,
    JobsAnswer,
    LikenessAnswer,
    MatchAnswer,
    QueueAnswer,
    Ready,
    ServiceAnswer,
)
from detector.api.work import WorkPool
from detector.catalogue.changes import changed_at
from detector.catalogue.features import Extractor
from detector.catalogue.serving_model import serving_model
from detector.errors import DetectorError, NotReady, StoreFault
from detector.images import DecodedImage, ImageLimits
from detector.listings.engine import Engine, open_engine
from detector.listings.formats import as_json, match_as_json
from detector.listings.illustrate import MAX_DRAWN
from detector.listings.scan import ScannedImage
from detector.listings.scan_record import Basis
from detector.listings.serving import ServingEngine, load_serving
from detector.matching.compare import compare
from detector.matching.evidence import draw_evidence
from detector.matching.match import Match
from detector.matching.steps import Step, timed
from detector.matching.threads import use_one_thread_a_call
from detector.settings import Settings
from detector.store.job_list import count_jobs, list_queues
from detector.store.store import Store, open_store
from models.embedder import Embedder
from models.errors import ModelError

log = logging.getLogger(__name__)

RETRY_S = 1.0
STOP_S = 20.0
"""How long jobs may take to give themselves back when the service stops."""
MAX_UPLOADS = 8
"""Catalogue files that may be on their way in at once."""
MAX_INTAKES = 16
"""Calls with listings or their pictures that may be on their way in at once."""


class _Stopped(NotReady):
    """The service is closed while its engine is still loading."""


class Service:
    """Opened and closed by the app's lifespan."""

    def __init__(
        self, settings: Settings, embedders: Mapping[str, Embedder] | None
    ) -> None:
        self.settings = settings
        self.limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels)
        self.metrics = Metrics()
        self.pool = WorkPool(
            threads=settings.num_threads,
            max_requests=settings.max_requests,
            observe=self.metrics.observe,
        )
        self.uploads = WorkPool(threads=1, max_requests=MAX_UPLOADS)
        self.intake = WorkPool(threads=1, max_requests=MAX_INTAKES)
        self._embedders = embedders
        self._store: Store | None = None
        self._door: Door | None = None
        self._fault: tuple[str, str] | None = None
        self._background = Background(
            settings,
            _work_of(settings),
            job_threads=max(1, settings.job_threads),
            scan_threads=max(1, settings.num_scan_threads),
            on_note=log.warning,
            count=self.metrics.count,
        )
        self._stopping = threading.Event()
        self._serving = ServingEngine(
            lambda: serving_model(self.store.database),
            self._load_extractor,
            self._open_engine,
        )
        self._loading = threading.Thread(target=self._load, name="load-engine")

    def open(self) -> None:
        """Open the store, and begin to load the rest."""
        self._store = open_store(self.settings.data_dir, **self.settings.places)
        self._door = Door(self._store.database)
        self._loading.start()

    def close(self) -> None:
        """Finish what has begun, then close the store."""
        self._stopping.set()
        self._loading.join()
        self._background.stop(STOP_S)
        self.pool.close()
        self.uploads.close()
        self.intake.close()
        if self._door is not None:
            self._door.close()
        if self._store is not None:
            self._store.close()

    @property
    def store(self) -> Store:
        """The open store."""
        if self._store is None:
            raise NotReady("The store is not open.", remedy="Wait a moment.")
        return self._store

    @property
    def door(self) -> Door:
        """Who may come in."""
        if self._door is None:
            raise NotReady("The store is not open.", remedy="Wait a moment.")
        return self._door

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            NotReady: it is being loaded, or cannot be.
        """
        if not self._serving.is_open:
            message, remedy = self._fault or (
                "The models and the search index are being loaded.",
                "Wait until /readyz answers 200.",
            )
            raise NotReady(message, remedy=remedy)
        return self._serving.engine()

    def find_principal(self, token: str) -> Principal | None:
        """Find out who shows a key, or the token of a session."""
        return self.door.find_principal(token)

    def wake_worker(self) -> None:
        """Say that there is a new job."""
        self._background.wake()

    def readiness(self) -> Ready:
        """Say what is loaded; raises as `engine` does."""
        engine = self.engine
        engine.index.refresh()
        basis = BasisAnswer.model_validate(_basis_json(engine.basis))
        return Ready(models=basis.models)

    def state(self) -> ServiceAnswer:
        """Say what is served, for whoever runs the service; raises as `engine` does."""
        engine = self.engine
        with self.store.database.read() as session:
            last_changed_at, jobs = changed_at(session), count_jobs(session)
            queues = list_queues(session)
        counts = dict.fromkeys(JobsAnswer.model_fields, 0)
        for (_, state), count in jobs.items():
            counts[state] += count
        return ServiceAnswer(
            version=version("counterfeit-detector"),
            references=len(engine.index),
            watermark=engine.index.watermark,
            last_changed_at=last_changed_at,
            models=BasisAnswer.model_validate(_basis_json(engine.basis)).models,
            jobs=JobsAnswer.model_validate(counts),
            queues=[QueueAnswer.model_validate(asdict(queue)) for queue in queues],
        )

    def match(self, picture: bytes, *, limit: int, evidence: bool) -> MatchAnswer:
        """Match one picture file against the catalogue as it is now."""
        engine = self.engine
        engine.index.refresh()
        basis = engine.basis  # before the search, which may then see more, never less
        scanned, image = engine.match(picture, limit=limit)
        if scanned.result is not None:
            self.metrics.count_verdict(scanned.result.verdict)
        drawn = []
        if evidence:
            with timed(self.metrics.observe, Step.EVIDENCE):
                drawn = self._draw(scanned, image)
        named = {k: v for k, v in as_json(scanned).items() if k != "image"}
        return MatchAnswer.model_validate(
            {**named, "basis": _basis_json(basis), "evidence": drawn}
        )

    def compare(self, a: bytes, b: bytes, *, evidence: bool) -> CompareAnswer:
        """Say what picture `a` has in common with picture `b`."""
        engine = self.engine
        query, reference = (engine.extractor.decode(data) for data in (a, b))
        match = compare(query, reference, engine.matcher.scoring)
        basis = _basis_json(engine.basis) | {"models": [], "watermark": None}
        return CompareAnswer(
            a_sha256=sha256(a).hexdigest(),
            b_sha256=sha256(b).hexdigest(),
            match=match and LikenessAnswer.model_validate(match_as_json(match)),
            basis=BasisAnswer.model_validate(basis),
            evidence=_evidence(query, reference, match) if match and evidence else None,
        )

    def _draw(self, scanned: ScannedImage, image: DecodedImage) -> list[EvidenceAnswer]:
        """Draw the matches worth looking at.

        Only those: evidence shows the brand's picture, which a program that sends
        something else has no need to see.
        """
        engine = self.engine
        threshold = engine.matcher.scoring.review_threshold
        matches = scanned.result.matches if scanned.result else ()
        drawn = []
        for match in [m for m in matches if m.similarity >= threshold][:MAX_DRAWN]:
            reference = scanned.references.get(match.reference_id)
            if reference is None:
                continue
            try:
                data = engine.store.blobs.read(reference.image_sha256)
            except StoreFault as error:
                log.warning(str(error))
                continue
            picture = _evidence(image, engine.extractor.decode(data), match)
            drawn.append(EvidenceAnswer(reference_id=match.reference_id, image=picture))
        return drawn

    def _load(self) -> None:
        """Load models and index; a store that is busy or ill is tried again."""
        while not self._stopping.is_set():
            try:
                self._serving.engine()
                self._background.start(self.store, self._serving, keeps_index=True)
            except _Stopped:
                return
            except DetectorError as error:
                self._fault = (str(error.args[0]), error.remedy)
                log.error(str(error))
                self._stopping.wait(RETRY_S)
            except ModelError as error:
                self._fault = (str(error), "Then start the service again.")
                log.error(str(error))
                return
            else:
                log.info("ready", extra={"fields": self.readiness().model_dump()})
                return

    def _load_extractor(self) -> Extractor:
        at, given, database = self.settings, self._embedders, self.store.database
        self._embedders = None  # another model is loaded by the name on record
        use_one_thread_a_call()
        names = (at.model, at.semantic_model)
        embedders = given or load_serving(database, *names, device=at.device)
        return Extractor(embedders, self.limits, at.voting)

    def _open_engine(self, extractor: Extractor) -> Engine:
        return open_engine(
            self.store,
            extractor,
            threads=self.settings.num_threads,
            on_note=log.warning,
            on_progress=self._go_on,
            observe=self.metrics.observe,
            on_refreshed=self.metrics.observe_refresh,
        )

    def _go_on(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped("The service is stopping.", remedy="Start it again.")


def service_of(request: Request) -> Service:
    """Find the service that the request's app stands on."""
    service = request.app.state.service
    if not isinstance(service, Service):
        raise TypeError(f"app.state.service is {service!r}")
    return service


def _work_of(settings: Settings) -> frozenset[Work]:
    """Say what the service leaves to no `detector worker`."""
    left = set() if settings.job_threads else set(Work) - {Work.SCANS}
    if not settings.num_scan_threads:
        left.add(Work.SCANS)
    return frozenset(Work) - left


def _basis_json(basis: Basis) -> dict[str, object]:
    return {
        "recipe": basis.recipe,
        "models": list(basis.models),
        "policy": basis.policy,
        "watermark": basis.watermark,
    }


def _evidence(query: DecodedImage, reference: DecodedImage, match: Match) -> str:
    """Draw a match, as a PNG in a `data:` URI."""
    pixels = draw_evidence(
        query.pixels,
        (query.width, query.height),
        reference.pixels,
        (reference.width, reference.height),
        match,
    )
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
