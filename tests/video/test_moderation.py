"""ContentModeration: the labels of a photo's moderation, frame by frame and as runs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.domain.video import content_moderation
from sightline.domain.video.records import dump
from sightline.vision.nudity import SIZE, NudityReader, framed
from sightline.vision.photo import Photo
from tests.video.making import Make, plain, video
from tests.video.work import done, film, listed

CALM = {"Drawing": 0.0, "Hentai": 0.0, "Neutral": 1.0, "Porn": 0.0, "Sexy": 0.0}
BLUE, RED = plain((0, 0, 90)), plain((230, 20, 20))


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In red frames the networks see a weapon: there is no such video to test with."""

    def look(photo: Photo) -> dict[str, float]:
        return {"Revolver": 70.0} if photo.pixels[..., 0].mean() > 128 else {}

    monkeypatch.setattr(content_moderation, "read_frame_nudity", lambda _: CALM)
    monkeypatch.setattr(content_moderation, "read_scenes", look)


@pytest.mark.usefixtures("armed")
def test_labels_come_with_their_parents_and_as_runs() -> None:
    data = video([BLUE] * 4 + [RED] * 4 + [BLUE] * 4, Make(fps=4))
    lists, merged = done("ContentModeration", data)
    assert merged.answer == {"ModerationModelVersion": "7.0"}
    found = [
        (each["Timestamp"], each["ModerationLabel"]["Name"], each["ModerationLabel"]["ParentName"])
        for each in lists["TIMESTAMP/TIMESTAMPS"]
    ]
    assert found == [
        (time, name, parent)
        for time in (1000, 1500)
        for name, parent in (("Violence", ""), ("Weapons", "Violence"))
    ]
    assert lists["NAME/SEGMENTS"][1] == {
        "Timestamp": 1000,
        "StartTimestampMillis": 1000,
        "EndTimestampMillis": 2000,
        "DurationMillis": 1000,
        "ModerationLabel": {
            "Name": "Weapons",
            "Confidence": 70.0,
            "ParentName": "Violence",
            "TaxonomyLevel": 2,
        },
        "ContentTypes": [],
    }
    assert done("ContentModeration", data, pieces=3)[0] == lists


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize(("least", "count"), [(70, 4), (71, 0)])
def test_min_confidence_is_the_requests(least: float, count: int) -> None:
    lists, _ = done("ContentModeration", video([RED] * 4, Make(fps=4)), {"MinConfidence": least})
    assert len(lists["TIMESTAMP/TIMESTAMPS"]) == count


def test_what_kind_of_content_a_frame_is_stands_with_each_of_its_labels() -> None:
    found = [
        dump([[0, [["Violence", 60.0]], {"Illustrated": 70.0, "Animated": 80.0}]]),
        dump([[500, [["Violence", 90.0]], {"Illustrated": 95.0}]]),
    ]
    lists, _ = listed("ContentModeration", found, {}, {"duration": 1000})
    illustrated = {"Name": "Illustrated", "Confidence": 95.0}
    animated = {"Name": "Animated", "Confidence": 80.0}
    assert [each["ContentTypes"] for each in lists["NAME/TIMESTAMPS"]] == [
        [illustrated],
        [animated, {"Name": "Illustrated", "Confidence": 70.0}],
    ]
    assert [each["ContentTypes"] for each in lists["TIMESTAMP/SEGMENTS"]] == [
        [illustrated, animated]
    ]


def test_an_ordinary_video_has_no_labels(cat: bytes, astronaut: bytes) -> None:
    lists, _ = done("ContentModeration", film((cat, 500), (astronaut, 500)))
    assert all(elements == [] for elements in lists.values())


class Opinions:
    """A session whose answers are given; it keeps what it was shown."""

    def __init__(self, *answers: dict[str, float]) -> None:
        self.shown: list[NDArray[np.float32]] = []
        self._answers = iter(answers)

    def run(
        self, _: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        self.shown.append(inputs["image"])
        return [np.array([list(next(self._answers).values())], np.float32)]


SUSPECT = {"Drawing": 0.0, "Hentai": 0.1, "Neutral": 0.1, "Porn": 0.7, "Sexy": 0.1}
WORSE = {"Drawing": 0.0, "Hentai": 0.0, "Neutral": 0.0, "Porn": 1.0, "Sexy": 0.0}


@pytest.mark.parametrize(
    ("answers", "believed"),
    [([CALM], CALM), ([SUSPECT, CALM], CALM), ([SUSPECT, WORSE], SUSPECT)],
)
def test_a_frame_that_is_not_calm_is_looked_at_twice_and_the_calmer_look_counts(
    answers: list[dict[str, float]], believed: dict[str, float]
) -> None:
    session = Opinions(*answers)
    shares = NudityReader(session).read_frame(plain((200, 120, 90), 160, 90))
    assert shares == pytest.approx(believed)
    assert len(session.shown) == len(answers)


def test_the_second_look_shows_the_frame_in_its_own_shape() -> None:
    page = framed(plain((200, 0, 0), 160, 80))
    assert page.shape == (SIZE, SIZE, 3)
    rows = np.flatnonzero((page == (200, 0, 0)).all((1, 2)))
    assert (rows[0], len(rows)) == (74, 150)
    assert (page[:74] == 128).all()
