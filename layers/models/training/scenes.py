"""Makes the network of `vision/scenes.py` and its thresholds, and prints how good they are.

    python -m layers.models.training.scenes

It needs what `make models` needs and the photos beside the repository. The trunks stay as they were
published; only the head on them, one linear layer, is fitted.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from layers.models.manifest import FOLDER
from layers.models.training.scene_export import export
from layers.models.training.scene_head import Fit, Floats, fit
from layers.models.training.scene_labels import (
    MEASURED,
    MIXED,
    NEVER_A_PERSON,
    NO,
    YES,
    label_names,
)
from layers.models.training.scene_network import TRUNKS, trunk
from layers.models.training.scene_photos import Sample, folders, plain, samples
from layers.models.training.scene_thresholds import (
    Answers,
    Choice,
    calibrate,
    choose,
    contradicted,
    strict,
)
from sightline.vision import scenes

NETWORK = FOLDER / "trained" / "scenes.onnx"
LEARNT = Path(scenes.__file__).parent / "learnt" / "scenes.json"
BATCH = 16
FOLDS = 5
# No photo of a person may ever be called this: too few examples to be sure of it.
NEVER = {"Primate"}


def main() -> None:
    """Describes all photos, fits the heads, chooses the labels and writes both files."""
    labels = label_names(folders())
    found = samples(labels)
    teach(labels, found, describe(found))


def describe(found: Sequence[Sample]) -> Floats:
    """(n, features) of each photo, from the network as it is shipped, with its weights packed."""
    session = onnxruntime.InferenceSession(export({name: trunk(name) for name in TRUNKS}, None))
    described = []
    for start in range(0, len(found), BATCH):
        photos = [plain(sample.path) for sample in found[start : start + BATCH]]
        images = np.concatenate([scenes.preprocess(photo) for photo in photos])
        described.append(session.run(None, {"image": images})[0])
    return np.concatenate(described)


def teach(labels: Sequence[str], found: Sequence[Sample], described: Floats) -> None:
    """Fits, chooses, writes and prints; the photos kept aside only speak against labels."""
    known = np.stack([sample.answers for sample in found])
    answers = strict(known, labels, [is_single(sample) for sample in found])
    columns = {label: column for column, label in enumerate(labels)}
    classes = np.array([columns.get(sample.folder, -1) for sample in found])
    taught = np.array([not sample.held for sample in found])

    def fitted(rows: NDArray[np.bool_]) -> Fit:
        return fit(described[rows], answers[rows], classes[rows])

    fold = np.array([fold_of(sample) for sample in found])
    scores = np.zeros(answers.shape, np.float32)
    for number in range(FOLDS):
        unseen = taught & (fold == number)
        scores[unseen] = fitted(taught & (fold != number)).scores(described[unseen])
    chosen = choose_all(labels, scores[taught], answers[taught])
    final = fitted(taught)
    scores[~taught] = final.scores(described[~taught])
    chosen = [
        choice
        for choice, column in ((each, columns[each.label]) for each in chosen)
        if not contradicted(choice, scores[~taught, column], answers[~taught, column])
    ]
    line = calibrate(chosen, labels, scores[taught], answers[taught])
    write(labels, chosen, final, line)
    report(labels, chosen, scores[~taught], answers[~taught])


def is_single(sample: Sample) -> bool:
    """Whether a photo was taken for its folder's name, or of people, and shows little else."""
    return sample.folder not in {MIXED, MEASURED} and "coco256" not in sample.path.parts


def fold_of(sample: Sample) -> int:
    """By another hash of the file's name than the one that keeps photos aside."""
    return hashlib.sha256(b"fold " + sample.path.name.encode()).digest()[0] % FOLDS


def choose_all(labels: Sequence[str], scores: Floats, answers: Answers) -> list[Choice]:
    choices = (
        choose(label, scores[:, column], answers[:, column])
        for column, label in enumerate(labels)
        if label not in NEVER
    )
    return [choice for choice in choices if choice]


def write(
    labels: Sequence[str], chosen: Sequence[Choice], final: Fit, line: tuple[float, float]
) -> None:
    """The network with the chosen labels' scores only, and what `vision.scenes` reads beside it."""
    columns = [labels.index(choice.label) for choice in chosen]
    head = (final.weights[:, columns], final.bias[columns])
    data = export({name: trunk(name) for name in TRUNKS}, head)
    NETWORK.write_bytes(data)
    learnt = {
        "slope": round(line[0], 3),
        "offset": round(line[1], 3),
        "never_a_person": [each.label for each in chosen if each.label in NEVER_A_PERSON],
        "thresholds": {choice.label: round(choice.threshold, 4) for choice in chosen},
    }
    LEARNT.write_text(json.dumps(learnt, indent=1) + "\n")
    print(f"{NETWORK.name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def report(
    labels: Sequence[str], chosen: Sequence[Choice], scores: Floats, answers: Answers
) -> None:
    """A row per label: unseen while the threshold was chosen, and the photos kept aside."""
    print("| label | threshold | precision | recall | kept aside: right, wrong, of |")
    print("|---|---|---|---|---|")
    right, wrong = 0, 0
    for choice in chosen:
        column = labels.index(choice.label)
        given = scores[:, column] >= choice.threshold
        hits = int((given & (answers[:, column] == YES)).sum())
        alarms = int((given & (answers[:, column] == NO)).sum())
        photos = int((answers[:, column] == YES).sum())
        right, wrong = right + hits, wrong + alarms
        print(
            f"| {choice.label} | {choice.threshold:.2f} | {choice.precision:.0%}"
            f" | {choice.recall:.0%} | {hits}, {alarms}, {photos} |"
        )
    print(f"{len(chosen)} labels, precision on the photos kept aside {right / (right + wrong):.1%}")
    missing = sorted(set(labels) - {choice.label for choice in chosen})
    print(f"left out: {', '.join(missing)}")


if __name__ == "__main__":
    main()
