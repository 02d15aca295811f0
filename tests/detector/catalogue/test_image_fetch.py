import socket
import ssl
import threading

import pytest

from detector.errors import FetchFailed, FetchRefused
from tests.detector.catalogue.web_servers import (
    PUBLIC,
    Detour,
    Website,
    fetching,
    trusting,
    website,
)

SECRET = "secret"


@pytest.fixture
def site():
    with website() as running:
        yield running


def fetch(site: Website, path: str = "/a.png", *, hosts: str = "127.0.0.1") -> bytes:
    """Fetch from a site by the address that an administrator allowed."""
    with fetching(f"{hosts}:{site.port}") as fetcher:
        return fetcher.fetch(f"http://127.0.0.1:{site.port}{path}")


def test_a_picture_of_an_allowed_address_is_fetched(site):
    site.add("/a%20b.png?v=1", b"picture")
    assert fetch(site, "/a b.png?v=1#top") == b"picture"
    [(_, headers)] = site.asked
    assert headers["Host"] == f"127.0.0.1:{site.port}"
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("hosts", ["", "127.0.0.2:{port}", "127.0.0.1", "localhost"])
def test_a_host_or_port_that_is_not_listed_is_refused(site, hosts):
    with (
        fetching(hosts.format(port=site.port)) as fetcher,
        pytest.raises(FetchRefused, match="not allowed") as caught,
    ):
        fetcher.fetch(f"http://127.0.0.1:{site.port}/a.png?sign=42")
    assert caught.value.code == "image_host_not_allowed"
    assert f"'http://127.0.0.1:{site.port}/a.png': " in caught.value.args[0]
    assert not site.asked


def test_a_listed_name_that_leads_to_this_machine_is_refused(site):
    with (
        fetching(f"localhost:{site.port}") as fetcher,
        pytest.raises(FetchRefused, match="public internet") as caught,
    ):
        fetcher.fetch(f"http://localhost:{site.port}/a.png")
    assert "127.0.0.1" not in str(caught.value)
    assert "::1" not in str(caught.value)
    assert not site.asked


def test_a_name_with_one_inner_address_among_public_ones_is_refused():
    network = Detour()
    with (
        fetching(
            "cdn.acme.test", resolve=lambda _: [PUBLIC, "10.1.2.3"], network=network
        ) as fetcher,
        pytest.raises(FetchRefused, match="public internet") as caught,
    ):
        fetcher.fetch("http://cdn.acme.test/a.png")
    assert "10.1.2.3" not in str(caught.value)
    assert not network.reached


def test_a_name_is_looked_up_once_and_its_checked_address_connected_to(site):
    site.add("/a.png", b"picture")
    answers = iter([[PUBLIC]] + [["127.0.0.1"]] * 9)
    network = Detour(site.port)
    with fetching(
        "*.acme.test", resolve=lambda _: next(answers), network=network
    ) as fetcher:
        assert fetcher.fetch("http://CDN.acme.test./a.png") == b"picture"
        assert network.reached == [PUBLIC]
        assert site.asked[0][1]["Host"] == "cdn.acme.test"
        with pytest.raises(FetchRefused, match="public internet"):
            fetcher.fetch("http://other.acme.test/a.png")
    assert network.reached == [PUBLIC]


def test_an_international_name_is_looked_up_in_ascii(site):
    site.add("/a.png", b"picture")
    names = []

    def resolve(name):
        names.append(name)
        return [PUBLIC]

    with fetching(
        "bücher.example", resolve=resolve, network=Detour(site.port)
    ) as fetcher:
        assert fetcher.fetch("http://Bücher.example/a.png") == b"picture"
    assert names == ["xn--bcher-kva.example"]


@pytest.mark.parametrize("fault", ["dead", "silent"])
def test_the_next_address_is_tried_where_one_takes_no_connection(site, fault):
    site.add("/a.png", b"picture")
    network = Detour(site.port, **{fault: ["2606:4700::1111"]})
    with fetching(
        "cdn.acme.test",
        resolve=lambda _: ["2606:4700::1111", PUBLIC],
        network=network,
        timeout_s=2,
    ) as fetcher:
        assert fetcher.fetch("http://cdn.acme.test/a.png") == b"picture"
    assert network.reached == ["2606:4700::1111", PUBLIC]


def test_addresses_that_stay_silent_end_at_the_deadline():
    addresses = [PUBLIC, "2606:4700::1111"]
    network = Detour(silent=addresses)
    with (
        fetching(
            "cdn.acme.test", resolve=lambda _: addresses, network=network, timeout_s=0.4
        ) as fetcher,
        pytest.raises(FetchFailed, match=r"longer than 0\.4 s"),
    ):
        fetcher.fetch("http://cdn.acme.test/a.png")
    assert network.reached == addresses


def test_an_ipv6_address_is_told_to_the_server_in_brackets(site):
    site.add("/a.png", b"picture")
    network = Detour(site.port)
    with fetching("[fd00::5]:9000", network=network) as fetcher:
        assert fetcher.fetch("http://[FD00:0::5]:9000/a.png") == b"picture"
    assert network.reached == ["fd00::5"]
    assert site.asked[0][1]["Host"] == "[fd00::5]:9000"


def test_a_connection_is_used_again_and_shared_by_threads(site):
    site.add("/a.png", b"picture")
    found = []
    with fetching(f"127.0.0.1:{site.port}") as fetcher:

        def fetch_some():
            for _ in range(10):
                found.append(fetcher.fetch(f"http://127.0.0.1:{site.port}/a.png"))

        threads = [threading.Thread(target=fetch_some) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [b"picture"] * 40
    assert len(site.clients) <= 8


def test_a_name_without_an_address_is_told():
    def resolve(_):
        raise socket.gaierror(socket.EAI_NONAME, "from an inner name server")

    with (
        fetching("cdn.acme.test", resolve=resolve) as fetcher,
        pytest.raises(FetchFailed, match="has no address") as caught,
    ):
        fetcher.fetch("http://cdn.acme.test/a.png")
    assert caught.value.code == "image_fetch_failed"
    assert "inner name server" not in str(caught.value)


def test_a_slow_look_up_ends_at_the_deadline():
    is_over = threading.Event()

    def resolve(_):
        is_over.wait(20)
        return [PUBLIC]

    with fetching("cdn.acme.test", resolve=resolve, timeout_s=0.3) as fetcher:
        with pytest.raises(FetchFailed, match=r"longer than 0\.3 s"):
            fetcher.fetch("http://cdn.acme.test/a.png")
        is_over.set()


def test_a_port_where_nothing_listens_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        fetching(f"127.0.0.1:{port}") as fetcher,
        pytest.raises(FetchFailed, match="takes no connection"),
    ):
        fetcher.fetch(f"http://127.0.0.1:{port}/a.png")


@pytest.mark.parametrize("status", [204, 206, 300, 304, 401, 404, 500, 599])
def test_only_a_plain_success_is_taken(site, status):
    site.add("/a.png", SECRET.encode(), status)
    with pytest.raises(FetchFailed, match=f"with status {status}") as caught:
        fetch(site)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["/b.png", "b.png", "{origin}/b.png", "../b.png?#x"])
def test_redirects_within_allowed_hosts_are_followed(site, status, place):
    origin = f"http://127.0.0.1:{site.port}"
    site.add("/a.png", b"", status, Location=place.format(origin=origin))
    site.add("/b.png", b"picture")
    site.add("/b.png?", b"picture")
    assert fetch(site) == b"picture"


def test_three_redirects_are_followed_and_not_four(site):
    for number in range(4):
        site.add(f"/{number}", b"", 302, Location=f"/{number + 1}")
    site.add("/4", b"picture")
    assert fetch(site, "/1") == b"picture"
    with pytest.raises(FetchFailed, match="more than 3 times"):
        fetch(site, "/0")


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("http://169.254.169.254/latest/secret", FetchRefused),
        ("//10.0.0.5/secret", FetchRefused),
        ("http://127.0.0.1:1/secret", FetchRefused),
        ("http://localhost/secret", FetchRefused),
        ("http://[::ffff:127.0.0.1]/secret", FetchRefused),
        ("http://2130706433/secret", FetchFailed),
        ("http://secret@127.0.0.1/", FetchFailed),
        ("http:\\\\10.0.0.5\\secret", FetchFailed),
        ("file:///secret", FetchFailed),
        ("gopher://127.0.0.1/secret", FetchFailed),
        ("/secret" * 300, FetchFailed),
        ("/\xff", FetchFailed),
    ],
)
def test_redirects_to_elsewhere_are_refused_and_not_quoted(site, place, kind):
    site.add("/a.png", b"secret", 302, Location=place)
    with pytest.raises(FetchFailed) as caught:
        fetch(site, hosts="localhost,127.0.0.1")
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    assert "10.0.0.5" not in caught.value.args[0]
    assert [path for path, _ in site.asked] == ["/a.png"]


def test_a_redirect_without_a_place_is_told(site):
    site.add("/a.png", b"", 302)
    with pytest.raises(FetchFailed, match="no usable URL"):
        fetch(site)


def fetch_encrypted(site: Website, host: str, tls: ssl.SSLContext | None) -> bytes:
    network = Detour(site.port)
    with fetching(
        "*.acme.test", resolve=lambda _: [PUBLIC], network=network, tls=tls
    ) as fetcher:
        return fetcher.fetch(f"https://{host}/a.png")


def test_a_certificate_is_checked_against_the_name_and_not_the_address():
    with website(is_encrypted=True) as site:
        site.add("/a.png", b"picture")
        assert fetch_encrypted(site, "cdn.acme.test.", trusting()) == b"picture"
        with pytest.raises(FetchFailed, match="valid certificate"):
            fetch_encrypted(site, "other.acme.test", trusting())
        with pytest.raises(FetchFailed, match="valid certificate"):
            fetch_encrypted(site, "cdn.acme.test", None)
        assert len(site.asked) == 1


def test_a_redirect_that_gives_up_encryption_is_refused():
    with website(is_encrypted=True) as site:
        site.add("/a.png", b"", 302, Location="http://cdn.acme.test/a.png")
        with pytest.raises(FetchFailed, match="from https to http"):
            fetch_encrypted(site, "cdn.acme.test", trusting())


def test_a_server_that_speaks_no_tls_is_told(site):
    with pytest.raises(FetchFailed, match="valid certificate"):
        fetch_encrypted(site, "cdn.acme.test", None)


def test_proxies_of_the_environment_and_cookies_are_ignored(site, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.add("/a.png", b"", 302, Location="/b.png", Set_Cookie="secret=1; Path=/")
    site.add("/b.png", b"picture")
    assert fetch(site) == b"picture"
    assert all("Cookie" not in headers for _, headers in site.asked)
