"""How `burner cloud preflight` shows its result: a line a check, and below it what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.cloud.preflight import CloudCheckResult, ExpectedProduct, is_good
from burner.core.check_verdict import CheckVerdict
from burner.core.errors import lookup
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.phrases import Wording, phrase
from burner.manifest.reading.evidence_rows import MARKS
from burner.profile.profile import Profile

_WIDTH = 15
_INDENT = " " * 4


@dataclass(frozen=True)
class PreflightPage:
    """The page of a preflight."""

    profile: Profile
    expected: ExpectedProduct
    batch: str

    def show_head(self) -> None:
        """What is compared."""
        title, product_id = self.profile.title, self.expected.product_id
        platform = self.expected.platform.title
        screen.say(phrase("gateway product", language(), title, product_id, platform))
        units = self.expected.quantity
        if units is not None:
            say = Wording(language())
            screen.say(say.counted("cloud preflight units", units, units))

    def show_results(self, results: Sequence[CloudCheckResult]) -> None:
        """Every check, and the verdict."""
        for result in results:
            for line in lines_of(result, language()):
                screen.say(line)
        bad, unknown = (
            sum(result.verdict is verdict for result in results)
            for verdict in (CheckVerdict.BAD, CheckVerdict.UNKNOWN)
        )
        if is_good(results):
            screen.say(phrase("cloud preflight good", language()))
        else:
            screen.say(phrase("cloud preflight not good", language(), bad, unknown))

    def show_record(self, number: int, *, good: bool) -> None:
        """Where it is on record, and for how many units it counts."""
        screen.say(phrase("cloud preflight recorded", language(), self.batch, number))
        if good and (units := self.expected.units_of_batch) is not None:
            say = Wording(language())
            screen.say(say.counted("preflight of units", units, units))

    def print_json(
        self, results: Sequence[CloudCheckResult], source: str, number: int | None
    ) -> None:
        """The same for scripts."""
        print_json(
            {
                "title": self.profile.title,
                "platform": self.profile.product.cloud,
                "product_id": self.expected.product_id,
                "batch": self.batch,
                "quantity": self.expected.quantity,
                "source": source,
                "good": is_good(results),
                "record": number,
                "checks": [
                    {
                        "check": result.check,
                        "verdict": result.verdict,
                        "code": result.code or "",
                        "found": result.found,
                        "expected": result.expected,
                        "do": remedy_of(result, "en"),
                    }
                    for result in results
                ],
            }
        )


def lines_of(result: CloudCheckResult, shown_in: Language) -> Iterator[str]:
    """A check as people read it: mark, name and values; then why, and what to do."""
    head = f"{MARKS[result.verdict]} {screen.padded(result.check, _WIDTH)}"
    yield f"{head} {_values(result, shown_in)}"
    if result.code:
        yield f"{_INDENT}{result.code} {lookup(result.code).sentence(shown_in)}"
    if remedy := remedy_of(result, shown_in):
        yield f"{_INDENT}{screen.ARROW} {remedy}"


def remedy_of(result: CloudCheckResult, shown_in: Language) -> str:
    """What to do; empty where there is nothing to do."""
    if result.code:
        return lookup(result.code).remedy(shown_in)
    if result.missing:
        return phrase(f"cloud-missing {result.missing}", shown_in)
    if result.verdict is not CheckVerdict.UNKNOWN:
        return ""
    return phrase(f"cloud-look {result.check}", shown_in)


def _values(result: CloudCheckResult, shown_in: Language) -> str:
    title = phrase(f"cloud-check {result.check}", shown_in)
    found, expected = detail_in(shown_in, result.found), result.expected
    if result.verdict is CheckVerdict.NOT_NEEDED:
        yet = "cloud preflight not needed yet"
        return phrase(yet if result.missing else "cloud preflight not needed", shown_in, title)
    if expected and expected != found:
        unknown = phrase("cloud preflight unknown", shown_in)
        return phrase("cloud preflight needed", shown_in, title, found or unknown, expected)
    return phrase("cloud preflight found", shown_in, title, found) if found else title
