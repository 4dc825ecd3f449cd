"""
The catalogue: what students believe about sharing variables, what is true, and where the notebooks say so.

`autograder.symptoms` finds which of these an answer shows; feedback, JupyterLab and the class report put it in the
words that stand here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """
    A wrong idea.

    Attributes
    ----------
    belief : str
        The idea, as a sentence that a student might say.
    truth : str
        What really happens, as a sentence or two.
    notebook, section : str
        Where to reread: a notebook's name without the suffix, and the heading in it.
    """

    id: str
    belief: str
    truth: str
    notebook: str
    section: str

    @property
    def where(self) -> str:
        """Say where to reread."""
        return f"“{self.section}” in {self.notebook}"


@dataclass(frozen=True)
class Hint:
    """
    A misconception that an answer shows.

    Attributes
    ----------
    exercise : str
        The grade_id of the solution cell.
    id : str
        Which one, a key of `CATALOGUE`.
    line : str
        The line of the answer that shows it.
    """

    exercise: str
    id: str
    line: str

    @property
    def misconception(self) -> Misconception:
        """What the catalogue says about it."""
        return CATALOGUE[self.id]


_FIRST, _SECOND = "01_failed_share", "02_variables_dict"
_THIRD, _FOURTH = "03_get_variable", "04_captured_scopes"

_ALL = (
    Misconception(
        "M1",
        "Two calls of tf.Variable with the same name= make one variable.",
        "Each call makes a variable of its own. A name that is taken gets a number: W, then W_1.",
        _FIRST,
        "One op, called twice",
    ),
    Misconception(
        "M2",
        "A scope that reuses makes tf.Variable share, too.",
        "Only tf.get_variable obeys reuse. tf.Variable always makes a new variable, whatever scope is open.",
        _THIRD,
        "Who makes a new variable?",
    ),
    Misconception(
        "M3",
        "tf.get_variable finds a variable that tf.Variable made.",
        "tf.get_variable knows only what tf.get_variable made. Beside a tf.Variable called w it makes w_1, silently.",
        _THIRD,
        "Who makes a new variable?",
    ),
    Misconception(
        "M4",
        "tf.get_variable gets the variable or creates it, whichever is needed.",
        "It creates unless the scope reuses. Asked twice for one name, it raises ValueError: declare reuse.",
        _THIRD,
        "Three cases",
    ),
    Misconception(
        "M5",
        "reuse=True creates a variable that is missing.",
        "reuse=True only finds. What is not there is a ValueError: make it first, in a scope without reuse.",
        _THIRD,
        "Three cases",
    ),
    Misconception(
        "M6",
        "reuse=False switches reuse off inside a scope that reuses.",
        "Reuse is inherited. Inside a scope that reuses, reuse=False means: as around me. It switches nothing off.",
        _THIRD,
        "How long does reuse last?",
    ),
    Misconception(
        "M7",
        "reuse_variables() lasts for the scope's name.",
        "It belongs to one scope object. Opened again by its name, the scope is a new object that does not reuse; "
        "the captured object still does.",
        _FOURTH,
        "What an object remembers",
    ),
    Misconception(
        "M8",
        "AUTO_REUSE is simply the safer default.",
        "AUTO_REUSE never complains: it makes what you misspelled, and shares what should be separate.",
        _THIRD,
        "Who makes a new variable?",
    ),
    Misconception(
        "M9",
        "tf.name_scope names the variables of tf.get_variable.",
        "A name scope names ops and tf.Variables. What tf.get_variable makes is named by tf.variable_scope alone.",
        _FOURTH,
        "What tf.name_scope does",
    ),
    Misconception(
        "M10",
        "An op called foo_1/add means that foo's variables were copied.",
        "Only the op scope got a new name. The variables behind it are still those of foo.",
        _FOURTH,
        "Standing in one scope, opening another",
    ),
    Misconception(
        "M11",
        "Opening a captured scope goes back to its op scope, too.",
        "Its variables keep their names, its new ops do not: they go below the current scope, or to foo_1/. "
        "auxiliary_name_scope=False with tf.name_scope(scope.original_name_scope) goes back.",
        _FOURTH,
        "Back to the very same op scope",
    ),
    Misconception(
        "M12",
        "A captured scope opens below the scope that is current.",
        "The captured object jumps back to its own place. Only a scope that is opened by its name goes below.",
        _FOURTH,
        "Standing in one scope, opening another",
    ),
    Misconception(
        "M13",
        "The initializer that is given on reuse takes effect.",
        "The variable keeps the initializer that it was made with; the second one is ignored.",
        _THIRD,
        "What may differ on reuse?",
    ),
    Misconception(
        "M14",
        "A shape or dtype that differs on reuse does not matter.",
        "Sharing with another shape or dtype is a ValueError: one variable has one shape and one dtype.",
        _THIRD,
        "What may differ on reuse?",
    ),
    Misconception(
        "M15",
        "Running a cell again, or building again, starts from nothing.",
        "The graph remembers all that was ever built in it. Build in a tf.Graph() of its own to start afresh.",
        _FIRST,
        "What a graph remembers",
    ),
    Misconception(
        "M16",
        "del v removes the variable.",
        "del removes your Python name. The graph and its collections keep the variable.",
        _FIRST,
        "What a graph remembers",
    ),
    Misconception(
        "M17",
        "The optimizer may be built inside the scope that reuses.",
        "An optimizer makes variables of its own, which a reusing scope refuses: build it outside.",
        _THIRD,
        "Where the optimizer goes",
    ),
    Misconception(
        "M18",
        "Equal values prove that two variables are one.",
        "Two variables may hold equal values. Identity proves sharing, or a write to one that shows in the other.",
        _FIRST,
        "Sharing, or only looking alike?",
    ),
    Misconception(
        "M19",
        "u == v asks whether two variables are one.",
        "`is` asks for identity. With version 2 behaviour == compares values, element by element.",
        _FIRST,
        "Sharing, or only looking alike?",
    ),
    Misconception(
        "M20",
        "AUTO_REUSE shares in eager mode, too.",
        "Without a graph there is no store of variables: each call of tf.get_variable makes a new object.",
        _THIRD,
        "Exercise 3.7: predict eager mode (1 point)",
    ),
    Misconception(
        "M21",
        "tf.variable_scope(None, default_name=...) finds the scope of that name.",
        "A default name is made unique at each opening: d, then d_1. Nothing is ever found again under it.",
        _THIRD,
        "Who makes a new variable?",
    ),
    Misconception(
        "M22",
        "tf.get_variable takes reuse=True.",
        "It has no such argument, and raises TypeError. Reuse is declared on the scope.",
        _THIRD,
        "Five ways to ask twice",
    ),
)

CATALOGUE = {misconception.id: misconception for misconception in _ALL}
"""By id, in the order of the course document's story."""
