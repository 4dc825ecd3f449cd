"""Where student code runs: the course's kernel, how a notebook runs in it, and how long it may take."""
