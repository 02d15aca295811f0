"""A service with two brands, and a client for each role that their tests need."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.brands import ensure_brand
from detector.store.store import open_store
from tests.live_service import Answer, Client, serving

CSV = {"Content-Type": "text/csv"}


@dataclass(frozen=True, slots=True)
class BrandClients:
    """Clients of one service.

    Attributes:
        acme_id, zeta_id: the brands.
        acme, zeta: agents of each.
        admin, auditor, marketplace: of no brand.
    """

    acme_id: str
    zeta_id: str
    acme: Client
    zeta: Client
    admin: Client
    auditor: Client
    marketplace: Client


@contextmanager
def serving_two_brands(data_dir: Path) -> Iterator[BrandClients]:
    """Run a service with two brands and no pictures."""
    store = open_store(data_dir)
    with store.database.write() as session:
        acme, zeta = (ensure_brand(session, name) for name in ("Acme", "Zeta"))
    agents = [
        create_key(store.database, Role.BRAND_AGENT, brand_id=brand)[0]
        for brand in (acme, zeta)
    ]
    others = [
        create_key(store.database, role)[0]
        for role in (Role.ADMIN, Role.AUDITOR, Role.MARKETPLACE)
    ]
    store.close()
    with serving(data_dir) as client:
        clients = [Client(client.port, key) for key in (*agents, *others)]
        yield BrandClients(acme, zeta, *clients)


def send_json(
    client: Client, method: str, path: str, value: Mapping[str, Any]
) -> Answer:
    """Send an object."""
    kind = {"Content-Type": "application/json"}
    return client.send(method, path, json.dumps(value).encode(), kind)
