"""A service with two brands, each with something of everything, and all roles."""

import ipaddress
import itertools
import json
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from detector.access.roles import SHIPPED, Reach, Role
from detector.store.store import Store, open_store
from tests.detector.api.people import PASSWORD, log_in, made, with_key
from tests.detector.api.route_line import MARKETPLACE
from tests.live_service import Answer, Client, make_app, make_key, picture, running

RATE_LIMIT = 10_000_000
MAX_GROWTH_MB = 300


@dataclass(frozen=True, slots=True)
class Tenant:
    """A brand with one thing of each kind.

    Attributes:
        word: stands in every text of the brand, and nowhere else.
        ids: name of a path parameter → id of a thing of this brand.
        canaries: what nobody of another brand may ever read.
        email: of a user who is an admin of the brand; not the one of `ids`.
    """

    word: str
    ids: Mapping[str, str]
    canaries: frozenset[str]
    email: str

    @property
    def brand_id(self) -> str:
        return self.ids["brand_id"]


class FromEverywhere:
    """Lets each request come from another address, as limits count by address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._numbers = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = ipaddress.ip_address("10.0.0.1") + next(self._numbers)
        await self._app({**scope, "client": (str(address), 1)}, receive, send)


@dataclass(frozen=True, slots=True)
class Tenants:
    """A running service, two brands, and a client for each role.

    Attributes:
        clients: by role; those of a brand are of the first.
        user: a client with the token of the first brand's user.
        data_dir: of the service.
        place: URL of its database, if it has one elsewhere.
    """

    admin: Client
    acme: Tenant
    zeta: Tenant
    clients: Mapping[Role, Client]
    user: Client
    data_dir: Path
    place: str | None

    def store(self) -> Store:
        """Open the service's store, as another process would."""
        return open_store(self.data_dir, self.place)


@contextmanager
def serving_tenants(data_dir: Path, **settings: float | str) -> Iterator[Tenants]:
    """Run a service with two brands."""
    limits = {"rate_limit": RATE_LIMIT, **settings}
    place = str(settings["database_url"]) if "database_url" in settings else None
    key = make_key(data_dir, Role.ADMIN, place)
    app = make_app(data_dir, **limits)
    app.add_middleware(FromEverywhere)
    with running(app) as service:
        admin = Client(service.port, key)
        acme = make_tenant(admin, "Acmeword", seed=1)
        zeta = make_tenant(admin, "Zetacanary", seed=2)
        clients = {
            role: with_key(
                admin,
                role=role,
                brand_id=acme.brand_id if bundle.reach is Reach.BRAND else None,
                marketplace=MARKETPLACE if bundle.reach is Reach.MARKETPLACE else None,
            )
            for role, bundle in SHIPPED.items()
        }
        user = log_in(admin, acme.email)
        yield Tenants(admin, acme, zeta, clients, user, data_dir, place)


def make_tenant(admin: Client, word: str, *, seed: int) -> Tenant:
    """Make a brand with something of everything, over HTTP."""
    low = word.lower()
    brand = made(admin, "/v1/brands", {"name": f"{word} GmbH"})["id"]
    at = f"/v1/brands/{brand}"
    product = made(
        admin, f"{at}/products", {"product_id": f"{low}-1", "title": f"{word} shoe"}
    )
    image = picture(seed)
    uploaded = admin.post_form(f"{at}/references", [("image", image)])
    (taken,) = uploaded.json["taken"]
    table = f"id,title,image_link\n{low}-2,{word} bag,gone/{low}.png\n".encode()
    started = send_files(
        admin, f"{at}/imports", [("file", f"{low}.csv", table)], "text/csv"
    )
    checked = admin.send(
        "POST", f"{at}/health", b'{"sample": 1}', {"Content-Type": "application/json"}
    )
    assert (started.status, checked.status) == (202, 202), started.body
    finished = wait_for(admin, f"{at}/imports/{started.json['id']}")
    wait_for(admin, f"{at}/health/{checked.json['id']}")
    right = made(
        admin,
        f"{at}/rights",
        {"right_id": f"{low}-tm", "type": "trademark", "office": "EM"},
    )
    seller = made(
        admin,
        f"{at}/authorized-sellers",
        {"marketplace": f"{low}.example", "seller_id": low, "relation": "reseller"},
    )
    grant = {"role": "brand_admin", "brand_id": brand, "password": PASSWORD}
    emails = [f"{name}@{low}.example" for name in ("ada", "ben")]
    _, user = [
        made(admin, "/v1/users", {"email": email, "name": f"{word} A", **grant})
        for email in emails
    ]
    key = made(
        admin,
        "/v1/keys",
        {"role": "brand_agent", "brand_id": brand, "name": f"{low} nightly"},
    )
    hooks = with_key(admin, role="brand_admin", brand_id=brand)
    hook = made(hooks, "/v1/webhooks", {"url": f"https://{low}.example/{low}"})
    tested = hooks.send("POST", f"/v1/webhooks/{hook['id']}/test")
    assert tested.status == 202, tested.body
    reference = taken["reference"]
    ids = {
        "brand_id": brand,
        "product_id": product["id"],
        "reference_id": reference["id"],
        "import_id": started.json["id"],
        "check_id": checked.json["id"],
        "right_id": right["id"],
        "entry_id": seller["id"],
        "user_id": user["id"],
        "prefix": key["prefix"],
        "webhook_id": hook["id"],
        "delivery_id": tested.json["id"],
    }
    secrets = {word, low, reference["sha256"], finished["file_sha256"], key["key"]}
    secrets |= {hook["secret"], tested.json["event_id"]}
    return Tenant(word, ids, frozenset(secrets | set(ids.values())), emails[0])


def send_files(
    client: Client,
    path: str,
    files: list[tuple[str, str, bytes]],
    kind: str = "application/octet-stream",
) -> Answer:
    """Send a form of files: (field, file name, bytes)."""
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for field, name, data in files
    ]
    body = b"".join(parts) + b"--XX--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    return client.send("POST", path, body, headers)


def wait_for(client: Client, path: str) -> Any:
    """Ask for an import or a check until it has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.send("GET", path).json
        if found["state"] not in {"queued", "running"}:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{path} did not end")


def catalogue_of(admin: Client, brand_id: str) -> dict[str, Any]:
    """Read the whole catalogue of a brand."""
    at = f"/v1/brands/{brand_id}"
    parts = ("products", "references", "rights", "authorized-sellers")
    return {
        part: json.loads(admin.send("GET", f"{at}/{part}?limit=200").body)["items"]
        for part in parts
    }


@contextmanager
def unharmed(tenants: Tenants) -> Iterator[None]:
    """See that the service is well afterwards, and the catalogues are as before."""
    brands = [tenants.acme.brand_id, tenants.zeta.brand_id]
    before = [catalogue_of(tenants.admin, brand) for brand in brands]
    memory_mb = peak_memory_mb()
    yield
    assert tenants.admin.send("GET", "/readyz").status == 200
    assert [catalogue_of(tenants.admin, brand) for brand in brands] == before
    assert list((tenants.data_dir / "uploads").iterdir()) == []
    assert peak_memory_mb() - memory_mb < MAX_GROWTH_MB


def peak_memory_mb() -> float:
    """Say how much memory this process, and the service in it, ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
