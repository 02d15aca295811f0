"""What a health check says of a brand's catalogue, as data.

Nothing here comes from another brand's pictures: a collision names the own reference
only. Keys of the JSON are stable; new ones may be added.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

SCHEMA = "catalogue-health/1"
Z_95 = 1.959964


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Code(StrEnum):
    """What was found; stable, for programs."""

    UNREADABLE = "unreadable"
    TOO_SMALL = "too_small"
    PLAIN_SURFACE = "plain_surface"
    SMALL_PRODUCT = "small_product"
    FEW_POINTS = "few_points"
    GENERIC = "generic"
    LOOKALIKES = "lookalikes"
    COLLISION = "collision"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"


@dataclass(frozen=True, slots=True)
class OwnReference:
    """A reference of the brand, as the report names it."""

    reference_id: str
    external_id: str
    product_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one picture that makes it work badly.

    Attributes:
        reference: the picture.
        code: what it is.
        severity: how much it matters.
        statement: what was found, in words.
        value: what was measured; None where there is nothing to measure.
        threshold: where the finding begins; None likewise.
        remedy: what the brand can do.
    """

    reference: OwnReference
    code: Code
    severity: Severity
    statement: str
    value: float | None
    threshold: float | None
    remedy: str


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """References that show one and the same picture.

    Attributes:
        code: `duplicate` for identical files, `near_duplicate` otherwise.
        severity: how much it matters.
        references: two or more, ordered by external id.
        is_across_products: whether they belong to different products; None if the
            products are not known.
        statement: what was found, in words.
        remedy: what the brand can do.
    """

    code: Code
    severity: Severity
    references: tuple[OwnReference, ...]
    is_across_products: bool | None
    statement: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, and its 95 % interval by Wilson; all None of nothing."""

    value: float | None
    low: float | None
    high: float | None


def rate(part: int, whole: int) -> Rate:
    """Say which share `part` is of `whole`, and how sure that is."""
    if whole == 0:
        return Rate(None, None, None)
    share = part / whole
    spread = Z_95**2 / whole
    middle = share + spread / 2
    half = Z_95 * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    # Rounded, so that the last bits of a root do not make two reports differ.
    return Rate(round(share, 4), round(max(0.0, low), 4), round(min(1.0, high), 4))


@dataclass(frozen=True, slots=True)
class FamilyResult:
    """What became of the edited pictures of one family.

    Attributes:
        family: name of the edits, or `total`.
        match: verdict `match`, with the right reference first.
        review: verdict `review`, with the right reference first.
        missed: verdict `no_match`.
        wrong: flagged, with another reference first.
        failed: could not be tested; in none of the shares.
    """

    family: str
    match: int
    review: int
    missed: int
    wrong: int
    failed: int

    @property
    def num_tested(self) -> int:
        """Pictures that the shares are of."""
        return self.match + self.review + self.missed + self.wrong

    def to_json(self) -> dict[str, object]:
        """Counts; `recall` is the share of `match`, `found` of that and `review`."""
        return {
            **asdict(self),
            "num_tested": self.num_tested,
            "recall": asdict(rate(self.match, self.num_tested)),
            "found": asdict(rate(self.match + self.review, self.num_tested)),
        }


@dataclass(frozen=True, slots=True)
class MissedReference:
    """A reference whose edited copies are found less often than others'.

    Attributes:
        reference: which.
        num_tested: edited copies of it.
        not_found: families whose copy was missed or taken for another picture.
    """

    reference: OwnReference
    num_tested: int
    not_found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Recall of the catalogue's own pictures after edits, at the live thresholds.

    Attributes:
        num_references: pictures that were edited.
        families: one result each, in the order of `EDITS`.
        total: of all families.
        most_missed: worst first.
    """

    num_references: int
    families: tuple[FamilyResult, ...]
    total: FamilyResult
    most_missed: tuple[MissedReference, ...]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All that a check found; the same catalogue and seed give the same report.

    Attributes:
        brand_id: whose catalogue.
        brand: its name.
        models: of the embeddings, each `kind`, `model`, `weights_hash`.
        policy: version and thresholds that verdicts were made with.
        num_references: of the brand.
        num_searchable: of them, those that a search can find.
        sample: references asked for in the self-test.
        seed: of the sample and of the edits.
        is_complete: False if the check was stopped: the rest is what it had by then.
        findings: ordered by severity, code and external id.
        duplicates: ordered likewise.
        self_test: None if it was not reached, or nothing can be searched.
        thumbnails: reference id → small WebP file, of references named in the report;
            not in the JSON.
    """

    brand_id: str
    brand: str
    models: tuple[Mapping[str, str], ...]
    policy: Mapping[str, float | str]
    num_references: int
    num_searchable: int
    sample: int
    seed: int
    is_complete: bool
    findings: tuple[Finding, ...]
    duplicates: tuple[DuplicateGroup, ...]
    self_test: SelfTest | None
    thumbnails: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def counts(self) -> dict[str, int]:
        """Count what was found, by code, with a 0 for what was not.

        Duplicates count by group.
        """
        found = Counter([each.code for each in self.findings])
        found.update(each.code for each in self.duplicates)
        return {code.value: found[code] for code in Code}

    def to_json(self) -> dict[str, object]:
        """Make the answer of the API.

        Returns:
            `schema`, `brand_id`, `brand`, `models`, `policy`, `num_references`,
            `num_searchable`, `sample`, `seed`, `is_complete` · `counts`: code → number
            · `findings`: [`reference` {`reference_id`, `external_id`, `product_id`},
            `code`, `severity`, `statement`, `value`, `threshold`, `remedy`] ·
            `duplicates`: [`code`, `severity`, `references`, `is_across_products`,
            `statement`, `remedy`] · `self_test`: null or {`num_references`,
            `families`: [`family`, `match`, `review`, `missed`, `wrong`, `failed`,
            `num_tested`, `recall` and `found`: {`value`, `low`, `high`}], `total`: one
            of these, `most_missed`: [`reference`, `num_tested`, `not_found`]}.
        """
        test = self.self_test
        return {
            "schema": SCHEMA,
            "brand_id": self.brand_id,
            "brand": self.brand,
            "models": [dict(model) for model in self.models],
            "policy": dict(self.policy),
            "num_references": self.num_references,
            "num_searchable": self.num_searchable,
            "sample": self.sample,
            "seed": self.seed,
            "is_complete": self.is_complete,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
            "duplicates": [
                {**asdict(group), "references": [asdict(r) for r in group.references]}
                for group in self.duplicates
            ],
            "self_test": test
            and {
                "num_references": test.num_references,
                "families": [family.to_json() for family in test.families],
                "total": test.total.to_json(),
                "most_missed": [
                    {**asdict(missed), "not_found": list(missed.not_found)}
                    for missed in test.most_missed
                ],
            },
        }
