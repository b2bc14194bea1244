"""What each function needs and no more: rights, layers, size, time. Data, as `infra.models` is.

Imports no CDK, so that tests and guards can read it. A function without an entry in `NEEDS` fails
the synthesis: whoever adds a handler says here what it may do.
"""

from dataclasses import dataclass, replace
from enum import Enum

from infra.functions import Function, Kind
from infra.rights import Grant
from sightline.domain.video.kinds import KINDS
from sightline.wire.model import module_name


class Size(Enum):
    """How much a function does; what that is in memory, a profile says."""

    TABLE = "reads and writes items"
    SEARCH = "holds vectors of collections, half of its memory"
    MODELS = "runs models on a photo"
    EVERYTHING = "runs all models on a photo, or on ten one after the other"


class Storage(Enum):
    """What a function may keep in files under `/tmp`; `storage` says how much that is."""

    LITTLE = "nothing of its own: what Lambda gives every function"
    SHARDS = "the shards that half of its memory can map, and those that take their place"
    MOST = "the files of a merge, or shards of many collections: all that Lambda gives"


# MiB by profile. Lambda gives a whole vCPU at 1,769 MiB, and new accounts have at most 3,008.
PROFILES = {
    "economy": {Size.TABLE: 256, Size.SEARCH: 512, Size.MODELS: 1024, Size.EVERYTHING: 1769},
    "standard": {Size.TABLE: 256, Size.SEARCH: 1024, Size.MODELS: 1769, Size.EVERYTHING: 3008},
    "fast": {Size.TABLE: 512, Size.SEARCH: 1769, Size.MODELS: 3538, Size.EVERYTHING: 5307},
}

INFERENCE, SEARCH = "inference", "search"
FACES, SCENES, TEXT = "models-faces", "models-scenes", "models-text"
ANSWER = 29  # seconds that API Gateway waits for an answer
LONG = 900  # seconds, the most that Lambda gives
# MiB of `/tmp`. "SnapStart doesn't support ... ephemeral storage greater than 512 MB."
LEAST_STORAGE, MOST_STORAGE = 512, 10_240


@dataclass(frozen=True, slots=True)
class Needs:
    """Of one function.

    Attributes:
        layers: beside `base`, which every function has.
        timeout: seconds.
        image: whether it decodes videos; it is then an image, which has what layers hold.
        storage: of files, beside the memory that `size` says.
    """

    grants: tuple[Grant, ...] = ()
    layers: tuple[str, ...] = ()
    size: Size = Size.TABLE
    timeout: int = ANSWER
    image: bool = False
    storage: Storage = Storage.LITTLE


READ = (Grant.TABLE_READ,)
WRITE = (Grant.TABLE_READ, Grant.TABLE_WRITE)
REVIEW = (*WRITE, Grant.REVIEWS_SEND)  # a human loop is written and sent

NOTIFY = (*WRITE, Grant.TOPICS_PUBLISH)  # who finds a job ended may have its notice to send
DECODE = (*NOTIFY, Grant.IMAGES)
ANALYSE = (*DECODE, Grant.NOTES_WRITE, Grant.MERGE_SEND)
CHANGE = (*WRITE, Grant.COMPACTION_SEND)  # vectors come or go, and the log gets longer
# A shard that is damaged is asked for anew; what is too much for one process another searches.
SHARDS = (Grant.SHARDS_READ, Grant.COMPACTION_SEND, Grant.SEARCH_INVOKE)

_reads = Needs(READ)
_writes = Needs(WRITE)
_changes = Needs(CHANGE)
_searches = Needs((*READ, *SHARDS), (INFERENCE, SEARCH), Size.SEARCH, storage=Storage.SHARDS)
_sees = Needs((Grant.IMAGES,), (INFERENCE, FACES), Size.MODELS)
_sees_and_searches = Needs(
    (Grant.IMAGES, *READ, *SHARDS),
    (INFERENCE, SEARCH, FACES),
    Size.MODELS,
    storage=Storage.SHARDS,
)
_starts = Needs((Grant.IMAGES, *WRITE, Grant.PLAN_SEND))
_pages = Needs((*READ, Grant.NOTES_READ))
_decodes = Needs(size=Size.EVERYTHING, timeout=LONG, image=True)
# Neither five layers nor 250 MB leave room for `search`: another function searches shards for it.
_sees_all = Needs(
    (Grant.IMAGES, *REVIEW, Grant.SEARCH_INVOKE),
    (INFERENCE, FACES, SCENES, TEXT),
    Size.EVERYTHING,
)

NEEDS: dict[str, Needs] = {  # by module
    "associate_faces": _changes,
    "create_collection": _writes,
    "create_user": _writes,
    "delete_collection": _writes,
    "delete_faces": _changes,
    "delete_user": _changes,
    "describe_collection": _reads,
    "disassociate_faces": _changes,
    "index_faces": replace(_sees, grants=(Grant.IMAGES, *CHANGE)),
    "list_collections": _reads,
    "list_faces": _reads,
    "list_users": _reads,
    "search_faces": _searches,
    "search_faces_by_image": _sees_and_searches,
    "search_users": _searches,
    "search_users_by_image": _sees_and_searches,
    "compare_faces": _sees,
    "detect_faces": _sees,
    "detect_labels": replace(_sees_all, grants=(Grant.IMAGES,)),
    "detect_moderation_labels": replace(
        _sees, grants=(Grant.IMAGES, *REVIEW), layers=(INFERENCE, SCENES)
    ),
    "detect_protective_equipment": replace(_sees, layers=(INFERENCE, FACES, SCENES)),
    "detect_text": replace(_sees, layers=(INFERENCE, TEXT)),
    "get_celebrity_info": _reads,
    "recognize_celebrities": _sees_and_searches,
    "list_tags_for_resource": _reads,
    "tag_resource": _writes,
    "untag_resource": _writes,
    **{module_name(f"Start{kind}"): _starts for kind in KINDS},
    **{module_name(f"Get{kind}"): _pages for kind in KINDS},
    "plan_video": replace(
        _decodes, grants=(*DECODE, Grant.PLAN_CONSUME, Grant.PIECES_SEND), size=Size.MODELS
    ),
    "analyse_faces": replace(_decodes, grants=(*ANALYSE, Grant.FACES_CONSUME)),
    "analyse_labels": replace(_decodes, grants=(*ANALYSE, Grant.LABELS_CONSUME)),
    "analyse_text": replace(_decodes, grants=(*ANALYSE, Grant.TEXT_CONSUME)),
    "analyse_segments": replace(_decodes, grants=(*ANALYSE, Grant.SEGMENTS_CONSUME)),
    "merge_video": replace(
        _decodes,  # nothing, but the kinds' modules do
        grants=(
            *NOTIFY,
            *SHARDS,
            Grant.NOTES_READ,
            Grant.NOTES_WRITE,
            Grant.MERGE_CONSUME,
        ),
        size=Size.MODELS,
        storage=Storage.SHARDS,
    ),
    "fail_video": Needs((*NOTIFY, Grant.VIDEO_DEAD_CONSUME), timeout=120),
    "start_media_analysis_job": replace(_writes, grants=(Grant.IMAGES, *WRITE, Grant.MEDIA_SEND)),
    "get_media_analysis_job": _reads,
    "list_media_analysis_jobs": _reads,
    "analyze": replace(_sees_all, grants=(*_sees_all.grants, Grant.COMPACTION_SEND)),
    "find_photos": _reads,
    "on_upload": replace(
        _sees_all,
        grants=(
            Grant.IMAGES,
            Grant.RESULTS_WRITE,
            *REVIEW,
            Grant.COMPACTION_SEND,
            Grant.SEARCH_INVOKE,
            Grant.UPLOADS_CONSUME,
            Grant.UPLOADS_BURY,
            Grant.RESULTS_PUBLISH,
        ),
        timeout=120,  # ten photos by all operations
    ),
    "media_steps": Needs(
        (
            Grant.IMAGES,
            *WRITE,
            Grant.NOTES_READ,
            Grant.NOTES_WRITE,
            Grant.NOTES_DROP,
            Grant.OUTPUT_WRITE,
            Grant.MEDIA_CONSUME,
            Grant.MEDIA_SEND,
        ),
        (INFERENCE, SCENES),
        Size.MODELS,
        LONG,
    ),
    "media_failures": Needs((*WRITE, Grant.NOTES_DROP, Grant.MEDIA_DEAD_CONSUME), timeout=120),
    "compact": Needs(
        (
            *WRITE,
            Grant.SHARDS_READ,
            Grant.SHARDS_WRITE,
            Grant.SHARDS_DROP,
            Grant.COMPACTION_SEND,
            Grant.COMPACTION_CONSUME,
        ),
        (INFERENCE, SEARCH),
        Size.EVERYTHING,
        LONG,
        storage=Storage.MOST,
    ),
    "search_shards": Needs(
        (Grant.SHARDS_READ,),
        (INFERENCE, SEARCH),
        Size.EVERYTHING,
        120,  # more than its caller waits: what it has fetched by then is there for the next one
        storage=Storage.MOST,
    ),
    "sweep": Needs(
        (
            *NOTIFY,
            Grant.NOTES_DROP,
            Grant.SHARDS_DROP,
            Grant.PLAN_SEND,
            Grant.PIECES_SEND,
            Grant.MERGE_SEND,
            Grant.STEPS_LOOK,
            Grant.MEDIA_SEND,
            Grant.MEDIA_LOOK,
        ),
        timeout=290,  # nearly until the next one: large collections take many
    ),
}


def needs(function: Function) -> Needs:
    """What a function needs; whoever is called over HTTP also looks up access keys.

    Raises:
        ValueError: nobody has said what it needs.
    """
    found = NEEDS.get(function.module)
    if found is None:
        raise ValueError(f"{function.file}: infra/needs.py, NEEDS, does not say what it needs.")
    if function.kind is Kind.WORKER:
        return found
    return replace(found, grants=(Grant.KEYS, *found.grants))


def storage(needs: Needs, memory: int, *, snapshots: bool) -> int:
    """MiB of `/tmp` for a function with that many MiB of memory.

    Args:
        snapshots: whether the function starts from one.
    """
    if needs.storage is Storage.LITTLE or snapshots:
        return LEAST_STORAGE
    return MOST_STORAGE if needs.storage is Storage.MOST else max(memory, LEAST_STORAGE)
