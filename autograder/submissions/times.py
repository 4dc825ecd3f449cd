"""
When something was handed in: what a time with or without a zone says, in UTC.

An offset counts as it is written. A zone's name counts as the configured zone (``c.Exchange.timezone``, or an option)
understands it; without one, only if it means the same offset everywhere. A time without a zone is in the configured
zone, or in UTC as in nbgrader. Whatever cannot be told is refused: a guess may cost somebody points.

Sources: nbgrader 0.9.6, `exchange/abc/exchange.py`, writes ``%Y-%m-%d %H:%M:%S.%f %Z`` in the zone that it is set to;
its `utils.parse_utc` takes a name that it does not know for UTC, and ``+0100`` for a hundred seconds.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from nbgrader.utils import parse_utc
from traitlets.config import Config

from autograder.errors import CourseError

_ZONED = re.compile(
    r"(?P<time>.*\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)"
    r" ?(?:(?P<offset>(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?(?::?\d\d)?)|(?P<name>[A-Za-z][\w+-]*(?:/[A-Za-z][\w+-]*)*))"
)
"""A time of day, and what stands behind it: an offset, or the name of a zone."""

_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)?:?(?P<seconds>\d\d)?")

_UTC_NAMES = ("Z", "UTC", "UCT", "GMT", "ZULU")

_PLAIN = re.compile(r"[\d:.,/-]+(?:[T ][\d:.,]+Z?)?")

_DASHES = re.compile(r"\d{4}(?:-\d\d){5}")
"""Blackboard's way of writing a time, of which nbgrader takes the end for a zone."""


class ZoneError(ValueError):
    """It is a time, but of which zone nobody can tell; the message says why."""


def zone_named(name: str, where: str) -> ZoneInfo:
    """
    Find a time zone by its name in the IANA database.

    Raises
    ------
    CourseError
        When there is none; `where` says who has named it.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CourseError(f"{where} = {name!r}: no such time zone; name one such as Europe/Berlin") from None


def to_utc(text: str, zone: ZoneInfo | None = None) -> datetime:
    """
    Read a time, and give it in UTC, without a zone as nbgrader keeps it.

    Parameters
    ----------
    zone : ZoneInfo, optional
        What a name means, and a time without a zone.

    Raises
    ------
    ValueError
        When it is no time, or as a `ZoneError` when its zone cannot be told; the message says why.
    """
    try:
        found = _ZONED.fullmatch(text)
        if found is None:
            local = _plain_time(text)
            return local if text.endswith("Z") else local - _offset_in(local, zone)
        local = _plain_time(found["time"])
        return local - _offset(local, found["offset"], found["name"], zone)
    except OverflowError:
        raise ValueError("is no time") from None


def arrival(text: str, zone: ZoneInfo | None) -> datetime | None:
    """Read when a submission came in, in UTC; None where that cannot be told, so that nobody is late by it."""
    try:
        return to_utc(text, zone)
    except ValueError:
        return None


def written(time: datetime) -> str:
    """Write a time in UTC as nbgrader's exchange does."""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"


def _plain_time(text: str) -> datetime:
    """Read a time without regard to its zone, which is not written or has been cut off."""
    if not _PLAIN.fullmatch(text):
        raise ValueError("is no time")
    try:
        if _DASHES.fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
        time = parse_utc(text.replace(",", "."))
    except (ValueError, OverflowError):
        raise ValueError("is no time") from None
    assert isinstance(time, datetime)
    return time


def _offset_in(local: datetime, zone: ZoneInfo | None) -> timedelta:
    """Give the offset of a zone; of an hour that the clocks show twice, the first."""
    return (zone is not None and local.replace(tzinfo=zone).utcoffset()) or timedelta()


def _offset(local: datetime, digits: str | None, name: str, zone: ZoneInfo | None) -> timedelta:
    """Give the offset that the end of a time means."""
    if digits is not None:
        return _of_digits(digits)
    if name.upper() in _UTC_NAMES:
        return timedelta()
    if "/" in name:
        try:
            return _offset_in(local, ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            raise ZoneError(f"has a time zone that nobody knows ({name})") from None
    own = [] if zone is None else _called(name, local, [zone])
    known = own or _called(name, local, _all_zones())
    if not known:
        raise ZoneError(f"has a time zone that nobody knows ({name})")
    if len(known) > 1:
        meant = ", ".join(map(_digits, known))
        raise ZoneError(f"has a time zone of several meanings ({name} is {meant}); set c.Exchange.timezone")
    return known[0]


def _called(name: str, local: datetime, zones: Iterable[ZoneInfo]) -> list[timedelta]:
    """Give the offsets that have a name in some zones: at that time, or else in that year."""
    around = [local, local.replace(fold=1)]
    in_year = [datetime(local.year, month, 1) for month in (1, 7)]
    for times in (around, in_year):
        found = {
            one.utcoffset() or timedelta()
            for zone in zones
            for one in (time.replace(tzinfo=zone) for time in times)
            if (one.tzname() or "").upper() == name.upper()
        }
        if found:
            return sorted(found)
    return []


@cache
def _all_zones() -> tuple[ZoneInfo, ...]:
    return tuple(ZoneInfo(key) for key in sorted(available_timezones()) if not key.startswith(("posix", "right")))


def _of_digits(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    assert found
    size = timedelta(
        hours=int(found["hours"]), minutes=int(found["minutes"] or 0), seconds=int(found["seconds"] or 0)
    )
    if size >= timedelta(hours=24):
        raise ValueError(f"has an offset that no time zone has ({text})")
    return -size if found["sign"] == "-" else size


def _digits(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def course_zone(config: Config) -> ZoneInfo | None:
    """
    Find the time zone that a course has set for nbgrader's exchange; None where it has set none.

    Raises
    ------
    CourseError
        When it has set one that there is not.
    """
    name = config.get("Exchange", {}).get("timezone")
    return zone_named(str(name), "c.Exchange.timezone") if name else None
