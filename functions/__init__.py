"""One file is one Lambda function is one operation of the service; the folders are families."""
