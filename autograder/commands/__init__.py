"""
What `autograder` can be told to do: each command declares its options and calls the rooms below.

Enter here: a command. It parses, calls, prints; it decides nothing.
"""
