"""
What runs in the student's kernel: short tracebacks, hints at a desk, names kept for hidden parts.

Enter here: code that student code can see and change, so nothing here may be relied on for points.
"""
