"""Every route of the service, who may call it, and a request that fits."""

from detector.access.roles import SHIPPED, Capability, Role
from tests.detector.api.people import OTHER_PASSWORD, PASSWORD
from tests.detector.api.route_line import MARKETPLACE, Line
from tests.detector.api.takedown_routes import TAKEDOWN
from tests.live_service import form, picture

PUBLIC = "nobody in particular"
ANY_KEY = "anyone with a key"
A_USER = "anyone who has logged in"

CSV = "text/csv"
FORM = "multipart/form-data; boundary=XX"
PRODUCTS = "/v1/brands/{brand_id}/products"
REFERENCES = "/v1/brands/{brand_id}/references"
IMPORTS = "/v1/brands/{brand_id}/imports"
HEALTH = "/v1/brands/{brand_id}/health"
RIGHTS = "/v1/brands/{brand_id}/rights"
SELLERS = "/v1/brands/{brand_id}/authorized-sellers"
FILES = "/v1/listing-imports"
WATCHED = "/v1/watched-pictures/{brand_id}/{sha256}"
WEBHOOKS = "/v1/webhooks"
CASE = "/v1/cases/{case_id}"
HELD = {"version": 1, "lease_token": "none"}
NOTED = {"version": 1, "note": "New"}
BULK = {"case_id": "case_none", "by": "cluster"}


C = Capability
TABLE = [
    Line("GET", "/openapi.json", PUBLIC),
    Line("HEAD", "/openapi.json", PUBLIC),
    Line("GET", "/livez", PUBLIC),
    Line("GET", "/readyz", PUBLIC),
    Line("GET", "/metrics", PUBLIC),
    Line("POST", "/sessions", PUBLIC, {"email": "no password"}),
    Line("POST", "/sessions/by-link", PUBLIC, {"link": ""}),
    Line("GET", "/v1/me", ANY_KEY),
    Line("GET", "/v1/declarations", ANY_KEY),
    Line(
        "PUT",
        "/v1/me/password",
        A_USER,
        {"old_password": "another", "new_password": OTHER_PASSWORD},
    ),
    Line("DELETE", "/v1/session", A_USER),
    Line("GET", "/v1/service", C.SERVICE_READ),
    Line("GET", "/v1/jobs", C.JOBS_MANAGE),
    Line("GET", "/v1/jobs/{job_id}", C.JOBS_MANAGE),
    Line("POST", "/v1/jobs/{job_id}/retry", C.JOBS_MANAGE),
    Line("POST", "/v1/jobs/{job_id}/cancel", C.JOBS_MANAGE),
    Line("POST", "/v1/sweeps", C.JOBS_MANAGE, {"max_looks": 0}),
    Line("GET", "/v1/sweeps", C.JOBS_MANAGE),
    Line("GET", "/v1/sweeps/{sweep_id}", C.JOBS_MANAGE),
    Line("POST", "/v1/sweeps/{sweep_id}/cancel", C.JOBS_MANAGE),
    Line("POST", "/v1/match", C.PICTURES_MATCH, picture(1), "image/png"),
    Line(
        "POST",
        "/v1/compare",
        C.PICTURES_COMPARE,
        form([("a", picture(1)), ("b", picture(1))])[0],
        FORM,
    ),
    Line(
        "POST",
        "/v1/listings",
        C.LISTINGS_WRITE,
        {
            "listings": [
                {
                    "type": "listing.created",
                    "occurred_at": "2026-06-01T12:00:00Z",
                    "marketplace_id": MARKETPLACE,
                    "listing_id": "1",
                    "version": 1,
                }
            ]
        },
    ),
    Line("GET", "/v1/listings", C.LISTINGS_READ),
    Line("GET", "/v1/listings/{listing_id}", C.LISTINGS_READ),
    Line("POST", FILES, C.LISTINGS_WRITE, b"oops", "application/x-ndjson"),
    Line("GET", FILES, C.LISTINGS_READ),
    Line("GET", FILES + "/{listing_import_id}", C.LISTINGS_READ),
    Line("POST", FILES + "/{listing_import_id}/cancel", C.LISTINGS_WRITE),
    Line("GET", FILES + "/{listing_import_id}/problems", C.LISTINGS_READ),
    Line("GET", FILES + "/{listing_import_id}/problems.csv", C.LISTINGS_READ),
    Line("POST", "/v1/pictures", C.LISTINGS_WRITE, picture(1), "image/png"),
    Line("POST", "/v1/brands", C.BRANDS_WRITE, {"name": "New"}),
    Line("GET", "/v1/brands", C.BRANDS_READ),
    Line("GET", "/v1/brands/{brand_id}", C.BRANDS_READ),
    Line("GET", "/v1/brands/{brand_id}/catalogue-counts", C.CATALOGUE_READ),
    Line("PATCH", "/v1/brands/{brand_id}", C.BRANDS_WRITE, {"state": "active"}),
    Line("POST", PRODUCTS, C.CATALOGUE_WRITE, {"product_id": "new"}),
    Line("GET", PRODUCTS, C.CATALOGUE_READ),
    Line("GET", PRODUCTS + "/{product_id}", C.CATALOGUE_READ),
    Line("PATCH", PRODUCTS + "/{product_id}", C.CATALOGUE_WRITE, {"title": "New"}),
    Line("DELETE", PRODUCTS + "/{product_id}", C.CATALOGUE_WRITE),
    Line("GET", REFERENCES, C.CATALOGUE_READ),
    Line(
        "POST",
        REFERENCES,
        C.CATALOGUE_WRITE,
        form([("image", picture(9))])[0],
        FORM,
    ),
    Line("GET", REFERENCES + "/{reference_id}", C.CATALOGUE_READ),
    Line("GET", REFERENCES + "/{reference_id}/image", C.CATALOGUE_READ),
    Line(
        "PATCH", REFERENCES + "/{reference_id}", C.CATALOGUE_WRITE, {"role": "detail"}
    ),
    Line("DELETE", REFERENCES + "/{reference_id}", C.CATALOGUE_WRITE),
    Line("POST", IMPORTS, C.CATALOGUE_WRITE, form([("file", b"id\n1\n")])[0], FORM),
    Line("GET", IMPORTS, C.CATALOGUE_READ),
    Line("GET", IMPORTS + "/{import_id}", C.CATALOGUE_READ),
    Line("POST", IMPORTS + "/{import_id}/cancel", C.CATALOGUE_WRITE),
    Line("GET", IMPORTS + "/{import_id}/problems", C.CATALOGUE_READ),
    Line("GET", IMPORTS + "/{import_id}/problems.csv", C.CATALOGUE_READ),
    Line("POST", HEALTH, C.CATALOGUE_WRITE, {"sample": 0}),
    Line("GET", HEALTH, C.CATALOGUE_READ),
    Line("GET", HEALTH + "/{check_id}", C.CATALOGUE_READ),
    Line("GET", HEALTH + "/{check_id}/page", C.CATALOGUE_READ),
    Line("GET", RIGHTS + "/file", C.RIGHTS_READ),
    Line("PUT", RIGHTS + "/file", C.RIGHTS_WRITE, b"right_id,type\n", CSV),
    Line("POST", RIGHTS, C.RIGHTS_WRITE, {"right_id": "new", "type": "copyright"}),
    Line("GET", RIGHTS, C.RIGHTS_READ),
    Line("GET", RIGHTS + "/{right_id}", C.RIGHTS_READ),
    Line("PATCH", RIGHTS + "/{right_id}", C.RIGHTS_WRITE, {"owner": "New"}),
    Line("DELETE", RIGHTS + "/{right_id}", C.RIGHTS_WRITE),
    Line("GET", SELLERS + "/file", C.SELLERS_READ),
    Line("PUT", SELLERS + "/file", C.SELLERS_WRITE, b"marketplace,seller_id\n", CSV),
    Line(
        "POST",
        SELLERS,
        C.SELLERS_WRITE,
        {"marketplace": "new", "seller_id": "1", "relation": "reseller"},
    ),
    Line("GET", SELLERS, C.SELLERS_READ),
    Line("GET", SELLERS + "/{entry_id}", C.SELLERS_READ),
    Line("PATCH", SELLERS + "/{entry_id}", C.SELLERS_WRITE, {"relation": "licensee"}),
    Line("DELETE", SELLERS + "/{entry_id}", C.SELLERS_WRITE),
    Line("GET", "/v1/flags", C.FLAGS_READ),
    Line("GET", "/v1/flags/{flag_id}", C.FLAGS_READ),
    Line("GET", "/v1/flags/{flag_id}/evidence", C.FLAGS_READ),
    Line("GET", "/v1/clusters/{cluster_id}", C.FLAGS_READ),
    Line("GET", "/v1/clusters/{cluster_id}/sightings", C.FLAGS_READ),
    Line(
        "POST",
        "/v1/watched-pictures",
        C.PICTURES_WATCH,
        {"sha256": "0" * 64, "brand_id": "brand_none", "reason": "New"},
    ),
    Line("GET", "/v1/watched-pictures", C.PICTURES_WATCH),
    Line("GET", WATCHED, C.PICTURES_WATCH),
    Line("DELETE", WATCHED, C.PICTURES_WATCH),
    Line("POST", "/v1/keys", C.KEYS_MANAGE, {"role": "brand_agent"}),
    Line("GET", "/v1/keys", C.KEYS_MANAGE),
    Line("GET", "/v1/keys/{prefix}", C.KEYS_MANAGE),
    Line("POST", "/v1/keys/{prefix}/rotate", C.KEYS_MANAGE, {"overlap_s": 0}),
    Line("POST", "/v1/keys/{prefix}/revoke", C.KEYS_MANAGE),
    Line(
        "POST",
        "/v1/users",
        C.USERS_MANAGE,
        {"email": "new@b.example", "password": PASSWORD, "role": "brand_agent"},
    ),
    Line("GET", "/v1/users", C.USERS_MANAGE),
    Line("GET", "/v1/users/{user_id}", C.USERS_MANAGE),
    Line("PATCH", "/v1/users/{user_id}", C.USERS_MANAGE, {"name": "New"}),
    Line(
        "PUT",
        "/v1/users/{user_id}/password",
        C.USERS_MANAGE,
        {"password": OTHER_PASSWORD},
    ),
    Line("POST", WEBHOOKS, C.WEBHOOKS_MANAGE, {"url": "https://hooks.example/in"}),
    Line("GET", WEBHOOKS, C.WEBHOOKS_MANAGE),
    Line("GET", WEBHOOKS + "/{webhook_id}", C.WEBHOOKS_MANAGE),
    Line(
        "PATCH", WEBHOOKS + "/{webhook_id}", C.WEBHOOKS_MANAGE, {"description": "New"}
    ),
    Line("DELETE", WEBHOOKS + "/{webhook_id}", C.WEBHOOKS_MANAGE),
    Line(
        "POST",
        WEBHOOKS + "/{webhook_id}/rotate-secret",
        C.WEBHOOKS_MANAGE,
        {"overlap_s": 0},
    ),
    Line("POST", WEBHOOKS + "/{webhook_id}/test", C.WEBHOOKS_MANAGE),
    Line(
        "POST",
        WEBHOOKS + "/{webhook_id}/replay",
        C.WEBHOOKS_MANAGE,
        {"since": "2026-06-01T12:00:00Z"},
    ),
    Line("GET", WEBHOOKS + "/{webhook_id}/deliveries", C.WEBHOOKS_MANAGE),
    Line(
        "POST",
        WEBHOOKS + "/{webhook_id}/deliveries/{delivery_id}/retry",
        C.WEBHOOKS_MANAGE,
    ),
    Line("GET", "/v1/events", C.EVENTS_READ),
    Line("GET", "/v1/event-types", C.EVENTS_READ),
    Line("GET", "/v1/cases", C.CASES_READ),
    Line("GET", CASE, C.CASES_READ),
    Line("POST", "/v1/cases/claim-next", C.CASES_DECIDE, {"queue": "none"}),
    Line("POST", CASE + "/claim", C.CASES_DECIDE, {"version": 1}),
    Line("POST", CASE + "/steal", C.CASES_LEAD, {"version": 1}),
    Line("POST", CASE + "/heartbeat", C.CASES_DECIDE, {"lease_token": "none"}),
    Line("POST", CASE + "/release", C.CASES_DECIDE, HELD),
    Line("POST", CASE + "/skip", C.CASES_DECIDE, {**HELD, "reason_code": "none"}),
    Line("POST", CASE + "/restrict", C.CASES_DECIDE, {**HELD, "reason_code": "none"}),
    Line("POST", CASE + "/dismiss", C.CASES_DECIDE, {**HELD, "reason_code": "none"}),
    Line(
        "POST",
        CASE + "/second-opinion",
        C.CASES_DECIDE,
        {**HELD, "kind": "restrict", "reason_code": "none"},
    ),
    Line("POST", CASE + "/void", C.CASES_LEAD, NOTED),
    Line("POST", CASE + "/undo", C.CASES_DECIDE, {"version": 1}),
    Line("POST", CASE + "/revoke", C.CASES_LEAD, NOTED),
    Line("POST", CASE + "/reopen", C.CASES_LEAD, NOTED),
    Line(
        "POST",
        CASE + "/court-orders",
        C.ORDERS_APPLY,
        {"version": 1, "order": "close", "document": "none"},
    ),
    Line("POST", CASE + "/comments", C.CASES_DECIDE, {"text": "New"}),
    Line("POST", "/v1/cases/bulk-preview", C.CASES_DECIDE, BULK),
    Line(
        "POST",
        "/v1/cases/bulk-decisions",
        C.CASES_DECIDE,
        {
            **BULK,
            "kind": "no_action",
            "reason_code": "none",
            "cases": [{"case_id": "case_none", "version": 1}],
        },
    ),
    Line("POST", "/v1/cases/bulk-decisions/{batch_id}/undo", C.CASES_DECIDE),
    Line("GET", "/v1/queues", C.CASES_DECIDE),
    Line("GET", "/v1/reason-codes", C.CASES_READ),
    Line("GET", "/v1/question-templates", C.CASES_READ),
    Line("GET", "/v1/audit", C.AUDIT_READ),
    Line("GET", "/v1/audit.csv", C.AUDIT_READ),
    Line("GET", "/v1/case-policies/{marketplace}", C.CASES_READ),
    Line(
        "PUT",
        "/v1/case-policies/{marketplace}",
        C.POLICIES_WRITE,
        {"version": 0, "given": {}},
    ),
    *TAKEDOWN,
    Line("GET", "/v1/roles", ANY_KEY),
    Line("GET", "/v1/roles/{role}", ANY_KEY),
    Line(
        "PUT",
        "/v1/roles/{role}",
        C.ROLES_MANAGE,
        {"capabilities": sorted(SHIPPED[Role.LEGAL].capabilities)},
    ),
]
LINES = {line.route: line for line in TABLE}
"""Route → its line."""
