"""Stored video: jobs that are started, done in pieces, merged, and read page by page."""
