"""Checks a brand's catalogue: each picture, all pairs, and itself under edits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.features import Extractor, stored_vectors
from detector.catalogue.health.duplicates import duplicate_groups, right_answers
from detector.catalogue.health.edits import EDITS
from detector.catalogue.health.likeness import Likenesses, LikenessSearch
from detector.catalogue.health.own import OwnPicture, own_pictures
from detector.catalogue.health.quality import measure, quality_findings
from detector.catalogue.health.report import (
    Code,
    DuplicateGroup,
    Finding,
    HealthReport,
    SelfTest,
    Severity,
)
from detector.catalogue.health.self_test import SelfTester, choose_sample
from detector.catalogue.health.thumbnails import draw_thumbnails
from detector.catalogue.health.watch import Progress, Watch
from detector.catalogue.health.words import finding
from detector.catalogue.search_index import SearchIndex
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.errors import DetectorError, InvalidInput, UnknownBrand
from detector.matching.describe import Description
from detector.matching.matcher import Matcher
from detector.store.store import Store
from detector.store.tables import BrandRow
from index.vector_index import VectorIndex
from models.embedder import Embedder

DEFAULT_SAMPLE = 24
"""Pictures edited in the self-test: a minute, and intervals of a few percent."""

MANY_LOOKALIKES = 8
"""Pictures of other products that look nearly the same. Of packshots of a supermarket,
half of them siblings, none has more than 3; of drawn ones in several colors, 5."""

SECONDS_PER_PICTURE = 0.03
SECONDS_PER_EDIT = 0.2
"""Of one core, as measured: 0.01 to 0.03, and 0.19."""

_ORDER = {name: rank for rank, name in enumerate((*Severity, *Code))}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a check takes, told before it begins.

    Attributes:
        num_references: of the brand, each looked at.
        num_edits: edited pictures that the matcher is asked for.
        seconds: on a machine like the one it was measured on.
    """

    num_references: int
    num_edits: int
    seconds: float


def estimate_cost(store: Store, *, brand_id: str, sample: int, threads: int) -> Cost:
    """Say what a check would take.

    Raises:
        UnknownBrand: there is no such brand.
    """
    _, pictures = _open_brand(store, brand_id)
    num_edits = min(sample, len(pictures)) * len(EDITS)
    seconds = SECONDS_PER_PICTURE * len(pictures) + SECONDS_PER_EDIT * num_edits
    return Cost(len(pictures), num_edits, round(seconds / threads, 1))


def check_catalogue(
    store: Store,
    *,
    index: SearchIndex,
    matcher: Matcher,
    extractor: Extractor,
    brand_id: str,
    sample: int = DEFAULT_SAMPLE,
    seed: int = 0,
    threads: int = 1,
    on_progress: Progress = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> HealthReport:
    """Check a brand's catalogue against itself, the others' and the live thresholds.

    The same catalogue, model, thresholds and seed give the same report.

    Args:
        store: the truth.
        index: the live one, up to date.
        matcher: on that index, with the thresholds that listings are judged by.
        extractor: decodes pictures as scans do.
        brand_id: whose catalogue.
        sample: pictures to edit in the self-test; all if there are fewer.
        seed: of the sample and of the edits.
        threads: pictures worked on at once.
        on_progress: called with done and total.
        should_stop: asked between pictures; once true, the report has what is done.

    Raises:
        UnknownBrand: there is no such brand.
        InvalidInput: `sample`, `seed` or `threads` is out of range.
    """
    if sample < 0 or seed < 0 or threads < 1:
        raise InvalidInput(
            f"sample={sample}, seed={seed}, threads={threads} cannot be used.",
            remedy="Give a sample and a seed of 0 or more, and 1 thread or more.",
        )
    brand, pictures = _open_brand(store, brand_id)
    embedder, vector_index = _copy_channel(index)
    with store.database.read() as session:
        digests = sorted({picture.sha256 for picture in pictures})
        vectors = stored_vectors(session, embedder, digests)
    held = vector_index.find([each.reference_id for each in pictures])
    searchable = [
        each
        for each in pictures
        if each.reference_id in held and each.sha256 in vectors
    ]
    files = _first_of_each_file(searchable)
    chosen = choose_sample(searchable, sample, seed=seed)
    watch = Watch(
        len(pictures) + len(files) + len(chosen) * len(EDITS),
        on_progress=on_progress,
        should_stop=should_stop,
    )
    descriptions = StoredDescriptions(store)
    looker = _Looker(store, descriptions, embedder, vectors)
    findings = list(looker.findings(pictures, searchable, watch))
    likenesses = LikenessSearch(
        store=store,
        extractor=extractor,
        descriptions=descriptions,
        index=vector_index,
        scoring=matcher.scoring,
        brand=brand,
        own_ids=frozenset(picture.reference_id for picture in pictures),
    ).run(files, vectors, threads=threads, watch=watch)
    known = {each.reference for each in findings if each.code is Code.UNREADABLE}
    findings += [
        each
        for each in _likeness_findings(searchable, likenesses)
        if each.code is not Code.UNREADABLE or each.reference not in known
    ]
    groups = list(duplicate_groups(pictures, likenesses.same))
    self_test: SelfTest | None = None
    if chosen and not watch.is_stopping:
        copies = right_answers(groups)
        tester = SelfTester(store, extractor, matcher, copies, seed)
        self_test = tester.run(chosen, threads=threads, watch=watch)
    findings.sort(key=lambda f: (*_rank(f.severity, f.code), f.reference.external_id))
    groups.sort(key=lambda g: (*_rank(g.severity, g.code), g.references[0].external_id))
    return HealthReport(
        brand_id=brand_id,
        brand=brand,
        models=tuple(
            {"kind": kind, "model": e.name, "weights_hash": e.weights_hash}
            for kind, e in extractor.embedders.items()
        ),
        policy=matcher.scoring.as_policy(),
        num_references=len(pictures),
        num_searchable=len(searchable),
        sample=sample,
        seed=seed,
        is_complete=not watch.is_stopping,
        findings=tuple(findings),
        duplicates=tuple(groups),
        self_test=self_test,
        thumbnails=draw_thumbnails(descriptions, _named(findings, groups, self_test)),
    )


@dataclass(frozen=True, slots=True)
class _Looker:
    """Looks at each picture by itself, by what is stored of it."""

    store: Store
    descriptions: StoredDescriptions
    embedder: Embedder
    vectors: Mapping[str, NDArray[np.float32]]

    def findings(
        self,
        pictures: Sequence[OwnPicture],
        searchable: Sequence[OwnPicture],
        watch: Watch,
    ) -> Iterator[Finding]:
        """Measure every picture; those that cannot be searched are told as such."""
        can_be_found = {picture.reference_id for picture in searchable}
        for picture in pictures:
            if watch.is_stopping:
                return
            watch.advance()
            description = self._describe(picture)
            is_whole = self.store.blobs.size(picture.sha256) == picture.num_bytes
            if (
                description is None
                or not is_whole
                or picture.reference_id not in can_be_found
            ):
                yield finding(picture.named, Code.UNREADABLE, Severity.ERROR)
                continue
            vector = self.vectors[picture.sha256]
            calibration = self.embedder.calibration
            quality = measure(picture, description, vector, calibration)
            yield from quality_findings(picture, quality)

    def _describe(self, picture: OwnPicture) -> Description | None:
        name = picture.reference_id
        try:
            return self.descriptions.descriptions([name]).get(name)
        except DetectorError:
            return None


def _likeness_findings(
    pictures: Sequence[OwnPicture], likenesses: Likenesses
) -> Iterator[Finding]:
    for picture in pictures:
        named, digest = picture.named, picture.sha256
        if digest in likenesses.unreadable:
            yield finding(named, Code.UNREADABLE, Severity.ERROR)
        if digest in likenesses.colliding:
            # No value: how alike they are is the other's to tell.
            yield finding(named, Code.COLLISION, Severity.WARNING)
        num = likenesses.lookalikes.get(digest, 0)
        if num >= MANY_LOOKALIKES:
            yield finding(named, Code.LOOKALIKES, Severity.NOTICE, num, MANY_LOOKALIKES)


def _open_brand(store: Store, brand_id: str) -> tuple[str, list[OwnPicture]]:
    """Read a brand's name and its references."""
    with store.database.read() as session:
        row = session.get(BrandRow, brand_id)
        if row is None:
            raise UnknownBrand(
                "There is no such brand.",
                remedy="Import its pictures first: `detector catalogue import`.",
            )
        return row.name, own_pictures(session, brand_id)


def _copy_channel(index: SearchIndex) -> tuple[Embedder, VectorIndex]:
    """Find the embedder that says what a copy is, and the index of its vectors."""
    found = {kind: (embedder, part) for kind, embedder, part in index.channels}
    return found["copy"]


def _first_of_each_file(pictures: Sequence[OwnPicture]) -> list[OwnPicture]:
    firsts: dict[str, OwnPicture] = {}
    for picture in pictures:
        firsts.setdefault(picture.sha256, picture)
    return list(firsts.values())


def _rank(severity: Severity, code: Code) -> tuple[int, int]:
    return _ORDER[severity], _ORDER[code]


def _named(
    findings: Sequence[Finding],
    groups: Sequence[DuplicateGroup],
    self_test: SelfTest | None,
) -> list[str]:
    """List the references that the report names, in its order."""
    names = [each.reference_id for group in groups for each in group.references]
    names += [each.reference.reference_id for each in findings]
    if self_test is not None:
        names = [m.reference.reference_id for m in self_test.most_missed] + names
    return list(dict.fromkeys(names))
