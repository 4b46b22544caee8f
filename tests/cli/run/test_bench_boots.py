"""The line of `burn --bench` about who spoke after the simulated starts."""

from burner.cli.run.bench_boots import boots_line


def test_a_bench_without_a_burned_start_says_nothing() -> None:
    assert boots_line([], "en") == ""


def test_executed_starts_and_those_of_the_model_are_counted_with_their_reasons() -> None:
    boots = [{"by": "executed", "count": 31}, {"by": "model", "reason": "why", "count": 1}]
    assert boots_line(boots, "en") == "simulated starts: 31 executed, 1 by the model (why)"
    assert boots_line(boots, "zh") == "模拟启动：执行 31 次、模型 1 次"


def test_a_line_names_three_reasons_and_counts_the_rest() -> None:
    boots = [{"by": "model", "reason": f"why {n}", "count": 2} for n in range(5)]
    assert boots_line(boots, "en") == (
        "simulated starts: 2 by the model (why 0), 2 by the model (why 1), "
        "2 by the model (why 2), … 4"
    )
