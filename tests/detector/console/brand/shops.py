"""A brand with somebody who looks after it, and nothing in its catalogue yet."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from detector.access.grants import Grant
from detector.access.roles import Role
from detector.access.sessions import log_in
from detector.access.users import create_user
from tests.detector.api.people import PASSWORD
from tests.detector.api.reviewers import Office
from tests.live_service import Client, form, picture

MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Shop:
    """A brand of an office.

    Attributes:
        office: in which `manager` works for the brand.
        brand_id: whose catalogue it is.
    """

    office: Office
    brand_id: str

    @property
    def place(self) -> str:
        """The brand in the API."""
        return f"/v1/brands/{self.brand_id}"

    @property
    def client(self) -> Client:
        return self.office.clients[MANAGER]

    def page(self, rest: str = "") -> str:
        """Name a page of the catalogue."""
        return f"/catalogue/{self.brand_id}{rest}"

    def read(self, rest: str) -> Any:
        answer = self.client.send("GET", f"{self.place}{rest}")
        assert answer.status == 200, answer.body
        return answer.json

    def add_product(self, **fields: str) -> str:
        """Add a product; return our id of it."""
        body = json.dumps(fields).encode()
        kind = {"Content-Type": "application/json"}
        answer = self.client.send("POST", f"{self.place}/products", body, kind)
        assert answer.status == 201, answer.body
        return str(answer.json["id"])

    def add_pictures(self, named: Mapping[str, int], **texts: str) -> list[str]:
        """Upload drawn pictures, name → seed; return the ids of the references."""
        parts = [("image", picture(seed)) for seed in named.values()]
        body, kind = form([*parts, *((k, v.encode()) for k, v in texts.items())])
        for name in named:
            body = body.replace(b'"image.png"', f'"{name}"'.encode(), 1)
        headers = {"Content-Type": kind}
        answer = self.client.send("POST", f"{self.place}/references", body, headers)
        assert answer.status == 200, answer.body
        return [taken["reference"]["id"] for taken in answer.json["taken"]]

    def import_table(self, table: str, query: str = "") -> str:
        """Import a table; return the import's id once it has ended."""
        return self.import_file(table.encode(), query)

    def import_file(self, data: bytes, query: str = "") -> str:
        """Import a file; return the import's id once it has ended."""
        body, kind = form([("file", data)])
        headers = {"Content-Type": kind}
        path = f"{self.place}/imports{query}"
        answer = self.client.send("POST", path, body, headers)
        assert answer.status == 202, answer.body
        self.wait_for(f"/imports/{answer.json['id']}")
        return str(answer.json["id"])

    def wait_for(self, rest: str) -> None:
        """Wait until an import or a check has ended."""
        deadline = time.monotonic() + 60
        while self.read(rest)["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, rest
            time.sleep(0.05)


def open_shop(office: Office, name: str) -> Shop:
    """Add a brand, and somebody who looks after it."""
    brand_id = office.cases.world.brand_id(name)
    database, email = office.cases.database, f"{brand_id}@people.example"
    grant = Grant(Role.BRAND_ADMIN, brand_id=brand_id)
    create_user(database, grant, email=email, password=PASSWORD, name=name)
    token, _ = log_in(database, email, PASSWORD)
    client = Client(office.clients["ann"].port, token)
    there = replace(office, clients={**office.clients, MANAGER: client})
    return Shop(there, brand_id)
