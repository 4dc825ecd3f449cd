"""
For those who write notebooks: the student version, the stored reference outputs, lint rules.

Enter here: what reads masters and writes the release. Nothing here sees a submission.
"""
