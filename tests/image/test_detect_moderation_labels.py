"""DetectModerationLabels through an unmodified client: labels, content types, human review."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from sightline.domain import moderation
from sightline.domain.taxonomy import Label, Taxonomy, taxonomy

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

README = Path(__file__).resolve().parent.parent.parent / "README.md"
ADAPTER = "arn:aws:rekognition:us-east-1:123456789012:project/p/version/v/1600000000000"


def test_the_taxonomy_is_the_services_version_7() -> None:
    labels = taxonomy().labels
    assert [sum(label.level == level for label in labels) for level in (1, 2, 3)] == [10, 20, 22]
    names = [label.name for label in labels]
    assert len(set(names)) == 52
    for place, label in enumerate(labels):
        assert label.parent in ["", *names[:place]]
    assert [kind.name for kind in taxonomy().content_types] == ["Animated", "Illustrated"]


def test_the_readme_says_of_every_label_what_sees_it() -> None:
    section = README.read_text().partition("## Moderation labels")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?:&emsp;)*(.+?) \| (.+?) \| (.*?) ?\|$", section, re.MULTILINE)
    expected = []
    seen_below = {label.parent for label in taxonomy().labels if label.nudity or label.scenes}
    seen_below |= {label.parent for label in taxonomy().labels if label.name in seen_below}
    for label in [*taxonomy().labels, *taxonomy().content_types]:
        seen = [f"nudity: {name}" for name in label.nudity]
        seen += [f"scenes: {name}" for name in label.scenes]
        assert label.measured or not seen
        otherwise = "its children" if label.name in seen_below else "nothing yet"
        expected.append((label.name, ", ".join(seen) or otherwise, label.measured))
    assert rows[1:] == expected


def test_an_ordinary_photo_has_no_labels(
    rekognition: "RekognitionClient", astronaut: bytes, cat: bytes
) -> None:
    for photo in (astronaut, cat):
        answer = rekognition.detect_moderation_labels(Image={"Bytes": photo})
        assert answer["ModerationLabels"] == []
        assert answer["ContentTypes"] == []
        assert answer["ModerationModelVersion"] == "7.0"
        assert "HumanLoopActivationOutput" not in answer


def test_no_least_confidence_brings_all_that_the_networks_say(
    rekognition: "RekognitionClient", astronaut: bytes
) -> None:
    found = rekognition.detect_moderation_labels(Image={"Bytes": astronaut}, MinConfidence=0)
    labels = found["ModerationLabels"]
    assert {"Explicit"} <= {label["Name"] for label in labels}
    assert all(0 < label["Confidence"] < 50 for label in labels)
    confidences = [label["Confidence"] for label in labels]
    assert confidences == sorted(confidences, reverse=True)


def test_labels_have_levels_and_parents(
    rekognition: "RekognitionClient", astronaut: bytes, suspect: None
) -> None:
    found = rekognition.detect_moderation_labels(Image={"Bytes": astronaut})
    explicit, *rest = found["ModerationLabels"]
    assert explicit == {
        "Name": "Explicit",
        "Confidence": pytest.approx(65),
        "ParentName": "",
        "TaxonomyLevel": 1,
    }
    assert rest == []


def test_what_scenes_show(
    rekognition: "RekognitionClient",
    astronaut: bytes,
    suspect: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moderation, "read_scenes", lambda _: {"Revolver": 80.0, "Cartoon": 90.0})
    found = rekognition.detect_moderation_labels(Image={"Bytes": astronaut})
    assert [
        (each["Name"], each["ParentName"], each["TaxonomyLevel"], each["Confidence"])
        for each in found["ModerationLabels"][:2]
    ] == [("Violence", "", 1, 80), ("Weapons", "Violence", 2, 80)]
    assert found["ContentTypes"] == [{"Name": "Animated", "Confidence": 90}]


@pytest.mark.parametrize(("share", "types"), [(0.69, []), (0.71, ["Illustrated"])])
def test_a_drawing_is_named_when_the_network_is_sure(
    rekognition: "RekognitionClient",
    astronaut: bytes,
    monkeypatch: pytest.MonkeyPatch,
    share: float,
    types: list[str],
) -> None:
    shares = {"Drawing": share, "Hentai": 0.0, "Neutral": 1 - share, "Porn": 0.0, "Sexy": 0.0}
    monkeypatch.setattr(moderation, "read_nudity", lambda _: shares)
    found = rekognition.detect_moderation_labels(Image={"Bytes": astronaut})
    assert [each["Name"] for each in found["ContentTypes"]] == types


def test_ancestors_come_with_the_greatest_confidence_below_them(
    rekognition: "RekognitionClient",
    astronaut: bytes,
    suspect: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Taxonomy(
        (
            Label("Drugs & Tobacco", "", 1),
            Label("Use", "Drugs & Tobacco", 2, ("Sexy",)),
            Label("Smoking", "Use", 3, ("Porn",)),
            Label("Other", "Use", 3, ("Neutral",)),
        ),
        (),
    )
    monkeypatch.setattr(moderation, "taxonomy", lambda: made)
    found = rekognition.detect_moderation_labels(Image={"Bytes": astronaut}, MinConfidence=20)
    assert [
        (each["Name"], round(each["Confidence"]), each["ParentName"], each["TaxonomyLevel"])
        for each in found["ModerationLabels"]
    ] == [
        ("Drugs & Tobacco", 55, "", 1),
        ("Use", 55, "Drugs & Tobacco", 2),
        ("Smoking", 55, "Use", 3),
    ]


def test_an_adapter_that_is_not_there(rekognition: "RekognitionClient", astronaut: bytes) -> None:
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException, match=ADAPTER):
        rekognition.detect_moderation_labels(Image={"Bytes": astronaut}, ProjectVersion=ADAPTER)
    with pytest.raises(ClientError, match="projectVersion"):
        rekognition.detect_moderation_labels(
            Image={"Bytes": astronaut}, ProjectVersion="arn:aws:rekognition:adapter"
        )
