"""The reader of ImageNet weights takes tensors and nothing else."""

import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from training.weights import imagenet_weights, read_pth


class Runs:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(Runs(), id="a system call"),
        pytest.param(np.zeros(2), id="numpy's own reconstruction"),
        pytest.param(OrderedDict(a=Runs()), id="hidden in a dict"),
    ],
)
def test_a_file_that_names_anything_but_tensors_is_refused(payload):
    head = b"".join(pickle.dumps(value) for value in (1, 2, 3))
    with pytest.raises(pickle.UnpicklingError, match="may not name"):
        read_pth(head + pickle.dumps(payload) + pickle.dumps([]))


def test_the_published_weights_are_read_as_they_lie():
    weights = imagenet_weights()
    assert len(weights) == 296
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(array).all() for array in weights.values())
    assert (weights["_bn0.running_var"] >= 0).all()
