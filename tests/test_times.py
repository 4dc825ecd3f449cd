"""Times with the zones that people and programs write: an offset counts, and what cannot be told is not guessed."""

from zoneinfo import ZoneInfo

import pytest

from autograder.errors import CourseError
from autograder.submissions.times import ZoneError, to_utc, written, zone_named

TOLD = {
    "2026-07-01 10:00:00.000000 CEST": "2026-07-01 08:00:00.000000 UTC",
    "2026-07-01 10:00:00 PDT": "2026-07-01 17:00:00.000000 UTC",
    "2026-01-01 10:00:00 +0100": "2026-01-01 09:00:00.000000 UTC",
    "2026-01-01 10:00:00 -07:30": "2026-01-01 17:30:00.000000 UTC",
    "2026-01-01 10:00 +03": "2026-01-01 07:00:00.000000 UTC",
    "2026-01-01T10:00:00Z": "2026-01-01 10:00:00.000000 UTC",
    "2026-01-01 10:00:00.123456789 UTC": "2026-01-01 10:00:00.123456 UTC",
    "2026-07-01 10:00 Europe/Paris": "2026-07-01 08:00:00.000000 UTC",
    "2026-07-01-10-11-12": "2026-07-01 10:11:12.000000 UTC",
    "2026-07-01": "2026-07-01 00:00:00.000000 UTC",
}


@pytest.mark.parametrize("text", TOLD)
def test_a_time_is_read_with_its_zone(text: str) -> None:
    assert written(to_utc(text)) == TOLD[text]


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-01-01 10:00 IST", "Asia/Kolkata", "2026-01-01 04:30"),
        ("2026-01-01 10:00 IST", "Asia/Jerusalem", "2026-01-01 08:00"),
        ("2026-01-01 10:00 PST", "America/Los_Angeles", "2026-01-01 18:00"),
        ("2026-07-01 10:00 EST", "America/New_York", "2026-07-01 15:00"),
        ("2026-10-25 02:30 CET", "Europe/Berlin", "2026-10-25 01:30"),
        ("2026-10-25 02:30 CEST", "Europe/Berlin", "2026-10-25 00:30"),
        ("2026-07-01 10:00", "Europe/Berlin", "2026-07-01 08:00"),
        ("2026-07-01 10:00 +0000", "Europe/Berlin", "2026-07-01 10:00"),
    ],
)
def test_a_zone_that_is_set_says_what_a_name_means(text: str, zone: str, utc: str) -> None:
    assert written(to_utc(text, ZoneInfo(zone))) == f"{utc}:00.000000 UTC"


@pytest.mark.parametrize("name", ["IST", "CST", "PST", "XYZ", "Mars/Base"])
def test_a_name_of_several_meanings_or_of_none_is_refused(name: str) -> None:
    with pytest.raises(ZoneError):
        to_utc(f"2026-01-01 10:00:00 {name}")


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01 10:00", "0001-01-01 00:00 +1400", "2026-01-01 10:00 ../x", "1 +9900"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        to_utc(text)


def test_a_zone_that_there_is_not_is_named_with_who_has_said_so() -> None:
    with pytest.raises(CourseError, match=r"^--timezone = '\.\./etc': no such time zone"):
        zone_named("../etc", "--timezone")
