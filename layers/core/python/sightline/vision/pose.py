"""How a head is turned, read from the face mesh."""

import math

import numpy as np
from numpy.typing import NDArray

from sightline.vision.face import Pose

# Two lines across the head (temples, outer eye corners) and one down it (forehead to chin).
LEFT, RIGHT = [234, 33], [454, 263]
TOP, BOTTOM = 10, 152
# The line from forehead to chin of a face that looks straight ahead leans back: the median over
# the press photos of LFW, in degrees.
LEAN = 4.7


def head_pose(mesh: NDArray[np.float32]) -> Pose:
    """Roll, yaw and pitch in degrees from a mesh (468, 3), with the service's signs.

    The head's axes are undone in the order roll, yaw, pitch; each is between -180 and 180.
    """
    across = mesh[RIGHT].mean(0) - mesh[LEFT].mean(0)
    down = mesh[BOTTOM] - mesh[TOP]
    roll = math.atan2(across[1], across[0])
    yaw = math.atan2(across[2], math.hypot(across[0], across[1]))
    level_x = down[0] * math.cos(roll) + down[1] * math.sin(roll)
    level_y = down[1] * math.cos(roll) - down[0] * math.sin(roll)
    level_z = down[2] * math.cos(yaw) - level_x * math.sin(yaw)
    pitch = math.atan2(-level_z, level_y)
    return Pose(math.degrees(roll), math.degrees(yaw), math.degrees(pitch) + LEAN)
