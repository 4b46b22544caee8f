"""A destination that speaks IPC-CFX, in the station file."""

from typing import Annotated, Literal

from pydantic import Field

from burner.mes.common_settings import DestinationSettings


class CfxSettings(DestinationSettings):
    """IPC-CFX over AMQP 1.0."""

    kind: Literal["cfx"]
    url: Annotated[str, Field(pattern=r"^amqps?://[^/@\s]+(/\S*)?$", max_length=512)]
    """Of the broker: `amqp://HOST:5672`."""
