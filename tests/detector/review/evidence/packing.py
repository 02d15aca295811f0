"""Checks packs as the command line does."""

from detector.matching.scoring import Scoring
from detector.review.evidence.verify import Report, verify_pack
from detector.review.queue.scope import Scope
from tests.detector.review.scanned import decode

ALL = Scope()


def verify(data: bytes) -> Report:
    return verify_pack(data, decode=decode, scoring=Scoring.load())
