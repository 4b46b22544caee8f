"""Segments are compressed once per run, and confidential ones are not kept longer than they are."""

import gc
import hashlib
import threading
import weakref
import zlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from burner.core.segments import Segment
from burner.devices.segment_cache import HEAD_SIZE, SegmentCache, prepare


@given(st.binary(min_size=1, max_size=5000))
def test_what_goes_over_the_wire_is_the_segment_padded_to_whole_words(data: bytes) -> None:
    prepared = prepare(data)
    written = zlib.decompress(prepared.data) if prepared.compressed else prepared.data
    assert written == data + b"\xff" * (-len(data) % 4)
    assert prepared.flash_size == len(written)
    assert prepared.size == len(data)
    assert prepared.md5 == hashlib.md5(data).hexdigest()
    assert prepared.head_md5 == hashlib.md5(data[:HEAD_SIZE]).hexdigest()
    assert prepared.sha256 == hashlib.sha256(data).hexdigest()


def test_bytes_that_do_not_compress_go_as_they_are() -> None:
    noise = hashlib.shake_256(b"noise").digest(4096)
    prepared = prepare(noise)
    assert not prepared.compressed
    assert prepared.data == noise


def test_an_application_gets_smaller_than_by_the_highest_level_of_zlib() -> None:
    image = (Path(__file__).parents[2] / "firmware" / "sensor-esp32" / "app.bin").read_bytes()
    assert prepare(image).wire_size < 0.99 * len(zlib.compress(image, 9))


def test_a_shared_segment_is_packed_once_for_all_slots() -> None:
    segment_cache, segment = SegmentCache(), Segment("app", 0x10000, bytes(200_000) + b"app")
    results = []
    slots = [
        threading.Thread(target=lambda: results.append(segment_cache.prepare(segment)))
        for _ in range(8)
    ]
    for slot in slots:
        slot.start()
    for slot in slots:
        slot.join()
    assert len(results) == 8
    assert all(data is results[0] for data in results)
    assert segment_cache.find(segment.region().sha256) is results[0]


def test_a_confidential_segment_is_packed_once_and_forgotten_with_the_segment() -> None:
    segment_cache = SegmentCache()
    segment = Segment("nvs", 0x9000, b"key" * 100, confidential=True)
    prepared, sha256 = segment_cache.prepare(segment), segment.region().sha256
    assert prepared.md5 == segment.region().md5
    assert segment_cache.prepare(segment) is prepared
    assert segment_cache.find(sha256) is None
    kept = weakref.ref(prepared)
    del segment, prepared
    gc.collect()
    assert kept() is None


def test_the_bytes_show_in_no_repr() -> None:
    assert "key" not in repr(prepare(b"key"))
