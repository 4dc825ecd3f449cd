"""
Grading on many machines, over Dask distributed: a coordinator has the course, and workers have a jail.

Enter here: whatever only grading on other machines needs; grading itself knows nothing of it.
"""
