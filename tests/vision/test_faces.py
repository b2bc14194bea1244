"""What the analyzer says about real photos."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from sightline.domain.similarity import similarity
from sightline.geometry import BoundingBox
from sightline.vision.attributes import Attributes, behind
from sightline.vision.face import ALL_ATTRIBUTES, Face, Judged
from sightline.vision.faces import FaceAnalyzer
from sightline.vision.photo import decode
from sightline.vision.session import Session, open_session
from tests.vision.conftest import photo
from tests.vision.test_photo import TURNS


def only(analyzer: FaceAnalyzer, image: Image.Image, *attributes: str) -> Face:
    faces = analyzer.analyze(photo(image), frozenset(attributes))
    assert len(faces) == 1
    return faces[0]


@pytest.fixture(scope="module")
def astronauts_face(analyzer: FaceAnalyzer, portrait: Image.Image) -> Face:
    return only(analyzer, portrait, *ALL_ATTRIBUTES)


def test_astronaut_is_described(astronauts_face: Face) -> None:
    face = astronauts_face
    assert face.box.overlap(BoundingBox(0.355, 0.113, 0.172, 0.234)) > 0.8
    assert face.confidence > 99
    assert face.gender is not None
    assert face.gender.value == "Female"
    assert face.smile is not None
    assert face.smile.value
    assert face.mouth_open is not None
    assert face.mouth_open.value
    assert face.eyes_open is not None
    assert face.eyes_open.value
    assert face.face_occluded is not None
    assert not face.face_occluded.value
    assert face.age_range is not None
    assert face.age_range.low < 38 < face.age_range.high + 5  # she was 36
    assert face.emotions[0].type == "HAPPY"
    assert len({each.type for each in face.emotions}) == 8
    assert sum(each.confidence for each in face.emotions) == pytest.approx(100, abs=0.1)
    confidences = [each.confidence for each in face.emotions]
    assert confidences == sorted(confidences, reverse=True)
    worn = (face.eyeglasses, face.sunglasses, face.beard, face.mustache)
    assert [each is not None and each.value for each in worn] == [False] * 4


def test_admiral_is_described(analyzer: FaceAnalyzer, admiral: bytes) -> None:
    (face,) = analyzer.analyze(decode(admiral), ALL_ATTRIBUTES)
    assert face.age_range is not None
    assert face.age_range.low > 45
    assert face.eyes_open is not None
    assert face.eyes_open.value


def test_left_and_right_are_the_pictures(astronauts_face: Face) -> None:
    points = astronauts_face.landmarks
    assert len(points) == 30
    pairs = [
        ("eyeLeft", "eyeRight"),
        ("mouthLeft", "mouthRight"),
        ("leftEyeBrowLeft", "leftEyeBrowRight"),
        ("leftEyeBrowRight", "rightEyeBrowLeft"),
        ("rightEyeBrowLeft", "rightEyeBrowRight"),
        ("leftEyeLeft", "leftEyeRight"),
        ("leftEyeRight", "rightEyeLeft"),
        ("rightEyeLeft", "rightEyeRight"),
        ("noseLeft", "noseRight"),
        ("leftPupil", "rightPupil"),
        ("upperJawlineLeft", "midJawlineLeft"),
        ("midJawlineLeft", "chinBottom"),
        ("chinBottom", "midJawlineRight"),
        ("midJawlineRight", "upperJawlineRight"),
    ]
    for left, right in pairs:
        assert points[left].x < points[right].x, (left, right)
    column = ["leftEyeBrowUp", "leftEyeUp", "leftEyeDown", "noseLeft", "mouthUp", "mouthDown"]
    heights = [points[name].y for name in [*column, "chinBottom"]]
    assert heights == sorted(heights)


def test_default_landmarks_lie_in_the_box(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    face = only(analyzer, portrait)
    assert list(face.landmarks) == ["eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"]
    for point in face.landmarks.values():
        assert face.box.left < point.x < face.box.left + face.box.width
        assert face.box.top < point.y < face.box.top + face.box.height
    assert face.smile is None
    assert face.emotions == ()


def test_only_what_was_asked_for_is_judged(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    face = only(analyzer, portrait, "SMILE", "AGE_RANGE")
    assert face.smile is not None
    assert face.age_range is not None
    assert face.gender is None
    assert face.emotions == ()
    assert face.eyes_open is None
    assert len(face.landmarks) == 5


@pytest.mark.parametrize("degrees", [-60, -30, -10, 20, 45])
def test_roll_is_the_turn_of_the_photo(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face, degrees: int
) -> None:
    # Pillow turns against the clock, the service's roll grows with it.
    turned = portrait.rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
    face = only(analyzer, turned, "SMILE", "EYES_OPEN")
    assert face.pose.roll == pytest.approx(degrees + astronauts_face.pose.roll, abs=6)
    assert face.pose.yaw == pytest.approx(astronauts_face.pose.yaw, abs=8)
    assert face.smile is not None
    assert face.smile.value


def test_mirror_turns_yaw_and_roll_round(analyzer: FaceAnalyzer, admiral: bytes) -> None:
    image = Image.open(BytesIO(admiral)).convert("RGB")
    face, other = only(analyzer, image), only(analyzer, ImageOps.mirror(image))
    assert other.pose.yaw == pytest.approx(-face.pose.yaw, abs=4)
    assert other.pose.roll == pytest.approx(-face.pose.roll, abs=4)
    assert other.pose.pitch == pytest.approx(face.pose.pitch, abs=4)


def test_darkened_photo_is_less_bright(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face
) -> None:
    brightness = [
        only(analyzer, ImageEnhance.Brightness(portrait).enhance(share)).quality.brightness
        for share in (0.35, 0.6)
    ]
    assert brightness[0] < brightness[1] < astronauts_face.quality.brightness


def test_blurred_photo_is_less_sharp(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face
) -> None:
    sharpness = [
        only(analyzer, portrait.filter(ImageFilter.GaussianBlur(radius))).quality.sharpness
        for radius in (1, 2, 4)
    ]
    assert astronauts_face.quality.sharpness > sharpness[0] > sharpness[1] > sharpness[2]


def test_sharpness_does_not_depend_on_size(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face
) -> None:
    for side in (400, 1200):
        face = only(analyzer, portrait.resize((side, side), Image.Resampling.LANCZOS))
        assert face.quality.sharpness == pytest.approx(astronauts_face.quality.sharpness, abs=12)


def test_shut_mouth_is_not_seen_open(analyzer: FaceAnalyzer, admiral: bytes) -> None:
    (face,) = analyzer.analyze(decode(admiral), frozenset({"MOUTH_OPEN"}))
    assert face.mouth_open is not None
    assert not face.mouth_open.value


def test_a_mask_hides_the_mouth(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face
) -> None:
    assert astronauts_face.located is not None
    points = astronauts_face.located.mesh.points[:, :2]
    around = [197, 116, 132, 58, 136, 149, 148, 152, 377, 378, 365, 288, 361, 345]
    masked = portrait.copy()
    ImageDraw.Draw(masked).polygon([(x, y) for x, y in points[around]], fill=(240, 240, 240))

    face = only(analyzer, masked, *ALL_ATTRIBUTES)

    assert face.face_occluded is not None
    assert face.face_occluded.value
    for hidden in (face.smile, face.mouth_open, face.beard, face.mustache):
        assert hidden is not None
        assert not hidden.value
        assert 50 <= hidden.confidence < 60
    bare = Judged(True, 99)
    assert behind(Attributes(beard=bare, eyes_open=bare), 0.9) == Attributes(
        beard=Judged(False, 50), eyes_open=bare
    )
    assert behind(Attributes(smile=Judged(False, 90)), 0.5).smile == Judged(False, 70)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_sideways_changes_no_box(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = portrait
    for turn in TURNS[orientation]:
        held = held.transpose(turn)
    stored = BytesIO()
    held.save(stored, "JPEG", quality=95, exif=exif)
    (face,) = analyzer.analyze(decode(stored.getvalue()))
    assert face.box.overlap(astronauts_face.box) > 0.9


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA"])
def test_a_face_is_found_in_every_mode(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face, mode: str
) -> None:
    assert only(analyzer, portrait.convert(mode)).box.overlap(astronauts_face.box) > 0.8


@pytest.mark.parametrize("side", [80, 120, 2400])
def test_smallest_and_large_photos(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face, side: int
) -> None:
    image = portrait.resize((side, side), Image.Resampling.LANCZOS)
    assert only(analyzer, image).box.overlap(astronauts_face.box) > 0.6


def test_face_that_fills_the_photo(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    face = only(analyzer, portrait.crop((180, 60, 275, 175)).resize((800, 968)))
    assert face.box.area > 0.5


def test_many_faces_come_largest_first(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    page = Image.new("RGB", (1920, 1080), "grey")
    sides = [500, 300, 240, 160, 120]
    for number, side in enumerate(sides):
        page.paste(portrait.resize((side, side)), (number * 380, 100))
    areas = [face.box.area for face in analyzer.analyze(photo(page))]
    assert len(areas) == len(sides)
    assert areas == sorted(areas, reverse=True)


def test_at_most_a_hundred_faces(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    page = Image.new("RGB", (1320, 1320))
    small = portrait.crop((150, 20, 300, 200)).resize((110, 110), Image.Resampling.LANCZOS)
    for number in range(144):
        page.paste(small, (number % 12 * 110, number // 12 * 110))
    assert len(analyzer.analyze(photo(page))) == 100


def test_no_face_is_no_answer(analyzer: FaceAnalyzer, cat: bytes) -> None:
    assert analyzer.analyze(photo(Image.new("RGB", (300, 200), "white"))) == []
    assert analyzer.analyze(decode(cat), ALL_ATTRIBUTES) == []


def test_the_same_person_is_closer_than_another(
    analyzer: FaceAnalyzer, portrait: Image.Image, admiral: bytes
) -> None:
    other = ImageOps.mirror(portrait.rotate(15, expand=True).resize((900, 900)))
    photos = [photo(portrait), photo(other), decode(admiral)]
    vectors = [analyzer.embed(each, analyzer.analyze(each)) for each in photos]
    assert [each.shape for each in vectors] == [(1, 128)] * 3
    first, second, stranger = (each[0] for each in vectors)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert similarity(float(first @ second)) > 95
    assert similarity(float(first @ stranger)) < 80


def test_nothing_to_embed(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    assert analyzer.embed(photo(portrait), []).shape == (0, 128)


def test_threads_share_one_analyzer(analyzer: FaceAnalyzer, portrait: Image.Image) -> None:
    photos = [photo(portrait), photo(ImageOps.mirror(portrait))]
    expected = [analyzer.analyze(each, ALL_ATTRIBUTES) for each in photos]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda each: analyzer.analyze(each, ALL_ATTRIBUTES), photos * 4))
    for faces, alone in zip(found, expected * 4, strict=True):
        assert faces[0].box.overlap(alone[0].box) > 0.999
        assert faces[0].pose.yaw == pytest.approx(alone[0].pose.yaw, abs=0.01)


def test_a_face_is_located_once_and_embedded_where_it_was_seen(portrait: Image.Image) -> None:
    opened: list[str] = []

    def session(name: str) -> Session:
        opened.append(name)
        return open_session(name)

    analyzer = FaceAnalyzer(session)
    seen = photo(portrait)
    faces = analyzer.analyze(seen)
    opened.clear()
    assert analyzer.embed(seen, faces).shape == (1, 128)
    assert opened == ["face_features", "face_embedding"]


def test_a_face_from_elsewhere_is_not_embedded(
    analyzer: FaceAnalyzer, portrait: Image.Image, astronauts_face: Face
) -> None:
    with pytest.raises(ValueError, match="found in the photo"):
        analyzer.embed(photo(portrait), [replace(astronauts_face, located=None)])
