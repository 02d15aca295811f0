"""`detector catalogue report`: how well a brand's catalogue will work."""

import sys
from contextlib import closing
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from detector.cli.output import note, progress_bar, results
from detector.errors import InvalidInput

if TYPE_CHECKING:
    from detector.catalogue.health.report import FamilyResult, HealthReport

MAX_NAMES_SHOWN = 5


class ReportFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


def report(
    brand: Annotated[str, typer.Option(help="Whose catalogue.")],
    format: Annotated[
        ReportFormat,
        typer.Option(
            help="`table` for people, `json` for programs, `html` is one file with "
            "pictures."
        ),
    ] = ReportFormat.TABLE,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file instead of stdout.")
    ] = None,
    sample: Annotated[
        int,
        typer.Option(
            min=0,
            help="Pictures edited in the self-test, chosen by lot; 0 leaves it out.",
        ),
    ] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Of the lot, and of the edits.")] = 0,
) -> None:
    """Say what a brand should change in its catalogue before it relies on it.

    Finds duplicates, pictures that somebody else has too, pictures that are too small,
    too plain or too generic; and edits a sample of the catalogue as sellers do, to see
    how many copies the live thresholds find.
    """
    from detector.catalogue.brands import brand_id
    from detector.catalogue.health.check import check_catalogue, estimate_cost
    from detector.cli.engine import load_extractor
    from detector.listings.engine import open_engine
    from detector.settings import load_settings
    from detector.store.store import open_store

    _require_place(format, out)
    settings = load_settings()
    threads = settings.num_threads
    name = brand_id(brand)
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        cost = estimate_cost(store, brand_id=name, sample=sample, threads=threads)
        note(
            f"{cost.num_references:,} references and {cost.num_edits:,} edited "
            f"pictures: about {cost.seconds:,.0f} s."
        )
        with progress_bar("Computing features") as on_progress:
            engine = open_engine(
                store,
                load_extractor(settings, store),
                threads=threads,
                on_note=note,
                on_progress=on_progress,
            )
        with progress_bar("Checking") as on_progress:
            checked = check_catalogue(
                store,
                index=engine.index,
                matcher=engine.matcher,
                extractor=engine.extractor,
                brand_id=name,
                sample=sample,
                seed=seed,
                threads=threads,
                on_progress=on_progress,
            )
    if out is None:
        _write(checked, format, sys.stdout)
        return
    text = StringIO()
    _write(checked, format, text)
    try:
        out.write_bytes(text.getvalue().encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise InvalidInput(
            f"{out} cannot be written: {error.strerror}.",
            remedy="Give --out a file in a folder that exists and can be written to.",
        ) from error


def _require_place(format: ReportFormat, out: Path | None) -> None:
    """Refuse what could not be written, before the work rather than after it."""
    if out is None:
        if format is ReportFormat.HTML and sys.stdout.isatty():
            raise InvalidInput(
                "A page is no text for a terminal.", remedy="Add --out health.html."
            )
    elif out.is_dir() or not out.parent.is_dir():
        raise InvalidInput(
            f"{out} cannot be written: it is a folder, or lies in none.",
            remedy="Give --out a file in a folder that exists and can be written to.",
        )


def _write(checked: "HealthReport", format: ReportFormat, file: TextIO) -> None:
    import json

    from detector.catalogue.health.page import render_html

    if format is ReportFormat.HTML:
        file.write(render_html(checked))
    elif format is ReportFormat.JSON:
        file.write(json.dumps(checked.to_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        _print_tables(checked, file)


def _print_tables(checked: "HealthReport", file: TextIO) -> None:
    from rich.table import Table
    from rich.text import Text

    from detector.catalogue.health.words import WORDS

    console = results(file)
    console.print(
        f"{checked.brand}: {checked.num_references:,} references, "
        f"{checked.num_searchable:,} of them can be searched",
        markup=False,
    )
    found = Table("severity", "finding", "what", "pictures", box=None)
    for finding in checked.findings:
        found.add_row(
            finding.severity,
            WORDS[finding.code].title,
            Text(finding.statement),
            Text(finding.reference.external_id),
        )
    for group in checked.duplicates:
        names = [reference.external_id for reference in group.references]
        more = len(names) - MAX_NAMES_SHOWN
        shown = ", ".join(names[:MAX_NAMES_SHOWN])
        found.add_row(
            group.severity,
            WORDS[group.code].title,
            Text(group.statement),
            Text(f"{shown} and {more} more" if more > 0 else shown),
        )
    if found.row_count:
        console.print(found)
        for code, num in checked.counts().items():
            if num:
                console.print(f"{code}, {num:,}: {_remedy(code)}", markup=False)
    else:
        console.print("nothing stands in the way of any picture", markup=False)
    if checked.self_test is not None:
        table = Table("edits", "recall", "match", "review", "missed", "wrong", box=None)
        for family in (*checked.self_test.families, checked.self_test.total):
            table.add_row(family.family, *_cells(family))
        console.print(table)
        for missed in checked.self_test.most_missed:
            console.print(
                f"not found {len(missed.not_found)} of {missed.num_tested}: "
                f"{missed.reference.external_id} ({', '.join(missed.not_found)})",
                markup=False,
            )


def _remedy(code: str) -> str:
    from detector.catalogue.health.report import Code
    from detector.catalogue.health.words import WORDS

    return WORDS[Code(code)].remedy


def _cells(family: "FamilyResult") -> list[str]:
    from detector.catalogue.health.page import interval, percent
    from detector.catalogue.health.report import rate

    recall = rate(family.match, family.num_tested)
    counts = (family.match, family.review, family.missed, family.wrong)
    return [f"{percent(recall.value)} ({interval(recall)})", *map(str, counts)]
