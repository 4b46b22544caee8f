"""The form of product IDs, product secrets and device names of a platform. Pure."""

import re
from dataclasses import dataclass

from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.secrets.secret import Secret
from burner.core.words.plural import counted
from burner.core.yaml_schema import Problem


@dataclass(frozen=True)
class NameRule:
    """Which device names a platform takes: letters and digits of ASCII, and these marks."""

    shortest: int
    longest: int
    marks: str
    marks_of_api: str = ""
    """Those of the marks that the API takes and the console does not."""

    def allows_colon(self, also_of_api: bool) -> bool:
        """Whether a name may hold a colon.

        Args:
            also_of_api: what the console refuses is allowed, because nobody uses it.
        """
        return ":" in self.marks and (also_of_api or ":" not in self.marks_of_api)

    def check(self, name: str, allow_colon: bool = False) -> None:
        """Check a name. `allow_colon` allows the colon that the console refuses.

        Raises:
            BurnerError: E164.
        """
        form = rf"[A-Za-z0-9{re.escape(self.marks)}]{{{self.shortest},{self.longest}}}"
        if not re.fullmatch(form, name):
            raise BurnerError(
                Code.NAME_NOT_ALLOWED, f"{name[:64]!r}, {counted(len(name), 'character')}"
            )
        if ":" in name and not self.allows_colon(allow_colon):
            raise BurnerError(Code.NAME_NOT_ALLOWED, f"{name!r} holds a colon")


@dataclass(frozen=True)
class IdRule:
    """Which product IDs a platform has. `usual` is the form of all real ones that were seen."""

    word: str
    """What the platform calls it."""
    form: str
    """A regular expression."""
    allowed: str
    usual: str
    usual_words: str
    longest: int


@dataclass(frozen=True)
class SecretRule:
    """Which product secrets a platform has: printable ASCII without blanks. The usual ones are
    letters and digits.
    """

    shortest: int
    longest: int
    usual_length: int


@dataclass(frozen=True)
class ProductRules:
    """What a platform asks of all that is burned and named."""

    product_id: IdRule
    secret: SecretRule
    names: NameRule
    placeholders: frozenset[str]
    """Stand-ins of the platform's samples: never a value to burn."""
    triggers: frozenset[str] = frozenset()
    """Those of them with which samples start the registration: no mistake in an application."""

    def check_product_id(self, text: str) -> Problem | None:
        """What is wrong with a product ID."""
        rule = self.product_id
        if text in self.placeholders:
            found = f"found the placeholder {text!r}"
            return Code.SAMPLE_PLACEHOLDER_LEFT, found, f"the {rule.word} of the product"
        if not re.fullmatch(rule.form, text):
            found = f"found {text[:40]!r}, {counted(len(text), 'character')}"
            return Code.PRODUCT_ID_MALFORMED, found, rule.allowed
        return None

    def unusual_product_id(self, text: str, place: str) -> list[Finding]:
        """A warning for an ID that is allowed, but not as all real ones that were seen."""
        rule = self.product_id
        if re.fullmatch(rule.usual, text):
            return []
        found = f"found {text!r}"
        return [Finding(Code.PRODUCT_ID_LOWER_CASE, place, found, rule.usual_words, warning=True)]

    def check_secret(self, secret: Secret, place: str) -> list[Finding]:
        """What is wrong with a product secret.

        `place` is its reference. The findings never hold the value.
        """
        rule, length = self.secret, len(secret.reveal())
        printable = all(0x21 <= byte <= 0x7E for byte in secret.reveal())
        if secret.reveal() in {text.encode() for text in self.placeholders}:
            found, allowed = "a sample's placeholder", "the product's own secret"
            return [Finding(Code.SECRET_IS_PLACEHOLDER, place, found, allowed)]
        if not rule.shortest <= length <= rule.longest or not printable:
            shape = counted(length, "character") + (
                "" if printable else ", some blank or not ASCII"
            )
            allowed = f"{rule.shortest} to {rule.longest} printable characters without blanks"
            return [Finding(Code.SECRET_MALFORMED, place, shape, allowed)]
        usual = length == rule.usual_length
        if usual and secret.reveal().isalnum():
            return []
        found = f"found {counted(length, 'character')}"
        found += ", not all letters and digits" if usual else ""
        expected = f"expected {rule.usual_length} letters and digits"
        return [Finding(Code.SECRET_UNUSUAL, place, found, expected, warning=True)]
