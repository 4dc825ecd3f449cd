"""
What is kept: results by content key, and what is drawn from them into nbgrader's gradebook and autograded/.

Enter here: everything that writes a grade to disk or to the database.
"""
