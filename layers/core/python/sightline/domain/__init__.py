"""What the service knows: collections, faces, users, tags, and who may ask."""
