import base64
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from detector.api.schemas import CompareAnswer, MatchAnswer
from detector.listings.engine import open_engine
from detector.listings.formats import as_json
from detector.listings.scan import Scanner, find_files
from detector.store.store import open_store
from tests.catalogues import grid_extractor, table_rows
from tests.drawing import save
from tests.live_service import (
    add_references,
    draw_catalogue,
    make_key,
    picture,
    require_problem,
    serving,
)


def edited(seed: int, *, is_mirrored: bool = False) -> bytes:
    """The picture of that seed, cut and saved as JPEG."""
    image = Image.open(io.BytesIO(picture(seed))).crop((20, 10, 340, 250))
    if is_mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return save(image, "JPEG", quality=88)


def size_of(data_uri: str) -> tuple[int, int]:
    """Decode a picture that came as a `data:` URI."""
    start = "data:image/png;base64,"
    assert data_uri.startswith(start)
    return Image.open(io.BytesIO(base64.b64decode(data_uri.removeprefix(start)))).size


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_an_edited_copy_is_found(client, is_mirrored):
    answer = client.match(edited(3, is_mirrored=is_mirrored))
    assert answer.status == 200
    found = MatchAnswer.model_validate_json(answer.body)
    assert found.verdict == "match"
    assert found.matches[0].external_id == "3.png"
    assert found.matches[0].brand == "Acme"
    assert found.matches[0].mirrored == is_mirrored
    assert found.evidence == []


def test_the_answer_is_the_scan_line_and_what_it_was_computed_with(
    client, data_dir, tmp_path
):
    (tmp_path / "a.jpg").write_bytes(edited(2))
    store = open_store(data_dir)
    engine = open_engine(store, grid_extractor(), threads=1, on_note=print)
    (scanned,) = Scanner(store, engine.extractor, engine.matcher).scan(
        find_files([str(tmp_path / "a.jpg")]), threads=1
    )
    expected = as_json(scanned)
    basis = engine.basis
    store.close()
    del expected["image"]
    answer = client.match(edited(2)).json
    assert answer["basis"] == {
        "recipe": basis.recipe,
        "models": list(basis.models),
        "policy": basis.policy,
        "watermark": 6,
    }
    assert answer == {**expected, "basis": answer["basis"], "evidence": []}


def test_a_form_and_a_raw_body_get_the_same_answer(client):
    in_form = client.post_form("/v1/match", [("image", edited(1))])
    assert in_form.status == 200
    assert in_form.json == client.match(edited(1)).json


def test_limit_bounds_the_matches(client):
    assert len(client.match(edited(1), "?limit=1").json["matches"]) == 1


def test_evidence_is_drawn_of_matches_worth_a_look_only(client):
    answer = client.match(edited(4), "?evidence=true").json
    (evidence,) = answer["evidence"]
    assert evidence["reference_id"] == answer["matches"][0]["reference_id"]
    assert min(size_of(evidence["image"])) > 300
    plain = save(Image.linear_gradient("L").resize((300, 200)), "PNG")
    innocent = client.match(plain, "?evidence=true").json
    assert innocent["verdict"] == "no_match"
    assert innocent["evidence"] == []


def test_two_pictures_are_compared_without_the_catalogue(client):
    fields = [("a", edited(77)), ("b", picture(77))]
    answer = client.post_form("/v1/compare?evidence=true", fields)
    assert answer.status == 200
    found = CompareAnswer.model_validate_json(answer.body)
    assert found.a_sha256 == sha256(edited(77)).hexdigest()
    assert found.b_sha256 == sha256(picture(77)).hexdigest()
    assert found.match is not None
    assert found.match.similarity > found.basis.policy.match_threshold
    assert found.basis.watermark is None
    assert found.evidence is not None
    assert min(size_of(found.evidence)) > 300


def test_pictures_with_nothing_in_common_have_no_match(client):
    plain = save(Image.linear_gradient("L").resize((300, 200)), "PNG")
    fields = [("a", plain), ("b", picture(78))]
    answer = client.post_form("/v1/compare?evidence=true", fields)
    assert answer.status == 200
    assert (answer.json["match"], answer.json["evidence"]) == (None, None)


def test_a_reference_imported_elsewhere_is_found_by_the_next_match(tmp_path):
    with serving(tmp_path / "data") as service:
        key = {"Authorization": f"Bearer {make_key(tmp_path / 'data')}"}
        kind = {"Content-Type": "image/jpeg", **key}
        before = service.send("POST", "/v1/match", edited(9), kind)
        assert before.json["verdict"] == "no_match"
        add_references(
            tmp_path / "data", draw_catalogue(tmp_path / "pictures", range(9, 10))
        )
        # The very next request: how long it takes is the machine's affair.
        after = service.send("POST", "/v1/match", edited(9), kind)
        assert after.json["verdict"] == "match"
        assert after.json["basis"]["watermark"] == 1


def test_clients_at_once_all_get_their_own_answer(client):
    seeds = [seed % 6 for seed in range(24)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda s: client.match(edited(s)), seeds))
    assert [answer.status for answer in answers] == [200] * 24
    assert [answer.json["matches"][0]["external_id"] for answer in answers] == [
        f"{seed}.png" for seed in seeds
    ]


def test_nothing_of_what_is_sent_is_stored(client, data_dir):
    def files() -> set[Path]:
        return {
            p.relative_to(data_dir)
            for p in data_dir.rglob("*")
            if p.is_file() and p.suffix not in {".db-wal", ".db-shm"}
        }

    def rows() -> object:
        with closing(open_store(data_dir)) as store:
            return table_rows(store)

    before = files(), rows()
    assert client.match(edited(5), "?evidence=true").status == 200
    assert client.post_form("/v1/match", [("image", edited(5))]).status == 200
    assert (files(), rows()) == before


def test_an_empty_catalogue_answers_no_match(tmp_path):
    with serving(tmp_path / "data") as service:
        key = make_key(tmp_path / "data")
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/png"}
        answer = service.send("POST", "/v1/match", picture(1), headers)
        assert (answer.status, answer.json["verdict"]) == (200, "no_match")
        require_problem(
            service.send("POST", "/v1/match", b"x", headers), 422, "unreadable_image"
        )
