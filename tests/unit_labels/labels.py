"""A label for tests, with every kind of element."""

from burner.profile.unit_label.boxes import PlacedLabel, place
from burner.profile.unit_label.settings import UnitLabelSettings

VALUES = {"name": "plug_7C^~\\>", "mac": "7c:df:a1:00:00:01", "imei": "867322040000001"}
SECTION = {
    "size_mm": [60, 30],
    "dpi": 300,
    "separator": ":",
    "elements": [
        {"text": "No. {name} 产品", "at_mm": [2, 2], "font": "E:SIMSUN.FNT"},
        {"text": "{imei:-6}", "at_mm": [2, 7]},
        {"code128": "MAC {mac}", "at_mm": [4, 15], "module_mm": 0.17},
        {"qr": "https://x.example/{name}?产品", "at_mm": [40, 2], "module_mm": 0.3},
        {"datamatrix": "{name}|#{mac}", "at_mm": [52, 19], "module_mm": 0.25},
    ],
}
TEXTS = (
    "No. plug_7C^~\\> 产品",
    "000001",
    "MAC 7C:DF:A1:00:00:01",
    "https://x.example/plug_7C^~\\>?产品",
    "plug_7C^~\\>|#7C:DF:A1:00:00:01",
)


def a_label(**changes: object) -> PlacedLabel:
    return place(UnitLabelSettings.model_validate({**SECTION, **changes}), VALUES)
