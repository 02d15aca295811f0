"""What the description says is held against the running service, for each role."""

import io
import itertools
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import format_exception
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, Config, HookContext
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.run import PhaseName
from schemathesis.hooks import unregister
from schemathesis.schemas import BaseSchema

from detector.access.roles import Role
from detector.access.sessions import log_in
from tests.detector.api.beyond_a_schema import BEYOND_A_SCHEMA
from tests.detector.api.people import PASSWORD
from tests.detector.api.tenants import Tenants, serving_tenants
from tests.drawing import draw_scene, save
from tests.live_service import Client

pytestmark = pytest.mark.filterwarnings(
    # The service runs beside the tests, in threads that draw at random as they like.
    "ignore:Do not use the `random` module inside strategies"
)

NUM_EXAMPLES = 2
"""Of each operation, drawn at random; 100 and more for a long run by hand."""
CALLERS = ("user", Role.ADMIN, Role.MARKETPLACE, Role.REVIEWER)
"""One of each reach, and who may do most; `--full` adds the other roles."""
PHASES = ("examples", "coverage", "fuzzing", "stateful")
PHASES_OF = {Role.ADMIN: PHASES, "user": ("examples", "fuzzing", "stateful")}
"""The first tries every border of every value; others ask the same routes, and less."""

PICTURES = [save(draw_scene(64, 48, seed=seed), "PNG") for seed in range(4)]
TABLES = [
    b"id,title,image_link\nword-1,A bag,bag.png\n",
    b"id\ttitle\timage link\nword-2\tA bag\thttps://shop.example/bag.png\n",
    b"id,title,image_link\nword-3,=1+1,\n,,\n",
]
LISTS = {
    "upload_rights": b"right_id,type,office\nTM-1,trademark,EM\nTM-2,none,EM\n",
    "upload_authorized_sellers": b"marketplace,seller_id,relation\nshop,s-1,reseller\n",
    "give_notice_by_file": b"listing_id,url\n1,\n2,https://shop.example/2\n",
}
EVENTS = [
    b'{"type": "listing.deleted", "occurred_at": "2026-06-01T12:00:00Z", '
    b'"marketplace_id": "shop.example", "listing_id": "1"}\n{}\n',
    b"listing_id,type,occurred_at\n2,listing.deleted,2026-06-01T12:00:00Z\n",
    b"oops\n",
]
TAKING_FILES = {"start_import", "start_listing_import", "upload_references"}


def packed() -> bytes:
    """Make a ZIP of a picture."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("bag.png", PICTURES[0])
    return file.getvalue()


FILES: Mapping[str, list[bytes]] = {
    "image": PICTURES,
    "a": PICTURES,
    "b": PICTURES,
    "file": TABLES,
    "images": [packed()],
}
"""Field of a form → what may be in it."""


@pytest.fixture(scope="module", autouse=True)
def media_types():
    """Let bodies that are files be files."""
    for kind in ("image/*", "application/octet-stream"):
        schemathesis.openapi.media_type(kind, st.sampled_from(PICTURES))
    for kind in ("application/x-ndjson", "application/jsonl", "application/gzip"):
        schemathesis.openapi.media_type(kind, st.sampled_from(EVENTS))
    schemathesis.openapi.media_type("text/csv", st.sampled_from([*LISTS.values()]))


AnyCase = Case[Any]


@dataclass(slots=True)
class Truth:
    """Puts what is true of this service into requests that fit the description."""

    tenants: Tenants
    caller: Client
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def amend(self, case: AnyCase) -> None:
        """Amend a request that is about to be sent."""
        number = next(self.numbers)
        is_positive = case.meta is not None and case.meta.generation.mode.is_positive
        key = case.headers.get("Idempotency-Key")
        if isinstance(key, str) and re.fullmatch("[!#-~]{1,255}", key):
            case.headers["Idempotency-Key"] = f"{number}-{key}"[:255]  # as it should be
        if case.operation.definition.raw["operationId"] == "log_out":
            if self.caller == self.tenants.user and "Authorization" in case.headers:
                case.headers["Authorization"] = f"Bearer {self._log_in_again()}"
            return
        if not is_positive:
            return
        self._place_ids(case, number)
        if "cursor" in case.query:
            self._place_cursor(case)
        if case.media_type == "multipart/form-data" and isinstance(case.body, dict):
            self._place_files(case.body, number)
        operation = case.operation.definition.raw["operationId"]
        if operation in LISTS:
            case.body = LISTS[operation]
        elif isinstance(case.body, dict):
            for name in {"password", "new_password"} & case.body.keys():
                if operation != "log_in":  # one that nobody guesses
                    case.body[name] = f"{str(case.body[name])[:90]} {PASSWORD}"

    def _place_files(self, fields: dict[str, Any], number: int) -> None:
        for name in FILES.keys() & fields.keys():
            file = FILES[name][number % len(FILES[name])]
            if isinstance(fields[name], list):  # a name can be given to one only
                is_one = "external_id" in fields
                fields[name] = [file] * min(len(fields[name]), 1 if is_one else 3)
            else:
                fields[name] = file

    def _log_in_again(self) -> str:
        """Begin another session; over HTTP one may not do so as often."""
        store = self.tenants.store()
        token, _ = log_in(store.database, self.tenants.acme.email, PASSWORD)
        store.close()
        return token

    def _place_ids(self, case: AnyCase, number: int) -> None:
        meta = case.meta
        is_alone = (
            meta is None or meta.phase.name.value != PhaseName.STATEFUL_TESTING.value
        )
        # Nobody is to end the caller, nor to change what the caller's role allows.
        ids = {**self.tenants.acme.ids, "role": Role.LEGAL.value}
        for name in ids.keys() & case.path_parameters.keys():
            if name in {"user_id", "prefix", "role"} or (is_alone and number % 4):
                case.path_parameters[name] = ids[name]

    def _place_cursor(self, case: AnyCase) -> None:
        path = case.path.format(**case.path_parameters)
        others = {n: v for n, v in case.query.items() if n not in {"cursor", "limit"}}
        query = urlencode({**others, "limit": 1}, doseq=True)
        first = self.caller.send("GET", f"{path}?{query}")
        found = first.json.get("next_cursor") if first.status == 200 else None
        if found is None:
            del case.query["cursor"]
        else:
            case.query["cursor"] = found


def is_beyond_a_schema(failure: Failure, case: AnyCase, response: Response) -> bool:
    """Tell whether no description could have said what was answered."""
    operation = case.operation.definition.raw["operationId"]
    if failure.title == "Schema-valid request rejected":
        return response.json()["code"] in BEYOND_A_SCHEMA.get(operation, set())
    if isinstance(failure, AcceptedNegativeData) and operation == "send_listings":
        # Each event is judged by itself, and told of in the answer.
        return bool(response.json()["counts"]["invalid"])
    # All bytes are a file: what is wrong with it is said in the answer, or later.
    is_about_files = "violates `format` at /properties/" in failure.message
    return is_about_files and operation in TAKING_FILES


def faults(schema: BaseSchema) -> dict[tuple[str, str], str]:
    """Run all phases; (check, operation) → what went wrong there first."""
    found: dict[tuple[str, str], str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            found["error", event.label] = "".join(format_exception(event.value))
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case_id, checks in event.recorder.checks.items():
            for check in checks:
                if check.failure_info is None:
                    continue
                place = (check.name, str(event.recorder.label))
                answer = event.recorder.interactions[case_id].response
                body = b"" if answer is None else answer.content[:1_000]
                found.setdefault(
                    place,
                    f"{check.failure_info.failure.message}\n"
                    f"{check.failure_info.code_sample[:2_000]}\n{body!r}",
                )
    return found


@contextmanager
def description(
    tenants: Tenants, caller: Client, *, num_examples: int, phases: Collection[str]
) -> Iterator[BaseSchema]:
    """Read the description from the service, to be tested as somebody."""
    config = Config.from_dict(
        {
            "seed": 1,
            "cache": {"enabled": False},
            "headers": {"Authorization": f"Bearer {caller.key}"},
            "continue-on-failure": True,
            # That of others is no fault of ours: machines of tests are busy.
            "request-timeout": 60,
            "generation": {
                "max-examples": num_examples,
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
            },
            "phases": {name: {"enabled": name in phases} for name in PHASES},
        }
    )
    schema = schemathesis.openapi.from_url(
        f"http://127.0.0.1:{caller.port}/openapi.json", config=config
    )
    truth = Truth(tenants, caller)

    @schemathesis.hook
    def before_call(
        context: HookContext, case: AnyCase, kwargs: dict[str, Any]
    ) -> None:
        truth.amend(case)
        # Else what was amended would be judged anew, and no file fits a schema.
        case._record_starting_state()

    @schema.hook
    def filter_failure(
        context: HookContext, failure: Failure, case: AnyCase, response: Response
    ) -> bool:
        return not is_beyond_a_schema(failure, case, response)

    yield schema
    unregister(before_call)


def check(
    tenants: Tenants,
    caller: str,
    *phases: str,
    num_examples: int = NUM_EXAMPLES,
) -> None:
    """Test the service as somebody, and say all that was found."""
    client = tenants.user if caller == "user" else tenants.clients[Role(caller)]
    with description(
        tenants, client, num_examples=num_examples, phases=phases
    ) as schema:
        found = faults(schema)
    assert tenants.admin.send("GET", "/readyz").status == 200
    assert not found, "\n\n".join(f"{k}\n{v}" for k, v in found.items())


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    with serving_tenants(tmp_path_factory.mktemp("service") / "data") as tenants:
        yield tenants


def pytest_generate_tests(metafunc):
    if "caller" in metafunc.fixturenames:
        others = [role for role in Role if role not in CALLERS]
        is_full = metafunc.config.getoption("--full")
        metafunc.parametrize("caller", [*CALLERS, *(others if is_full else [])])


def test_the_service_is_as_it_describes_itself(tenants, caller):
    check(tenants, caller, *PHASES_OF.get(caller, ["fuzzing"]))


def test_it_is_the_same_on_postgresql(tmp_path, postgres):
    url = postgres.create_database()
    with serving_tenants(tmp_path / "data", database_url=url) as tenants:
        check(tenants, Role.ADMIN, "examples", "fuzzing")
