"""Scores for other programs: facts from results and the gradebook, and one small function for each format."""
