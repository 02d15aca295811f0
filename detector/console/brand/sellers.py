"""Pages of the sellers whom a brand allows to use its pictures."""

from starlette.datastructures import FormData

from detector.console.brand.form_fields import countries, parts, text
from detector.console.brand.kept_list import KeptList
from detector.console.brand.kept_routes import make_router
from detector.console.inner_api import Answer

ONE_LINE = (
    "marketplace",
    "seller_id",
    "relation",
    "valid_from",
    "valid_to",
    "evidence_ref",
)
COLUMNS = (*ONE_LINE, "product_scope", "countries")


def _read_form(form: FormData) -> dict[str, object]:
    """Read the form as the API takes an entry; what is blank takes a limit away."""
    return {
        **{name: text(form, name) for name in ONE_LINE},
        "product_scope": parts(form, "product_scope"),
        "countries": countries(form, "countries"),
    }


def _fill_form(entry: Answer) -> dict[str, str]:
    """Fill the form with an entry."""
    return {
        **{name: entry[name] or "" for name in ONE_LINE},
        "product_scope": "\n".join(entry["product_scope"]),
        "countries": ", ".join(entry["countries"]),
    }


SELLERS = KeptList(
    place="/sellers",
    resource="authorized-sellers",
    writes="sellers:write",
    list_template="brand/sellers.html",
    form_template="brand/seller.html",
    naming=("marketplace", "seller_id"),
    columns=COLUMNS,
    read_form=_read_form,
    fill_form=_fill_form,
)

router = make_router(SELLERS)
