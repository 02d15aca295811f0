"""`detector verify-evidence`: is an evidence pack as it was made?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import ExitCode, print_json, results

if TYPE_CHECKING:
    from detector.review.evidence.verify import Report


def verify_evidence(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The pack."),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the evidence pack of a case; exit 1 if anything in it was changed.

    Every byte is held against the manifest, each step of the record against its seal,
    and scores are computed again: from the values on record, and anew on the pictures.
    What is found is named by its file. Needs no data directory.
    """
    from detector.cli.engine import image_limits
    from detector.images import decode_image
    from detector.matching.describe import WORKING_PX
    from detector.matching.scoring import Scoring
    from detector.review.evidence.verify import verify_pack
    from detector.settings import load_settings

    limits = image_limits(load_settings())
    report = verify_pack(
        file.read_bytes(),
        decode=lambda data: decode_image(data, limits=limits, target_px=WORKING_PX),
        scoring=Scoring.load(),
    )
    if json:
        print_json({**asdict(report), "is_good": report.is_good})
    else:
        _print(report)
    if not report.is_good:
        raise typer.Exit(ExitCode.FAILED)


def _print(report: "Report") -> None:
    console = results()

    def say(text: str) -> None:
        # Names are of whoever made the file: none is a command to a terminal.
        plain = "".join(
            c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text
        )
        console.print(plain, markup=False)

    for fault in report.faults:
        say(f"{fault.file or 'the archive'}: {fault.problem}")
    for lost in report.missing:
        say(f"not in the pack: {lost['file']}: {lost['why']}")
    for score in report.scores:
        measured = "" if score.measured is None else f", {score.measured:.4f} anew"
        note = "" if score.note is None else f" ({score.note})"
        say(
            f"{score.listing_file} and {score.reference_file}: "
            f"similarity {score.recorded:.4f}{measured}{note}"
        )
    say(
        f"case {report.case_id}: {report.num_files} files, {report.num_entries} steps, "
        f"{len(report.scores)} scores; manifest {report.manifest_sha256}"
    )
    say("Everything is as it was packed." if report.is_good else "It was changed.")
