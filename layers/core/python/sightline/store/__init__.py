"""Where state lives. The only place that imports boto3."""
