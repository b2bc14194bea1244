"""Operations that look at one image and keep nothing."""
