import numpy as np
import pytest

from detector.catalogue.formats.gtin import (
    GtinProblem,
    gtin_warning,
    is_global_gtin,
    parse_gtin,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("10614141000415", "10614141000415"),
        ("'4006381333931", "04006381333931"),
        ("400-6381 333931", "04006381333931"),
        ("4006381333931.0", "04006381333931"),
    ],
)
def test_all_lengths_become_fourteen_digits(text, expected):
    assert parse_gtin(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("4006381333932", "gtin_check_digit"),
        ("36000291452", "gtin_length"),
        ("1", "gtin_length"),
        ("40063813339E1", "gtin_format"),
        ("4,00638E+12", "gtin_scientific"),
        ("4E12", "gtin_scientific"),
        ("00000000", "gtin_format"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "gtin_format"),
        ("", "gtin_format"),
    ],
)
def test_what_is_no_gtin_is_told(text, code):
    found = parse_gtin(text)
    assert isinstance(found, GtinProblem)
    assert found.code == code


def test_one_wrong_digit_is_always_noticed():
    # DOMAIN's definition, in a loop: weights 3 and 1 from the right.
    rng = np.random.default_rng(0)
    for _ in range(200):
        body = [int(d) for d in rng.integers(0, 10, 12)]
        total = sum(d * (3, 1)[i % 2] for i, d in enumerate(reversed(body)))
        digits = [*body, (10 - total % 10) % 10]
        if not any(digits):
            continue
        good = "".join(map(str, digits))
        assert parse_gtin(good) == f"0{good}"
        place = int(rng.integers(0, 13))
        digits[place] = (digits[place] + int(rng.integers(1, 10))) % 10
        assert isinstance(parse_gtin("".join(map(str, digits))), GtinProblem)


@pytest.mark.parametrize(
    ("ean13", "code"),
    [
        ("0200000000000", "gtin_restricted"),
        ("0400000000000", "gtin_restricted"),
        ("2000000000000", "gtin_restricted"),
        ("2999999999999", "gtin_restricted"),
        ("0500000000000", "gtin_coupon"),
        ("9800000000000", "gtin_coupon"),
        ("9999999999999", "gtin_coupon"),
        ("0100000000000", None),
        ("0300000000000", None),
        ("0600000000000", None),
        ("1999999999999", None),
        ("3000000000000", None),
        ("9799999999999", None),
    ],
)
@pytest.mark.parametrize("indicator", ["0", "1"])
def test_prefixes_for_local_use_are_warned_of(ean13, code, indicator):
    warning = gtin_warning(indicator + ean13)
    assert (warning and warning.code) == code
    assert is_global_gtin(indicator + ean13) == (code is None)
