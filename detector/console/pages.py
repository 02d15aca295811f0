"""The start page: one picture against the catalogue, through the API."""

from pathlib import Path

from fastapi import FastAPI, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def add_pages(app: FastAPI) -> None:
    """Add the pages to a service."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def start() -> Response:
        page = templates.get_template("start.html").render()
        headers = {"Content-Security-Policy": CONTENT_POLICY}
        return HTMLResponse(page, headers=headers)

    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
