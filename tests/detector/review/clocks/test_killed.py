"""A process that is killed while it fires deadlines: each fires once all the same."""

import subprocess
import sys
import time
from datetime import timedelta

from sqlalchemy import func, select

from detector.review.clocks.firing import fire_due
from detector.store.case_tables import DeadlineRow
from detector.store.event_tables import EventRow
from tests.detector.review.review_world import Cases

NUM_CLOCKS = 400
FIRE = """
import sys
from datetime import datetime
from detector.review.clocks.firing import fire_due
from detector.store.database import Database

print(fire_due(Database(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
"""


def num_fired(cases: Cases) -> int:
    with cases.database.read() as session:
        query = select(func.count()).where(DeadlineRow.state == "fired")
        return session.scalar(query) or 0


def test_what_fires_deadlines_may_be_killed_between_two(cases, place):
    case_id = cases.open()
    with cases.database.write() as session:
        session.add_all(
            DeadlineRow(
                id=f"ddl_{number}",
                case_id=case_id,
                kind="acknowledge",
                subject_id=f"act_{number}",
                start_event="dispatch",
                started_at=cases.now,
                profile="EU-DSA",
                calendar="BE",
                time_zone="Europe/Brussels",
                due_at=cases.now + timedelta(minutes=number),
            )
            for number in range(NUM_CLOCKS)
        )
    cases.later(hours=71)  # the decision's own clock runs for 72
    url = f"sqlite:///{place}" if cases.database.is_sqlite else str(place)
    child = subprocess.Popen(
        [sys.executable, "-c", FIRE, url, cases.now.isoformat()],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while num_fired(cases) == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        child.kill()
        said, _ = child.communicate()
    before = num_fired(cases)
    assert said == ""  # it was killed before it was done
    assert 0 < before < NUM_CLOCKS
    assert fire_due(cases.database, cases.now) == NUM_CLOCKS - before
    with cases.database.read() as session:
        events = session.scalars(
            select(EventRow)
            .where(EventRow.type == "deadline.missed")
            .order_by(EventRow.seq)
        ).all()
    missed = [event.data["subject_id"] for event in events]
    assert missed == [f"act_{number}" for number in range(NUM_CLOCKS)]
