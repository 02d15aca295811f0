"""`detector evaluate`: how good the matches are, on pictures whose truth is known."""

from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import note, print_json, progress_bar, results

if TYPE_CHECKING:
    from detector.listings.evaluation import Evaluation


class Signal(StrEnum):
    """What ranks the references."""

    SIMILARITY = "similarity"
    EMBEDDING = "embedding"


def evaluate(
    references: Annotated[Path, typer.Option(help="Folder of genuine pictures.")],
    queries: Annotated[Path, typer.Option(help="Folder of pictures to scan.")],
    truth: Annotated[
        Path,
        typer.Option(
            help="CSV file query,reference[,family]; paths below the folders, an empty "
            "reference where the right answer is none."
        ),
    ],
    limit: Annotated[
        int, typer.Option(min=1, max=100, help="Candidates counted per query.")
    ] = 10,
    signal: Annotated[
        Signal,
        typer.Option(
            help="What ranks the references: the matcher's similarity, or the copy "
            "embedding alone."
        ),
    ] = Signal.SIMILARITY,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the matches on pictures whose truth is known.

    Works in a data directory of its own that is deleted afterwards. Prints uap (micro
    average precision), recall and threshold at 90 % precision, accuracy at 1, also
    per family, recall among the first k, and how often the verdict match is right.
    Ties count against us, and so does a query that cannot be read.
    """
    from detector.catalogue.folder_import import import_folder
    from detector.cli.engine import load_extractor
    from detector.cli.scanner import open_scanner
    from detector.files import FoundFile
    from detector.listings.evaluation import evaluate_scan
    from detector.listings.truth import read_truth
    from detector.matching.embedding_ranker import EmbeddingRanker
    from detector.matching.metrics import RECALL_AT
    from detector.settings import load_settings
    from detector.store.store import open_store

    known = read_truth(truth, queries=queries, references=references)
    settings = load_settings()
    threads = settings.num_threads
    extractor = load_extractor(settings)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="detector-"))
        store = open_store(Path(folder) / "data")
        stack.callback(store.close)
        with progress_bar("Importing") as on_progress:
            report = import_folder(
                store,
                references,
                brand="evaluation",
                extractor=extractor,
                threads=threads,
                on_progress=on_progress,
            )
        scanner, engine = open_scanner(store, extractor, threads=threads, limit=limit)
        if signal is Signal.EMBEDDING:
            ranker = EmbeddingRanker(engine.copy_channel)
            scanner = replace(scanner, matcher=ranker, limit=max(limit, *RECALL_AT))
        files = [FoundFile(name, queries / name) for name in known.references]
        scans = []
        with progress_bar("Scanning") as on_progress:
            for scanned in scanner.scan(files, threads=threads):
                scans.append(scanned)
                on_progress(len(scans), len(files))
    for name, reason in report.skipped:
        note(f"reference {name}: {reason}")
    for scanned in scans:
        if scanned.error:
            note(f"query {scanned.image}: {scanned.error}")
    evaluation = evaluate_scan(
        known, scans, limit=limit, num_skipped=len(report.skipped)
    )
    if json:
        print_json(evaluation.to_json())
    else:
        _print_figures(evaluation)


def _print_figures(evaluation: "Evaluation") -> None:
    from rich.table import Table

    metrics = evaluation.metrics
    precision = evaluation.precision_of_match
    threshold = metrics.threshold_at_p90
    table = Table("figure", "value", box=None)
    for name, value in (
        ("uap", f"{metrics.uap:.4f}"),
        ("recall_at_p90", f"{metrics.recall_at_p90:.4f}"),
        ("threshold_at_p90", "none" if threshold is None else f"{threshold:.4f}"),
        ("accuracy_at_1", f"{metrics.accuracy_at_1:.4f}"),
        *((f"recall_at_{k}", f"{r:.4f}") for k, r in evaluation.recall_at.items()),
        (
            "precision of match",
            "none" if precision is None else f"{precision:.4f}",
        ),
        *(
            (f"accuracy_at_1, {family}", f"{accuracy:.4f}")
            for family, accuracy in evaluation.accuracy_by_family.items()
        ),
        ("queries", f"{evaluation.num_queries:,}"),
        ("  of them without a reference", f"{evaluation.num_without_reference:,}"),
        ("errors", f"{evaluation.num_errors:,}"),
    ):
        table.add_row(name, value)
    results().print(table)
