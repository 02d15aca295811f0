"""What the service counts and times, for Prometheus; nothing of any tenant's."""

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.api.template import template_of
from detector.matching.match import Verdict
from detector.matching.steps import Step
from detector.store.counting import Counted

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER_METHOD = "other"
UNMATCHED = "unmatched"
"""The route of requests that reach none; their paths could be anything."""
CLIENT_GONE = 499
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
STEP_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
REFRESH_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)

COUNTED_THINGS = {
    "listing": ("detector_listings", "Listings that were sent."),
    "picture": ("detector_listing_pictures", "Pictures of listings that were scanned."),
    "delivery": ("detector_webhook_attempts", "Attempts to send an event."),
}


class Metrics:
    """The instruments of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "detector_requests",
            "Requests that were answered, by template of the route.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "detector_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ["method", "route"],
            buckets=REQUEST_BUCKETS_S,
            registry=self.registry,
        )
        self.requests_in_progress = Gauge(
            "detector_requests_in_progress",
            "Requests that are not answered yet.",
            registry=self.registry,
        )
        self._steps = Histogram(
            "detector_step_seconds",
            "Time that a step of a match took, or of the scan of a batch of listings; "
            "`wait` is for a free worker.",
            ["step"],
            buckets=STEP_BUCKETS_S,
            registry=self.registry,
        )
        self._verdicts = Counter(
            "detector_match_verdicts",
            "Pictures that were matched.",
            ["verdict"],
            registry=self.registry,
        )
        self._refreshes = Histogram(
            "detector_index_refresh_seconds",
            "Time that the index took to take in changes of the catalogue.",
            buckets=REFRESH_BUCKETS_S,
            registry=self.registry,
        )
        self._counters = {
            thing: Counter(name, meaning, ["outcome"], registry=self.registry)
            for thing, (name, meaning) in COUNTED_THINGS.items()
        }
        for counted in Counted:
            self.count(counted, 0)
        for step in Step:
            self._steps.labels(step)
        for verdict in Verdict:
            self._verdicts.labels(verdict)

    def observe(self, step: Step, seconds: float) -> None:
        """Take note of a step of a match."""
        self._steps.labels(step).observe(seconds)

    def observe_refresh(self, seconds: float) -> None:
        """Take note that the index took in changes."""
        self._refreshes.observe(seconds)

    def count(self, counted: Counted, number: int) -> None:
        """Take note of what became of things."""
        self._counters[counted.thing].labels(counted.outcome).inc(number)

    def count_verdict(self, verdict: Verdict) -> None:
        """Take note of a picture that was matched."""
        self._verdicts.labels(verdict).inc()


class RequestMetrics:
    """Counts and times requests; the outermost middleware."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see how it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = CLIENT_GONE

        async def see_and_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started_at = time.perf_counter()
        self._metrics.requests_in_progress.inc()
        try:
            await self._app(scope, receive, see_and_send)
        finally:
            self._metrics.requests_in_progress.dec()
            method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
            route = template_of(scope) or UNMATCHED
            self._metrics.requests.labels(method, route, str(status)).inc()
            seconds = time.perf_counter() - started_at
            self._metrics.request_seconds.labels(method, route).observe(seconds)
