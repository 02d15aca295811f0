"""Draw each page of the console as it shows the demo's data.

    python -m scripts.draw_screenshots demo docs/screenshots

Works on a copy of the data, which are drawn: no picture or name in them is anybody's.
"""

import argparse
import io
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from detector.access.links import make_link, use_link
from detector.api.cookies import SESSION_COOKIE
from detector.store.store import open_store
from scripts.chromium import launch
from scripts.load_service import serving

SIZE = {"width": 1280, "height": 900}
NUM_COLORS = 256
"""Of a screenshot as it is kept: a third of the bytes, and no difference to see."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot to draw.

    Attributes:
        name: of its file.
        who: looks at the page.
        path: of the page; `{case}` and so on are filled in.
        do: what is done on the page first.
        is_dark: in dark mode.
        language: of the page.
    """

    name: str
    who: str
    path: str
    do: Callable[[Page, Path], None] | None = None
    is_dark: bool = False
    language: str = "en"


def press(*keys: str) -> Callable[[Page, Path], None]:
    """Make the step that presses keys."""

    def do(page: Page, demo: Path) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(1_500)  # nothing tells that a page is about to come
            page.wait_for_load_state("networkidle")

    return do


def drop_picture(page: Page, demo: Path) -> None:
    """Choose one of the drawn listings' pictures to compare."""
    picture = sorted((demo / "listings").rglob("*.jpg"))[0]
    page.locator("#file").set_input_files(picture)
    page.locator(".verdict").wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


SHOTS = (
    Shot("review", "ann", "/review"),
    Shot("case", "ann", "/review", press("1")),
    Shot("case-dark", "bob", "/review", press("1"), is_dark=True),
    Shot("case-german", "lea", "/review", press("1"), language="de"),
    Shot("keys", "ann", "/review", press("1", "?")),
    Shot("bulk", "ann", "/bulk?case_id={case}&by=seller"),
    Shot("cases", "lea", "/cases"),
    Shot("appeals", "pia", "/appeals?state=all"),
    Shot("appeal", "pia", "/appeals/{appeal}", press("c")),
    Shot("try", "ann", "/try", drop_picture),
    Shot("catalogue", "bea", "/catalogue/{brand}"),
    Shot("catalogue-dark", "bea", "/catalogue/{brand}", is_dark=True),
    Shot("products", "bea", "/catalogue/{brand}/products"),
    Shot("references", "bea", "/catalogue/{brand}/references"),
    Shot("imports", "bea", "/imports/{brand}"),
    Shot("import", "bea", "/imports/{brand}/{import}"),
    Shot("health-checks", "bea", "/health-checks/{brand}"),
    Shot("questions", "bea", "/questions"),
    Shot("question", "bea", "/questions/{question}"),
    Shot("notices", "bea", "/notices"),
    Shot("notice-form", "bea", "/notices/new"),
    Shot("rights", "bea", "/rights/{brand}"),
    Shot("sellers", "bea", "/sellers/{brand}"),
    Shot("outcomes", "bea", "/outcomes"),
    Shot("standing", "bea", "/standing/{brand}"),
    Shot("standing-german", "bea", "/standing/{brand}", language="de"),
    Shot("brands", "adam", "/brands"),
    Shot("figures", "lea", "/figures"),
    Shot("thresholds", "lea", "/thresholds"),
    Shot("thresholds-dark", "lea", "/thresholds", is_dark=True),
    Shot("reference-records", "lea", "/reference-records"),
    Shot("state", "adam", "/state"),
    Shot("audit", "adam", "/audit"),
    Shot("users", "adam", "/users"),
    Shot("keys-of-programs", "adam", "/keys"),
    Shot("webhooks", "adam", "/webhooks"),
    Shot("roles", "adam", "/roles"),
    Shot("account", "ann", "/account"),
)
LISTED = {
    "case": ("ann", "/cases?state=open", "case_id"),
    "appeal": ("pia", "/appeals", "appeal_id"),
    "brand": ("bea", "/brands", "id"),
    "question": ("bea", "/brand-questions", "question_id"),
    "import": ("bea", "/brands/{brand}/imports", "id"),
}
"""What paths name → who is shown the first of it, where, and as what."""


def main() -> None:
    """Draw them all, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("demo", type=Path, help="folder of the demo")
    parser.add_argument("out", type=Path, help="folder of the screenshots")
    parser.add_argument("names", nargs="*", help="only these")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(given.demo / "data", data)
        cookies = {who: sign_in(data, who) for who in {shot.who for shot in SHOTS}}
        with serving(data) as server, sync_playwright() as playwright:
            browser = launch(playwright)
            drawing = Drawing(browser, f"http://127.0.0.1:{server.port}", cookies)
            for shot in SHOTS:
                if not given.names or shot.name in given.names:
                    drawing.draw(shot, given.demo, given.out / f"{shot.name}.png")
            browser.close()


def sign_in(data: Path, who: str) -> str:
    """Sign one of the demo's people in; return the session's token."""
    store = open_store(data)
    link, _ = make_link(
        store.database, f"{who}@demo.example", lifetime=timedelta(hours=1)
    )
    token, _ = use_link(store.database, link)
    store.close()
    return token


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws pages of a running service.

    Attributes:
        browser: that shows them.
        place: of the service.
        cookies: of the people's sessions.
    """

    browser: Browser
    place: str
    cookies: dict[str, str]

    def draw(self, shot: Shot, demo: Path, out: Path) -> None:
        """Draw a page."""
        page = self._page(shot.who, is_dark=shot.is_dark, language=shot.language)
        page.goto(self.place + self._filled(shot.path))
        page.wait_for_load_state("networkidle")
        if shot.do is not None:
            shot.do(page, demo)
        with Image.open(io.BytesIO(page.screenshot())) as image:
            image.convert("RGB").quantize(NUM_COLORS).save(out, optimize=True)
        page.context.close()
        print(out)

    def _page(self, who: str, *, is_dark: bool = False, language: str = "en") -> Page:
        context = self.browser.new_context(
            viewport={"width": SIZE["width"], "height": SIZE["height"]},
            color_scheme="dark" if is_dark else "light",
            locale="de-DE" if language == "de" else "en-GB",
            timezone_id="Europe/Berlin",
        )
        token = self.cookies[who]
        context.add_cookies(
            [{"name": SESSION_COOKIE, "value": token, "url": self.place}]
        )
        return context.new_page()

    def _filled(self, path: str) -> str:
        for name, (who, place, key) in LISTED.items():
            if f"{{{name}}}" in path:
                page = self._page(who)
                answer = page.request.get(f"{self.place}/v1{self._filled(place)}")
                path = path.replace(f"{{{name}}}", answer.json()["items"][0][key])
                page.context.close()
        return path


if __name__ == "__main__":
    main()
