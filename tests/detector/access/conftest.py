import pytest
from sqlalchemy import Engine, event

from detector.access.principal import Principal
from detector.access.roles import SHIPPED, Role
from detector.store.tables import BrandRow
from tests.databases import opened, postgres

__all__ = ["opened", "postgres"]


@pytest.fixture
def place(tmp_path):
    """Name a file of SQLite; modules that import another `place` use others too."""
    return tmp_path / "a.db"


@pytest.fixture
def database(opened):
    """Two brands, and nobody yet."""
    database = opened()
    with database.write() as session:
        for name in ("acme", "zeta"):
            session.add(BrandRow(id=name, key=name, name=name.title()))
    return database


@pytest.fixture
def caller():
    """Make somebody who asks, with all that the role allows or less."""

    def make(role, brand_id=None, capabilities=None):
        allowed = SHIPPED[Role(role)].capabilities
        given = allowed if capabilities is None else frozenset(capabilities)
        return Principal("user:usr_x", "X", Role(role), given, brand_id)

    return make


@pytest.fixture
def asked(database):
    """Collect what the database is asked, without what the engine asks by itself."""
    statements = []

    def collect(connection, _cursor, statement, *_):
        # Some other module's service may be at work beside this test.
        is_ours = connection.engine.url == database.url
        if is_ours and statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    yield statements
    event.remove(Engine, "before_cursor_execute", collect)
