"""Erasure of a brand: of what it gave us nothing is left, and its name is free."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from detector.access.grants import Grant
from detector.access.keys import create_key, find_key
from detector.access.links import make_link
from detector.access.roles import Role
from detector.access.sessions import find_session, log_in
from detector.access.users import create_user
from detector.catalogue.brands import add_brand, brand_id
from detector.errors import Unknown
from detector.events.audience import Audience
from detector.events.endpoints import create_endpoint
from detector.listings.engine import open_engine
from detector.review.erasure.erase import approve_erasure, propose_erasure
from detector.review.questions.answer import AnswerKind, answer_question
from detector.review.questions.ask import ask_brand
from detector.store.case_tables import CaseRow
from detector.store.store import Store
from detector.store.tables import (
    AuthorizedSellerRow,
    BrandRow,
    DescriptionRow,
    EmbeddingRow,
    ProductRow,
)
from detector.store.takedown_tables import ErasureRow, LegalHoldRow, NoticeRow
from tests.catalogues import grid_extractor
from tests.detector.listings.pictures.conftest import again
from tests.detector.review.erasure.searching import found_in
from tests.detector.review.noticing import give, make_notice
from tests.detector.review.review_world import ANN, LEA, LEX
from tests.detector.review.scanned import Scanned

PASSWORD = "vivid otter keeps nine lamps"
WORDS = (
    "ada-of-the-brand@acme.example",
    "Ada Unforgettable",
    "unforgettable key",
    "hooks.unforgettable.example",
    "EUTM-unforgettable",
    "tote-unforgettable",
    "outlet-unforgettable",
    "The clasp is unforgettably wrong.",
    "An unforgettable test buy, and a label.",
)


@pytest.fixture
def given(scanned, store):
    """All that a brand gives us, and its first listing's case; returns tokens."""
    id, cases = brand_id("Acme"), scanned.cases
    email, name, key, hook, right, product, outlet, answer, explanation = WORDS
    grant = Grant(Role.BRAND_ADMIN, brand_id=id)
    create_user(store.database, grant, email=email, password=PASSWORD, name=name)
    token, _ = log_in(store.database, email, PASSWORD)
    make_link(store.database, email, lifetime=timedelta(hours=1))
    api_key, _ = create_key(store.database, Role.BRAND_AGENT, name=key, brand_id=id)
    cases.add_right("Acme", mark_text=right)
    with store.database.write() as session:
        create_endpoint(
            session,
            Audience(brand_id=id),
            url=f"https://{hook}/x",
            types=[],
            description=None,
            created_by="user:x",
        )
        session.add(
            ProductRow(id="p", brand_id=id, external_id=product, title="t", details={})
        )
        session.add(
            AuthorizedSellerRow(
                id="s",
                brand_id=id,
                marketplace="shop",
                seller_id=outlet,
                relation="reseller",
                product_scope=[],
                countries=[],
            )
        )
    bag = scanned.market.offer("bag", again(scanned.market.photo(0)), seller_id="sam")
    scanned.scan()
    case_id = scanned.case_of(bag)
    token_of_case = cases.claim(case_id)
    with store.database.write() as session:
        question = ask_brand(
            session,
            case_id,
            actor=ANN,
            at=cases.now,
            lease_token=token_of_case,
            template="is_it_yours",
        ).id
    ada = cases.brand("Acme")
    with store.database.write() as session:
        answer_question(
            session,
            question,
            AnswerKind.CANNOT_TELL,
            actor=ada,
            at=cases.now,
            explanation=answer,
            signed=(),
        )
    give(
        cases,
        make_notice(
            cases,
            "bag",
            explanation=explanation,
            right_id="right_Acme_trademark",
            notifier={"name": name, "email": email},
            marketplace="shop",
        ),
        ada,
    )
    return token, api_key


def erase(store: Store, scanned: Scanned) -> ErasureRow:
    with store.database.write() as session:
        id = propose_erasure(
            session,
            kind="brand",
            subject_id=brand_id("Acme"),
            reason="The contract is over.",
            actor=LEX,
            at=scanned.cases.now,
        ).id
    return approve_erasure(store, id, actor=LEA, at=scanned.cases.now)


def needles(store: Store, scanned: Scanned) -> dict[str, bytes]:
    found = {word: word.encode() for word in WORDS}
    with store.database.read() as session:
        vector = session.scalars(select(EmbeddingRow.vector)).first()
        points = session.scalars(select(DescriptionRow.data)).first()
    assert vector
    assert points
    photo = scanned.market.photo(1)
    middle = len(points) // 2
    return found | {
        "vector": vector[-48:],
        "points": points[middle : middle + 48],
        "file": photo[len(photo) // 2 :][:48],
        "name of a file": b"photo-1.png",
    }


def test_nothing_that_a_brand_gave_is_left(store, scanned, given):
    token, api_key = given
    engine = open_engine(store, grid_extractor(), threads=1, on_note=print)
    engine.index.save()
    sought = needles(store, scanned)
    before = found_in(store, sought)
    assert sought.keys() - before <= {"name of a file"}
    erased = erase(store, scanned)
    assert erased.state == "done", erased.report
    assert found_in(store, sought) == set()
    counts = erased.report["erased"]
    assert isinstance(counts, dict)
    assert (counts["references"], counts["cases"], counts["notices"]) == (6, 1, 1)
    assert find_session(store.database, token) is None
    assert find_key(store.database, api_key) is None
    engine.index.refresh()
    assert len(engine.index) == 0
    with store.database.read() as session:
        (case,) = session.scalars(select(CaseRow)).all()
        assert (case.state, case.closure) == ("closed", "moot")
        row = session.get_one(BrandRow, brand_id("Acme"))
        assert (row.state, "Acme" in row.name) == ("disabled", False)
        assert session.scalars(select(NoticeRow.notifier)).all() == [{}]


def test_its_name_is_free_for_a_new_beginning(store, scanned, given):
    erase(store, scanned)
    with pytest.raises(Unknown, match="Nothing is kept"):
        erase(store, scanned)
    with store.database.write() as session:
        assert add_brand(session, "Acme")
        assert not add_brand(session, "ACME")
    with store.database.read() as session:
        row = session.get_one(BrandRow, brand_id("Acme"))
        assert (row.name, row.state) == ("Acme", "active")


def test_a_hold_on_the_brand_stops_it(store, scanned, given):
    hold = LegalHoldRow(
        id="hold",
        subject="brand",
        subject_id=brand_id("Acme"),
        reason="A court asked.",
        created_by="user:lex",
    )
    with store.database.write() as session:
        session.add(hold)
    blocked = erase(store, scanned)
    assert blocked.state == "blocked"
    assert "legal hold" in str(blocked.report)
    with store.database.read() as session:
        assert session.scalars(select(ProductRow.id)).all() == ["p"]
