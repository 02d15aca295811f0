"""A service whose cases are worked on by people who have logged in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.access.grants import Grant
from detector.access.keys import create_key
from detector.access.roles import Role
from detector.access.sessions import log_in
from detector.access.users import create_user
from detector.store.store import open_store
from detector.store.table import utc_now
from tests.detector.api.people import PASSWORD, ask
from tests.detector.review.review_world import Cases
from tests.live_service import Answer, Client, serving

MARKET, OTHER_MARKET = "market", "bazaar"
PEOPLE = {
    "ann": Role.REVIEWER,
    "bob": Role.REVIEWER,
    "lea": Role.LEAD,
    "app": Role.APPEALS,
    "lex": Role.LEGAL,
    "aud": Role.AUDITOR,
    "adm": Role.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Office:
    """A running service, and who works with it.

    Attributes:
        cases: opens cases as the service's own workers do.
        clients: by name: PEOPLE, brands `acme` and `zeta`, marketplaces `market` and
            `bazaar`, and `program`, a reviewer's key.
        ids: of the people, as the record names their principals.
    """

    cases: Cases
    clients: Mapping[str, Client]
    ids: Mapping[str, str]

    def send(
        self, who: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        return ask(self.clients[who], method, f"/v1{path}", body)

    def read(self, who: str, path: str) -> Any:
        answer = self.send(who, "GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def do(self, who: str, case_id: str, verb: str, **body: Any) -> Any:
        """Do something to a case as it stands; return how it stands then."""
        version = self.cases.case(case_id).version
        path = f"/cases/{case_id}/{verb}"
        answer = self.send(who, "POST", path, {"version": version, **body})
        assert answer.status in (200, 201), answer.body
        return answer.json

    def claim(self, who: str, case_id: str) -> str:
        """Claim a case; return the lease's token."""
        token: str = self.do(who, case_id, "claim")["lease"]["token"]
        return token


@contextmanager
def serving_office(data_dir: Path) -> Iterator[Office]:
    """Run a service for people of each role, two brands and two marketplaces."""
    store = open_store(data_dir)
    cases = Cases(store.database, now=utc_now())
    grants = {name: Grant(role) for name, role in PEOPLE.items()}
    for brand in ("acme", "zeta"):
        brand_id = cases.world.brand_id(brand)
        grants[brand] = Grant(Role.BRAND_ADMIN, brand_id=brand_id)
    keys: dict[str, str] = {}
    ids: dict[str, str] = {}
    for name, grant in grants.items():
        email = f"{name}@people.example"
        user = create_user(
            store.database, grant, email=email, password=PASSWORD, name=name
        )
        keys[name], _ = log_in(store.database, email, PASSWORD)
        ids[name] = f"user:{user.id}"
    for name in (MARKET, OTHER_MARKET):
        keys[name], _ = create_key(store.database, Role.MARKETPLACE, marketplace=name)
    keys["program"], _ = create_key(store.database, Role.REVIEWER)
    with serving(data_dir, rate_limit=10_000_000) as client:
        clients = {name: Client(client.port, key) for name, key in keys.items()}
        yield Office(cases, clients, ids)
    store.close()
