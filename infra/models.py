"""Which networks each function may run: its layers must hold them, and a function that starts
before its requests come opens them then. Data; a test records what the functions open.
"""

from infra.bundle import MODEL_LAYERS

_FIND = ("face_detector", "face_mesh")
_KNOW = (*_FIND, "face_features", "face_embedding")
_DESCRIBE = ("age_gender", "emotion", "expression", "face_features", "iris")
_READ = ("text_detector", "text_recognizer")
_EVERY = tuple(name for layer in MODEL_LAYERS.values() for name in layer)

MODELS: dict[str, tuple[str, ...]] = {  # by module
    "index_faces": MODEL_LAYERS["models-faces"],
    "search_faces_by_image": _KNOW,
    "search_users_by_image": _KNOW,
    "compare_faces": _KNOW,
    "detect_faces": (*_FIND, *_DESCRIBE),
    "detect_labels": (
        *_FIND,
        "age_gender",
        "emotion",
        "expression",
        "face_features",
        "objects",
        "scenes",
        *_READ,
    ),
    "detect_moderation_labels": ("nudity", "scenes"),
    "detect_protective_equipment": (*_FIND, "face_features", "objects", "body_pose"),
    "detect_text": _READ,
    "recognize_celebrities": (*_KNOW, "emotion", "expression"),
    "analyze": _EVERY,
    "media_steps": ("nudity", "scenes"),
    "on_upload": _EVERY,
}


def models(module: str) -> tuple[str, ...]:
    """The networks of a function by its file's name; most run none."""
    return MODELS.get(module, ())


def layer_of(model: str) -> str:
    """The layer that holds a network."""
    return next(layer for layer, names in MODEL_LAYERS.items() if model in names)
