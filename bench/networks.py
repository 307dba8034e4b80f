"""The two networks alone, on arrays that are ready, in LiteRT, Keras and OpenVINO, each in its best arrangement."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import numpy as np

from core.recognition.network import Network
from core.recognition.package import ModelPackage
from training.recorded import Call

CORES = os.cpu_count() or 1


Calls = Sequence[Sequence[Call]]
"""The network calls of each photo."""

Seconds = Callable[[Calls], float]


def in_litert(package: ModelPackage) -> Seconds:
    """The faster of: one call after another, each on all cores; and a call a core at once."""
    one_by_one = [_interpreters(package, threads=CORES)]
    side_by_side = [_interpreters(package, threads=1) for _ in range(CORES)]
    return lambda calls: min(_litert_s(one_by_one, calls), _litert_s(side_by_side, calls))


def in_keras(package: ModelPackage) -> Seconds:
    """The networks of training/ by model.predict, all crops of a photo in one batch.

    They are built anew: weights do not change their speed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from training.classifier import build_classifier
    from training.detector import build_detector

    networks = {
        "detector": build_detector(package.detector.input_px),
        "classifier": build_classifier(len(package.labels), frozen_stages=0),
    }

    def run(calls: Calls) -> float:
        batches = [
            (name, np.stack([call.pixels for call in batch]))
            for photo in calls
            for name, batch in itertools.groupby(photo, key=lambda call: call.network)
        ]
        start = time.perf_counter()
        for name, pixels in batches:
            networks[name].predict(pixels, verbose=0)
        return time.perf_counter() - start

    return run


def in_openvino(package: ModelPackage) -> Seconds:
    """The same files at the same precision, as many calls at once as OpenVINO finds best."""
    import openvino

    core = openvino.Core()
    options = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where there is any
    queues = {
        name: openvino.AsyncInferQueue(core.compile_model(core.read_model(network.path), "CPU", options))
        for name, network in _files(package).items()
    }

    def run(calls: Calls) -> float:
        start = time.perf_counter()
        for name, queue in queues.items():
            for photo in calls:
                for call in photo:
                    if call.network == name:
                        queue.start_async({0: call.pixels[None]})
            queue.wait_all()
        return time.perf_counter() - start

    return run


def _files(package: ModelPackage) -> dict[str, Network]:
    return {"detector": package.detector, "classifier": package.classifier}


def _interpreters(package: ModelPackage, *, threads: int) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    interpreters = {
        name: Interpreter(model_path=str(network.path), num_threads=threads)
        for name, network in _files(package).items()
    }
    for interpreter in interpreters.values():
        interpreter.allocate_tensors()
    return interpreters


def _litert_s(sets: Sequence[dict[str, Any]], calls: Calls) -> float:
    """Seconds for all calls, shared out between the sets of interpreters."""
    idle: SimpleQueue[dict[str, Any]] = SimpleQueue()
    for interpreters in sets:
        idle.put(interpreters)

    def run(call: Call) -> None:
        interpreters = idle.get()
        interpreter = interpreters[call.network]
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], call.pixels[None])
        interpreter.invoke()
        interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        idle.put(interpreters)

    with ThreadPoolExecutor(len(sets)) as threads:
        start = time.perf_counter()
        list(threads.map(run, itertools.chain.from_iterable(calls)))
        return time.perf_counter() - start
