"""
A class of honest students: labelled answers, handed in the way that three hundred desks hand in notebooks.

A style is something that a student or a student's tools do to a notebook and that must not matter: cells of their
own, prints, magics, another editor's metadata, other line ends. Each meets right and wrong answers to every notebook,
and what comes out must be what the answers' labels say.
"""
