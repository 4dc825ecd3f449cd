"""
What exists: a course's folders and configuration, its assignments, master notebooks and their cells.

Enter here: what nbgrader's configuration and the masters say. Nothing here knows a submission.
"""
