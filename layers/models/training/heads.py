"""Makes `vision/learnt/heads.json`, the small models for attributes, and prints how good they are.

    python -m layers.models.training.heads

Every figure is cross-validated by photo and speaks of the photos in which a face was found.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.faces import largest
from layers.models.training.fitting import Fit, Floats, accuracy, cross_validated, fit
from sightline.vision import expression, eyes, features, heads
from sightline.vision.age_gender import AgeGenderEstimator
from sightline.vision.expression import ExpressionReader, emotion_inputs, smile_inputs
from sightline.vision.eyes import EyeReader
from sightline.vision.features import FaceDescriber
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import open_session
from sightline.vision.shape import expression_shape, mouth_gap

TARGET = Path(heads.__file__).parent / "learnt" / "heads.json"
ADULT = 18
# Between these ages the people of UTKFace look into the camera: their eyes count as open.
OPEN_EYED = range(18, 50)

Inputs = Callable[[Photo, Located], NDArray[np.float32]]
Samples = tuple[Floats, NDArray[np.int64], list[str]]


def main() -> None:
    """Fits all heads on the evaluation sets and writes them."""
    people = data.people()
    adults = [(person.path, int(person.male)) for person in people if person.age >= ADULT]
    awake = [(person.path, 1) for person in people if person.age in OPEN_EYED]
    emotions = [(path, expression.CLASSES.index(name)) for path, name in data.emotions()]
    smiling = data.smiles() + data.judged_by_eye("smile")
    covered = data.masks() + data.mask_photos() + [(person.path, False) for person in people]
    lids = joined(eye_samples(data.eyes()), samples(awake, _lids))
    fits = {
        "emotion": head("emotion", samples(emotions, _emotion), 7, 60),
        "smile": head("smile", samples(smiling, _smile), 2, 10),
        "mouth_open": head("mouth open", samples(data.judged_by_eye("mouth_open"), _mouth), 2, 1),
        "gender": head("gender, adults", samples(adults, _gender), 2, 1),
        "eyes_open": head("eyes open", lids, 2, 1),
        "face_occluded": head("face occluded", samples(covered, _features), 2, 300),
        "age": ages(samples([(person.path, person.age) for person in people], _age)),
    }
    write(fits)


def write(fits: dict[str, Fit]) -> None:
    """Five digits are more than the data can tell."""

    def short(values: Floats) -> object:
        return np.vectorize(lambda value: float(f"{value:.5g}"))(values).tolist()

    made = {
        name: {"weights": short(each.weights), "bias": short(each.bias)}
        for name, each in fits.items()
    }
    TARGET.write_text(json.dumps(made) + "\n")


def head(name: str, found: Samples, classes: int, penalty: float) -> Fit:
    """Fits one head and prints its cross-validated accuracy."""
    inputs, answers, groups = found
    scores = cross_validated(inputs, answers, classes, penalty, groups)
    print(f"{name}: {accuracy(scores, answers):.1%} of {len(answers)}")
    return fit(inputs, answers, classes, penalty)


def ages(found: Samples) -> Fit:
    """A line that takes the network's bias out: it makes old people too young."""
    estimates, years, _ = found
    slope, offset = np.polyfit(estimates[:, 0], years, 1)
    errors = np.abs(slope * estimates[:, 0] + offset - years)
    print(f"age: mean error {errors.mean():.2f} years, adults {errors[years >= ADULT].mean():.2f}")
    return Fit(np.array([[slope]]), np.array([offset]))


def samples(rows: Sequence[tuple[Path, int]], inputs: Inputs) -> Samples:
    """The inputs of the largest face of each photo; photos without one are left out."""
    found = []
    for path, answer in rows:
        photo = data.presented(path)
        face = largest(photo)
        if face is not None:
            found.append((inputs(photo, face), int(answer), path.name))
    print(f"no face in {len(rows) - len(found)} of {len(rows)}", end="; ")
    return columns(found)


def eye_samples(rows: Sequence[tuple[Path, int]]) -> Samples:
    """The lids' distance in crops of single eyes."""
    reader = EyeReader(open_session("iris"))
    return columns(
        [
            (reader.read(data.eye_crop(path)[None]).gaps, int(answer), path.name)
            for path, answer in rows
        ]
    )


def columns(rows: Sequence[tuple[NDArray[np.float32], int, str]]) -> Samples:
    """Rows of inputs, answer and photo as three columns."""
    inputs, answers, groups = zip(*rows, strict=True)
    return np.stack(inputs).astype(float), np.array(answers), list(groups)


def joined(*parts: Samples) -> Samples:
    """All samples as one set."""
    inputs, answers, groups = zip(*parts, strict=True)
    return (
        np.concatenate(inputs),
        np.concatenate(answers),
        [name for part in groups for name in part],
    )


def _logs(photo: Photo, face: Located) -> NDArray[np.float32]:
    reader = ExpressionReader(open_session("emotion"), open_session("expression"))
    return reader.read(photo.pixels, face)


def _emotion(photo: Photo, face: Located) -> NDArray[np.float32]:
    return emotion_inputs(_logs(photo, face), expression_shape(face.mesh.points))


def _smile(photo: Photo, face: Located) -> NDArray[np.float32]:
    return smile_inputs(_logs(photo, face), expression_shape(face.mesh.points))


def _mouth(_: Photo, face: Located) -> NDArray[np.float32]:
    return np.array([mouth_gap(face.mesh.points)], np.float32)


def _gender(photo: Photo, face: Located) -> NDArray[np.float32]:
    return np.array([_age_gender(photo, face)[1]], np.float32)


def _age(photo: Photo, face: Located) -> NDArray[np.float32]:
    return np.array([_age_gender(photo, face)[0]], np.float32)


def _age_gender(photo: Photo, face: Located) -> tuple[float, float]:
    return AgeGenderEstimator(open_session("age_gender")).estimate(photo.pixels, face)


def _lids(photo: Photo, face: Located) -> NDArray[np.float32]:
    crops = eyes.crops(photo.pixels, face.mesh.points)
    gaps = EyeReader(open_session("iris")).read(crops).gaps
    return np.array([gaps.mean()])


def _features(photo: Photo, face: Located) -> NDArray[np.float32]:
    crop = face.crop(features.MARGIN, features.SIZE)
    described = FaceDescriber(open_session("face_features")).describe(photo.pixels, [crop])
    roots: NDArray[np.float32] = np.sqrt(described[0])
    return roots


if __name__ == "__main__":
    main()
