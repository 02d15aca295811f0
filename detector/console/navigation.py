"""The pages that there are for whom."""

from dataclasses import dataclass

from detector.console.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu.

    Attributes:
        path: of it.
        label: English; templates translate it.
        capabilities: any of which it takes.
        reach: of the people to whom it is shown: platform, brand, marketplace.
    """

    path: str
    label: str
    capabilities: tuple[str, ...]
    reach: tuple[str, ...] = ("platform", "brand", "marketplace")


def N_(text: str) -> str:
    """Mark a text that templates translate."""
    return text


ENTRIES = (
    Entry("/review", N_("Review"), ("cases:decide",)),
    Entry("/cases", N_("Cases"), ("cases:read",), ("platform", "marketplace")),
    Entry("/catalogue", N_("Catalogue"), ("catalogue:read",), ("brand",)),
    Entry("/questions", N_("Questions"), ("questions:answer",), ("brand",)),
    Entry("/notices", N_("Notices"), ("notices:read",), ("brand", "marketplace")),
    Entry("/outcomes", N_("Outcomes"), ("cases:read",), ("brand",)),
    Entry("/appeals", N_("Appeals"), ("appeals:read",)),
    Entry("/standing", N_("Standing"), ("standing:read",), ("brand",)),
    Entry("/rights", N_("Rights"), ("rights:read",), ("brand",)),
    Entry("/sellers", N_("Authorized sellers"), ("sellers:read",), ("brand",)),
    Entry("/brands", N_("Brands"), ("brands:read",), ("platform",)),
    Entry("/figures", N_("Figures"), ("audit:read",), ("platform",)),
    Entry("/thresholds", N_("Thresholds"), ("audit:read",), ("platform",)),
    Entry("/reference-records", N_("References"), ("cases:lead",), ("platform",)),
    Entry("/state", N_("State"), ("service:read",), ("platform",)),
    Entry("/audit", N_("Audit"), ("audit:read",), ("platform",)),
    Entry("/users", N_("Users"), ("users:manage",)),
    Entry("/keys", N_("API keys"), ("keys:manage",)),
    Entry("/webhooks", N_("Webhooks"), ("webhooks:manage",)),
    Entry("/roles", N_("Roles"), ("roles:manage",)),
    Entry("/try", N_("Try a picture"), ("pictures:match",)),
)


def reach_of(viewer: Viewer) -> str:
    """Say whose data a viewer sees."""
    if viewer.brand_id is not None:
        return "brand"
    return "platform" if viewer.marketplace is None else "marketplace"


def entries(viewer: Viewer | None) -> tuple[Entry, ...]:
    """List the pages in a viewer's menu, the first of which is their home."""
    if viewer is None:
        return ()
    return tuple(
        entry
        for entry in ENTRIES
        if reach_of(viewer) in entry.reach
        and any(viewer.may(each) for each in entry.capabilities)
    )
