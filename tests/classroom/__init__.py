"""
A class made of labelled answers.

Every exercise has a file of answers beside this module: right ones that differ in style, and wrong ones, each with
the points that it must get. From them a class of twelve is built that gives every answer at least once.
"""
