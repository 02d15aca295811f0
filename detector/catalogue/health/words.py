"""What findings mean, in words for somebody who looks after a brand's pictures."""

from typing import NamedTuple

from detector.catalogue.health.report import Code, Finding, OwnReference, Severity


class Words(NamedTuple):
    """How a code is told to people.

    Attributes:
        title: over several findings of the kind.
        statement: of one; `value` and `threshold` are filled in,
            as they are or in percent.
        remedy: what can be done.
    """

    title: str
    statement: str
    remedy: str


WORDS = {
    Code.UNREADABLE: Words(
        "Cannot be read",
        "The stored picture cannot be read, so nothing can be compared with it.",
        "Upload the picture again.",
    ),
    Code.TOO_SMALL: Words(
        "Too small",
        "The longer side has {value:.0f} pixels; below {threshold:.0f} copies are "
        "missed more often.",
        "Upload the original, best with 500 pixels or more on its longer side.",
    ),
    Code.PLAIN_SURFACE: Words(
        "Plain surface",
        "Only {percent:.1f} % of the picture shows any detail; from "
        "{threshold_percent:.0f} % on there is enough to recognize.",
        "Replace it with a picture that shows the whole product, its label or its "
        "pattern; or remove it, if it is a filler or a blank.",
    ),
    Code.SMALL_PRODUCT: Words(
        "Small product on a blank ground",
        "The product takes {percent:.1f} % of the picture; from "
        "{threshold_percent:.0f} % on it can be recognized.",
        "Cut the picture closer to the product, so that it fills at least a quarter.",
    ),
    Code.FEW_POINTS: Words(
        "Little to recognize",
        "The picture has {value:.0f} points that can be recognized again; "
        "{threshold:.0f} are needed.",
        "Use a sharper or larger picture, or one that shows lettering, seams or "
        "other detail. Add a second picture of the product.",
    ),
    Code.GENERIC: Words(
        "Generic picture",
        "The picture resembles many that have nothing to do with the brand "
        "({value:.2f}; usual is less than {threshold:.2f}): it may raise false alarms.",
        "Add a picture in which something only this product has can be seen, and "
        "disable this one if it raises false alarms.",
    ),
    Code.LOOKALIKES: Words(
        "Hard to tell from your other pictures",
        "{value:.0f} other pictures of yours look nearly the same (usual are fewer "
        "than {threshold:.0f}): a copy may be taken for another product.",
        "Add pictures that show what sets the product apart: its label, its print, "
        "its reverse.",
    ),
    Code.COLLISION: Words(
        "Not yours alone",
        "Somebody else also has a picture that looks the same in this service. It "
        "may be a stock photo, a supplier's photo or shared packaging.",
        "Check that you hold the rights to this picture. If you do not hold them "
        "alone, replace it with one of your own, and do not rest a notice on it.",
    ),
    Code.DUPLICATE: Words(
        "The same file more than once",
        "These references are one and the same file.",
        "Keep one, and let it stand for all products that it shows.",
    ),
    Code.NEAR_DUPLICATE: Words(
        "The same picture more than once",
        "These references show the same picture, saved differently.",
        "Keep the largest, and let it stand for all products that it shows.",
    ),
}


def finding(
    reference: OwnReference,
    code: Code,
    severity: Severity,
    value: float | None = None,
    threshold: float | None = None,
) -> Finding:
    """Put a finding into words."""
    words = WORDS[code]
    return Finding(
        reference,
        code,
        severity,
        words.statement.format(
            value=value,
            threshold=threshold,
            percent=100 * (value or 0.0),
            threshold_percent=100 * (threshold or 0.0),
        ),
        None if value is None else round(float(value), 4),
        None if threshold is None else float(threshold),
        words.remedy,
    )
