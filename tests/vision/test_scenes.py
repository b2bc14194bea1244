"""A photo gets the labels whose scores pass their own thresholds, and no others."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray

from sightline.vision import scenes
from sightline.vision.photo import Photo, decode
from sightline.vision.scenes import SIDE, Learnt, SceneReader, choose, read_scenes

LEARNT = Learnt(
    {"Daisy": 0.9, "Indoors": 0.4, "Outdoors": 0.5}, slope=1.0, offset=1.0, never_a_person=["Daisy"]
)


class Scores:
    """A network that always answers the same; it keeps what it was shown."""

    def __init__(self, *scores: float) -> None:
        self.scores = np.array([scores], np.float32)
        self.seen: list[NDArray[np.float32]] = []

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        assert outputs == ["scores"]
        self.seen.append(inputs["image"])
        return [self.scores]


def sample(name: str) -> Photo:
    """One of scikit-image's own photos."""
    return decode((Path(skimage.__file__).parent / "data" / name).read_bytes())


def chosen(*scores: float) -> dict[str, float]:
    return choose(np.array(scores, np.float32), LEARNT)


def test_a_label_needs_its_own_threshold() -> None:
    assert list(chosen(0.89, 0.1, 0.6)) == ["Outdoors"]
    assert list(chosen(0.91, 0.41, 0.1)) == ["Daisy", "Indoors"]


def test_confidence_grows_with_the_score() -> None:
    at_threshold, above, certain = (chosen(each, 0, 0)["Daisy"] for each in (0.901, 0.95, 1.0))

    assert at_threshold == pytest.approx(100 / (1 + np.exp(-1)), abs=0.3)
    assert at_threshold < above < certain <= 100


def test_a_photo_is_taken_in_one_place() -> None:
    assert list(chosen(0, 0.9, 0.6)) == ["Indoors"]
    assert list(chosen(0, 0.41, 0.8)) == ["Outdoors"]


def test_the_network_sees_the_whole_photo_squeezed() -> None:
    network = Scores(0, 0, 0)
    pixels = np.zeros((90, 300, 3), np.uint8)
    pixels[:, 150:] = (200, 100, 50)

    SceneReader(network, LEARNT).read(pixels)

    (image,) = network.seen
    assert image.shape == (1, 3, SIDE, SIDE)
    assert image[0, :, 0, 0].tolist() == [0, 0, 0]
    assert image[0, :, -1, -1].tolist() == [200, 100, 50]


def test_black_and_white_is_measured() -> None:
    reader = SceneReader(Scores(0, 0, 0), LEARNT)
    grey = sample("camera.png").pixels
    tinted = (grey * np.array([1.0, 0.9, 0.7])).astype(np.uint8)

    assert "Black And White" in reader.read(grey)
    assert reader.read(tinted) == {}
    # A page is no photograph, though it has no colour either.
    page = np.full((100, 100, 3), 250, np.uint8)
    page[40:60] = 0
    assert reader.read(page) == {}


@pytest.mark.parametrize("grey", [0, 120, 255])
def test_a_blank_frame_shows_nothing(grey: int) -> None:
    network = Scores(0.99, 0, 0.99)
    frame = np.full((80, 120, 3), grey, np.uint8)
    assert SceneReader(network, LEARNT).read(frame) == {}
    frame[:, 60:] = 255 - grey if grey != 120 else 160
    assert SceneReader(network, LEARNT).read(frame) != {}


def test_a_photo_is_read_once(cat: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Scores(0.99, 0, 0)
    monkeypatch.setattr(scenes, "open_session", lambda _: network)
    monkeypatch.setattr(scenes, "learnt", lambda: LEARNT)
    monkeypatch.setattr(scenes, "find_objects", lambda _: [])
    seen = decode(cat)

    assert read_scenes(seen) == read_scenes(seen)
    assert len(network.seen) == 1


def test_a_person_is_never_called_an_animal(
    cat: bytes, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "open_session", lambda _: Scores(0.99, 0, 0.99))
    monkeypatch.setattr(scenes, "learnt", lambda: LEARNT)

    assert list(read_scenes(decode(cat))) == ["Daisy", "Outdoors"]
    assert list(read_scenes(decode(astronaut))) == ["Outdoors"]


def test_the_real_network_says_nothing_absurd(cat: bytes, astronaut: bytes) -> None:
    asleep, person = read_scenes(decode(cat)), read_scenes(decode(astronaut))
    cup, page = read_scenes(sample("coffee.png")), read_scenes(sample("page.png"))

    assert set(asleep) <= {"Animal", "Mammal", "Indoors", "Outdoors"}
    assert "Indoors" in set(person) <= {"Indoors", "Clothing"}
    assert set(cup) == {"Indoors"}
    assert "Receipt" in page
    assert all(0 < confidence <= 100 for confidence in (asleep | person | cup | page).values())
