"""
What people read: the terminal, the CSV, a student's feedback page, the class report.

Enter here: rendering of results. Nothing here decides or stores a grade.
"""
