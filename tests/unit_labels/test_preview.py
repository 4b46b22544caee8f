"""The picture of a label: its codes can be read from it, and say what the template says."""

import io

import pytest
import zxingcpp
from PIL import Image

from burner.unit_labels.preview import to_png
from tests.unit_labels.labels import TEXTS, a_label


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_reader_reads_the_codes_of_the_picture(dpi: int) -> None:
    image = Image.open(io.BytesIO(to_png(a_label(dpi=dpi))))
    enlarged = image.resize((image.width * 3, image.height * 3), Image.Resampling.NEAREST)
    read = {code.text for code in zxingcpp.read_barcodes(enlarged)}
    assert read == set(TEXTS[2:])


def test_the_picture_is_a_pixel_a_dot_with_a_frame() -> None:
    label = a_label()
    image = Image.open(io.BytesIO(to_png(label)))
    assert image.size == (label.width + 2, label.height + 2)
    text = label.elements[1]
    box = (text.left, text.top, text.left + text.width, text.top + text.height)
    assert any(value < 128 for value in image.crop(box).tobytes())  # letters are there
