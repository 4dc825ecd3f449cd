"""Grading on many machines: the coordinator's and the workers' side, over Dask distributed."""
