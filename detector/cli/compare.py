"""`detector compare`: what two pictures have in common."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import print_json, results
from detector.errors import InvalidInput
from detector.files import printable

if TYPE_CHECKING:
    from detector.images import DecodedImage
    from detector.matching.match import Match


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="The picture in question.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The genuine picture.")],
    out: Annotated[
        Path | None, typer.Option(help="Draw the evidence to this PNG file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether picture A shows picture B, or a part of it, and where.

    Neither picture is kept. Exit 0 also if nothing in common was found; no evidence
    is drawn then.
    """
    from detector.cli.engine import image_limits
    from detector.images import read_image_file
    from detector.listings.formats import match_as_json
    from detector.matching.compare import compare as compare_pictures
    from detector.matching.describe import WORKING_PX
    from detector.matching.scoring import Scoring
    from detector.settings import load_settings

    for path in (a, b):
        if not Path(path).is_file():
            raise InvalidInput(f"{path} is no file.", remedy="Give two picture files.")
    limits = image_limits(load_settings())
    query, reference = (
        read_image_file(path, limits=limits, target_px=WORKING_PX) for path in (a, b)
    )
    match = compare_pictures(query, reference, Scoring.load())
    if match is not None and out is not None:
        _draw(query, reference, match, out)
    found = None if match is None else match_as_json(match)
    if json:
        print_json({"a": printable(a), "b": printable(b), "match": found})
    elif found is None:
        results().print("Nothing in common was found.")
    else:
        for name, value in found.items():
            results().print(f"{name}: {value}", markup=False)


def _draw(
    query: "DecodedImage", reference: "DecodedImage", match: "Match", out: Path
) -> None:
    from PIL import Image

    from detector.matching.evidence import draw_evidence

    evidence = draw_evidence(
        query.pixels,
        (query.width, query.height),
        reference.pixels,
        (reference.width, reference.height),
        match,
    )
    try:
        Image.fromarray(evidence).save(out, "PNG")
    except OSError as error:
        raise InvalidInput(
            f"{out} cannot be written: {error.strerror}.",
            remedy="Give --out a file in a folder that exists and can be written to.",
        ) from error
