"""Writes notices whose items have been decided."""

from detector.store.takedown_tables import NoticeItemRow, NoticeRow
from tests.detector.review.review_world import MARKET, Cases


def give_notice(
    cases: Cases, brand: str, *, email: str = "Ada@acme.example", **counts: int
) -> None:
    """Write a notice whose items have had these outcomes just now."""
    brand_id = cases.world.brand_id(brand)
    states = [state for state, num in counts.items() for _ in range(num)]
    id = f"ntc_{brand}_{cases.now.isoformat()}_{len(states)}"
    with cases.database.write() as session:
        session.add(
            NoticeRow(
                id=id,
                brand_id=brand_id,
                marketplace=MARKET,
                notifier={"name": "Ada", "email": email},
                claim_type="counterfeit",
                reason_code="counterfeit_mark",
                explanation="It is not ours.",
                created_by="user:ada",
            )
        )
        session.flush()
        session.add_all(
            NoticeItemRow(
                notice_id=id,
                position=position,
                external_id=f"l{position}",
                state=state,
                reason_code="different_product" if state == "rejected" else None,
                decided_at=cases.now,
            )
            for position, state in enumerate(states)
        )
