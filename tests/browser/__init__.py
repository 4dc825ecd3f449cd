"""
What is tried in a real browser, against real servers: what a page does, and what a student and an instructor see.

``make test-browser`` runs it. It needs Chromium or Chrome, which no Python package brings along.
"""
