import pytest

from detector.access.roles import Role
from detector.catalogue.brands import ensure_brand
from detector.store.store import open_store
from tests.detector.api.people import with_key
from tests.live_service import (
    Client,
    add_references,
    draw_catalogue,
    make_key,
    serving,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A catalogue of six drawn pictures."""
    folder = tmp_path_factory.mktemp("service")
    add_references(folder / "data", draw_catalogue(folder / "pictures", range(6)))
    return folder / "data"


@pytest.fixture(scope="module")
def stranger(data_dir):
    """A client without a key, of a service whose limits are low."""
    with serving(data_dir, max_image_bytes=300_000, body_timeout_s=2) as client:
        yield client


@pytest.fixture(scope="module")
def client(stranger, data_dir):
    """A client with a key."""
    return Client(stranger.port, make_key(data_dir))


@pytest.fixture
def brands(data_dir):
    """Names and ids of two brands."""
    store = open_store(data_dir)
    with store.database.write() as session:
        ids = {name: ensure_brand(session, name) for name in ("Acme", "Zeta")}
    store.close()
    return ids


@pytest.fixture
def admin(stranger, data_dir):
    """A client with the key of an admin."""
    return Client(stranger.port, make_key(data_dir, Role.ADMIN))


@pytest.fixture
def brand_admin(admin, brands):
    """A client with the key of an admin of Acme."""
    return with_key(admin, role="brand_admin", brand_id=brands["Acme"])
