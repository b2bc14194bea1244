"""Collections, their faces and users, and searches in them."""
