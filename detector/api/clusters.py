"""Routes of clusters: one picture in many listings."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.cluster_schemas import (
    ClusterAnswer,
    ClusterFirstSeen,
    ClusterId,
    SightingAnswer,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.errors import Unknown
from detector.listings.pictures.clusters import (
    FirstSeen,
    describe_cluster,
    list_sightings,
)

router = APIRouter(
    prefix="/v1/clusters",
    tags=["flags"],
    dependencies=[with_key],
    responses=problems({404: "No such cluster, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.FLAGS_READ))]


@router.get("/{cluster_id}", operation_id="show_cluster")
def show(request: Request, caller: Reader, cluster_id: ClusterId) -> ClusterAnswer:
    """Show a cluster: how many files and listings, and since when.

    A marketplace sees those that one of its own listings is in, and of others' listings
    no more than their number.
    """
    seen = marketplace_of(caller)
    with service_of(request).store.database.read() as session:
        own, _ = list_sightings(session, cluster_id, marketplace=seen, limit=1)
        if seen is not None and not own:
            raise _unknown(cluster_id)
        cluster = describe_cluster(session, cluster_id)
    return ClusterAnswer(
        id=cluster.id,
        num_pictures=cluster.num_pictures,
        num_listings=cluster.num_listings,
        first_seen=_first_seen(cluster.first_seen, seen),
    )


@router.get("/{cluster_id}/sightings", operation_id="list_cluster_sightings")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    cluster_id: ClusterId,
    options: Annotated[PageOptions, Query()],
) -> Page[SightingAnswer]:
    """List the listings that showed a picture, the first one first.

    A marketplace sees its own.
    """
    seen = marketplace_of(caller)
    with service_of(request).store.database.read() as session:
        own, _ = list_sightings(session, cluster_id, marketplace=seen, limit=1)
        if not own:
            raise _unknown(cluster_id)
        sightings, next_cursor = list_sightings(
            session,
            cluster_id,
            marketplace=seen,
            limit=options.limit,
            cursor=options.cursor,
        )
    items = [
        SightingAnswer(
            sha256=sighting.picture_sha256,
            listing_id=sighting.listing_id,
            marketplace_id=sighting.marketplace,
            external_id=sighting.external_id,
            seller_id=sighting.seller_id,
            first_seen_at=sighting.first_seen_at,
        )
        for sighting in sightings
    ]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


def _first_seen(first: FirstSeen | None, seen: str | None) -> ClusterFirstSeen | None:
    """Show who was first, unless that is on a marketplace that is not seen."""
    if first is None:
        return None
    if seen not in (None, first.marketplace):
        return ClusterFirstSeen(
            at=first.at, listing_id=None, marketplace_id=None, seller_id=None
        )
    return ClusterFirstSeen(
        at=first.at,
        listing_id=first.listing_id,
        marketplace_id=first.marketplace,
        seller_id=first.seller_id,
    )


def _unknown(cluster_id: str) -> Unknown:
    return Unknown(
        f"There is no cluster {cluster_id!r}.",
        remedy="Read a picture's cluster again: two that are one were merged.",
    )
