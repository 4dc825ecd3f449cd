"""
A graph as evidence of sharing: its facts, read under caps, compared, put in words, drawn.

Enter here: what looks at graphs. Only `reader` sees bytes of a student's; everything else is made from facts.
"""
