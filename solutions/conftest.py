"""nbval runs the masters: of a picture it compares the words."""

import pytest
from nbval.plugin import IPyNbFile

from sharing_variables.graph.evidence import GRAPH


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of the comparison what the masters do not store."""
    for notebook in {item.parent for item in items if isinstance(item.parent, IPyNbFile)}:
        notebook.skip_compare += ("text/html", GRAPH.mime_type, GRAPH.reference_type)
