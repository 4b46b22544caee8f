"""What is sent to a printer: a strict parser reads from it what the template says."""

import pytest

from burner.bench.printer.zpl import ZplError, read_labels
from burner.unit_labels.zpl import escaped, to_zpl
from tests.unit_labels.labels import TEXTS, a_label


def test_a_printer_reads_what_the_template_says() -> None:
    (label,) = read_labels(to_zpl(a_label()))
    assert tuple(field.text for field in label.fields) == TEXTS
    assert [field.kind for field in label.fields] == ["text", "text", "code128", "qr", "datamatrix"]
    assert (label.width, label.height) == (709, 354)
    assert label.codes == TEXTS[2:]


@pytest.mark.parametrize(("dpi", "dots"), [(203, 2), (300, 4), (600, 7)])
def test_modules_are_whole_dots_of_the_printer(dpi: int, dots: int) -> None:
    (label,) = read_labels(to_zpl(a_label(dpi=dpi)))
    assert {field.kind: field.dots for field in label.fields}["qr"] == dots


@pytest.mark.parametrize("text", ["^XZ", "~JA", "_5E", "\\&", "产品 ß", "a,b", "}{"])
def test_no_text_can_be_a_command(text: str) -> None:
    data = f"^XA^CI28^PW99^LL99^FO1,1^A0N,20,20^FH_^FD{escaped(text)}^FS^XZ".encode("ascii")
    (label,) = read_labels(data)
    assert label.fields[0].text == text


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("^XZ", ""),
        ("^XA", ""),
        ("^CI28", "^CI13"),
        ("^PW709", "^PW30"),
        ("^BCN,94,N,N,N,A", "^BCN,94"),
        ("^FDMA,", "^FD"),
        ("_5F", "_G"),
        ("^FS", ""),
        ("^FO", "^FX"),
        ("^PQ1", "^PQ2"),
        ("^BQN,2,4", "^BQN,1,4"),
        ("^BXN,3,200", "^BXN,3,140"),
    ],
)
def test_the_simulated_printer_prints_nothing_that_is_not_right(was: str, becomes: str) -> None:
    data = to_zpl(a_label()).decode()
    assert was in data
    with pytest.raises(ZplError):
        read_labels(data.replace(was, becomes, 1).encode())
