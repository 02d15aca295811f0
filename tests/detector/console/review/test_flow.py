"""Reviewers work through a queue: by forms alone, and in a browser by keys alone."""

import re
import statistics
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, sign_in, url
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import fill, look
from tests.detector.console.review.seeded import serving_queue

NUM_CASES = 60
USUAL_MS = 1_000
"""Far above what a machine of its own needs, below 100: that of tests is shared."""


@pytest.fixture(scope="module")
def queue(tmp_path_factory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("queue")
    with serving_queue(folder / "data", NUM_CASES) as office:
        yield office


def next_case(office: Office, who: str, *, after: str = "") -> str:
    """Begin with all queues, or go on after a case; return the case that comes."""
    answer = fill(office, who, "/review/next", queue="any", after=after)
    assert answer.status == 303, answer.body
    found = re.fullmatch(r"/cases/(case_\w+)\?queue=any", answer.headers["location"])
    assert found is not None, answer.headers
    return found[1]


def hidden(page: str, step: str) -> dict[str, str]:
    """Read the hidden fields of the last form of a step."""
    *_, form = re.findall(rf'data-step="{step}">(.*?)</form>', page, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def state(office: Office, case_id: str) -> str:
    return str(office.read("ann", f"/cases/{case_id}")["state"])


def test_a_decision_leads_to_the_next_case_and_can_be_undone_there(queue):
    first = next_case(queue, "ann")
    assert next_case(queue, "ann") == first, "what is held comes first"
    page = look(queue, "ann", f"/cases/{first}?queue=any")
    given = {**hidden(page, "dismiss"), "reason_code": "different_product"}
    answer = fill(queue, "ann", f"/cases/{first}/dismiss", **given)
    assert answer.status == 303
    path = answer.headers["location"]
    assert re.fullmatch(rf"/cases/case_\w+\?queue=any&decided={first}", path)
    assert state(queue, first) == "closed"
    following = look(queue, "ann", path)
    undo = re.search(r'<form class="undo".*?</form>', following, re.DOTALL)
    assert undo is not None
    assert "different product" in undo[0]
    version = re.search(r'name="version" value="(\d+)"', undo[0])
    assert version is not None
    path = f"/cases/{first}/undo"
    answer = fill(queue, "ann", path, version=version[1], queue="any")
    assert answer.headers["location"] == f"/cases/{first}?queue=any"
    assert 'data-held="yes"' in look(queue, "ann", f"/cases/{first}?queue=any")
    for case_id in (first, next_case(queue, "ann", after=first)):
        given = hidden(look(queue, "ann", f"/cases/{case_id}?queue=any"), "release")
        answer = fill(queue, "ann", f"/cases/{case_id}/release", **given)
        assert answer.headers["location"] == "/review"
    assert queue.read("ann", "/cases?mine=true")["items"] == []


def test_two_reviewers_never_get_the_same_case(queue):
    taken: dict[str, list[str]] = {"ann": [], "bob": []}
    for who in ("ann", "bob", "bob", "ann", "ann", "bob"):
        after = taken[who][-1] if taken[who] else ""
        case_id = next_case(queue, who, after=after)
        given = hidden(look(queue, who, f"/cases/{case_id}?queue=any"), "skip")
        reason = {"reason_code": "policy_unclear"}
        fill(queue, who, f"/cases/{case_id}/skip", **given, **reason)
        taken[who].append(case_id)
    # Skipping claims the next one: nobody has that of the other either.
    held = {
        who: [each["case_id"] for each in queue.read(who, "/cases?mine=true")["items"]]
        for who in taken
    }
    assert [len(held[who]) for who in held] == [1, 1]
    assert len({*held["ann"], *held["bob"]}) == 2
    for who, (case_id,) in held.items():
        given = hidden(look(queue, who, f"/cases/{case_id}?queue=any"), "release")
        fill(queue, who, f"/cases/{case_id}/release", **given)


def test_what_somebody_else_took_over_is_explained(queue):
    case_id = next_case(queue, "ann")
    page = look(queue, "ann", f"/cases/{case_id}")
    given = {**hidden(page, "dismiss"), "reason_code": "different_product"}
    queue.do("lea", case_id, "steal")
    answer = fill(queue, "ann", f"/cases/{case_id}/dismiss", **given)
    assert answer.status == 409
    assert "changed" in answer.body.decode()
    page = look(queue, "ann", f"/cases/{case_id}")
    assert "held by" in page
    assert 'data-step="dismiss"' not in page
    token = queue.read("lea", f"/cases/{case_id}")["lease"]["token"]
    queue.do("lea", case_id, "release", lease_token=token)


def test_an_empty_queue_says_so(queue):
    answer = fill(queue, "ann", "/review/next", queue="second")
    assert answer.headers["location"] == "/review?empty=second"
    page = look(queue, "ann", "/review?empty=second&decided=case_none")
    assert "Nothing waits for you in: second opinions." in page


def test_whoever_decides_no_cases_is_offered_nothing(queue):
    case_id = queue.read("ann", "/cases?limit=1")["items"][0]["case_id"]
    page = look(queue, "aud", f"/cases/{case_id}")
    assert re.findall(r'data-step="(\w+)"', page) == ["undo"]
    assert re.search(r'id="undo"[^>]* hidden>', page)
    look(queue, "aud", "/review", status=403)
    assert fill(queue, "aud", "/review/next", queue="any").status == 403
    assert fill(queue, "ann", f"/cases/{case_id}/erase").status == 404


def test_a_second_opinion_is_given_unseen(office):
    case_id = office.cases.open("second", title="A replica")
    right = office.cases.add_right()
    reason = {"reason_code": "counterfeit_mark", "right_id": right}
    office.claim("ann", case_id)
    given = hidden(look(office, "ann", f"/cases/{case_id}"), "restrict")
    path = f"/cases/{case_id}/restrict"
    answer = fill(office, "ann", path, **given, **reason, note="The seam is odd.")
    assert answer.headers["location"] == f"/cases/{case_id}"
    assert state(office, case_id) == "awaiting_second"
    assert 'data-step="undo"' in look(office, "ann", f"/cases/{case_id}")
    assert 'data-step="claim"' not in look(office, "ann", f"/cases/{case_id}")
    token = office.claim("bob", case_id)
    page = look(office, "bob", f"/cases/{case_id}")
    assert "Give your own opinion" in page
    assert "The seam is odd." not in page
    assert page.count('data-step="second-opinion"') == 2
    given = hidden(page, "second-opinion")
    assert (given["kind"], given["lease_token"]) == ("restrict", token)
    fill(office, "bob", f"/cases/{case_id}/second-opinion", **given, **reason)
    assert state(office, case_id) == "action_pending"


def shown(page: Page, office: Office) -> str:
    """Wait until the case that is shown is the viewer's, and the next is prepared."""
    expect(page.locator("#decide[data-held=yes][data-next]")).to_be_visible()
    return page.locator("#decide").get_attribute("data-case") or ""


def leave(page: Page, case_id: str) -> None:
    """Wait until another case than this one is shown."""
    expect(page.locator("#decide")).not_to_have_attribute("data-case", case_id)


def test_a_reviewer_needs_no_mouse(context, queue):
    page = sign_in(context, queue.clients["ann"])
    page.goto(url(queue.clients["ann"], "/review"))
    keys = page.keyboard
    keys.press("1")
    first = shown(page, queue)
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys tbody")).to_contain_text("Restrict the listing")
    keys.press("Escape")
    axe(page)
    keys.press("6")
    keys.press("m")
    keys.type("as sz6")
    keys.press("Escape")
    keys.press("Control+s")
    assert page.locator("#decide").get_attribute("data-case") == first
    keys.press("s")
    leave(page, first)
    (decision,) = queue.read("ann", f"/cases/{first}")["decisions"]
    assert (decision["reason_code"], decision["note"]) == (
        "different_product",
        "as sz6",
    )
    second = shown(page, queue)
    expect(page.locator("#undo")).to_contain_text("different product")
    keys.press("z")
    leave(page, second)
    assert shown(page, queue) == first
    keys.press("r")
    keys.press("3")
    keys.press("s")
    leave(page, first)
    decided = queue.read("ann", f"/cases/{first}")["decision"]
    assert (decided["kind"], decided["right_id"]) == ("restrict", "right_seeded")
    assert shown(page, queue) == second
    keys.press("k")
    keys.press("4")
    keys.press("s")
    leave(page, second)
    third = shown(page, queue)
    keys.press("b")
    keys.press("2")
    keys.press("s")
    leave(page, third)
    assert state(queue, third) == "awaiting_brand"
    last = shown(page, queue)
    keys.press("u")
    page.wait_for_url("**/review")
    page.wait_for_load_state("networkidle")
    assert queue.read("ann", "/cases?mine=true")["items"] == []
    assert state(queue, last) == "open"


def test_keys_can_be_others(context, queue):
    page = sign_in(context, queue.clients["ann"])
    page.goto(url(queue.clients["ann"], "/review"))
    page.keyboard.press("?")
    page.get_by_label("Key for “Show the keys”").fill("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Key for “Show the keys”").fill("h")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("h")
    expect(page.locator("#keys")).to_be_visible()
    axe(page)


def test_a_case_that_is_looked_at_stays_with_its_reviewer(context, queue):
    queue.cases.set_policy("shop", lease_s=12)
    (case, *_) = queue.read("ann", "/cases?marketplace_id=shop&state=open")["items"]
    page = sign_in(context, queue.clients["ann"])
    page.goto(url(queue.clients["ann"], f"/cases/{case['case_id']}"))
    page.keyboard.press("c")
    expect(page.locator("#decide[data-held=yes]")).to_be_visible()
    path = f"/cases/{case['case_id']}"
    until = queue.read("ann", path)["lease"]["until"]
    with page.expect_response(lambda answer: answer.url.endswith("/heartbeat")):
        pass
    assert queue.read("ann", path)["lease"]["until"] > until
    page.keyboard.press("u")
    expect(page.locator("#decide[data-held=yes]")).to_have_count(0)
    axe(page)


def test_the_next_case_is_there_at_once(context, queue):
    page = sign_in(context, queue.clients["ann"])
    page.goto(url(queue.clients["ann"], "/review"))
    page.keyboard.press("1")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.on("framenavigated", lambda frame: sent.append("shown"))
    for _ in range(9):
        case_id = shown(page, queue)
        sent.clear()
        page.keyboard.press("6")
        page.keyboard.press("s")
        leave(page, case_id)
        before, at, _ = "|".join(sent).partition("shown")
        assert at
        assert re.fullmatch(rf"POST [^|]*/v1/cases/{case_id}/dismiss\|", before), sent
    took = page.evaluate(
        "performance.getEntriesByName('decision-to-next').map((each) => each.duration)"
    )
    assert len(took) >= 8
    print(f"decision to next: p50 {statistics.median(took):.0f} ms")  # noqa: T201
    assert statistics.median(took) < USUAL_MS


def test_two_who_work_at_once_see_other_cases(open_context, queue):
    pages = {who: sign_in(open_context(), queue.clients[who]) for who in ("ann", "bob")}
    seen: dict[str, list[str]] = {who: [] for who in pages}
    for who, page in pages.items():
        page.goto(url(queue.clients[who], "/review"))
        page.keyboard.press("1")
    for _ in range(3):
        for who, page in pages.items():
            seen[who].append(shown(page, queue))
        for page in pages.values():
            page.keyboard.press("0")
            page.keyboard.press("s")
        for who, page in pages.items():
            leave(page, seen[who][-1])
    assert len({*seen["ann"], *seen["bob"]}) == 6


def test_a_case_that_was_taken_over_is_shown_as_it_stands(
    context, queue, expected_errors
):
    expected_errors.append("status of 409")
    page = sign_in(context, queue.clients["ann"])
    page.goto(url(queue.clients["ann"], "/review"))
    page.keyboard.press("1")
    case_id = shown(page, queue)
    for key in ("r", "6", "s"):
        page.keyboard.press(key)
    expect(page.locator("#refused")).to_contain_text("rests on a design")
    assert page.locator("input[value=design_infringement]").is_checked()
    queue.do("lea", case_id, "steal")
    page.keyboard.press("1")
    page.keyboard.press("s")
    expect(page.locator("#refused")).to_contain_text("changed")
    expect(page.locator("#decide")).to_contain_text("held by")
    assert page.locator("#decide").get_attribute("data-case") == case_id
