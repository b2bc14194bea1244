"""Draws the README's picture: what DetectFaces says of scikit-image's astronaut, on the photo.

Run it from the repository's root once the models are built: `python docs/picture.py`.
"""

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image
from skimage import data

from cli.marks import description
from cli.picture import Label, Mark, annotate
from local import environment

TARGET = Path(__file__).with_name("astronaut.png")
PART = (0.14, 0.0, 0.86, 0.5)  # of the photo: left, top, right, bottom
COLOURS = 256  # a palette keeps the file small


def main() -> None:
    """Write the picture beside this file."""
    environment.prepare()
    from functions.image import detect_faces  # noqa: PLC0415 - reads the environment

    photo = Image.fromarray(data.astronaut())  # type: ignore[no-untyped-call]
    buffer = BytesIO()
    photo.save(buffer, "PNG")
    request = {
        "Image": {"Bytes": base64.b64encode(buffer.getvalue()).decode()},
        "Attributes": ["ALL"],
    }
    faces = detect_faces.handler(request, None)["FaceDetails"]
    marks = [
        Mark(
            face["BoundingBox"],
            Label(f"Face {face['Confidence']:.1f} %", description(face)),
            face["Landmarks"],
        )
        for face in faces
    ]
    left, top, right, bottom = PART
    drawn = annotate(photo, marks)
    shown = drawn.crop(
        (
            round(left * drawn.width),
            round(top * drawn.height),
            round(right * drawn.width),
            round(bottom * drawn.height),
        )
    )
    shown.quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
