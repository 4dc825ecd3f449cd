"""nbval runs the masters: of a picture it compares the words."""

import pytest
from nbval.plugin import IPyNbFile

from autograder.sharing import FACTS_TYPE, GRAPH_TYPE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of the comparison what the masters do not store."""
    for notebook in {item.parent for item in items if isinstance(item.parent, IPyNbFile)}:
        notebook.skip_compare += ("text/html", GRAPH_TYPE, FACTS_TYPE)
