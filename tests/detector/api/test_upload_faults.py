import shutil

import pytest

from detector.access.roles import Role
from detector.catalogue.brands import brand_id
from tests.live_service import (
    Client,
    add_references,
    draw_catalogue,
    make_key,
    picture,
    require_problem,
    serving,
)


@pytest.mark.parametrize(
    ("route", "field"), [("imports", "file"), ("references", "image")]
)
def test_an_upload_that_cannot_be_written_is_to_be_sent_again(route, field, tmp_path):
    data_dir = tmp_path / "data"
    add_references(data_dir, draw_catalogue(tmp_path / "pictures", range(1)))
    with serving(data_dir) as stranger:
        admin = Client(stranger.port, make_key(data_dir, Role.ADMIN))
        path = f"/v1/brands/{brand_id('Acme')}/{route}"
        shutil.rmtree(data_dir / "uploads")
        answer = admin.post_form(path, [(field, picture(1))])
        problem = require_problem(answer, 503, "store_fault")
        assert str(data_dir) not in problem["detail"]
        (data_dir / "uploads").mkdir()
        assert admin.post_form(path, [(field, picture(1))]).status in (200, 202)
