"""Videos: what a file holds, its frames, and what can be told from frames without a network."""
