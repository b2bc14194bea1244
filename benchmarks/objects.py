"""How well objects are found on COCO's photos: DetectLabels as a whole, and the bare network."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from benchmarks import data, speed
from benchmarks.results import Row
from sightline.domain.labels import MIN_CONFIDENCE, detect_labels
from sightline.domain.vocabulary import vocabulary
from sightline.geometry import BoundingBox
from sightline.vision.objects import CLASSES, MOST_OBJECTS, peaks
from sightline.vision.session import open_session

MATCHING_OVERLAP = 0.5
RECALLS = np.linspace(0, 1, 101)  # where COCO's own evaluation reads the precision
NETWORK_SIDE, STRIDE = 512, 4  # what the network was published for
SHORT_PHOTOS = 12
ROUNDS = 11


@dataclass(frozen=True, slots=True)
class Known:
    """A box of the ground truth; a crowd is no find, and what lies in it no false one."""

    kind: str
    box: BoundingBox
    crowd: bool


@dataclass(frozen=True, slots=True)
class Find:
    kind: str
    box: BoundingBox
    score: float


@dataclass(frozen=True, slots=True)
class Judged:
    kind: str
    score: float
    right: bool


Seen = tuple[list[Find], list[Known]]  # of one photo


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    photos = coco()[: SHORT_PHOTOS if short else None]
    answers = [
        (detect_labels(data.photo(path), {"MinConfidence": 0}), known) for path, known in photos
    ]
    service = [(of_service(answer), known) for answer, known in answers]
    network = [(of_network(path), known) for path, known in photos]
    whole, bare = mean_average_precision(service), mean_average_precision(network)
    ratio, milliseconds = overhead()
    return [
        Row(
            f"objects, {len(photos)} COCO photos: mAP@0.5 of DetectLabels",
            f"≥ the network's own, {bare:.3f}",
            f"{whole:.3f}",
            whole >= bare,
        ),
        Row(
            "its labels of COCO's classes at the default MinConfidence: precision, recall",
            "–",
            "{:.1%}, {:.1%}".format(*of_labels(answers)),
            None,
        ),
        Row(
            "their instances: precision, recall",
            "–",
            "{:.1%}, {:.1%}".format(*of_instances(service)),
            None,
        ),
        Row(
            "DetectLabels, 1280 px JPEG, one face: time ÷ its session runs",
            "–",
            f"{ratio:.2f}× ({milliseconds:.0f} ms)",
            None,
        ),
    ]


def coco() -> list[tuple[Path, list[Known]]]:
    """The COCO photos at hand and what is in them, boxes as ratios."""
    folder = data.DATA / "coco256"
    document = json.loads((folder / "instances_train2017.json").read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    known: dict[int, list[Known]] = {each["id"]: [] for each in document["images"]}
    sizes = {each["id"]: (each["width"], each["height"]) for each in document["images"]}
    for each in document["annotations"]:
        width, height = sizes[each["image_id"]]
        left, top, across, down = each["bbox"]
        box = BoundingBox(left / width, top / height, across / width, down / height)
        found = Known(names[each["category_id"]], box, bool(each.get("iscrowd")))
        known[each["image_id"]].append(found)
    photos = [(folder / each["file_name"], known[each["id"]]) for each in document["images"]]
    return [each for each in photos if each[0].is_file()]


def of_service(answer: dict[str, Any]) -> list[Find]:
    """The instances that DetectLabels gives, with the vocabulary's labels as COCO's classes."""
    return [
        Find(kind, _box(instance["BoundingBox"]), instance["Confidence"])
        for label in answer["Labels"]
        for kind in vocabulary()[label["Name"]].coco
        for instance in label["Instances"]
    ]


def of_network(path: Path) -> list[Find]:
    """What the network alone finds as it was published: the photo as a square of 512 pixels, the
    hundred best peaks of its heat map, nothing suppressed.
    """
    image = Image.fromarray(data.photo(path).pixels).resize((NETWORK_SIDE, NETWORK_SIDE))
    tensor = np.asarray(image, np.float32).transpose(2, 0, 1)[None]
    heat, sides = open_session("objects").run(
        ["heat", "sides"], {"image": np.ascontiguousarray(tensor)}
    )
    kinds, ys, xs = peaks(heat[0])
    scores = heat[0, kinds, ys, xs]
    found = []
    for place in np.argsort(-scores, kind="stable")[:MOST_OBJECTS]:
        left, top, right, bottom = sides[0, :, ys[place], xs[place]] / NETWORK_SIDE
        x, y = (STRIDE * (each[place] + 0.5) / NETWORK_SIDE for each in (xs, ys))
        box = BoundingBox(x - left, y - top, left + right, top + bottom)
        found.append(Find(CLASSES[kinds[place]], box, float(scores[place])))
    return found


def _box(box: dict[str, Any]) -> BoundingBox:
    return BoundingBox(box["Left"], box["Top"], box["Width"], box["Height"])


def of_labels(answers: Sequence[tuple[dict[str, Any], list[Known]]]) -> tuple[float, float]:
    """Precision and recall of COCO's labels, given by default: right if the class is in the photo
    anywhere.
    """
    given = [
        {
            kind
            for label in answer["Labels"]
            if label["Confidence"] >= MIN_CONFIDENCE
            for kind in vocabulary()[label["Name"]].coco
        }
        for answer, _ in answers
    ]
    there = [{each.kind for each in known} for _, known in answers]
    right = sum(len(one & other) for one, other in zip(given, there, strict=True))
    return right / sum(map(len, given)), right / sum(map(len, there))


def of_instances(photos: Sequence[Seen]) -> tuple[float, float]:
    """Precision and recall of instances, given by default: right if the box is too."""
    found = [each for finds, known in photos for each in judged(finds, known)]
    sure = [each.right for each in found if each.score >= MIN_CONFIDENCE]
    return sum(sure) / len(sure), sum(sure) / sum(counts(photos).values())


def counts(photos: Sequence[Seen]) -> Counter[str]:
    """How many known boxes each class has."""
    return Counter(each.kind for _, known in photos for each in known if not each.crowd)


def judged(finds: Sequence[Find], known: Sequence[Known]) -> list[Judged]:
    """Which finds are right, best first: each known box counts for one, the one it fits best."""
    left = [each for each in known if not each.crowd]
    crowds = [each for each in known if each.crowd]
    result = []
    for find in sorted(finds, key=lambda each: -each.score):
        same = [each for each in left if each.kind == find.kind]
        nearest = max(same, key=lambda each: find.box.overlap(each.box), default=None)
        if nearest is not None and find.box.overlap(nearest.box) >= MATCHING_OVERLAP:
            left.remove(nearest)
            result.append(Judged(find.kind, find.score, True))
        elif not any(each.kind == find.kind and _within(find.box, each.box) for each in crowds):
            result.append(Judged(find.kind, find.score, False))
    return result


def _within(box: BoundingBox, crowd: BoundingBox) -> bool:
    """Whether the larger part of a box lies in a crowd's."""
    overlap = box.overlap(crowd)
    shared = overlap * (box.area + crowd.area) / (1 + overlap)
    return shared >= MATCHING_OVERLAP * box.area


def mean_average_precision(photos: Sequence[Seen]) -> float:
    """Mean over the classes of the photos at hand, as COCO's evaluation has it (101 points)."""
    found = [each for finds, known in photos for each in judged(finds, known)]
    of_classes = [
        _average_precision([each for each in found if each.kind == kind], count)
        for kind, count in counts(photos).items()
    ]
    return float(np.mean(of_classes))


def _average_precision(finds: Sequence[Judged], count: int) -> float:
    ranked = sorted(finds, key=lambda each: -each.score)
    right = np.cumsum([each.right for each in ranked])
    precision: NDArray[np.float64] = right / np.arange(1, len(ranked) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / count, RECALLS)
    return float(np.append(envelope, 0.0)[places.clip(max=len(ranked))].mean())


def overhead() -> tuple[float, float]:
    """DetectLabels' median time over that of the session runs inside it, and in milliseconds."""
    from functions.image.detect_labels import handler  # noqa: PLC0415

    request = {"Image": {"Bytes": speed.portrait()}}
    run, spent = onnxruntime.InferenceSession.run, [0.0]

    def clocked(*arguments: Any) -> Any:
        started = time.perf_counter()
        result = run(*arguments)
        spent[0] += time.perf_counter() - started
        return result

    whole, inside = [], []
    with patch.object(onnxruntime.InferenceSession, "run", clocked):
        handler(request, None)
        for _ in range(ROUNDS):
            spent[0], started = 0.0, time.perf_counter()
            handler(request, None)
            whole.append(time.perf_counter() - started)
            inside.append(spent[0])
    ratio = statistics.median(total / own for total, own in zip(whole, inside, strict=True))
    return ratio, 1000 * statistics.median(whole)
