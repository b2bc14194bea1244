"""Operations that Rekognition does not have."""
