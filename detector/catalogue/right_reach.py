"""Where and when a right can be relied on."""

from datetime import date

from detector.catalogue.ip_rights import right_validity
from detector.catalogue.validity import Validity
from detector.store.tables import RightRow

EU = "EU"
_MEMBERS = """
AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK
"""
MEMBERS_OF_EU = frozenset(_MEMBERS.split())
BENELUX = frozenset({"BE", "NL", "LU"})
COUNTRIES_OF = {"EM": MEMBERS_OF_EU | {EU}, EU: MEMBERS_OF_EU | {EU}, "BX": BENELUX}
"""Offices and unions whose rights hold in several countries at once."""
DESIGNATING = frozenset({"WO", "IB", "EP", "EA", "AP", "OA", "GC"})
"""Offices whose rights hold where they name a country: without a list, nowhere."""
_ENDED = """
abandoned application applied cancelled canceled dead ended expired filed invalidated
lapsed opposed pending refused rejected revoked surrendered withdrawn
"""
NOT_GRANTED = frozenset(_ENDED.split())
"""Words of a registry's status under which nobody can rely on the right."""


def is_right_in_force(right: RightRow, *, territory: str, on: date) -> bool:
    """Say whether a right holds in a territory on a day.

    What is unknown counts as no: nothing may be restricted on a lapsed right, or on
    one that does not reach so far.

    Args:
        right: of whatever type.
        territory: a country, or EU for the Union as a whole.
        on: the day.
    """
    if right_validity(right, on) is not Validity.ACTIVE:
        return False
    status = str(right.details.get("status") or "").casefold()
    if not NOT_GRANTED.isdisjoint(status.replace("-", " ").split()):
        return False
    listed = right.details.get("territories")
    if isinstance(listed, list) and listed:
        return any(_reaches(str(place), territory) for place in listed)
    office = right.details.get("office")
    if office is None:
        # A work is protected without formalities in nearly every country (Berne
        # Convention, article 5); all other rights have an office.
        return right.type == "copyright"
    return office not in DESIGNATING and _reaches(str(office), territory)


def _reaches(place: str, territory: str) -> bool:
    return territory in COUNTRIES_OF.get(place, {place})
