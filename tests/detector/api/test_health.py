import json
import logging
import threading
import time

import pytest

from detector.api.app import create_app
from detector.api.log import JsonFormatter
from detector.settings import Settings
from tests.catalogues import GridEmbedder
from tests.live_service import (
    Client,
    add_references,
    draw_catalogue,
    make_key,
    picture,
    require_problem,
    running,
)


class SlowEmbedder(GridEmbedder):
    """Other weights than the catalogue's, and no vector before it is let go."""

    def __init__(self) -> None:
        super().__init__(weights_hash="1" * 64)
        self.may_go_on = threading.Event()

    def embed(self, images):
        self.may_go_on.wait()
        return super().embed(images)


@pytest.fixture
def data_dir(tmp_path):
    add_references(tmp_path / "data", draw_catalogue(tmp_path / "photos", range(2)))
    return tmp_path / "data"


def test_while_the_index_is_loading_the_service_is_alive_and_not_ready(data_dir):
    embedder = SlowEmbedder()
    app = create_app(Settings(data_dir=data_dir), embedders={"copy": embedder})
    with running(app, until="/livez") as service:
        client = Client(service.port, make_key(data_dir))
        assert service.send("GET", "/livez").json == {"status": "alive"}
        require_problem(service.send("GET", "/readyz"), 503, "not_ready")
        require_problem(client.match(picture(1)), 503, "not_ready")
        embedder.may_go_on.set()
        ready = service.wait_until("/readyz").json
        assert ready == {
            "status": "ready",
            "models": [{"kind": "copy", "model": "grid", "weights_hash": "1" * 64}],
        }
        assert client.match(picture(1)).status == 200


def test_a_service_can_stop_while_it_is_loading(data_dir):
    embedder = SlowEmbedder()
    app = create_app(
        Settings(data_dir=data_dir, threads=1), embedders={"copy": embedder}
    )
    with running(app, until="/livez"):
        threading.Timer(0.5, embedder.may_go_on.set).start()
    assert embedder.may_go_on.is_set()


def test_a_model_that_cannot_be_loaded_is_named_with_a_remedy(data_dir):
    settings = Settings(data_dir=data_dir, model="torchscript:/no/such/file.pt")
    with running(create_app(settings), until="/livez") as service:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = service.send("GET", "/readyz")
            problem = require_problem(answer, 503, "not_ready")
            if "loading" not in problem["detail"] and "being" not in problem["detail"]:
                break
            time.sleep(0.05)
        assert "/no/such/file.pt" in problem["detail"]
        assert service.send("GET", "/livez").status == 200


def test_a_line_of_the_log_is_one_json_object():
    record = logging.makeLogRecord(
        {"msg": "a\nb", "levelname": "INFO", "fields": {"status": 200}}
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["message"], told["status"]) == ("info", "a\nb", 200)


def test_every_request_is_logged_with_its_key_but_not_its_secret(data_dir, caplog):
    app = create_app(Settings(data_dir=data_dir), embedders={"copy": GridEmbedder()})
    caplog.set_level(logging.INFO)
    with running(app) as service:
        key = make_key(data_dir)
        Client(service.port, key).match(picture(1))
    (fields,) = [
        record.fields
        for record in caplog.records
        if record.getMessage() == "request" and record.fields["path"] == "/v1/match"
    ]
    assert fields["status"] == 200
    assert fields["principal"] == "key:" + key.split("_")[1]
    assert fields["bytes_in"] == len(picture(1))
    assert key.split("_", 2)[2] not in caplog.text
