"""
The grader's side of a kernel: starting one, running a notebook in it, metering what comes out.

Enter here: what speaks to kernels. Whatever a kernel says is believed nowhere in this room.
"""
