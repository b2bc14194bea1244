"""Operations on videos in S3: each kind of job is started by one and read by another."""
