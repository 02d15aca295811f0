"""Which copy model serves, as the database says, and which others were prepared."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.store.database import Database
from detector.store.tables import ModelRow


class ModelState(StrEnum):
    """How far a model has come."""

    PREPARING = "preparing"
    READY = "ready"
    SERVING = "serving"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A copy model with the weights that it had when it was prepared.

    Attributes:
        name: the registry name that loads it.
        weights_hash: SHA-256 (hex) of the weights.
        state: how far it has come.
        created_at: when its preparation began, or it was first switched from.
        switched_at: when it began to serve the last time; None if it never has.
    """

    name: str
    weights_hash: str
    state: ModelState
    created_at: datetime
    switched_at: datetime | None


def list_models(session: Session) -> list[ModelVersion]:
    """List the models on record, the oldest first."""
    rows = session.scalars(
        select(ModelRow).order_by(ModelRow.created_at, ModelRow.name)
    )
    return [
        ModelVersion(
            row.name,
            row.weights_hash,
            ModelState(row.state),
            row.created_at,
            row.switched_at,
        )
        for row in rows
    ]


def find_model(session: Session, state: ModelState) -> ModelVersion | None:
    """Find the model that serves, or the former one; None if there is none."""
    return next((m for m in list_models(session) if m.state is state), None)


def serving_model(database: Database) -> ModelVersion | None:
    """Read which model was switched to; None if none ever was."""
    with database.read() as session:
        return find_model(session, ModelState.SERVING)
