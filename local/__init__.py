"""The laptop: one process that plays API Gateway, the event sources and, through moto, AWS."""
