"""Letting another model serve, going back, and giving a model away; all on record."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from detector.catalogue.features import Extractor
from detector.catalogue.index_part import forget_part
from detector.catalogue.model_prepare import follow_catalogue
from detector.catalogue.search_index import Progress
from detector.catalogue.serving_model import ModelState, find_model, list_models
from detector.errors import Conflict, Unknown
from detector.listings.serving import require_weights_of
from detector.review import audit
from detector.review.actor import Actor
from detector.review.workflow import Party
from detector.store.database import Database
from detector.store.inserting import insert_new
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.tables import EmbeddingRow, ModelRow
from models.embedder import Embedder

OPERATOR = Actor("command", Party.SYSTEM, "whoever runs the service")
BATCH = 1_000


def switch_model(
    store: Store,
    extractor: Extractor,
    embedder: Embedder,
    *,
    threads: int,
    allow_missing: bool,
    on_note: Callable[[str], None],
    on_progress: Progress,
) -> None:
    """Let a model that was prepared serve, for all who share the database.

    What came into the catalogue since it was prepared is embedded first, while the
    model in use serves.

    Args:
        store: the catalogue.
        extractor: of the model in use.
        embedder: the model that is to serve.
        threads: pictures worked on at once.
        allow_missing: switch though some references cannot be embedded.
        on_note: told what the user should know.
        on_progress: called with done and total while pictures are embedded.

    Raises:
        Conflict: it serves already, is not prepared, or references would be lost.
    """
    old = extractor.embedders["copy"]
    with store.database.read() as session:
        require_prepared(session, embedder, old)
    prepared = follow_catalogue(
        store,
        extractor,
        embedder,
        threads=threads,
        on_note=on_note,
        on_progress=on_progress,
    )
    if prepared.unreadable and not allow_missing:
        digest, why = next(iter(prepared.unreadable.items()))
        raise Conflict(
            f"{len(prepared.unreadable):,} pictures of references cannot be embedded "
            f"with {embedder.name}; the first is {digest}: {why}",
            remedy="Import them again, or switch with --allow-missing: no search then "
            "finds their references.",
        )
    with store.database.write() as session:
        at = utc_now()
        _record(session, embedder, old, at)
        require_prepared(session, embedder, old)
        insert_new(
            session,
            ModelRow,
            name=old.name,
            weights_hash=old.weights_hash,
            state=ModelState.SERVING,
        )
        for row in session.scalars(select(ModelRow)):
            if row.name == embedder.name:
                row.state, row.switched_at = ModelState.SERVING, at
            elif row.name == old.name:
                row.state = ModelState.FORMER
            elif row.state == ModelState.FORMER:
                row.state = ModelState.READY


def drop_model(store: Store, name: str, *, configured: str) -> int:
    """Delete the vectors and the index of a model that does not serve.

    Can be done again if it was cut short.

    Args:
        store: the catalogue.
        name: of the model.
        configured: name of the model that serves if none was ever switched to.

    Returns:
        Number of vectors.

    Raises:
        Conflict: it serves.
        Unknown: there is none on record.
    """
    with store.database.write() as session:
        row = session.get(ModelRow, name, with_for_update=True)
        if row is None:
            raise Unknown(
                f"No model {name} is on record.",
                remedy="`detector model list` names those that are.",
            )
        weights_hash = row.weights_hash
        serving = find_model(session, ModelState.SERVING)
        if name == (configured if serving is None else serving.name):
            raise Conflict(
                f"{name} serves.",
                remedy="Switch to another model before it is dropped.",
            )
        # Before its vectors go: nobody is to switch to what is left of it.
        row.state = ModelState.PREPARING
    forget_part(store, "copy", model=name, weights_hash=weights_hash)
    num_deleted, after = 0, ""
    while some := _delete_some(store.database, name, weights_hash, after):
        num_deleted, after = num_deleted + len(some), some[-1]
    with store.database.write() as session:
        session.execute(delete(ModelRow).where(ModelRow.name == name))
        audit.record(
            session,
            OPERATOR,
            "drop_model",
            at=utc_now(),
            subject="model",
            subject_id=weights_hash,
            data={"model": name, "vectors": num_deleted},
        )
    return num_deleted


def require_prepared(session: Session, embedder: Embedder, old: Embedder) -> None:
    """Refuse a model that is not complete, or serves.

    Args:
        session: to read with.
        embedder: of the model.
        old: the model that serves, as the caller has seen it.

    Raises:
        Conflict: it cannot take over as things stand.
        NotReady: either has other weights than those on record.
    """
    known = {version.name: version for version in list_models(session)}
    for each in (embedder, old):
        if each.name in known:
            require_weights_of(known[each.name], each)
    serving = find_model(session, ModelState.SERVING)
    if serving is not None and serving.name != old.name:
        raise Conflict(
            f"{serving.name} serves by now.", remedy="Look at `detector model list`."
        )
    if embedder.weights_hash == old.weights_hash:
        raise Conflict(f"{embedder.name} serves already.", remedy="Nothing is to do.")
    is_used = exists().where(
        EmbeddingRow.model == old.name, EmbeddingRow.weights_hash == old.weights_hash
    )
    if serving is None and not session.scalar(select(is_used)):
        raise Conflict(
            f"No reference is embedded with {old.name}, which the settings name.",
            remedy="Set DETECTOR_MODEL to what the services have: a rollback goes "
            "back to that.",
        )
    version = known.get(embedder.name)
    if version is None or version.state is ModelState.PREPARING:
        raise Conflict(
            f"{embedder.name} is not prepared, or not completely.",
            remedy=f"Run `detector model prepare {embedder.name}` first.",
        )


def _record(session: Session, embedder: Embedder, old: Embedder, at: datetime) -> None:
    audit.record(
        session,
        OPERATOR,
        "switch_model",
        at=at,
        subject="model",
        subject_id=embedder.weights_hash,
        data={"from": old.name, "from_weights_hash": old.weights_hash},
        versions={"model": embedder.name, "weights_hash": embedder.weights_hash},
    )


def _delete_some(
    database: Database, name: str, weights_hash: str, after: str
) -> Sequence[str]:
    """Delete the next vectors, by the hash of their pictures; return these."""
    mine = (EmbeddingRow.model == name, EmbeddingRow.weights_hash == weights_hash)
    with database.write() as session:
        some = session.scalars(
            select(EmbeddingRow.image_sha256)
            .where(*mine, EmbeddingRow.image_sha256 > after)
            .order_by(EmbeddingRow.image_sha256)
            .limit(BATCH)
        ).all()
        session.execute(
            delete(EmbeddingRow).where(*mine, EmbeddingRow.image_sha256.in_(some)),
            execution_options={"synchronize_session": False},
        )
    return some
