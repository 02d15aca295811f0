"""What is looked up when Prometheus asks: the index's age, the jobs that wait."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from detector.api.service import Service, service_of
from detector.catalogue.changes import waiting_since
from detector.errors import DetectorError, NotReady
from detector.listings.sweeps.sweep_list import count_sweeps
from detector.store.job_list import Queue, list_queues
from detector.store.table import utc_now

log = logging.getLogger(__name__)
router = APIRouter(tags=["health"])

KEPT_S = 5.0
"""How long an answer of the database will do, however many ask."""


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format, version 0.0.4.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
def metrics(request: Request) -> Response:
    """Tell Prometheus what the service counts and times."""
    text = generate_latest(service_of(request).metrics.registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


@dataclass(frozen=True, slots=True)
class _State:
    """What the database said."""

    queues: Sequence[Queue]
    sweeps: Mapping[str, int]
    index_age_s: float | None


class StateMetrics(Collector):
    """Asks the service's database, now and then, when a registry is read."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._looking = threading.Lock()
        self._seen: _State | None = None
        self._look_at = 0.0

    def collect(self) -> Iterable[Metric]:
        """Yield what is known; a database that does not answer leaves things out."""
        with self._looking:
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + KEPT_S
                self._seen = self._look()
            seen = self._seen
        if seen is None:
            return
        jobs = GaugeMetricFamily(
            "detector_jobs", "Jobs that are not over.", labels=["kind", "state"]
        )
        oldest = GaugeMetricFamily(
            "detector_oldest_due_job_seconds",
            "How long the oldest job that could be worked on has waited.",
            labels=["kind"],
        )
        sweeps = GaugeMetricFamily("detector_sweeps", "Sweeps.", labels=["state"])
        for queue in seen.queues:
            for state in ("ready", "leased", "dead"):
                jobs.add_metric([queue.kind, state], getattr(queue, state))
            oldest.add_metric([queue.kind], queue.oldest_due_s)
        for state, count in sorted(seen.sweeps.items()):
            sweeps.add_metric([state], count)
        yield from (jobs, oldest, sweeps)
        if seen.index_age_s is not None:
            yield GaugeMetricFamily(
                "detector_index_age_seconds",
                "How long a change of the catalogue has waited for the index; 0 if "
                "none does.",
                seen.index_age_s,
            )

    def _look(self) -> _State | None:
        try:
            with self._service.store.database.read() as session:
                queues, sweeps = list_queues(session), count_sweeps(session)
                try:
                    watermark = self._service.engine.index.watermark
                except NotReady:
                    return _State(queues, sweeps, None)
                since = waiting_since(session, watermark)
        except DetectorError as error:
            log.warning(str(error))
            return None
        age_s = 0.0 if since is None else (utc_now() - since).total_seconds()
        return _State(queues, sweeps, max(0.0, age_s))
