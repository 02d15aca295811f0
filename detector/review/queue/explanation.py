"""Why a case is there, in words: what matched, what speaks for it, against, unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detector.listings.flags.signals import CAVEAT

RELATIONS = {
    "same_photo": "the same photo",
    "edited_photo": "an edited photo",
    "same_product": "the same product in another photo",
    "lookalike": "a look-alike",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason of a case, in four parts.

    Attributes:
        matched: what was found, picture by picture.
        supports: what else speaks for it.
        against: what speaks against it.
        unknown: what is not known, which is neither.
        caveat: that holds of all of it.
    """

    matched: Sequence[str]
    supports: Sequence[str]
    against: Sequence[str]
    unknown: Sequence[str]
    caveat: str = CAVEAT


def explain(
    images: Sequence[Mapping[str, object]], signals: Mapping[str, object]
) -> Explanation:
    """Say in words why a case is there.

    Args:
        images: of the case, as its flag has them.
        signals: by name, as a case keeps them.
    """
    texts: dict[str, list[str]] = {}
    for signal in signals.values():
        if isinstance(signal, dict):
            texts.setdefault(str(signal["direction"]), []).append(str(signal["text"]))
    return Explanation(
        matched=[_match(image) for image in images],
        supports=texts.get("supports", []),
        against=texts.get("against", []),
        unknown=texts.get("unknown", []),
    )


def _match(image: Mapping[str, object]) -> str:
    position = image["position"]
    if image.get("reference_id") is None:
        return f"Picture {position} is one that was taken down before."
    relation = RELATIONS.get(str(image.get("relation")), "alike")
    return (
        f"Picture {position} is {relation} of the reference {image['external_id']} "
        f"(similarity {float(str(image['similarity'])):.2f})."
    )
