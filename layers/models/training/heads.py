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
from layers.models.training import by_eye, drawn, equipment
from layers.models.training.by_eye import described, joined
from layers.models.training.fitting import (
    Answers,
    Fit,
    Floats,
    Places,
    accuracy,
    balanced_accuracy,
    cross_validated,
    even_fit,
    fit,
)
from sightline.vision import expression, eyes, heads
from sightline.vision.age_gender import AgeGenderEstimator
from sightline.vision.expression import ExpressionReader, emotion_inputs, smile_inputs
from sightline.vision.eyes import EyeReader
from sightline.vision.locator import Located
from sightline.vision.photo import Photo
from sightline.vision.session import open_session
from sightline.vision.shape import expression_shape, mouth_gap

TARGET = Path(heads.__file__).parent / "learnt" / "heads.json"
ADULT = 18
# Between these ages the people of UTKFace look into the camera: their eyes count as open.
OPEN_EYED = range(18, 50)

Inputs = Callable[[Photo, Located], NDArray[np.float32]]
Samples = tuple[Floats, Answers, list[str]]

# Penalties of heads on features; a third or three times as much changes no area under the curve by
# more than 0.004.
OF_FEATURES = 300.0
# What the expression networks and the mesh say of a smile is worth more than any single feature.
OF_SMILES = np.concatenate([np.full(26, 30.0), np.full(1024, 1000.0)])
OF_HELMETS = 6000.0
# More of the bare heads from other sets, and the few bare heads of the helmet set itself are taken
# for helmets; less, and everybody else's are.
BARE_COUNTS = 0.1
UNMASKED_COUNTS = 0.2
DRAWN_SHARE = 4  # sunglasses and covers are drawn on every fourth person


def main() -> None:
    """Fits all heads on the evaluation sets and writes them."""
    people = data.people()
    adults = [(person.path, int(person.male)) for person in people if person.age >= ADULT]
    awake = [(person.path, 1) for person in people if person.age in OPEN_EYED]
    emotions = [(path, expression.CLASSES.index(name)) for path, name in data.emotions()]
    smiling = data.smiles() + data.judged_by_eye("smile")
    lids = joined([eye_samples(data.eyes()), samples(awake, _lids)])
    fits = {
        "emotion": head("emotion", samples(emotions, _emotion), 7, 60),
        "smile": even("smile", samples(smiling, _smile), penalty=OF_SMILES),
        "mouth_open": head("mouth open", samples(data.judged_by_eye("mouth_open"), _mouth), 2, 1),
        "gender": head("gender, adults", samples(adults, _gender), 2, 1),
        "eyes_open": head("eyes open", lids, 2, 1),
        "age": ages(samples([(person.path, person.age) for person in people], _age)),
    }
    write(fits | on_features() | on_workers())


def on_features() -> dict[str, Fit]:
    """The heads for what is on a face."""
    given = {name: data.judged_by_eye(name) for name in ("eyeglasses", "beard", "mustache")}
    fits = {
        name: even(name, by_eye.samples(rows + by_eye.judged(name))) for name, rows in given.items()
    }
    bare = [(path, False) for path, _ in given["eyeglasses"]]
    dark = by_eye.samples(by_eye.judged("sunglasses") + bare)
    glasses = by_eye.drawn_samples(drawn.sunglasses, DRAWN_SHARE)
    fits["sunglasses"] = even("sunglasses", dark, [(glasses, 1)])
    masks = by_eye.samples(data.masks() + data.mask_photos())
    free = by_eye.samples(by_eye.judged("occluded") + bare)
    covers = by_eye.drawn_samples(drawn.cover, DRAWN_SHARE)
    fits["face_occluded"] = even(
        "face occluded", joined([masks, free]), [(covers, 1), (glasses, 1)]
    )
    return fits


def on_workers() -> dict[str, Fit]:
    """The heads for protective equipment."""
    judged = [path for path, _ in by_eye.judged("eyeglasses") if "mask_boxes" not in path.parts]
    unmasked = by_eye.samples([(path, False) for path in judged])
    faces = equipment.unmasked_faces()
    changed, bare = equipment.changed_heads(), equipment.bare_heads()
    return {
        "mask": even("mask", equipment.mask_samples(), [(unmasked, UNMASKED_COUNTS), (faces, 1)]),
        "helmet": even(
            "helmet", equipment.helmet_samples(), [(changed, 1), (bare, BARE_COUNTS)], OF_HELMETS
        ),
    }


def write(fits: dict[str, Fit]) -> None:
    """Four digits are more than the data can tell."""

    def short(values: Floats) -> object:
        return np.vectorize(lambda value: float(f"{value:.4g}"))(values).tolist()

    made = {
        name: {"weights": short(each.weights), "bias": short(each.bias)}
        for name, each in fits.items()
    }
    TARGET.write_text(json.dumps(made) + "\n")


def head(name: str, found: Samples, classes: int, penalty: float) -> Fit:
    """Fits one head and prints its cross-validated accuracy."""
    inputs, answers, groups = found

    def fitted(kept: Places) -> Fit:
        return fit(inputs[kept], answers[kept], classes, penalty)

    scores = cross_validated(fitted, inputs, groups)
    print(f"{name}: {accuracy(scores, answers):.1%} of {len(answers)}", flush=True)
    return fitted(np.arange(len(answers)))


def even(
    name: str,
    real: Samples,
    others: Sequence[tuple[Samples, float]] = (),
    penalty: float | Floats = OF_FEATURES,
) -> Fit:
    """Fits a yes or no that counts both answers alike, and prints how often each is right.

    Args:
        name: to print.
        real: what the figures are of.
        others: samples that only teach, with how much each counts beside a real one.
        penalty: of the squared weights.
    """
    inputs, answers, groups = joined([real, *(each for each, _ in others)])
    counts = [(len(real[1]), 1.0), *((len(each[1]), count) for each, count in others)]
    importance = np.concatenate([np.full(*each) for each in counts])

    def fitted(kept: Places) -> Fit:
        names = [groups[place] for place in kept.tolist()]
        return even_fit(inputs[kept], answers[kept], penalty, names, importance[kept])

    scores = cross_validated(fitted, inputs, groups)[: len(real[1])]
    yes, no = scores[real[1] == 1, 0] > 0, scores[real[1] == 0, 0] <= 0
    print(
        f"{name}: {balanced_accuracy(scores, real[1]):.1%} balanced; yes {yes.mean():.1%} of "
        f"{len(yes)}, no {no.mean():.1%} of {len(no)}",
        flush=True,
    )
    return fitted(np.arange(len(answers)))


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


def _logs(photo: Photo, face: Located) -> NDArray[np.float32]:
    reader = ExpressionReader(open_session("emotion"), open_session("expression"))
    return reader.read(photo.pixels, face)


def _emotion(photo: Photo, face: Located) -> NDArray[np.float32]:
    return emotion_inputs(_logs(photo, face), expression_shape(face.mesh.points))


def _smile(photo: Photo, face: Located) -> NDArray[np.float32]:
    shape = expression_shape(face.mesh.points)
    return smile_inputs(_logs(photo, face), shape, described(photo, face))


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


if __name__ == "__main__":
    main()
