"""Makes pages of templates."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from detector.console.navigation import entries
from detector.console.texts import language_of, languages, translations
from detector.console.viewer import Viewer

FOLDER = Path(__file__).parent
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def page(
    request: Request,
    template: str,
    *,
    viewer: Viewer | None = None,
    status: int = 200,
    **values: object,
) -> Response:
    """Render a page, or a part of one.

    Args:
        request: that asked for it.
        template: path below `templates`.
        viewer: who looks; None before they have signed in.
        status: of HTTP.
        values: what the template shows.
    """
    language = viewer.language if viewer else language_of(request)
    made = _environment(language).get_template(template)
    text = made.render(
        viewer=viewer,
        language=language,
        languages=languages(),
        path=request.url.path,
        entries=entries(viewer),
        **values,
    )
    headers = {"Content-Security-Policy": CONTENT_POLICY}
    return HTMLResponse(text, status_code=status, headers=headers)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = translations(language)
    filters: Mapping[str, object] = {
        "percent": percent,
        # Unlike `_`, whose result is taken for markup: it may quote what others wrote.
        "say": lambda text: known.gettext(text) if text else "",
        # The catalogue's head stands under the empty text.
        "words": lambda code: known.gettext(words(code)) if code != "" else "",
    }
    environment.filters.update(filters)
    # Installed by the extension, whose methods the types do not know.
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        known, newstyle=True
    )
    return environment


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share of 0 to 1 as per cent; a dash if it is not known."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def words(code: str | None) -> str:
    """Make words of a code such as `edited_photo`."""
    return "-" if code is None else str(code).replace("_", " ")
