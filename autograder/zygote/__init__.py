"""
The forking process: it imports a course's packages once and forks a jailed kernel for each notebook.

Enter here: what runs between the grader and student code, and what its client needs to start and address it.
"""
