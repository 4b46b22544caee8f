"""Devices that slots share: nobody has one together with another, and everybody has his turn."""

import threading

from burner.burn.testing.resources import Resources


def test_the_first_has_it_and_the_next_waits_until_it_is_given_back() -> None:
    box = Resources()
    first, second = box.turn("rf-box", "1"), box.turn("rf-box", "2")
    assert (first.wait(), second.wait(), box.users("rf-box")) == (True, False, ("1",))
    box.end(first)
    assert (second.wait(), box.users("rf-box")) == (True, ("2",))


def test_they_have_it_in_the_order_in_which_they_asked() -> None:
    box = Resources()
    turns = [box.turn("rf-box", str(slot)) for slot in range(8)]
    for turn in turns:
        assert [t.slot for t in turns if t.wait()][-1] == turn.slot
        box.end(turn)


def test_who_gives_up_waiting_is_passed_over() -> None:
    box = Resources()
    first, second, third = (box.turn("rf-box", slot) for slot in "123")
    with second:
        pass
    box.end(first)
    assert not second.wait()
    assert third.wait()


def test_of_two_devices_two_slots_have_one_each() -> None:
    box = Resources({"rf-box": 2})
    turns = [box.turn("rf-box", slot) for slot in "123"]
    assert [turn.wait() for turn in turns] == [True, True, False]


def test_another_resource_is_not_waited_for() -> None:
    box = Resources()
    box.turn("rf-box", "1")
    assert box.turn("scale", "2").wait()


def test_an_error_in_the_turn_gives_it_back() -> None:
    box = Resources()
    try:
        with box.turn("rf-box", "1"):
            raise RuntimeError
    except RuntimeError:
        pass
    assert box.turn("rf-box", "2").wait()


def test_many_threads_never_have_it_together_and_all_have_it() -> None:
    box, having, most, times = Resources({"rf-box": 2}), set[str](), 0, 0
    lock = threading.Lock()

    def work(slot: str) -> None:
        nonlocal most, times
        for _ in range(50):
            with box.turn("rf-box", slot) as turn:
                assert turn.wait(60)
                with lock:
                    having.add(slot)
                    most, times = max(most, len(having)), times + 1
                with lock:
                    having.remove(slot)

    threads = [threading.Thread(target=work, args=(str(slot),)) for slot in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert times == 400
    assert most <= 2
