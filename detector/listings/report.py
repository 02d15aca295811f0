"""The report of a scan: one HTML file that holds its pictures."""

import base64
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from detector.listings.scan import ScanCounts, ScannedImage
from detector.matching.match import Relation, Verdict
from detector.store.table import utc_now

FOLDER = Path(__file__).parent
RELATIONS = {
    Relation.SAME_PHOTO: "the same photo",
    Relation.EDITED_PHOTO: "the same photo, edited",
    Relation.SAME_PRODUCT: "another photo of the same product",
    Relation.LOOKALIKE: "looks alike",
}


class HtmlReport:
    """Writes a report; takes the results one by one, in any number.

    Cards with pictures wait in a temporary file, so that memory does not grow with
    them. They are ordered by verdict, then similarity, best first.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
        )
        self._cards = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - closed by `finish`
        self._places: list[tuple[tuple[bool, float], int, int]] = []
        self._counts = ScanCounts()
        self._no_match: list[str] = []
        self._unreadable: list[tuple[str, str]] = []

    def add(self, scanned: ScannedImage) -> None:
        """Take the next result."""
        self._counts.add(scanned)
        if scanned.result is None:
            self._unreadable.append((scanned.image, scanned.error or ""))
            return
        verdict = scanned.result.verdict
        if verdict is Verdict.NO_MATCH:
            self._no_match.append(scanned.image)
            return
        card = self._card(scanned, verdict).encode("utf-8", "backslashreplace")
        similarity = scanned.result.matches[0].similarity
        order = (verdict is not Verdict.MATCH, -similarity)
        self._places.append((order, self._cards.tell(), len(card)))
        self._cards.write(card)

    def finish(self) -> None:
        """Write the page."""
        script = (FOLDER / "report.js").read_text()
        digest = base64.b64encode(sha256(script.encode()).digest()).decode()
        page = self._templates.get_template("report.html").generate(
            counts=self._counts,
            made_at=utc_now().strftime("%Y-%m-%d %H:%M UTC"),
            script=Markup(script),
            script_hash=digest,
            cards=self._read_cards(),
            no_match=self._no_match,
            unreadable=self._unreadable,
        )
        self._file.writelines(page)
        self._cards.close()

    def _card(self, scanned: ScannedImage, verdict: Verdict) -> str:
        if scanned.result is None:
            raise ValueError(f"{scanned.image} has no result")
        matches = [
            (match, scanned.references[match.reference_id])
            for match in scanned.result.matches
            if match.reference_id in scanned.references
        ]
        shown = []
        others = []
        for match, reference in matches:
            facts = {
                "external_id": reference.external_id,
                "brand": reference.brand,
                "relation": RELATIONS[match.relation],
                "similarity": match.similarity,
            }
            pictures = scanned.pictures.get(match.reference_id)
            if pictures is None:
                others.append(facts)
                continue
            shown.append(
                {
                    **facts,
                    "mirrored": match.mirrored,
                    "likelihood": match.likelihood,
                    "num_inliers": match.num_inliers,
                    "reference_overlap": match.reference_overlap,
                    "query_overlap": match.query_overlap,
                    "query_picture": _data_uri(pictures.query),
                    "reference_picture": _data_uri(pictures.reference),
                    "evidence": _data_uri(pictures.evidence),
                }
            )
        template = self._templates.get_template("report_card.html")
        return template.render(
            name=scanned.image, verdict=verdict.value, matches=shown, others=others
        )

    def _read_cards(self) -> Iterator[Markup]:
        for _, start, length in sorted(self._places):
            self._cards.seek(start)
            yield Markup(self._cards.read(length).decode())


def _data_uri(picture: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(picture).decode()
