"""Structures that several CFX messages have: units, operators, recipes, stages."""

from burner.mes.cfx.envelope import Body


def unit_position(identifier: str, slot: str = "", status: str = "") -> Body:
    """`UnitPosition`: burner has one unit in a transaction; its slot is the position's name."""
    position: Body = {
        "UnitIdentifier": identifier,
        "PositionNumber": 1,
        "PositionName": slot or None,
        "X": 0.0,
        "Y": 0.0,
        "Rotation": 0.0,
        "FlipX": False,
        "FlipY": False,
    }
    return position | ({"Status": status} if status else {})


def operator(name: str) -> Body | None:
    """`Operator`; None where nobody is named."""
    return {"OperatorIdentifier": name, "ActorType": "Human"} if name else None


def recipe(profile: str, release_digest: str) -> Body:
    """The recipe is the profile; its revision is the digest of what is burned."""
    return {"RecipeName": profile, "Revision": release_digest}


def work_order(batch: str) -> Body:
    """`WorkOrderIdentifier`; left out where there is no batch."""
    return {"WorkOrderIdentifier": {"WorkOrderId": batch}} if batch else {}


def stage(slot: str) -> Body | None:
    """`Stage`: a slot of the station; None for the station itself."""
    if not slot:
        return None
    number = int(slot) if slot.isascii() and slot.isdecimal() and len(slot) < 6 else 1
    return {"StageSequence": number, "StageName": slot, "StageType": "Work"}
