"""The terms of a batch, and how those of a run differ from them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.entries.release_kinds import BatchLimits, FirstArticle
from burner.manifest.fold.cloud import terms_of
from burner.release.diff import Difference, differences, first_differences


@dataclass(frozen=True)
class BatchTerms:
    """What all units of a batch have in common, and their planned quantity."""

    profile: str
    """Name and version."""
    product_id: str
    release_digest: str
    quantity: int | None = None
    """Planned good units; None: no limit, or not given."""
    index: str = ""
    """The release index that `release_digest` is of, as canonical JSON; empty: not known."""
    key: str = ""
    """Fingerprint of the product key; empty: not known."""
    limits: BatchLimits | None = None
    """Of the release, beside its quantity; None: none."""
    first_article: FirstArticle | None = None
    """Units that are made first; None: none, or not given."""
    preflight_required: bool = False
    """Whether no unit is begun before a good preflight of the cloud platform; False: as the release
    says."""
    envelopes: tuple[str, ...] = ()
    """DSSE envelopes of the release: who signed and who approved it."""

    @classmethod
    def of_record(cls, opened: BatchOpened, quantity: int | None) -> Self:
        """From the opening record and the present quantity."""
        return cls(
            profile=opened.profile,
            product_id=opened.product_id,
            release_digest=opened.release_digest,
            quantity=quantity,
            index=opened.index,
            key=opened.key,
            limits=opened.limits,
            first_article=opened.first_article,
            preflight_required=terms_of(opened).preflight_required,
        )


def describe_differences(opened: BatchTerms, requested: BatchTerms) -> str:
    """All differences in one line; empty: the terms are the same."""
    return ", ".join(first_differences(_differences(opened, requested)))


def _differences(opened: BatchTerms, requested: BatchTerms) -> Iterable[Difference]:
    pairs: tuple[tuple[str, str, str], ...] = (
        ("profile", opened.profile, requested.profile),
        ("ProductID", opened.product_id, requested.product_id),
        ("release", f"{opened.release_digest[:16]}…", f"{requested.release_digest[:16]}…"),
    )
    yield from (Difference(*pair) for pair in pairs if pair[1] != pair[2])
    if opened.key and requested.key and opened.key != requested.key:
        yield Difference("product key", f"fingerprint {opened.key}", requested.key)
    if requested.quantity is not None and opened.quantity != requested.quantity:
        quantity = "no limit" if opened.quantity is None else str(opened.quantity)
        yield Difference("quantity of the batch", quantity, str(requested.quantity))
    if requested.first_article and requested.first_article != opened.first_article:
        articles = map(_first_article, (opened.first_article, requested.first_article))
        yield Difference("first article", *articles)
    if requested.preflight_required and not opened.preflight_required:
        yield Difference("preflight", "not required", "required")
    if opened.index and requested.index and opened.release_digest != requested.release_digest:
        compared_above = ("product.id", "product.name", "product.version")
        in_release = differences(json.loads(opened.index), json.loads(requested.index))
        yield from (
            replace(item, what="quantity of the release") if item.what == "quantity" else item
            for item in in_release
            if item.what not in compared_above
        )


def _first_article(article: FirstArticle | None) -> str:
    if article is None:
        return "none"
    return f"{article.units} by {' or '.join(article.approvers)}"
