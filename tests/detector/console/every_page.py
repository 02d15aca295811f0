"""Every route of the console, and the things that its paths can name."""

import re
from collections.abc import Iterator, Sequence

from fastapi.routing import APIRoute

from detector.console.app import ROUTERS
from tests.detector.api.reviewers import Office

LISTED = {
    "case_id": ("/cases", "case_id"),
    "appeal_id": ("/appeals", "appeal_id"),
    "question_id": ("/brand-questions", "question_id"),
    "notice_id": ("/notices", "notice_id"),
    "product_id": ("/brands/{brand_id}/products", "id"),
    "reference_id": ("/brands/{brand_id}/references", "id"),
    "import_id": ("/brands/{brand_id}/imports", "id"),
    "check_id": ("/brands/{brand_id}/health", "id"),
    "right_id": ("/brands/{brand_id}/rights", "id"),
    "seller_id": ("/brands/{brand_id}/authorized-sellers", "id"),
    "user_id": ("/users", "id"),
    "prefix": ("/keys", "prefix"),
    "webhook_id": ("/webhooks", "id"),
    "job_id": ("/jobs", "id"),
}
"""Part of a page's path → where the API lists what it names, and as what."""
ENTRIES = {"/rights": "right_id", "/sellers": "seller_id"}
"""What `entry_id` is, by how a page's path begins."""
FIXED = {
    "role": "reviewer",
    "step": "claim",
    "batch_id": "bat_" + "0" * 32,
    "calibration_id": "cal_" + "0" * 32,
    "delivery_id": "dlv_" + "0" * 32,
}
ABOUT_CASES = {"/appeals/new": "", "/bulk": "&by=seller"}
"""Pages that name a case behind the question mark, and what else they need there."""


def routes() -> Iterator[tuple[str, str]]:
    """Yield method and path of every route of the console."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield method, route.path


def page_paths(office: Office, *, each: int) -> Iterator[str]:
    """Yield the paths of all pages that can be looked at.

    Args:
        office: whose things they name.
        each: most things of a kind to name.
    """
    for method, path in routes():
        if method == "GET":
            yield from filled(office, path, each=each)


def filled(office: Office, path: str, *, each: int = 1) -> Sequence[str]:
    """Name real things in a path, as many paths as there are, at least one."""
    path = path.replace("{entry_id}", f"{{{ENTRIES.get('/' + path.split('/')[1])}}}")
    path = path.replace("{brand_id}", office.cases.world.brand_id("acme"))
    more = ABOUT_CASES.get(path)
    if more is not None:
        return [f"{path}?case_id={id}{more}" for id in _ids(office, "case_id", each)]
    found = re.search(r"\{(\w+)\}", path)
    if found is None:
        return [path]
    ids = _ids(office, found[1], each)
    return [
        done
        for id in ids
        for done in filled(office, path.replace(found[0], id, 1), each=each)
    ]


def _ids(office: Office, name: str, most: int) -> Sequence[str]:
    if name in FIXED:
        return [FIXED[name]]
    place, key = LISTED[name]
    place = place.format(brand_id=office.cases.world.brand_id("acme"))
    found = office.read("adm", f"{place}?limit={most}")["items"]
    return [each[key] for each in found] or ["nothing"]
