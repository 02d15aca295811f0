import pytest

from detector.catalogue.formats.links import LinkedMembers

NAMES = [
    "catalogue.csv",
    "photos/tote.jpg",
    "photos/a/front.jpg",
    "photos/b/front.jpg",
    "photos/only/side.jpg",
    "photos/é 1.jpg",
    "photos/100%25.jpg",
    "cdn.example/x/logo.png",
    "logo.png",
]


@pytest.mark.parametrize(
    ("link", "member"),
    [
        ("photos/tote.jpg", "photos/tote.jpg"),
        ("./photos/tote.jpg", "photos/tote.jpg"),
        ("tote.jpg", "photos/tote.jpg"),
        ("a/front.jpg", "photos/a/front.jpg"),
        ("upload/photos/tote.jpg", "photos/tote.jpg"),
        ("photos/100%25.jpg", "photos/100%25.jpg"),
        ("photos/e\u0301 1.jpg", "photos/é 1.jpg"),
        ("photos/%C3%A9%201.jpg", "photos/é 1.jpg"),
        ("logo.png", "logo.png"),
        ("front.jpg", None),
        ("c/side.jpg", None),
        ("photos/c/front.jpg", None),
        ("ote.jpg", None),
        ("nowhere.jpg", None),
        ("", None),
        ("https://cdn.example/files/photos/tote.jpg?v=12", "photos/tote.jpg"),
        ("https://cdn.example/photos/%C3%A9%201.jpg", "photos/é 1.jpg"),
        ("https://cdn.example/photos/é 1.jpg#x", "photos/é 1.jpg"),
        ("https://cdn.example/b/front.jpg", "photos/b/front.jpg"),
        ("https://cdn.example/z/b/front.jpg", None),
        ("https://cdn.example/files/tote.jpg", None),
        ("https://cdn.example/z/front.jpg", None),
        ("https://CDN.example/x/logo.png", "cdn.example/x/logo.png"),
        ("https://other.example/y/logo.png", None),
        ("https://cdn.example/", None),
        ("../photos/tote.jpg", None),
        ("/photos/tote.jpg", None),
        ("photos\\..\\tote.jpg", None),
        ("%2e%2e/tote.jpg", None),
        ("https://cdn.example/../tote.jpg", None),
        ("https://cdn.example/%2e%2e%2ftote.jpg", None),
        ("https://[", None),
    ],
)
def test_links_find_the_one_member_that_they_can_mean(link, member):
    assert LinkedMembers(NAMES).resolve(link) == member


def test_the_folder_that_everything_was_packed_in_does_not_count():
    packed = LinkedMembers(["photos/tote.jpg", "photos/a/front.jpg"])
    web = "https://cdn.example/files"
    assert packed.resolve(f"{web}/tote.jpg") == "photos/tote.jpg"
    assert packed.resolve(f"{web}/a/front.jpg") == "photos/a/front.jpg"
    assert packed.resolve(f"{web}/b/front.jpg") is None


def test_the_order_of_the_members_does_not_matter():
    links = ["front.jpg", "logo.png", "tote.jpg", "https://a.example/logo.png"]
    forward, backward = LinkedMembers(NAMES), LinkedMembers(reversed(NAMES))
    assert [forward.resolve(k) for k in links] == [backward.resolve(k) for k in links]
