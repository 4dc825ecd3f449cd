"""
Scores for other programs: facts from results and the gradebook, and one small function for each format.

Enter here: a file format of another program, with the source of its rules.
"""
