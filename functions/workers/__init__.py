"""Functions that queues start: no operations of the service."""
