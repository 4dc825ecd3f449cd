"""`python -m autograder` is `autograder`."""

import sys

_OWN = ("autograder", "sharing_variables")


def run() -> int:
    """Run the command line; say what to install where only what notebooks need is there."""
    try:
        from autograder.cli import main

        return main()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not missing or missing in _OWN:
            raise
        sys.stderr.write(f"autograder: {missing} is not installed; pip install 'sharing-variables[grade]'\n")
        return 2


if __name__ == "__main__":
    sys.exit(run())
