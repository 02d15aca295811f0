"""Edits a brand's own pictures and asks the live matcher to find them again."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

from detector.catalogue.features import Extractor
from detector.catalogue.health.edits import EDITS, edited_file
from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.report import FamilyResult, MissedReference, SelfTest
from detector.catalogue.health.watch import Watch
from detector.errors import DetectorError
from detector.images import decode_image
from detector.matching.match import MatchResult, Verdict
from detector.matching.matcher import Matcher
from detector.store.store import Store
from detector.workers import map_in_order

EDITED_FROM_PX = 1024
"""Long side of the photo that is edited: a seller downloads what a shop shows."""

MAX_MISSED_NAMED = 12


class Outcome(StrEnum):
    """What the matcher made of one edited picture."""

    MATCH = "match"
    REVIEW = "review"
    MISSED = "missed"
    WRONG = "wrong"
    FAILED = "failed"


def choose_sample(
    pictures: Sequence[OwnPicture], sample: int, *, seed: int
) -> list[OwnPicture]:
    """Choose pictures by lot; the same seed gives the same, however they are ordered.

    Returns:
        As many as asked for, or all if there are fewer, ordered by id.
    """
    ordered = sorted(pictures, key=lambda picture: picture.reference_id)
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(ordered))[:sample]
    return [ordered[i] for i in sorted(chosen.tolist())]


@dataclass(frozen=True, slots=True)
class SelfTester:
    """What a self-test needs.

    Attributes:
        store: has the pictures' files.
        extractor: decodes queries as a scan does.
        matcher: the live one, with every brand's references behind it.
        copies: reference id → ids that show the same picture and are as right.
        seed: of the edits.
    """

    store: Store
    extractor: Extractor
    matcher: Matcher
    copies: Mapping[str, Set[str]]
    seed: int

    def run(
        self, pictures: Sequence[OwnPicture], *, threads: int, watch: Watch
    ) -> SelfTest | None:
        """Test every family on every picture; None if it was stopped."""
        by_family: dict[str, Counter[Outcome]] = defaultdict(Counter)
        not_found: dict[OwnPicture, list[str]] = {}
        with closing(map_in_order(self._test, pictures, threads=threads)) as results:
            for picture, outcomes in zip(pictures, results, strict=False):
                for family, outcome in outcomes.items():
                    by_family[family][outcome] += 1
                not_found[picture] = [
                    family
                    for family, outcome in outcomes.items()
                    if outcome in (Outcome.MISSED, Outcome.WRONG)
                ]
                watch.advance(len(EDITS))
                if watch.is_stopping:
                    return None
        worst = sorted(
            (picture for picture in pictures if not_found[picture]),
            key=lambda picture: (-len(not_found[picture]), picture.external_id),
        )
        return SelfTest(
            num_references=len(pictures),
            families=tuple(_count(family, by_family[family]) for family in EDITS),
            total=_count("total", sum(by_family.values(), Counter())),
            most_missed=tuple(
                MissedReference(each.named, len(EDITS), tuple(not_found[each]))
                for each in worst[:MAX_MISSED_NAMED]
            ),
        )

    def _test(self, picture: OwnPicture) -> dict[str, Outcome]:
        try:
            data = self.store.blobs.read(picture.sha256)
            limits = self.extractor.limits
            image = decode_image(data, limits=limits, target_px=EDITED_FROM_PX)
        except DetectorError:
            return dict.fromkeys(EDITS, Outcome.FAILED)
        photo = Image.fromarray(image.pixels)
        return {family: self._ask(picture, photo, family) for family in EDITS}

    def _ask(self, picture: OwnPicture, photo: Image.Image, family: str) -> Outcome:
        name = picture.reference_id
        data = edited_file(photo, family, name=name, seed=self.seed)
        try:
            result = self.matcher.match(self.extractor.decode(data), limit=1)
        except DetectorError:
            # Perhaps of another brand's reference: nothing of it may be told.
            return Outcome.FAILED
        return judge_result(result, self.copies.get(name, {name}))


def judge_result(result: MatchResult, right: Set[str]) -> Outcome:
    """Say what the verdict on an edited picture is worth.

    Args:
        result: of the matcher, best match first.
        right: ids that show the picture.
    """
    if result.verdict is Verdict.NO_MATCH:
        return Outcome.MISSED
    if result.matches[0].reference_id not in right:
        return Outcome.WRONG
    is_match = result.verdict is Verdict.MATCH
    return Outcome.MATCH if is_match else Outcome.REVIEW


def _count(family: str, outcomes: Mapping[Outcome, int]) -> FamilyResult:
    counts = {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome}
    return FamilyResult(family, **counts)
