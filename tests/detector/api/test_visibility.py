"""What is changed over HTTP is what the next match sees, however busy the service."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from detector.access.roles import Role
from detector.catalogue.brands import brand_id
from tests.live_service import (
    Answer,
    Client,
    add_references,
    draw_catalogue,
    make_key,
    picture,
    serving,
)

log = logging.getLogger(__name__)

NUM_CLIENTS = 8
NUM_ROUNDS = 3
NUM_REFERENCES = 12
PATH = f"/v1/brands/{brand_id('Acme')}/references"


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    """A client of a service whose catalogue has a few pictures."""
    folder = tmp_path_factory.mktemp("visibility")
    drawn = draw_catalogue(folder / "pictures", range(NUM_REFERENCES))
    add_references(folder / "data", drawn)
    with serving(folder / "data", rate_limit=1_000_000) as stranger:
        yield Client(stranger.port, make_key(folder / "data", Role.ADMIN))


@dataclass(slots=True)
class Crowd:
    """Clients that match all the time, and what they were answered."""

    pictures: list[bytes]
    answers: list[Answer] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def match_on(self, client: Client, first: int) -> None:
        number = first
        while not self.stopping.is_set():
            number += 1
            try:
                picture = self.pictures[number % len(self.pictures)]
                self.answers.append(client.match(picture))
            except Exception as error:
                self.failures.append(error)


@contextmanager
def busy_with(client: Client, pictures: list[bytes]) -> Iterator[Crowd]:
    """Keep a service busy meanwhile; none of its answers may be a failure."""
    crowd = Crowd(pictures)
    threads = [
        threading.Thread(target=crowd.match_on, args=(client, first))
        for first in range(NUM_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        while len(crowd.answers) < NUM_CLIENTS and not crowd.failures:
            time.sleep(0.01)
        yield crowd
    finally:
        crowd.stopping.set()
        for thread in threads:
            thread.join()
    assert crowd.failures == []
    assert {answer.status for answer in crowd.answers} == {200}


def names_in(answer: Answer) -> list[str]:
    """Name what a match found that it calls the same photo."""
    assert answer.status == 200, answer.body
    return [
        match["external_id"]
        for match in answer.json["matches"]
        if match["relation"] == "same_photo"
    ]


class Watch:
    """Matches once after each change, and notes how long after that was."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.seconds: dict[str, list[float]] = {}

    def names_after(self, change: str, query: bytes) -> list[str]:
        changed_at = time.monotonic()
        found = names_in(self._client.match(query))
        self.seconds.setdefault(change, []).append(time.monotonic() - changed_at)
        return found


def put_picture(client: Client, name: str, data: bytes) -> str:
    """Upload a picture under a name; returns the reference's id."""
    body = (
        f'--X\r\nContent-Disposition: form-data; name="image"; filename="{name}"'
        "\r\n\r\n"
    ).encode()
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    answer = client.send("POST", PATH, body + data + b"\r\n--X--\r\n", headers)
    assert answer.status == 200, answer.body
    assert answer.json["refused"] == []
    return str(answer.json["taken"][0]["reference"]["id"])


def set_state(client: Client, id: str, state: str) -> None:
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"state": state}).encode()
    assert client.send("PATCH", f"{PATH}/{id}", body, headers).status == 200


def test_every_match_after_a_change_sees_it_while_8_clients_match(
    admin, record_property
):
    watch = Watch(admin)
    pictures = [picture(seed) for seed in range(NUM_REFERENCES)]
    news = [picture(100 + number) for number in range(2 * NUM_ROUNDS)]
    with busy_with(admin, [*pictures, *news]) as crowd:
        for number in range(NUM_ROUNDS):
            name, (old, new) = f"new-{number}.png", news[2 * number :][:2]
            assert watch.names_after("before", old) == []
            id = put_picture(admin, name, old)
            assert watch.names_after("added", old) == [name]
            set_state(admin, id, "disabled")
            assert watch.names_after("disabled", old) == []
            set_state(admin, id, "active")
            assert watch.names_after("enabled again", old) == [name]
            assert put_picture(admin, name, new) == id
            assert watch.names_after("replaced", new) == [name]
            assert names_in(admin.match(old)) == []
            assert admin.send("DELETE", f"{PATH}/{id}").status == 204
            assert watch.names_after("removed", new) == []
    log.info("%d matches meanwhile", len(crowd.answers))
    for change, seconds in watch.seconds.items():
        log.info(
            "%s: the next match saw it, after %s s",
            change,
            [round(s, 2) for s in seconds],
        )
        record_property(f"seconds until a match saw what was {change}", max(seconds))


def test_matches_find_what_is_not_changed_while_the_rest_changes(admin):
    kept, passing = picture(0), picture(200)
    with busy_with(admin, [kept]) as crowd:
        for _ in range(3 * NUM_ROUNDS):
            id = put_picture(admin, "passing.png", passing)
            assert admin.send("DELETE", f"{PATH}/{id}").status == 204
    assert all(names_in(answer) == ["0.png"] for answer in crowd.answers)
