"""The pipe's framing: what one side sends the other receives, and nothing else passes for it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.devices import wire
from burner.devices.wire import Message

values = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
fields = st.dictionaries(st.text().filter(lambda k: k not in ("kind", "bytes")), values)
messages = st.builds(Message, st.text(min_size=1), fields, st.binary(max_size=200))


@given(st.lists(messages, max_size=5))
def test_what_is_sent_is_received_in_order(sent: list[Message]) -> None:
    pipe = io.BytesIO()
    for message in sent:
        wire.send(pipe, message)
    pipe.seek(0)
    assert list(iter(lambda: wire.receive(pipe), None)) == sent


@given(messages, st.data())
def test_a_message_cut_short_is_no_message(message: Message, data: st.DataObject) -> None:
    pipe = io.BytesIO()
    wire.send(pipe, message)
    whole = pipe.getvalue()
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert wire.receive(io.BytesIO(whole[:cut])) is None


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_never_raises_anything_else(data: bytes) -> None:
    try:
        received = wire.receive(io.BytesIO(data))
    except ValueError:
        return
    assert received is None or isinstance(received, Message)


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(ValueError, match="without an end"):
        wire.receive(io.BytesIO(b"x" * (wire.HEADER_LIMIT + 1)))


def test_a_large_payload_arrives_whole() -> None:
    pipe = io.BytesIO()
    wire.send(pipe, Message("keep_segment", {}, bytes(300_000)))
    pipe.seek(0)
    received = wire.receive(pipe)
    assert received is not None
    assert received.payload == bytes(300_000)


def test_the_payload_shows_in_no_repr() -> None:
    assert "secret" not in repr(Message("keep_segment", {}, b"secret"))
