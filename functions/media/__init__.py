"""Operations that analyse many images of a manifest."""
