from datetime import date, timedelta

import pytest

from detector.catalogue.right_reach import is_right_in_force
from detector.store.tables import RightRow

DAY = date(2026, 6, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


def right(**fields: object) -> RightRow:
    own = {"type": "trademark", "state": "active", "expires_on": None}
    given = {k: fields.pop(k) for k in list(fields) if k in own}
    return RightRow(**own | given, details=fields)


@pytest.mark.parametrize(
    ("fields", "territory", "expected"),
    [
        ({"office": "US"}, "US", True),
        ({"office": "US"}, "DE", False),
        ({"office": "EM"}, "DE", True),
        ({"office": "EM"}, "EU", True),
        ({"office": "EM"}, "CH", False),
        ({"office": "EM"}, "GB", False),
        ({"office": "DE"}, "EU", False),
        ({"office": "BX"}, "NL", True),
        ({"office": "BX"}, "DE", False),
        ({"office": "WO"}, "WO", False),
        ({"office": "WO"}, "CH", False),
        ({"office": "WO", "territories": ["CH", "EU"]}, "CH", True),
        ({"office": "WO", "territories": ["CH", "EU"]}, "FR", True),
        ({"office": "WO", "territories": ["CH", "EU"]}, "US", False),
        ({"office": "EM", "territories": ["DE"]}, "FR", False),
        ({"type": "copyright"}, "JP", True),
        ({"type": "copyright", "territories": ["US"]}, "JP", False),
        ({"type": "design"}, "JP", False),
        ({"office": "US", "state": "disabled"}, "US", False),
        ({"office": "US", "expires_on": BEFORE}, "US", False),
        ({"office": "US", "expires_on": DAY}, "US", True),
        ({"office": "US", "registered_on": AFTER.isoformat()}, "US", False),
        ({"office": "US", "registered_on": DAY.isoformat()}, "US", True),
        ({"office": "US", "status": "Registered"}, "US", True),
        ({"office": "US", "status": "Registration cancelled"}, "US", False),
        ({"office": "US", "status": "Application filed"}, "US", False),
    ],
)
def test_a_right_holds_no_further_than_it_is_known_to(fields, territory, expected):
    assert is_right_in_force(right(**fields), territory=territory, on=DAY) is expected
