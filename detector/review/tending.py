"""A thread that lets cases go on by themselves; several processes may have one."""

from detector.review.clocks.firing import fire_due
from detector.review.evidence.retention import retire
from detector.review.notices.notice_job import link_known_listings
from detector.review.queue.claiming import expire_leases
from detector.review.standing.evaluate import evaluate_standing
from detector.store.chores import Chore, Chores
from detector.store.store import Store
from detector.store.table import utc_now

FIRE_EVERY_S = 2.0
LINK_EVERY_S = 30.0
RETIRE_EVERY_S = 6 * 3600.0
EVALUATE_EVERY_S = 24 * 3600.0


class CaseTender:
    """Fires deadlines, ends leases, links notices, lets evidence go, judges standing.

    Args:
        store: where cases are.
    """

    def __init__(self, store: Store) -> None:
        database = store.database

        def let_go() -> None:
            retire(store, utc_now(), should_stop=chores.should_stop)

        self._chores = chores = Chores(
            "tend-cases",
            Chore(FIRE_EVERY_S, lambda: expire_leases(database, utc_now())),
            Chore(FIRE_EVERY_S, lambda: fire_due(database, utc_now())),
            Chore(LINK_EVERY_S, lambda: link_known_listings(database)),
            Chore(RETIRE_EVERY_S, let_go),
            Chore(EVALUATE_EVERY_S, lambda: evaluate_standing(database, utc_now())),
        )

    def start(self) -> None:
        """Begin."""
        self._chores.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._chores.stop()
