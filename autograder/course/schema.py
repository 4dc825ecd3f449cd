"""Whether a gradebook has the tables of this nbgrader, or of an older one."""

from pathlib import Path

from nbgrader.api import Base
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from autograder.course.database import without_password
from autograder.errors import GradebookError


def refuse_outdated(db_url: str, course: Path) -> None:
    """
    Refuse a gradebook that an older nbgrader has made, before anything is read from it or written to it.

    Parameters
    ----------
    course : Path
        The course's folder, where nbgrader's own command has to be run.

    Raises
    ------
    GradebookError
        When a table lacks a column that this nbgrader knows.
    SQLAlchemyError
        When it cannot be looked at.
    """
    url = make_url(db_url)
    if url.drivername == "sqlite" and not Path(str(url.database)).is_file():
        return
    engine = create_engine(url)
    try:
        seen = inspect(engine)
        lacking = [
            f"{name}.{column.name}"
            for name, table in Base.metadata.tables.items()
            if seen.has_table(name)
            for known in [{column["name"] for column in seen.get_columns(name)}]
            for column in table.columns
            if column.name not in known
        ]
    finally:
        engine.dispose()
    if lacking:
        raise GradebookError(
            f"{without_password(db_url, db_url)}: made by an older nbgrader (no {', '.join(lacking)}); "
            f"run `nbgrader db upgrade` in {course}, which keeps a copy, and then the same command again"
        )
