"""A route in the table of all routes, and what to ask for in its path."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.access.roles import Capability
from tests.live_service import Answer, Client

MARKETPLACE = "shop.example"
"""For which the key of the role `marketplace` is."""

PLACES = {
    "calibration_id": "cal_" + "0" * 32,
    "learned_reference_id": "ref_" + "0" * 24,
    "action_id": "act_" + "0" * 32,
    "statement_id": "sor_" + "0" * 32,
    "export_id": "exp_" + "0" * 32,
    "question_id": "qst_" + "0" * 32,
    "appeal_id": "apl_" + "0" * 32,
    "notice_id": "ntc_" + "0" * 32,
    "hold_id": "hld_" + "0" * 32,
    "erasure_id": "ers_" + "0" * 32,
    "listing_import_id": "lim_" + "0" * 32,
    "listing_id": "lst_" + "0" * 24,
    "path": "console.js",
    "role": "legal",
    "job_id": "job_" + "0" * 32,
    "flag_id": "flag_" + "0" * 24,
    "cluster_id": "clu_" + "0" * 32,
    "sha256": "0" * 64,
    "sweep_id": "swp_" + "0" * 32,
    "case_id": "case_" + "0" * 32,
    "batch_id": "bat_" + "0" * 32,
    "marketplace": MARKETPLACE,
}
"""What to ask for in a path that names nothing of a brand."""


@dataclass(frozen=True, slots=True)
class Line:
    """A route, and who may call it.

    Attributes:
        allows: a capability, or who may without one.
        body: an object, sent as JSON, or bytes of the type that is named.
    """

    method: str
    path: str
    allows: Capability | str
    body: Mapping[str, Any] | bytes | None = None
    content_type: str = "application/json"

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    def send(self, client: Client, ids: Mapping[str, str]) -> Answer:
        path = self.path.format(**{**PLACES, **ids})
        body = self.body
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": self.content_type}
        return client.send(self.method, path, body, headers)
