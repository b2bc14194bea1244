"""What the tests of moderation share."""

import pytest

from sightline.domain import moderation

SUSPECT = {"Drawing": 0.0, "Hentai": 0.1, "Neutral": 0.1, "Porn": 0.55, "Sexy": 0.25}


@pytest.fixture
def suspect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo that the networks have these opinions of: there is no such photo to test with."""
    monkeypatch.setattr(moderation, "read_nudity", lambda _: SUSPECT)
    monkeypatch.setattr(moderation, "read_scenes", lambda _: {})
