"""Pictures found again by how they look, on both databases."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageOps
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from detector.listings.pictures.alike import is_same
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.look import Look, look_at, pack_vectors
from detector.store.clock import next_seq
from detector.store.database import Database
from detector.store.listing_tables import PictureClusterRow, PictureRow
from tests.catalogues import grid_extractor
from tests.drawing import draw_scene, save

SIZE = (240, 180)


def draw(seed: int) -> Image.Image:
    return draw_scene(*SIZE, seed=seed)


def look(image: Image.Image, quality: int = 90, format: str = "JPEG") -> Look:
    return look_at(save(image, format, quality=quality), grid_extractor())[0]


def write(session: Session, known: KnownPictures, *looks: Look) -> list[str]:
    """Write pictures as a scan does; return their clusters."""
    first = next_seq(session, "picture", len(looks))
    known.refresh(session)
    clusters = []
    for position, each in enumerate(looks):
        row = PictureRow(
            sha256=each.sha256,
            seq=first + position,
            width=each.width,
            height=each.height,
            vectors=pack_vectors(each),
            perceptual_hash=each.perceptual_hash,
            thumbnail=each.thumbnail.tobytes(),
            verdict="no_match",
        )
        session.add(row)
        session.flush()
        row.cluster_id = known.place(session, each)
        session.flush()
        clusters.append(row.cluster_id)
    return clusters


def keep(database: Database, known: KnownPictures, *looks: Look) -> list[str]:
    with database.write() as session:
        return write(session, known, *looks)


def twin_of(database: Database, known: KnownPictures, of: Look) -> str | None:
    with database.read() as session:
        known.refresh(session)
        return known.find_twin(session, of)


def change(database: Database, of: Look, **values: object) -> None:
    with database.write() as session:
        session.execute(
            update(PictureRow).where(PictureRow.sha256 == of.sha256).values(values)
        )


def test_a_repeat_has_a_twin_and_joins_its_cluster(database):
    known = KnownPictures(database)
    first, other = look(draw(0)), look(draw(1))
    clusters = keep(database, known, first, other)
    assert clusters[0] != clusters[1]
    again = look(draw(0), quality=75, format="WEBP")
    assert twin_of(database, known, again) == first.sha256
    assert keep(database, known, again) == clusters[:1]
    with database.read() as session:
        row = session.get_one(PictureClusterRow, clusters[0])
        assert row.num_pictures == 2


def test_repeats_of_one_batch_find_each_other(database):
    known = KnownPictures(database)
    looks = [look(draw(n // 3), quality=90 - 10 * (n % 3)) for n in range(9)]
    clusters = keep(database, known, *looks)
    assert [clusters.index(each) for each in clusters] == [0, 0, 0, 3, 3, 3, 6, 6, 6]


def test_nothing_else_has_a_twin(database):
    known = KnownPictures(database)
    assert twin_of(database, known, look(draw(0))) is None
    keep(database, known, look(draw(0)), look(draw(1)))
    for image in (draw(2), ImageOps.mirror(draw(0)), ImageOps.crop(draw(0), 12)):
        assert twin_of(database, known, look(image)) is None


def test_a_picture_is_not_its_own_twin(database):
    known = KnownPictures(database)
    only = look(draw(0))
    keep(database, known, only)
    assert twin_of(database, known, only) is None


def test_a_twin_has_a_result_of_its_own_and_stands_for_those_without(database):
    known = KnownPictures(database)
    first, second = look(draw(0)), look(draw(0), quality=80)
    keep(database, known, first, second)
    change(database, second, same_as=first.sha256)
    # The second is nearest, being the same but for one unseen byte of its file.
    third = look(draw(0), quality=79)
    assert twin_of(database, known, third) == first.sha256
    change(database, first, verdict=None)
    assert twin_of(database, known, third) is None


def test_two_pictures_of_nothing_are_no_twins_and_no_cluster(database):
    known = KnownPictures(database)
    plain = [look(Image.new("RGB", SIZE, color)) for color in ("white", "#fefefe")]
    clusters = keep(database, known, *plain)
    assert clusters[0] != clusters[1]
    assert twin_of(database, known, look(Image.new("RGB", SIZE, "#fdfdfd"))) is None


def test_a_deleted_picture_is_forgotten(database):
    known = KnownPictures(database)
    first = look(draw(0))
    cluster = keep(database, known, first)[0]
    with database.write() as session:
        session.execute(delete(PictureRow))
    again = look(draw(0), quality=70)
    assert twin_of(database, known, again) is None
    assert keep(database, known, again) != [cluster]


def test_those_deleted_leave_memory_once_as_many_have_come(database):
    known = KnownPictures(database, pruned_after=10)
    for start in range(0, 40, 10):
        looks = [look(draw(n)) for n in range(start, start + 10)]
        keep(database, known, *looks)
        with database.write() as session:
            last = {each.sha256 for each in looks[:2]}
            session.execute(delete(PictureRow).where(~PictureRow.sha256.in_(last)))
        with database.read() as session:
            known.refresh(session)
    assert len(known) <= 22
    assert twin_of(database, known, look(draw(30), quality=80)) is not None


def test_what_is_rolled_back_is_not_remembered(database):
    known = KnownPictures(database)

    def write_and_fail() -> None:
        with database.write() as session:
            write(session, known, look(draw(0)), look(draw(1)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    kept = look(draw(2))
    keep(database, known, kept)
    assert twin_of(database, known, look(draw(0), quality=80)) is None
    assert twin_of(database, known, look(draw(2), quality=80)) == kept.sha256


def test_another_process_follows_and_a_new_one_knows_everything(opened):
    database, other = opened(), opened()
    known, following = KnownPictures(database), KnownPictures(other)
    first = look(draw(0))
    keep(database, known, first)
    again = look(draw(0), quality=80)
    assert twin_of(other, following, again) == first.sha256
    assert len(following) == 1
    assert len(KnownPictures(other)) == 1


def test_two_who_write_the_same_picture_at_once_make_one_cluster(opened):
    databases = [opened(), opened()]
    both = [KnownPictures(each) for each in databases]
    looks = [
        [look(draw(n), quality=q, format="WEBP") for n in range(6)] for q in (80, 90)
    ]
    with ThreadPoolExecutor(2) as pool:
        clusters = list(
            pool.map(lambda n: keep(databases[n], both[n], *looks[n]), range(2))
        )
    assert clusters[0] == clusters[1]
    assert len(set(clusters[0])) == 6


def blended(share: float) -> Image.Image:
    """One picture that turns into another: its neighbours are hard to tell apart."""
    return Image.blend(draw(0), draw(1), share)


def test_clusters_that_a_picture_surely_belongs_to_become_one(database):
    known = KnownPictures(database)
    first, second = look(draw(0), quality=95), look(draw(0), quality=85)
    keep(database, known, first, second)
    # As if they had come where each other was not to be seen.
    with database.write() as session:
        apart = PictureClusterRow(id="clu_apart", num_pictures=1, num_listings=0)
        session.add(apart)
        session.flush()
        session.get_one(PictureRow, second.sha256).cluster_id = apart.id
    third = look(draw(0), quality=90)
    cluster = keep(database, known, third)[0]
    with database.read() as session:
        assert set(session.scalars(select(PictureRow.cluster_id))) == {cluster}
        rows = session.scalars(select(PictureClusterRow)).all()
        assert [(row.id, row.num_pictures) for row in rows] == [(cluster, 3)]


def test_a_series_that_turns_one_picture_into_another_does_not_make_them_one(database):
    known = KnownPictures(database)
    series = {x.sha256: x for n in range(61) if (x := look(blended(n / 60)))}
    last = look(draw(1), quality=91)
    clusters = keep(database, known, last, *series.values())
    assert clusters[-1] == clusters[0]
    assert clusters[1] != clusters[0]
    # And what is in one cluster resembles the picture that began it.
    seen: dict[str, Look] = {}
    for each, cluster in zip([last, *series.values()], clusters, strict=True):
        assert is_same(each, seen.setdefault(cluster, each))


def test_twins_are_found_in_a_crowd_of_repeats(database):
    known = KnownPictures(database)
    first = look(draw(0), quality=96)
    keep(database, known, first)
    repeats = {x.sha256: x for q in range(20, 95) if (x := look(draw(0), quality=q))}
    keep(database, known, *repeats.values())
    with database.write() as session:
        others = update(PictureRow).where(PictureRow.sha256 != first.sha256)
        session.execute(others.values(same_as=first.sha256))
    last = look_at(save(draw(0), "WEBP", quality=77), grid_extractor())[0]
    assert twin_of(database, known, last) == first.sha256


def test_a_resized_picture_joins_and_a_small_one_is_no_twin_of_a_large(database):
    known = KnownPictures(database)
    stream = io.BytesIO(save(draw(0), "PNG"))
    small = Image.open(stream).resize((120, 90), Image.Resampling.LANCZOS)
    clusters = keep(database, known, look(small))
    assert twin_of(database, known, look(draw(0))) is None
    assert keep(database, known, look(draw(0))) == clusters


def test_hashes_in_memory_are_those_of_the_table(database):
    known = KnownPictures(database)
    looks = [look(draw(n)) for n in range(5)]
    keep(database, known, *looks)
    for seed, each in enumerate(looks):
        near = look_at(save(draw(seed), "PNG"), grid_extractor())[0]
        assert twin_of(database, known, near) == each.sha256
    assert len(known) == 5
