"""The label of a product's units, as people read it."""

from burner.cli.pages.page_rows import PageRows, under
from burner.profile.unit_label.settings import UnitLabelSettings


def unit_label_rows(label: UnitLabelSettings | None) -> PageRows:
    """Head and text of each line; none where no label is printed."""
    if label is None:
        return
    width, height = label.size_mm
    back = "; scanned before the next board" if label.scan_back else ""
    elements = (f"  {element.field} {element.template}" for element in label.elements)
    yield from under("label", [f"{width:g} × {height:g} mm, {label.dpi} dpi{back}", *elements])
