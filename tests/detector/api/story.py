"""Who takes part in the story of a takedown, and what they hold."""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.detector.api.people import ask
from tests.drawing import draw_scene, save
from tests.live_service import Client
from tests.webhook_receiver import Receiver

PATIENCE_S = 60.0


@dataclass(slots=True)
class Story:
    """Who takes part, and what the marketplace was told.

    Attributes:
        clients: by name.
        receiver: of the marketplace's webhooks.
        pictures: of the brand, by name.
        ids: of what came up on the way.
    """

    clients: dict[str, Client]
    receiver: Receiver
    pictures: Mapping[str, bytes]
    ids: dict[str, str] = field(default_factory=dict)

    def read(self, who: str, path: str) -> Any:
        answer = self.clients[who].send("GET", f"/v1{path}")
        assert answer.status == 200, answer.body
        return answer.json

    def send(self, who: str, path: str, **body: Any) -> Any:
        answer = ask(self.clients[who], "POST", f"/v1{path}", body)
        assert answer.status in (200, 201), (path, answer.body)
        return answer.json

    def refused(self, who: str, path: str, **body: Any) -> str:
        answer = ask(self.clients[who], "POST", f"/v1{path}", body)
        assert answer.status in (403, 404, 409, 422), (path, answer.body)
        return str(answer.json["code"])

    def told(self, type: str, count: int = 1) -> Any:
        """Wait until the marketplace was told something; return the newest."""
        wait_until(lambda: len(self.receiver.of(type)) >= count)
        return self.receiver.of(type)[-1].data

    def case(self, who: str = "ann") -> Any:
        return self.read(who, f"/cases/{self.ids['case']}")

    def notice(self) -> Any:
        """Read what became of the one listing of the brand's notice."""
        (item,) = self.read("ada", f"/notices/{self.ids['notice']}")["items"]
        return item

    def claim(self, who: str) -> dict[str, Any]:
        """Claim the case; return what goes with each write of its holder."""
        seen = self.case(who)["version"]
        held = self.send(who, f"/cases/{self.ids['case']}/claim", version=seen)
        return {"lease_token": held["lease"]["token"], "version": held["version"]}


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def draw() -> dict[str, bytes]:
    return {
        name: save(draw_scene(320, 240, seed=seed), "PNG")
        for seed, name in enumerate(("bag", "hat", "other"))
    }


def copy_of(picture: bytes) -> bytes:
    """Save a picture again, smaller and as a JPEG."""
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB").resize((280, 210))
    return save(small, "JPEG", quality=85)
