"""The one place that knows onnxruntime: steps see a `Session` and can be tested with any other."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from sightline.metrics import model_run
from sightline.settings import models_opened_at_import
from sightline.vision.weights import read_weights


class Session(Protocol):
    """A network that is ready to run."""

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        """The outputs of that name (None: all, in the file's order) for the named inputs."""
        ...


@cache
def open_session(name: str) -> Session:
    """The session of the model `name`, opened at its first use in this process.

    Raises:
        WeightsError: the model's file is missing or is not the one that the manifest lists.
    """
    return _Timed(
        onnxruntime.InferenceSession(
            read_weights(name), _options(), providers=["CPUExecutionProvider"]
        ),
        name,
    )


class _Timed:
    """A session whose runs are counted among its model's."""

    def __init__(self, session: Session, model: str) -> None:
        self._session = session
        self._model = model

    def run(
        self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[np.float32]], /
    ) -> list[NDArray[np.float32]]:
        with model_run(self._model):
            return self._session.run(outputs, inputs)


def _options() -> onnxruntime.SessionOptions:
    """How every session runs; figures are of one face in a 1280×736 photo, all models, 2 cores."""
    options = onnxruntime.SessionOptions()
    # One thread per vCPU: 58 ms against 94 ms with one thread.
    options.intra_op_num_threads = vcpus()
    # The networks are chains: there is nothing to run side by side.
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # A request runs one session after the other. By default the threads of the last one keep a core
    # busy waiting for work that comes to another, and with a second process beside it the request
    # took 182 ms instead of 111 ms.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # All levels: the build folds what is the same everywhere, the rest (the layout that suits this
    # CPU) halves the time of a run and costs 30 ms over all sessions at load.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # One arena per session, which grows to what its model needs: without arenas a run takes 15 to
    # 30 % longer, one shared by all sessions ends up 200 MB larger.
    options.enable_cpu_mem_arena = True
    return options


def vcpus() -> int:
    """CPUs that this process may use; a container's or a task's affinity is respected."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# At the end, where everything above can be used: see `models_opened_at_import`.
for _name in models_opened_at_import():
    open_session(_name)
