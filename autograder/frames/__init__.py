"""
A table or an array as evidence: shown by a test, reduced to plain facts, compared outside of the student's process.

Enter here: what looks at tables. Of a student's nothing is read but text under caps, and never a pickle.
"""
