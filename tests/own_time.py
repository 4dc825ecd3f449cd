"""Run a command as `autograder` does, and print at the end how many processor seconds this process alone took."""

import sys
import time

from autograder.cli import main

if __name__ == "__main__":
    main(sys.argv[1:])
    print(time.process_time())
