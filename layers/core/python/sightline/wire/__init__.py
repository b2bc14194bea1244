"""The edge: what stands between a caller's bytes and a handler's dicts, after the service model."""
