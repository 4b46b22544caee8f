"""SLIP framing: what goes in comes out, however it is cut, whatever stands between frames."""

from hypothesis import given
from hypothesis import strategies as st

from burner.bench.download_mode import slip

TRICKY = st.lists(st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd", b"x"]), max_size=40)
PAYLOADS = st.lists(
    st.one_of(st.binary(min_size=1, max_size=60), TRICKY.map(b"".join)).filter(bool), max_size=6
)


@given(PAYLOADS, st.data())
def test_payloads_come_out_as_they_went_in_however_the_bytes_are_cut(
    payloads: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(slip.encode(payload) for payload in payloads)
    reader = slip.SlipReader()
    seen: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        seen += reader.feed(stream[:size])
        stream = stream[size:]
    assert seen == payloads


@given(st.binary().filter(lambda noise: b"\xc0" not in noise))
def test_noise_before_a_frame_is_dropped(noise: bytes) -> None:
    assert slip.SlipReader().feed(noise + slip.encode(b"sync")) == [b"sync"]


def test_a_broken_escape_loses_its_frame_and_no_other() -> None:
    reader = slip.SlipReader()
    assert reader.feed(b"\xc0a\xdbb\xc0" + slip.encode(b"next")) == [b"next"]
    assert slip.decode(b"a\xdb") is None


def test_a_frame_that_never_ends_is_given_up() -> None:
    reader = slip.SlipReader()
    assert reader.feed(b"\xc0" + bytes(slip.LONGEST_FRAME + 1)) == []
    assert reader.feed(slip.encode(b"sync")) == [b"sync"]


@given(st.binary(min_size=1))
def test_any_bytes_at_all_are_survived(data: bytes) -> None:
    reader = slip.SlipReader()
    reader.feed(data)
    reader.feed(data)
