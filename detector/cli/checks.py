"""What `detector doctor` looks at: each check says what it found and what mends it."""

import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from platform import platform, python_version

from detector.catalogue.features import Extractor
from detector.catalogue.index_check import describe_snapshots, verify_index
from detector.catalogue.references import count_references, lost_pictures
from detector.cli.engine import image_limits, load_models
from detector.errors import DetectorError, NotReady
from detector.settings import PREFIX, Settings, load_settings
from detector.store.blobs import try_out
from detector.store.store import Store, open_blobs, open_store
from models.errors import ModelError

LIBRARIES = ("faiss-cpu", "numpy", "onnxruntime", "opencv-python-headless", "pillow")
LOW_DISK_BYTES = 1_000_000_000
FULL_DISK_BYTES = 50_000_000


class State(StrEnum):
    """How a check ended; only a fault makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    remedy: str | None = None


def run_checks() -> Iterator[Check]:
    """Look at everything, the cheap and basic things first."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield Check("python", State.OK, f"{python_version()} on {platform()}")
    yield Check("libraries", State.OK, libraries)
    try:
        settings = load_settings()
    except DetectorError as error:
        yield _fault("settings", error)
        return
    yield from _check_settings(settings)
    yield from _check_folder(settings.data_dir)
    try:
        yield from _check_blobs(settings)
    except DetectorError as error:
        yield from _load_and_check(settings, None)
        yield _fault("blobs", error)
        return
    is_new = not (settings.data_dir / "detector.db").exists()
    if is_new and not settings.database_url:
        yield from _load_and_check(settings, None)
        yield Check(
            "catalogue", State.OK, "empty; `detector catalogue import` fills it"
        )
        return
    try:
        store = open_store(settings.data_dir, **settings.places)
    except DetectorError as error:
        yield from _load_and_check(settings, None)
        yield _fault("database", error)
        return
    try:
        extractor = yield from _load_and_check(settings, store)
        yield from _check_store(store)
        if extractor is not None:
            yield from _check_index(store, extractor, settings.num_threads)
    except DetectorError as error:
        yield _fault("database", error)
    finally:
        store.close()


def _check_settings(settings: Settings) -> Iterator[Check]:
    for name, value in settings:
        source = "set" if name in settings.model_fields_set else "default"
        shown = "none" if value is None else value
        yield Check(PREFIX + name.upper(), State.OK, f"{shown} ({source})")


def _check_folder(folder: Path) -> Iterator[Check]:
    shown = folder.absolute()
    if not folder.exists():
        yield Check("data directory", State.OK, f"{shown} will be made on first use")
    elif not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Check(
            "data directory",
            State.FAULT,
            f"{shown} is no folder that this user can read and write",
            "Mend its permissions, or set DETECTOR_DATA_DIR to another folder.",
        )
    elif folder.stat().st_mode & 0o077:
        yield Check(
            "data directory",
            State.WARNING,
            f"{shown} can be read by other users of this machine",
            f"chmod 700 {shown}",
        )
    else:
        yield Check("data directory", State.OK, f"{shown}, private")
    existing = next(p for p in (shown, *shown.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    state = State.OK
    if free < LOW_DISK_BYTES:
        state = State.FAULT if free < FULL_DISK_BYTES else State.WARNING
    remedy = None if state is State.OK else "Free some space on that disk."
    yield Check("disk", state, f"{free / 1e9:.1f} GB free at {existing}", remedy)


def _load_and_check(
    settings: Settings, store: Store | None
) -> Generator[Check, None, Extractor | None]:
    """Load the models, and look at them; None if they cannot be loaded."""
    try:
        embedders = load_models(settings, store)
    except ModelError as error:
        yield Check("models", State.FAULT, str(error))
        return None
    except NotReady as error:
        yield _fault("models", error)
        return None
    extractor = Extractor(embedders, image_limits(settings), settings.voting)
    yield from _check_models(extractor)
    return extractor


def _check_models(extractor: Extractor) -> Iterator[Check]:
    for kind, embedder in extractor.embedders.items():
        found = (
            f"{embedder.name}, weights {embedder.weights_hash[:12]}, {embedder.dim} "
            f"values from {embedder.input_px} px"
        )
        yield Check(f"{kind} model", State.OK, found)
    if "semantic" not in extractor.embedders:
        yield Check(
            "semantic model",
            State.OK,
            "none: other photos of a product are found by their local features only",
            "Set DETECTOR_SEMANTIC_MODEL for more of them.",
        )


def _check_blobs(settings: Settings) -> Iterator[Check]:
    if settings.blob_url is None:
        return  # a folder of the data directory, which was looked at
    blobs = open_blobs(settings.data_dir, settings.blob_url)
    flaws = try_out(blobs)
    for flaw in flaws:
        yield Check("blobs", State.WARNING, str(flaw.args[0]), flaw.remedy)
    if not flaws:
        found = f"pictures can be stored, read and deleted in {blobs.name}"
        yield Check("blobs", State.OK, found)


def _check_store(store: Store) -> Iterator[Check]:
    faults = store.database.faults()
    if faults:
        yield Check(
            "database",
            State.FAULT,
            f"{store.database.name} is damaged: {faults[0]}",
            "Restore it from a backup, or move it away and import again.",
        )
        return
    with store.database.read() as session:
        num_references = count_references(session)
        lost = lost_pictures(session, store.blobs)
    yield Check("database", State.OK, f"sound, {num_references:,} references")
    if lost:
        yield Check(
            "pictures",
            State.FAULT,
            f"{len(lost):,} files of references are missing or cut short, the first "
            f"is {store.blobs.place(lost[0])}",
            "Delete what is cut short, then import the same folders again.",
        )
    else:
        yield Check("pictures", State.OK, "every reference has its file")


def _check_index(store: Store, extractor: Extractor, threads: int) -> Iterator[Check]:
    with store.database.read() as session:
        num_incomplete = len(extractor.incomplete(session))
    if num_incomplete:
        yield Check(
            "features",
            State.WARNING,
            f"{num_incomplete:,} pictures have none for these models yet",
            "The next scan computes them; `detector index rebuild` does it now.",
        )
        return
    try:
        status = describe_snapshots(store)
        faults = verify_index(store, extractor, threads=threads)
    except NotReady as error:
        yield _fault("index", error)
        return
    # Those of a model that serves no longer, or not yet, may stay behind.
    used = {"", *(e.weights_hash for e in extractor.embedders.values())}
    behind = max(
        (
            status.last_change - each.watermark
            for each in status.snapshots
            if each.weights_hash in used
        ),
        default=0,
    )
    if faults:
        yield Check("index", State.FAULT, " ".join(faults), "detector index rebuild")
    elif behind:
        found = f"sound, {behind:,} changes behind"
        yield Check("index", State.OK, found, "The next scan takes them in.")
    else:
        yield Check("index", State.OK, "sound and up to date")


def _fault(name: str, error: DetectorError) -> Check:
    return Check(name, State.FAULT, str(error.args[0]), error.remedy)
