"""
What was handed in: reading it, believing nothing; an LMS's downloads; whose they are.

Enter here: whatever turns bytes from outside into data. Nothing here runs or grades anything.
"""
