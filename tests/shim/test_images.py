"""Pictures of a graph, as nodes send them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from python_shim.images import png


def sent(images, side: int = 1024) -> Image.Image:
    picture = Image.open(io.BytesIO(base64.b64decode(png(images, side))))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return picture


def batch(*shape: int, value: float = 0.5) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_the_first_picture_of_a_batch_is_sent_as_it_is_when_it_is_small():
    images = np.stack([batch(48, 64, 3, value=1), batch(48, 64, 3, value=0)])
    picture = sent(images)
    assert picture.size == (64, 48)
    assert picture.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((1, 300, 600, 3), (256, 128)), ((1, 9000, 900, 3), (26, 256)), ((1, 1, 1, 3), (1, 1))],
)
def test_large_pictures_are_scaled_down_and_keep_their_shape(shape, size):
    assert sent(batch(*shape), 256).size == size


@pytest.mark.parametrize(
    ("images", "colour"),
    [
        (batch(1, 4, 4, 1, value=1), 255),
        (batch(1, 4, 4, 4, value=0.2), 51),
        (batch(1, 4, 4, 3, value=np.nan), 0),
        (batch(1, 4, 4, 3, value=np.inf), 255),
        (batch(1, 4, 4, 3, value=-7), 0),
    ],
)
def test_grey_see_through_and_broken_pixels_become_colours(images, colour):
    assert sent(images).getpixel((1, 1)) == (colour,) * 3


@pytest.mark.parametrize(
    "images", [batch(0, 8, 8, 3), batch(1, 0, 8, 3), batch(1, 8, 8, 7), [], None, "a.png"]
)
def test_what_is_no_picture_is_refused_with_a_sentence(images):
    with pytest.raises(ValueError, match="connect an output of type IMAGE"):
        png(images, 256)
