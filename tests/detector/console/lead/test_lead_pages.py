"""Pages of leads and of whoever runs the service."""

import re
from xml.etree import ElementTree

import pytest

from detector.api.cookies import SESSION_COOKIE, csrf_token
from detector.catalogue.references import reference_id
from detector.console.lead.plots import cut, draw_precision_recall, draw_scores
from detector.store.case_tables import DecisionRow
from detector.store.standing_tables import ReferenceRecordRow
from detector.store.table import utc_now
from tests.detector.api.reviewers import Office, serving_office
from tests.live_service import Answer, Client

FORM = "application/x-www-form-urlencoded"
NOTE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


def look(office: Office, who: str, path: str, body: bytes | None = None) -> Answer:
    client = office.clients[who]
    headers = {"Cookie": f"{SESSION_COOKIE}={client.key}", "Content-Type": FORM}
    method = "GET" if body is None else "POST"
    return Client(client.port).send(method, path, body, headers)


def decide(office: Office, name: str, similarity: float) -> str:
    case_id = office.cases.open(name, similarity=similarity)
    token = office.claim("ann", case_id)
    code = {"reason_code": "different_product", "note": NOTE}
    office.do("ann", case_id, "dismiss", lease_token=token, **code)
    return case_id


def test_a_lead_sees_what_another_threshold_would_have_done(office):
    case_id = decide(office, "dismissed", 0.71)
    page = look(office, "lea", "/thresholds?threshold=0.8").body.decode()
    assert "1 dismissed case would have been spared" in page
    assert f"/cases/{case_id}" in page
    assert "Fit to what was decided" not in page
    assert "Fit to what was decided" in look(office, "adm", "/thresholds").body.decode()
    scores = office.read("lea", "/decision-scores?threshold=0.8")
    assert scores["preview"]["num_spared"] == 1
    assert sum(each["num_dismissed"] for each in scores["histogram"]) == 1


def test_too_few_decisions_are_refused_in_words(office):
    token = csrf_token(str(office.clients["adm"].key))
    body = f"csrf={token}&method=sigmoid".encode()
    answer = look(office, "adm", "/thresholds/calibrations", body)
    assert answer.status == 409
    assert 'role="alert"' in answer.body.decode()


def test_plots_are_pictures_of_the_same_figures(office):
    for path in ("/plots/scores.svg?threshold=0.5", "/plots/precision-recall.svg"):
        answer = look(office, "lea", path)
        assert answer.status == 200
        assert answer.headers["content-type"] == "image/svg+xml"
        assert ElementTree.fromstring(answer.body).tag.endswith("svg")


def test_plots_can_be_told_apart_without_colors():
    bins = [
        {"lower": 0.0, "upper": 0.5, "num_confirmed": 0, "num_dismissed": 3},
        {"lower": 0.5, "upper": 1.0, "num_confirmed": 4, "num_dismissed": 1},
    ]
    plot = draw_scores(bins, {"tried": 0.4}, title="t", labels=("yes", "no")).decode()
    assert "<pattern" in plot  # hatched
    assert "stroke-dasharray" in plot
    assert (
        plot
        == draw_scores(bins, {"tried": 0.4}, title="t", labels=("yes", "no")).decode()
    )
    curve = [{"threshold": 0.9, "precision": 1.0, "recall": 0.5}]
    marked = draw_precision_recall(curve, {"held": 0.3, "tried": 0.95}, title="t")
    assert b"<!-- held -->" in marked
    assert b"<!-- tried -->" not in marked  # leaves nothing
    assert b"<svg" in draw_scores([], {}, title="t", labels=("yes", "no"))


def test_a_threshold_cuts_the_curve_at_the_last_case_above_it():
    steps = [(0.9, 1.0, 0.2), (0.7, 0.8, 0.6), (0.5, 0.6, 1.0)]
    names = ("threshold", "precision", "recall")
    curve = [dict(zip(names, step, strict=True)) for step in steps]
    for at, left in ((0.95, None), (0.9, 0), (0.71, 0), (0.7, 1), (0.1, 2)):
        assert cut(curve, at) == (None if left is None else curve[left])
    assert cut([], 0.5) is None


def test_figures_and_references_are_for_leads(office):
    decide(office, "for figures", 0.9)
    figures = look(office, "lea", "/figures?days=7").body.decode()
    assert "Cases that were confirmed" in figures
    assert "95 % interval" in figures
    assert look(office, "lea", "/reference-records").status == 200
    for path in ("/figures", "/thresholds", "/reference-records", "/state"):
        answer = look(office, "ann", path)
        assert answer.status == 403, path
        assert f'href="{path}"' not in answer.body.decode()


def test_a_reference_is_set_aside_and_released(office):
    office.cases.open("floods")
    reference = reference_id(office.cases.world.brand_id("acme"), "acme.png")
    with office.cases.database.write() as session:
        session.add(
            ReferenceRecordRow(
                reference_id=reference, num_dismissed=3, updated_at=utc_now()
            )
        )
    token = csrf_token(str(office.clients["lea"].key))
    at = f"/reference-records/{reference}"
    body = f"csrf={token}&reason=%3Cb%3Eplain+box".encode()
    assert look(office, "lea", f"{at}/quarantine", body).status == 303
    page = look(office, "lea", "/reference-records?quarantined=true").body.decode()
    assert "&lt;b&gt;plain box" in page
    assert look(office, "lea", f"{at}/release", f"csrf={token}".encode()).status == 303
    assert look(office, "lea", f"{at}/release", b"").status == 403


def decide_many(office: Office, brand: str, num: int = 50) -> None:
    """Decide cases of a brand, confirming those that are very similar."""
    cases = office.cases
    decided: list[DecisionRow] = []
    for number in range(num):
        similarity = round(0.55 + 0.04 * (number % 10), 3)
        is_confirmed = similarity > 0.72
        id = cases.open(f"{brand} {number}", brand=brand, similarity=similarity)
        decided.append(
            DecisionRow(
                id=f"dec_{id}",
                case_id=id,
                kind="restrict" if is_confirmed else "no_action",
                state="effective",
                reason_code="counterfeit_mark" if is_confirmed else "different_product",
                restriction=None,
                decided_by="user:ann",
                role="reviewer",
                decided_at=cases.later(seconds=1),
            )
        )
    with cases.database.write() as session:
        session.add_all(decided)


def test_plots_tables_and_calibrations_are_of_what_was_decided(office):
    decide_many(office, "zeta")
    brand_id = office.cases.world.brand_id("zeta")
    page = look(office, "adm", f"/thresholds?brand_id={brand_id}").body.decode()
    rows = re.findall(r"<td>(\S+) . \S+</td>\D*>(\d+)</td>\D*>(\d+)</td>", page)
    counted = [(int(confirmed), int(dismissed)) for _, confirmed, dismissed in rows]
    assert [sum(each) for each in zip(*counted, strict=True)] == [25, 25]
    assert 'class="number">100.0 %' in page  # until the first that was dismissed
    token = csrf_token(str(office.clients["adm"].key))
    order = f"csrf={token}&method=sigmoid&brand_id={brand_id}".encode()
    sent = look(office, "adm", "/thresholds/calibrations", order)
    assert sent.status == 303, sent.body
    place, _, part = sent.headers["location"].partition("#")
    page = look(office, "adm", place).body.decode()
    assert f'id="{part}"' in page
    assert "Reliability" in page
    (proposed,) = office.read("adm", "/calibrations")["items"]
    path = f"/thresholds/calibrations/{proposed['calibration_id']}/apply"
    assert look(office, "lea", path, f"csrf={token}".encode()).status == 403
    assert f'action="{path}"' in page
    assert look(office, "adm", path, f"csrf={token}".encode()).status == 303
    (applied,) = office.read("adm", "/calibrations")["items"]
    assert applied["state"] == "applied"
    assert f'action="{path}"' not in look(office, "adm", place).body.decode()


def test_whoever_runs_the_service_sees_its_state(office):
    page = look(office, "adm", "/state").body.decode()
    assert "References searched" in page
    assert "compact" in page or "copy" in page
