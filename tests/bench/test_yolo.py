"""The network that our speed is compared with is the one it is called after."""

import numpy as np
import onnxruntime
import pytest

from bench.peer import begins
from bench.yolo import INPUT_PX, network, parameters


@pytest.fixture(scope="module")
def model():
    return network()


def test_it_has_as_many_parameters_as_yolo11n_says_of_itself(model):
    assert parameters(model) == 2_616_248


def test_it_multiplies_and_adds_as_often_as_yolo11n_says_of_itself(model):
    """6.5 thousand million operations at 640 px, two for each multiplication."""
    from onnx import numpy_helper, shape_inference

    inferred = shape_inference.infer_shapes(model).graph
    shapes = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim] for value in inferred.value_info}
    weights = {tensor.name: numpy_helper.to_array(tensor).shape for tensor in model.graph.initializer}
    products = sum(
        np.prod(weights[node.input[1]]) * np.prod(shapes[node.output[0]][2:])
        for node in model.graph.node
        if node.op_type == "Conv"
    )
    assert 2 * products / 1e9 == pytest.approx(6.5, abs=0.1)


def test_it_gives_boxes_inside_and_about_the_picture_for_each_cell(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pixels": np.full((1, 3, INPUT_PX, INPUT_PX), 0.5, np.float32)})
    assert found.shape == (1, 84, 80 * 80 + 40 * 40 + 20 * 20)
    x, y, width, height = found[0, :4]
    assert (np.abs(x - INPUT_PX / 2) < INPUT_PX).all()
    assert (np.abs(y - INPUT_PX / 2) < INPUT_PX).all()
    assert (width > 0).all()
    assert (height > 0).all()
    assert ((found[0, 4:] >= 0) & (found[0, 4:] <= 1)).all()


@pytest.mark.parametrize(("length_px", "first"), [(640, [0]), (641, [0, 1]), (1664, [0, 512, 1024]), (300, [0])])
def test_slices_share_a_fifth_with_their_neighbours_and_the_last_ends_at_the_edge(length_px, first):
    assert begins(length_px) == first
