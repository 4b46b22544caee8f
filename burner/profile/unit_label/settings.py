"""`label` of the profile: what is printed for every good unit."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from burner.core.yaml_schema import StrictModel
from burner.profile.unit_label.symbols import SymbolKind
from burner.profile.unit_label.template import fields_of, filled, parse_label_template


def _template(text: str) -> str:
    parse_label_template(text)
    return text


LabelTemplate = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_template)]
Millimetres = Annotated[float, Field(ge=0, le=300)]
LabelSide = Annotated[float, Field(ge=5, le=300)]
LabelDpi = Literal[203, 300, 600]


class UnitLabelElement(StrictModel):
    """One thing on the label: a text or a code. Fields in it: `{name}`, `{mac}`, `{imei}`,
    `{serial}`, `{label}` (the label that was scanned); `{mac:-6}` is its last six digits.
    """

    text: LabelTemplate | None = None
    """Letters, such as `"MAC {mac}"`."""
    qr: LabelTemplate | None = None
    """The content of a QR code."""
    datamatrix: LabelTemplate | None = None
    """The content of a Data Matrix."""
    code128: LabelTemplate | None = None
    """The content of a Code 128."""
    at_mm: tuple[Millimetres, Millimetres]
    """Left and top edge on the label, in millimetres from its top left corner. The white that a
    code needs around it is outside of these."""
    height_mm: Annotated[float, Field(ge=1, le=100)] | None = None
    """Height of the letters (left out: 3) or of the bars of a Code 128 (left out: 8)."""
    module_mm: Annotated[float, Field(ge=0.1, le=3)] | None = None
    """Width of the smallest bar or square of a code. The printer has whole dots: the nearest
    number is taken. Left out: 0.25 for a Code 128, 0.5 for the others."""
    error_correction: Literal["L", "M", "Q", "H"] = "M"
    """Of a QR code: from `L`, 7 % of it may be damaged, to `H`, 30 %."""
    font: Annotated[str, Field(pattern=r"^(?:[A-Z0-9]|[A-Z]:[A-Z0-9_-]{1,16}\.[A-Z]{3})$")] = "0"
    """Of a text: a font of the printer. `0` has Latin letters; for Chinese ones name a font that
    is stored in the printer, such as `E:SIMSUN.FNT`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(bool(t) for t in (self.text, self.qr, self.datamatrix, self.code128)) != 1:
            raise ValueError("one of text, qr, datamatrix and code128")
        return self

    @property
    def kind(self) -> SymbolKind | None:
        """Which code it is; None: a text."""
        return next((kind for kind in SymbolKind if getattr(self, kind.value)), None)

    @property
    def field(self) -> str:
        """The key that has its template."""
        return self.kind.value if self.kind else "text"

    @property
    def template(self) -> str:
        """What it shows."""
        template: str = getattr(self, self.field)
        return template


class LabelExamples(StrictModel):
    """The longest values that occur, for the check that all fits, and for the preview."""

    imei: Annotated[str, Field(pattern=r"^[0-9]{15}$")] = "867322040000001"
    """An IMEI."""
    serial: Annotated[str, Field(min_length=1, max_length=48)] = ""
    """The longest serial number."""
    label: Annotated[str, Field(min_length=1, max_length=200)] = ""
    """The longest text of a label that is scanned."""


class UnitLabelSettings(StrictModel):
    """The label that is printed for every good unit."""

    size_mm: tuple[LabelSide, LabelSide]
    """Width and height of the label."""
    dpi: LabelDpi = 203
    """Dots per inch of the printer."""
    elements: Annotated[tuple[UnitLabelElement, ...], Field(min_length=1, max_length=30)]
    """What is on it."""
    separator: Literal["", ":", "-"] = ""
    """Between the bytes of a MAC."""
    case: Literal["upper", "lower"] = "upper"
    """Case of the hex digits of a MAC."""
    examples: LabelExamples = LabelExamples()
    """Values for the check and the preview."""
    scan_back: StrictBool = False
    """`true`: a slot takes the next board only after the first code on the printed label was
    scanned, so that no unit leaves without its label."""

    @model_validator(mode="after")
    def _scan_back_has_a_code(self) -> Self:
        if self.scan_back and not self.codes:
            raise ValueError("scan_back needs a code on the label")
        return self

    @property
    def codes(self) -> tuple[UnitLabelElement, ...]:
        """The elements that a scanner reads."""
        return tuple(element for element in self.elements if element.kind)

    @property
    def fields(self) -> set[str]:
        """The fields that it shows."""
        return set[str]().union(*(fields_of(element.template) for element in self.elements))

    def texts(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """What each element shows for a unit with these values.

        Raises:
            BurnerError: E167 the unit lacks one.
        """
        lower = self.case == "lower"
        return tuple(
            filled(element.template, values, self.separator, lower=lower)
            for element in self.elements
        )

    def described(self) -> str:
        """In a line: size, and what is on it."""
        width, height = (f"{side:g}" for side in self.size_mm)
        kinds = ", ".join(element.field for element in self.elements)
        back = "; scanned back" if self.scan_back else ""
        return f"{width} × {height} mm, {self.dpi} dpi: {kinds}{back}"

    def dots(self, millimetres: float) -> int:
        """A length in dots of the printer."""
        return round(millimetres * self.dpi / 25.4)


def unit_label_in(index: Mapping[str, Any]) -> UnitLabelSettings | None:
    """The label that a release prints, by its index; None: none."""
    section = index["profile"].get("label")
    return None if section is None else UnitLabelSettings.model_validate(section)
