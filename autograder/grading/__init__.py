"""
From a submission to a result: rebuild, run, check, decide, explain. No side effects.

Enter here: what decides about points or states, and what a decision is.
"""
