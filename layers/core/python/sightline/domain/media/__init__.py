"""Jobs that analyse the images of a manifest: how they start, go on and end."""
