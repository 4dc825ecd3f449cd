"""
Feedback on its way back to students: a page over all notebooks, PDF, and packs as each LMS takes them.

Enter here: how pages leave the course. What they say is decided in the rooms above.
"""
