"""What stands behind a batch, in words: nobody's words make a line of their own."""

from dataclasses import replace

from burner.core.words.phrases import Wording
from burner.manifest.reading.endorsers import Endorser, EvidenceFile
from burner.manifest.reading.evidence_rows import evidence_rows
from burner.manifest.reading.release_evidence import FirstArticleStatus, ReleaseEvidence


def test_a_note_cannot_forge_the_approval_of_somebody_else() -> None:
    forged = "tested\n  approved by    carol  SHA256:abc"
    mallory = Endorser("mallory", "SHA256:xyz", note=forged)
    bob = Endorser("bob", "SHA256:def", evidence=(EvidenceFile("a\x1b[2J\nb.txt", "00"),))
    evidence = ReleaseEvidence((), (mallory, bob), "", None, {}, {"sbom": "11" * 32}, None)
    assert [*evidence_rows(evidence)] == [
        ("signed by", "nobody"),
        ("approved by", "mallory  SHA256:xyz  tested\\u000a  approved by    carol  SHA256:abc"),
        ("", "bob  SHA256:def"),
        ("", "  a\\u001b[2J\\u000ab.txt  sha256 00"),
        ("", "Names are as the signers wrote them: compare the fingerprints."),
        ("SBOM", f"sha256 {'11' * 32}"),
    ]


def test_an_unsigned_release_with_a_quantity_or_an_sbom_has_evidence_too() -> None:
    nothing = ReleaseEvidence((), (), "", None, {}, {}, None)
    assert not nothing
    assert replace(nothing, quantity=0)
    assert replace(nothing, documents={"sbom": "11" * 32})


def test_a_batch_whose_units_are_challenged_says_so() -> None:
    evidence = ReleaseEvidence((), (), "", None, {}, {}, None, challenged=True)
    assert evidence
    assert dict(evidence_rows(evidence))["challenge"].startswith("no unit passes without")
    assert dict(evidence_rows(evidence, Wording("zh")))["质询"].startswith("设备应答后才算合格")


def test_nobody_is_named_only_where_somebody_was_to_sign() -> None:
    nothing = ReleaseEvidence((), (), "", None, {}, {}, None)
    article = FirstArticleStatus(1, (), None)
    for evidence in (replace(nothing, challenged=True), replace(nothing, quantity=7)):
        assert "nobody" not in dict(evidence_rows(evidence)).values()
    for evidence in (
        replace(nothing, policy="22" * 32),
        replace(nothing, sealed=True),
        replace(nothing, first_article=article),
    ):
        rows = dict(evidence_rows(evidence))
        assert (rows["signed by"], rows["approved by"]) == ("nobody", "nobody")


def test_a_key_that_the_policy_does_not_name_has_no_name() -> None:
    people = (Endorser("alice", "SHA256:abc"), Endorser("", "SHA256:xyz", note="tested"))
    evidence = ReleaseEvidence(people, (), "22" * 32, None, {}, {}, None)
    rows = [text for _head, text in evidence_rows(evidence)]
    assert rows[1] == "a key that the policy does not name  SHA256:xyz  tested"
    assert "策略未列出的密钥  SHA256:xyz  tested" in [
        text for _head, text in evidence_rows(evidence, Wording("zh"))
    ]


def test_a_closed_batch_waits_for_no_approval() -> None:
    bob = (Endorser("bob", "SHA256:def"),)
    for is_open, says in ((True, "2 units wait for approval by"), (False, "2 units, never")):
        article = FirstArticleStatus(2, bob, None, is_open)
        evidence = ReleaseEvidence((), (), "", None, {}, {}, article)
        assert any(text.startswith(says) for _head, text in evidence_rows(evidence))
