from ipaddress import ip_address

import httpx2
import pytest

from detector.errors import InvalidInput
from detector.network.checked_network import is_public
from detector.network.hosts import AllowedHosts, host_of

LISTED = (
    "cdn.acme.com, *.Shop.example,10.0.0.5:9000,[FD00::5],bücher.example:8443,,"
    "93.184.216.34"
)


@pytest.mark.parametrize(
    ("host", "port", "is_admitted"),
    [
        ("cdn.acme.com", 80, True),
        ("CDN.acme.COM.", 443, True),
        ("cdn.acme.com", 8080, False),
        ("acme.com", 443, False),
        ("x.cdn.acme.com", 443, False),
        ("cdn.acme.com.evil.example", 443, False),
        ("a.shop.example", 443, True),
        ("b.a.shop.example", 443, True),
        ("shop.example", 443, False),
        ("evilshop.example", 443, False),
        ("10.0.0.5", 9000, True),
        ("10.0.0.5", 80, False),
        ("10.0.0.6", 9000, False),
        ("[::ffff:10.0.0.5]", 9000, False),
        ("[fd00:0::5]", 80, True),
        ("bücher.example", 8443, True),
        ("xn--bcher-kva.example", 8443, True),
        ("bücher.example", 443, False),
        ("93.184.216.34", 443, True),
        ("93。184。216。34", 443, True),
    ],
)
def test_a_host_is_admitted_only_as_it_is_listed(host, port, is_admitted):
    hosts = AllowedHosts.parse(LISTED)
    assert hosts.admits(host_of(httpx2.URL(f"http://{host}/")), port) is is_admitted


@pytest.mark.parametrize("text", ["", "  ", ",", " , "])
def test_an_empty_list_admits_nothing(text):
    hosts = AllowedHosts.parse(text)
    assert hosts == AllowedHosts()
    assert not hosts.admits("cdn.acme.com", 443)


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "*.com",
        "*.10.0.0.5",
        "*.*.acme.com",
        "a*.acme.com",
        "https://cdn.acme.com",
        "cdn.acme.com/pictures",
        "user@cdn.acme.com",
        "cdn.acme.com:",
        "cdn.acme.com:0",
        "cdn.acme.com:65536",
        "cdn.acme.com:https",
        "cdn..acme.com",
        ".acme.com",
        "-cdn.acme.com",
        "cdn acme com",
        "10.0.0.0/8",
        "10.0.0",
        "010.0.0.5",
        "2130706433",
        "0x7f.1",
        "fd00::5",
        "[fd00::5",
        "[10.0.0.5]",
        "[fe80::1%eth0]",
        f"{'a' * 64}.com",
        ".".join(["abcdefg"] * 32),
        "a\ud800.com",
    ],
)
def test_an_entry_that_names_no_host_is_named(entry):
    with pytest.raises(InvalidInput) as caught:
        AllowedHosts.parse(f"cdn.acme.com, {entry}")
    assert caught.value.args[0].startswith(repr(entry))


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::5db8:d822"],
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.5",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "::ffff:0:10.0.0.5",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:5",
        "64:ff9b:1::5db8:d822",
        "100::1",
        "2001:0:5ef5:79fd::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:5db8:d822::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_inner_and_special_networks_are_not(address):
    assert not is_public(ip_address(address))
