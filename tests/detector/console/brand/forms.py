"""Opens pages, and sends their forms, as a browser does."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from detector.api.cookies import SESSION_COOKIE, csrf_token
from tests.detector.api.reviewers import Office
from tests.live_service import Answer, Client

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "XX"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def browser_of(office: Office, who: str) -> tuple[Client, dict[str, str], str]:
    """Make a client without a key; with the cookie, and the word of its pages."""
    token = office.clients[who].key
    assert token is not None
    cookie = {"Cookie": f"{SESSION_COOKIE}={token}"}
    return Client(office.clients[who].port), cookie, csrf_token(token)


def look(office: Office, who: str, path: str, *, status: int = 200) -> str:
    """Open a page; return its source."""
    client, cookie, _ = browser_of(office, who)
    answer = client.send("GET", path, headers=cookie)
    assert answer.status == status, answer.body
    return answer.body.decode()


def fill(office: Office, who: str, path: str, /, **fields: str | list[str]) -> Answer:
    """Send a form."""
    client, cookie, word = browser_of(office, who)
    body = urlencode({"csrf": word, **fields}, doseq=True).encode()
    return client.send("POST", path, body, {**cookie, "Content-Type": FORM})


def upload(
    office: Office, who: str, path: str, data: bytes, /, **fields: str
) -> Answer:
    """Send a form with a CSV file."""
    client, cookie, word = browser_of(office, who)
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{value}\r\n".encode()
        for name, value in {"csrf": word, **fields}.items()
    ]
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
        'filename="list.csv"\r\nContent-Type: application/vnd.ms-excel\r\n\r\n'
    )
    body = b"".join(parts) + head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return client.send("POST", path, body, {**cookie, **kind})


def require_inert(page: str) -> None:
    """Require that a page shows HOSTILE as text, and runs nothing of it."""
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    found = Dangers()
    found.feed(page)
    assert found.seen == []


class Dangers(HTMLParser):
    """Lists what a page of ours never has: inline scripts, handlers, images of x."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.seen.append("a script of its own")
        if given.get("src") == "x":
            self.seen.append("an image of its own")
        self.seen += [f"{tag} {name}" for name in given if name.startswith("on")]
        address = given.get("href") or ""
        if address.lower().startswith(("javascript:", "data:")):
            self.seen.append(address)
