"""State that outlives the process: what moto holds in memory, taken to a folder and back.

tables   DynamoDB: what changed since the last snapshot is one more segment of a table's log
objects  S3: definitions, and each body as a blob of its own
secrets  Secrets Manager: the access keys
plain    moto's objects as JSON and back
folder   the data folder: immutable blobs and one manifest, replaced by one rename
keeper   when snapshots are taken, and of what
"""
