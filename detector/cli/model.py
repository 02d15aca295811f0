"""`detector model …`: another embedding model, prepared, compared, switched to."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import minute
from detector.cli.output import ExitCode, note, print_json, progress_bar, results
from detector.errors import Conflict

if TYPE_CHECKING:
    from detector.catalogue.features import Extractor
    from detector.listings.model_compare import Comparison
    from detector.settings import Settings
    from detector.store.store import Store
    from models.embedder import Embedder

app = typer.Typer(
    no_args_is_help=True,
    help="Exchange the copy model: prepare another, compare, switch, roll back.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Its name, as in DETECTOR_MODEL.")
]
MAX_SHOWN = 50
"""Pictures in the table; JSON and CSV have them all."""


class CompareFormat(StrEnum):
    """How a comparison is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the models that were prepared, and which of them serves."""
    from rich.table import Table

    from detector.catalogue.serving_model import list_models

    with _store() as (settings, store), store.database.read() as session:
        found = list_models(session)
    if json:
        print_json(
            [
                {
                    **asdict(each),
                    "created_at": each.created_at.isoformat(),
                    "switched_at": each.switched_at and each.switched_at.isoformat(),
                }
                for each in found
            ]
        )
        return
    table = Table("model", "weights", "state", "since", "switched to", box=None)
    for each in found:
        table.add_row(
            each.name,
            each.weights_hash[:12],
            each.state,
            minute(each.created_at),
            minute(each.switched_at),
        )
    if found:
        results().print(table, markup=False)
    if all(each.state != "serving" for each in found):
        results().print(f"DETECTOR_MODEL serves: {settings.model}", markup=False)


@app.command()
def prepare(
    model: Model,
    uncalibrated: Annotated[
        bool,
        typer.Option("--uncalibrated", help="Take a model that nobody has calibrated."),
    ] = False,
    json: Json = False,
) -> None:
    """Embed all references with a model, and make its index, while another serves.

    Can be cut short at any moment: the same command goes on where it was. Run it again
    to take in what was added since. Exit 1 if the index cannot take over, or pictures
    could not be read.
    """
    from detector.catalogue.model_prepare import prepare_model

    with _store() as (settings, store):
        extractor, embedder = _both(settings, store, model)
        with progress_bar("Embedding") as on_progress:
            prepared = prepare_model(
                store,
                extractor,
                embedder,
                threads=settings.num_threads,
                on_note=note,
                on_progress=on_progress,
                needs_calibration=not uncalibrated,
            )
    if json:
        print_json(asdict(prepared))
    else:
        results().print(
            f"{prepared.model}: {prepared.references:,} references, "
            f"{prepared.embedded:,} pictures embedded now",
            markup=False,
        )
        for problem in (*prepared.unreadable.values(), *prepared.faults):
            results().print(problem, markup=False)
    if prepared.unreadable or prepared.faults:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def compare(
    model: Model,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Pictures, and folders of pictures; else the listing pictures of "
            "last, of which only the flagged ones are kept.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Most listing pictures to compare.")
    ] = 200,
    format: Annotated[
        CompareFormat,
        typer.Option(help="`table` shows what differs; the others every picture."),
    ] = CompareFormat.TABLE,
) -> None:
    """Match pictures with the model that serves and a prepared one; nothing is kept."""
    from detector.listings import model_compare
    from detector.listings.engine import open_engine
    from detector.listings.scan import find_files
    from detector.review.model_switch import require_prepared

    files = find_files(paths or [])
    with _store() as (settings, store), ExitStack() as stack:
        extractor, embedder = _both(settings, store, model)
        with store.database.read() as session:
            require_prepared(session, embedder, extractor.embedders["copy"])
        others = {**extractor.embedders, "copy": embedder}
        before, after = (
            open_engine(store, each, threads=settings.num_threads, on_note=note)
            for each in (extractor, replace(extractor, embedders=others))
        )
        digests = [] if paths else model_compare.recent_pictures(store, limit)
        given = (
            model_compare.read_files(files, extractor.limits)
            if paths
            else model_compare.read_pictures(store, digests)
        )
        found: list[Comparison] = []
        on_progress = stack.enter_context(progress_bar("Comparing"))
        comparing = model_compare.compare_models(
            before, after, given, threads=settings.num_threads
        )
        for each in stack.enter_context(closing(comparing)):
            found.append(each)
            on_progress(len(found), len(files) or len(digests))
    match format:
        case CompareFormat.JSON:
            names = {"before": extractor.embedders["copy"].name, "after": embedder.name}
            print_json({"models": names, **model_compare.as_json(found)})
        case CompareFormat.CSV:
            model_compare.write_csv(found, sys.stdout)
        case CompareFormat.TABLE:
            _show(found)


@app.command()
def switch(
    model: Model,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Switch though pictures of some references cannot be read.",
        ),
    ] = False,
) -> None:
    """Let a prepared model serve, for all processes with this database.

    Services and workers that run take it within seconds, without a pause. The index
    and the vectors of the one that served are kept, see `rollback`.
    """
    with _store() as (settings, store):
        _switch(settings, store, model, allow_missing=allow_missing)


@app.command()
def rollback() -> None:
    """Let the model serve again that did before the last switch."""
    from detector.catalogue.serving_model import ModelState, find_model

    with _store() as (settings, store):
        with store.database.read() as session:
            former = find_model(session, ModelState.FORMER)
        if former is None:
            raise Conflict(
                "No model served before this one.",
                remedy="`detector model list` says what there is.",
            )
        # What cannot be read has been lost to both, and it is urgent.
        _switch(settings, store, former.name, allow_missing=True)


@app.command()
def drop(model: Model) -> None:
    """Delete the vectors and the index of a model that does not serve."""
    from detector.review.model_switch import drop_model
    from models.registry import full_name

    with _store() as (settings, store):
        num_deleted = drop_model(store, full_name(model), configured=settings.model)
    results().print(f"{model}: {num_deleted:,} vectors deleted", markup=False)


def _show(found: "Sequence[Comparison]") -> None:
    from rich.table import Table
    from rich.text import Text

    from detector.listings.model_compare import tally

    table = Table("picture", "", "before", "similarity", "after", "similarity")
    differing = [each for each in found if each.error is None and not each.is_alike]
    for each in differing[:MAX_SHOWN]:
        change = "other reference"
        if each.is_newly_flagged:
            change = "newly flagged"
        elif each.is_no_longer_flagged:
            change = "no longer flagged"
        elif each.before and each.after and each.before.verdict != each.after.verdict:
            change = "other verdict"
        answers = [
            cell
            for answer in (each.before, each.after)
            if answer is not None
            for cell in (answer.verdict.value, f"{answer.similarity:.3f}")
        ]
        table.add_row(Text(each.image), change, *answers)
    console = results()
    if differing:
        console.print(table)
    if len(differing) > MAX_SHOWN:
        console.print(f"and {len(differing) - MAX_SHOWN:,} more: see --format csv.")
    for each in found:
        if each.error is not None:
            console.print(Text(f"{each.image}: {each.error}"))
    total = tally(found)
    console.print(
        f"{total.pictures:,} pictures: {total.alike:,} alike, {total.newly_flagged:,} "
        f"newly flagged, {total.no_longer_flagged:,} no longer flagged, "
        f"{total.errors:,} not compared"
    )


@contextmanager
def _store() -> "Iterator[tuple[Settings, Store]]":
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        yield settings, store


def _both(
    settings: "Settings", store: "Store", model: str
) -> "tuple[Extractor, Embedder]":
    """Load what serves, and the model of that name."""
    from detector.cli.engine import load_extractor
    from detector.listings.serving import load_other

    extractor = load_extractor(settings, store)
    return extractor, load_other(store.database, model, device=settings.device)


def _switch(
    settings: "Settings", store: "Store", model: str, *, allow_missing: bool
) -> None:
    from detector.review.model_switch import switch_model

    extractor, embedder = _both(settings, store, model)
    with progress_bar("Embedding what is new") as on_progress:
        switch_model(
            store,
            extractor,
            embedder,
            threads=settings.num_threads,
            allow_missing=allow_missing,
            on_note=note,
            on_progress=on_progress,
        )
    results().print(f"{embedder.name} serves from now on", markup=False)
