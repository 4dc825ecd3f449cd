"""All styles, by name. None of them changes what must come of an answer."""

from tests.honest.answers import ANSWERS
from tests.honest.arrangement import ARRANGEMENT
from tests.honest.desk import Change
from tests.honest.scratch import SCRATCH
from tests.honest.tools import FILES, TOOLS

CHANGES: dict[str, Change] = {**ANSWERS, **ARRANGEMENT, **SCRATCH, **TOOLS}
"""What is done to a notebook; in this order where several things are done to one."""

STYLES = (*CHANGES, *FILES)
