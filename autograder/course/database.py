"""The gradebook's database: its address as it may be shown, and its errors in a line."""

import re

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

DATABASE_ERRORS = (SQLAlchemyError, RuntimeError, ValueError, OSError, ImportError)
"""What SQLAlchemy, a driver, or nbgrader around them raises."""

_PASSWORD = re.compile(r"(://[^:/@\s]*):\S*@")


def without_password(text: str, db_url: str) -> str:
    """Write a text, the database's address for instance, so that the password in that address does not show."""
    try:
        password = make_url(db_url).password
    except (ArgumentError, ValueError):
        password = None
    if password:
        text = text.replace(str(password), "***")
    return _PASSWORD.sub(r"\1:***@", text)


def in_a_line(error: BaseException, db_url: str, advice: str) -> str:
    """Say what a database, or the lack of its driver, has raised, and what to do; never its password."""
    if isinstance(error, ImportError):
        advice = (
            "install the driver: for PostgreSQL it is sharing-variables[grade,postgresql], and the address begins "
            "with postgresql+psycopg://"
        )
    what = (str(error).splitlines() or [type(error).__name__])[0]
    return without_password(f"{db_url}: {what}; {advice}", db_url)
