"""A database in which cases are opened and worked on, with a clock of its own."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from detector.catalogue.references import reference_id
from detector.matching.match import Relation
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import advance
from detector.review.following import follow_flag
from detector.review.move import Given
from detector.review.policy import change_policy
from detector.review.workflow import Party
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.database import Database
from detector.store.event_tables import EventRow
from detector.store.tables import ReferenceRow, RightRow
from tests.detector.listings.flags.flag_world import World

MARKET = "market"
MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
ANN = Actor("user:ann", Party.REVIEWER, "Ann", is_person=True)
BOB = Actor("user:bob", Party.REVIEWER, "Bob", is_person=True)
LEA = Actor("user:lea", Party.LEAD, "Lea", is_person=True)
APP = Actor("user:app", Party.APPEALS, "App", is_person=True)
LEX = Actor("user:lex", Party.LEGAL, "Lex", is_person=True)
MKT = Actor("key:mkt", Party.MARKETPLACE, "market's program", marketplace=MARKET)


@dataclass(slots=True)
class Cases:
    """Opens cases and takes them further; each call is a transaction.

    Attributes:
        database: where they are.
        now: what the clock says; move it on with `later`.
    """

    database: Database
    now: datetime = MONDAY
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.database)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def brand(self, name: str = "acme") -> Actor:
        """Somebody of a brand."""
        id = self.world.brand_id(name)
        return Actor(f"user:{name}", Party.BRAND, name, is_person=True, brand_id=id)

    def set_policy(self, marketplace: str = MARKET, **given: object) -> None:
        with self.database.write() as session:
            change_policy(session, marketplace, given, by="user:adm")

    def add_right(
        self, brand: str = "acme", type: str = "trademark", **details: object
    ) -> str:
        """Add a right that holds in the EU."""
        brand_id = self.world.brand_id(brand)
        id = f"right_{brand}_{type}"
        with self.database.write() as session:
            session.merge(
                RightRow(
                    id=id,
                    brand_id=brand_id,
                    external_id=f"{brand}-{type}",
                    type=type,
                    expires_on=date(2035, 1, 1),
                    details={"office": "EM", "status": "registered", **details},
                )
            )
        return id

    def open(
        self,
        name: str = "l1",
        *,
        brand: str = "acme",
        picture: str | None = None,
        seller_id: str | None = "seller",
        marketplace: str = MARKET,
        similarity: float = 0.9,
        **details: Any,
    ) -> str:
        """Flag a listing for a brand, and open its case; return the case's id."""
        picture = picture or f"picture of {name}"
        reference = self._reference(brand, f"{brand}.png")
        listing_id = self.world.put_listing(
            name, [picture], seller_id=seller_id, marketplace=marketplace, **details
        )
        self.world.place(picture, f"cluster of {picture}", listing_id)
        like = (reference, similarity, Relation.EDITED_PHOTO)
        self.world.raise_for(listing_id, {picture: [like]})
        with self.database.write() as session:
            flag = next(f for f in self.world.flags() if f.listing_id == listing_id)
            case = follow_flag(session, flag.id, at=self.now)
            assert case is not None
            return case.id

    def step(
        self, case_id: str, event: str, actor: Actor = SYSTEM, **given: Any
    ) -> CaseRow:
        """Take a case a step further."""
        with self.database.write() as session:
            advance(
                session, case_id, event, actor=actor, at=self.now, given=Given(**given)
            )
        return self.case(case_id)

    def claim(self, case_id: str, actor: Actor = ANN) -> str:
        """Claim a case; return the lease's token."""
        token = self.step(case_id, "claim", actor).lease_token
        assert token is not None
        return token

    def case(self, case_id: str) -> CaseRow:
        with self.database.read() as session:
            return session.get_one(CaseRow, case_id)

    def decisions(self, case_id: str) -> list[DecisionRow]:
        with self.database.read() as session:
            query = select(DecisionRow).where(DecisionRow.case_id == case_id)
            return list(session.scalars(query.order_by(DecisionRow.decided_at)))

    def audit(self, case_id: str) -> list[AuditRow]:
        with self.database.read() as session:
            query = select(AuditRow).where(AuditRow.case_id == case_id)
            return list(session.scalars(query.order_by(AuditRow.seq)))

    def told(self, *, case_id: str | None = None) -> list[str]:
        """List the types of the events about a case, or about all."""
        with self.database.read() as session:
            rows = session.scalars(select(EventRow).order_by(EventRow.seq)).all()
            return [
                row.type
                for row in rows
                if case_id is None or row.data.get("case_id") == case_id
            ]

    def _reference(self, brand: str, name: str) -> str:
        id = reference_id(self.world.brand_id(brand), name)
        with self.database.read() as session:
            is_there = session.get(ReferenceRow, id) is not None
        return id if is_there else self.world.add_reference(brand, name)
