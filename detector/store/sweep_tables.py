"""Tables of what a sweep has found so far."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table


class SweepCandidateRow(Table):
    """A picture that resembles a new reference; kept until its sweep has ended.

    `picture_sha256` is no foreign key: the picture may be forgotten meanwhile.
    """

    __tablename__ = "sweep_candidate"

    sweep_id: Mapped[str] = mapped_column(ForeignKey("sweep.id"), primary_key=True)
    picture_sha256: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float]
