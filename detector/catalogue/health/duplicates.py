"""One picture held more than once, grouped."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.report import Code, DuplicateGroup, Severity
from detector.catalogue.health.words import WORDS


def duplicate_groups(
    pictures: Sequence[OwnPicture], same: Iterable[frozenset[str]]
) -> Iterator[DuplicateGroup]:
    """Group references by file, and files by the picture that they show.

    Args:
        pictures: of the brand, ordered by external id.
        same: groups of SHA-256 of files that show the same picture.
    """
    by_file: dict[str, list[OwnPicture]] = defaultdict(list)
    for picture in pictures:
        by_file[picture.sha256].append(picture)
    for members in by_file.values():
        if len(members) > 1:
            yield _group(Code.DUPLICATE, members)
    for digests in same:
        members = [picture for digest in digests for picture in by_file[digest]]
        yield _group(Code.NEAR_DUPLICATE, members)


def _group(code: Code, members: Sequence[OwnPicture]) -> DuplicateGroup:
    products = {picture.product_id for picture in members}
    is_across = None if None in products else len(products) > 1
    return DuplicateGroup(
        code=code,
        # Two products that share a picture cannot be told apart by it.
        severity=Severity.WARNING if is_across else Severity.NOTICE,
        references=tuple(
            picture.named for picture in sorted(members, key=lambda p: p.external_id)
        ),
        is_across_products=is_across,
        statement=WORDS[code].statement,
        remedy=WORDS[code].remedy,
    )


def right_answers(groups: Iterable[DuplicateGroup]) -> dict[str, frozenset[str]]:
    """Say which references show the same picture as each: either is a right answer."""
    right: dict[str, frozenset[str]] = {}
    for group in groups:
        names = frozenset(each.reference_id for each in group.references)
        for name in names:
            right[name] = right.get(name, frozenset()) | names
    return right
