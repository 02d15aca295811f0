"""Pages of a brand's rights: trademarks, copyrights, designs and others."""

from starlette.datastructures import FormData

from detector.console.admin.typed_values import whole
from detector.console.brand.form_fields import countries, parts, text
from detector.console.brand.kept_list import KeptList
from detector.console.brand.kept_routes import make_router
from detector.console.inner_api import Answer

ONE_LINE = (
    "right_id",
    "type",
    "office",
    "application_no",
    "registration_no",
    "mark_text",
    "image",
    "owner",
    "status",
    "registered_on",
    "expires_on",
    "representative",
    "authority_document",
)
COLUMNS = (*ONE_LINE, "nice_classes", "territories")


def _read_form(form: FormData) -> dict[str, object]:
    """Read the form as the API takes a right; what is blank takes a field away."""
    office = text(form, "office")
    return {
        **{name: text(form, name) for name in ONE_LINE},
        "office": office and office.upper(),
        "nice_classes": [whole(each) for each in parts(form, "nice_classes")],
        "territories": countries(form, "territories"),
    }


def _fill_form(entry: Answer) -> dict[str, str]:
    """Fill the form with a right."""
    return {
        **{name: entry[name] or "" for name in ONE_LINE},
        "nice_classes": ", ".join(str(each) for each in entry["nice_classes"]),
        "territories": ", ".join(entry["territories"]),
    }


RIGHTS = KeptList(
    place="/rights",
    resource="rights",
    writes="rights:write",
    list_template="brand/rights.html",
    form_template="brand/right.html",
    naming=("right_id",),
    columns=COLUMNS,
    read_form=_read_form,
    fill_form=_fill_form,
)

router = make_router(RIGHTS)
