"""The service's landmark names on the face mesh, in the order in which the service lists them.

Left and right are the picture's: eyeLeft has the smaller x in an upright face, as in every
captured response of the service. The mesh's own names are the person's, hence the other way round.
"""

import numpy as np
from numpy.typing import NDArray

# Points of the 468-point mesh; a name with several stands at their mean.
EYE_LEFT = (33, 133, 159, 145)
EYE_RIGHT = (362, 263, 386, 374)
MESH_POINTS: dict[str, tuple[int, ...]] = {
    "eyeLeft": EYE_LEFT,
    "eyeRight": EYE_RIGHT,
    "mouthLeft": (61,),
    "mouthRight": (291,),
    "nose": (1,),
    "leftEyeBrowLeft": (46, 70),
    "leftEyeBrowRight": (55, 107),
    "leftEyeBrowUp": (52, 105),
    "rightEyeBrowLeft": (285, 336),
    "rightEyeBrowRight": (276, 300),
    "rightEyeBrowUp": (282, 334),
    "leftEyeLeft": (33,),
    "leftEyeRight": (133,),
    "leftEyeUp": (159,),
    "leftEyeDown": (145,),
    "rightEyeLeft": (362,),
    "rightEyeRight": (263,),
    "rightEyeUp": (386,),
    "rightEyeDown": (374,),
    "noseLeft": (98,),
    "noseRight": (327,),
    "mouthUp": (0,),
    "mouthDown": (17,),
    "leftPupil": EYE_LEFT,
    "rightPupil": EYE_RIGHT,
    # The heights of the jaw's points follow captured responses: the upper ones lie a third of the
    # eyes' distance below the eyes, the middle ones one and a half.
    "upperJawlineLeft": (234,),
    "midJawlineLeft": (172,),
    "chinBottom": (152,),
    "midJawlineRight": (397,),
    "upperJawlineRight": (454,),
}
DEFAULT_LANDMARKS = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")


def named_points(mesh: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """All 30 names with their (2,) x, y from a mesh (468, 3)."""
    return {name: mesh[list(at), :2].mean(0) for name, at in MESH_POINTS.items()}
