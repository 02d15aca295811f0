"""Puts the service together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from detector.api import (
    actions,
    appeals,
    audit,
    authorized_sellers,
    brand_questions,
    brands,
    case_bulk,
    case_claims,
    case_counts,
    case_decisions,
    case_evidence,
    case_pictures,
    case_policies,
    case_words,
    cases,
    clusters,
    decision_scores,
    declarations,
    erasures,
    events,
    flags,
    health,
    health_checks,
    imports,
    jobs,
    keys,
    learning,
    legal_holds,
    listing_imports,
    listings,
    match,
    notices,
    pictures,
    products,
    queues,
    reference_upload,
    references,
    rights,
    roles,
    sessions,
    standing,
    state_metrics,
    statements,
    sweeps,
    users,
    watched_pictures,
    webhooks,
)
from detector.api.authentication import Authentication
from detector.api.envelope import Envelope
from detector.api.idempotency import Idempotency
from detector.api.json_bodies import JsonBodies
from detector.api.metrics import RequestMetrics
from detector.api.openapi import Api
from detector.api.page_bodies import PageBodies
from detector.api.problems import render_problems
from detector.api.rate_limit import PrincipalLimit, StrangerLimit
from detector.api.service import Service
from detector.api.state_metrics import StateMetrics
from detector.settings import Settings, load_settings
from models.embedder import Embedder

ROUTERS = (
    health.operator_router,
    match.router,
    listings.router,
    listing_imports.router,
    pictures.router,
    brands.router,
    products.router,
    references.router,
    reference_upload.router,
    imports.router,
    health_checks.router,
    rights.router,
    authorized_sellers.router,
    sessions.door,
    sessions.router,
    jobs.router,
    sweeps.router,
    keys.router,
    users.router,
    roles.router,
    flags.router,
    clusters.router,
    watched_pictures.router,
    webhooks.router,
    events.router,
    brand_questions.router,
    appeals.router,
    notices.router,
    declarations.router,
    actions.router,
    statements.router,
    case_bulk.router,
    case_claims.router,
    case_decisions.router,
    case_evidence.router,
    case_pictures.router,
    cases.router,
    case_counts.router,
    case_policies.router,
    case_words.router,
    queues.router,
    standing.router,
    learning.router,
    decision_scores.router,
    audit.router,
    legal_holds.router,
    erasures.router,
)
DESCRIPTION = """\
Compares pictures with brands' genuine pictures. A similar picture is never by itself a
verdict: somebody who knows the brand decides.

Failures are `application/problem+json` everywhere, with a stable `code` and a
`remedy`. Requests under `/v1` carry `Authorization: Bearer KEY`; they are limited for
each key or user, as the headers `RateLimit-Policy` and `RateLimit` say. A write that
is sent again with the same `Idempotency-Key` within 24 hours is done once. Long lists
come in pages: `next_cursor`, or the `Link` to the next one, leads on."""


def create_app(
    settings: Settings | None = None,
    *,
    embedders: Mapping[str, Embedder] | None = None,
) -> FastAPI:
    """Make the service; its store, models and index are opened when it starts.

    Args:
        settings: read from the environment if None.
        embedders: by kind, `copy` and perhaps `semantic`; loaded as the settings say
            if None.
    """
    service = Service(settings or load_settings(), embedders)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.open)
        yield
        await asyncio.to_thread(service.close)

    app = Api(
        title="counterfeit-detector",
        version=version("counterfeit-detector"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.service = service
    app.add_middleware(PageBodies, find_principal=service.find_principal)
    app.add_middleware(JsonBodies, timeout_s=service.settings.body_timeout_s)
    app.add_middleware(Idempotency, service=service)
    app.add_middleware(PrincipalLimit, limit=service.settings.rate_limit)
    app.add_middleware(Authentication, find_principal=service.find_principal)
    app.add_middleware(StrangerLimit)
    app.add_middleware(Envelope)
    app.add_middleware(RequestMetrics, metrics=service.metrics)
    service.metrics.registry.register(StateMetrics(service))
    render_problems(app)
    app.include_router(health.router)
    app.include_router(state_metrics.router)
    for router in ROUTERS:
        app.include_router(router)
    return app
