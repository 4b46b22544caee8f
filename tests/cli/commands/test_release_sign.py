"""`burner release sign` and `approve`: what an engineer and an approver meet."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.secrets.passphrase import PASSPHRASE
from burner.profile.profile import Profile
from burner.release.contents import release_contents
from burner.release.entered_text import refuse_secret
from burner.release.envelope.key_pair import make_key_pair
from burner.release.envelope.public_key import PublicKey
from burner.release.opening import read_release_file
from burner.release.preflight import preflight_without_secret
from burner.release.release_file import Contents, pack
from burner.release.statements import signed_statements
from tests.cli.desk import at_desk, refused, run
from tests.images import write_product
from tests.release.sealed import SECRET as SEALED_SECRET
from tests.release.sealed import profile_in, sealed

PLUG = Path(__file__).parents[3] / "profiles" / "plug-c3.yaml"
SECRET = "aVerySecretProductKey123"
EVIDENCE = ("--evidence", "report.txt", "--note", "soak test, 48 h")


@pytest.fixture(scope="module")
def contents() -> Contents:
    return release_contents(preflight_without_secret(PLUG))


@pytest.fixture(autouse=True)
def release(contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A release, a test report, and the keys of alice and bob."""
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv(PASSPHRASE, "open sesame")
    Path("x.burn").write_bytes(pack(contents))
    Path("report.txt").write_text("all passed\n")
    for name in ("alice", "bob"):
        make_key_pair(Path(f"{name}.pem"), "open sesame")
    return "x.burn"


def test_a_key_pair_is_two_files_and_nobody_is_asked_where_one_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = run("key", "pair", "dora").stdout
    assert "dora.pem  private, encrypted" in made
    assert f"dora.pub  public: {PublicKey.from_file(Path('dora.pub')).fingerprint}" in made
    monkeypatch.delenv(PASSPHRASE)
    with refused("E736"):
        run("key", "pair", "dora.pem")
    with refused("E729"):
        run("key", "pair", "eva.pub")
    with refused("E749"):
        run("key", "pair", "eva.pem")
    assert not list(Path().glob("eva.*"))


def test_an_engineer_signs_and_another_person_approves(release: str, contents: Contents) -> None:
    signed = run("release", "sign", release, "--signer", "alice.pem").stdout
    assert "x.burn: signed by alice  SHA256:" in signed
    assert f"digest {contents.digest}" in signed
    done = run(
        "release", "approve", release, *EVIDENCE, "--signer", "file2:bob.pem", "--name", "Bo"
    )
    assert "x.burn: approved by Bo  SHA256:" in done.stdout
    assert done.stderr == ""
    statements = signed_statements(read_release_file(Path(release)), release)
    assert [s.name for s in statements] == ["alice", "Bo"]
    assert statements[1].statement.predicate["evidence"][0]["name"] == "report.txt"
    assert contents.digest in run("release", "check", release).stdout


def test_a_signer_who_approves_too_is_told_when_it_counts(release: str) -> None:
    run("release", "sign", release, "--signer", "alice.pem")
    done = run("release", "approve", release, *EVIDENCE, "--signer", "alice.pem")
    assert (
        "alice signed this release too: a station counts this approval only if another"
        in done.stderr
    )


def test_signing_again_is_refused_and_the_file_stays_as_it_was(release: str) -> None:
    run("release", "sign", release, "--signer", "alice.pem")
    before = Path(release).read_bytes()
    with refused("E220"):
        run("release", "sign", release, "--signer", "alice.pem", "--name", "mallory")
    assert Path(release).read_bytes() == before


def test_what_an_approver_gives_wrongly_is_refused_by_name(
    release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path(release).read_bytes()
    by = ("--signer", "bob.pem")
    Path("empty.txt").touch()
    for evidence, note, code in (
        ("nothing.txt", "tested", "E222"),
        ("empty.txt", "tested", "E222"),
        ("report.txt", " ", "E222"),
        ("report.txt", "two\nlines", "E738"),
    ):
        with refused(code):
            run("release", "approve", release, "--evidence", evidence, "--note", note, *by)
    monkeypatch.setenv(PASSPHRASE, "wrong")
    with refused("E748"):
        run("release", "approve", release, *EVIDENCE, *by)
    assert Path(release).read_bytes() == before


def test_a_text_that_holds_the_product_secret_is_signed_by_nobody(
    release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    before = Path(release).read_bytes()
    shutil.copy("report.txt", f"{SECRET}.txt")
    by = ("--signer", "bob.pem")
    for arguments in (
        ("approve", release, "--evidence", "report.txt", "--note", f"key is {SECRET}", *by),
        ("approve", release, "--evidence", f"{SECRET}.txt", "--note", "tested", *by),
        ("sign", release, *by, "--name", SECRET),
    ):
        with refused("E470"):
            run("release", *arguments)
    assert Path(release).read_bytes() == before


def test_a_secret_that_others_can_read_is_not_passed_over(tmp_path: Path) -> None:
    plan = preflight_without_secret(PLUG).plan
    assert isinstance(plan, Profile)
    product = plan.product.model_copy(update={"secret": "file:secret.txt"})
    profile = plan.model_copy(update={"product": product})
    refuse_secret(profile, {}, tmp_path, {"--note": SECRET})  # nothing is known here
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.txt").chmod(0o644)
    with refused("E153" if os.name == "posix" else "E470"):
        refuse_secret(profile, {}, tmp_path, {"--note": SECRET})


def test_nobody_writes_the_secret_of_a_sealed_release_into_a_statement(tmp_path: Path) -> None:
    Path("sealed.burn").write_bytes(pack(sealed(profile_in(tmp_path / "p"), "line1")))
    (tmp_path / "p" / "secret").unlink()  # an approver has no profile and no secret
    by = ("--evidence", "report.txt", "--signer", "bob.pem")
    for note in (SEALED_SECRET, f"key={SEALED_SECRET};", f"<{SEALED_SECRET}>, tested"):
        with refused("E470"):
            run("release", "approve", "sealed.burn", "--note", note, *by)
    run("release", "approve", "sealed.burn", "--note", "tested", *by)


def test_an_approver_reads_a_page_with_limits_people_and_what_lies_where(
    release: str, contents: Contents
) -> None:
    plain = run("release", "show", release).stdout
    assert re.search(r"^signed +by nobody$", plain, re.MULTILINE)
    assert re.search(r"^secret +not in the file", plain, re.MULTILINE)
    run("release", "sign", release, "--signer", "alice.pem")
    approved = run("release", "approve", release, *EVIDENCE, "--signer", "bob.pem").stdout
    assert "note: soak test, 48 h\nevidence: report.txt, 11 bytes, sha256 " in approved
    page = run("release", "show", release).stdout
    for line in (
        rf"digest +{contents.digest}",
        r"quantity +any number of units",
        r"flash +4 MB",
        r"key +the firmware reads it where it is burned, at each start",
        r"returning +good units of another release are refused",
        r"valid +at once … no end",
        r"signed +alice  SHA256:\S{43}",
        r"approved +bob  SHA256:\S{43}",
        r" +2\S+Z: soak test, 48 h",
        r" +report\.txt, 11 bytes, sha256 [0-9a-f]{64}",
        r" +Names are as the signers wrote them: compare the fingerprints.",
        r"boot lines +.*\(DeviceName\)",
        r"challenge +each unit proves its key and name to the station",
        r" 0x15000 .* holds the key *",
    ):
        assert re.search(rf"^{line}$", page, re.MULTILINE), line
    data = json.loads(run("release", "show", release, "--json").stdout)
    assert data["approved"][0]["evidence"][0]["name"] == "report.txt"
    assert data["signed"][0]["key"] == PublicKey.from_file(Path("alice.pub")).base64
    assert {"limits", "boot", "sealed", "flash"} <= data.keys()


def test_a_comparison_shows_who_signed_and_what_makes_no_unit_another_one(
    release: str, contents: Contents
) -> None:
    Path("y.burn").write_bytes(pack(contents))
    run("release", "sign", release, "--signer", "alice.pem")
    changed = differing("y.burn", release)
    assert [(d["what"][:16], d["before"], d["after"]) for d in changed] == [
        ("signed by SHA256", "", "alice")
    ]
    profile = json.loads(contents.profile)
    profile["flash"]["baud"] = 460800
    profile["rework"] = {"reasons": ["antenna"]}
    text = json.dumps(profile, sort_keys=True, separators=(",", ":"))
    Path("y.burn").write_bytes(pack(replace(contents, profile=text)))
    assert {d["what"]: d["after"] for d in differing(str(PLUG), "y.burn")} == {
        "flash.baud": "460800",
        "rework.reasons": "antenna",
    }
    done = CliRunner().invoke(root, ["release", "diff", str(PLUG), "y.burn"], standalone_mode=False)
    assert "They make the same units." in done.stdout


def test_a_sealed_release_is_compared_with_its_profile_in_plain_words(tmp_path: Path) -> None:
    profile = profile_in(tmp_path / "p")
    Path("sealed.burn").write_bytes(pack(sealed(profile, "line1")))
    diff = ["release", "diff", str(profile), "sealed.burn"]
    done = CliRunner().invoke(root, diff, standalone_mode=False)
    assert done.return_value == 1
    assert re.search(r"^ seal +with product key [0-9a-f]{16}", done.stdout, re.MULTILINE)
    assert "Parts and settings of a unit are the same; the digest is another one." in done.stdout


def test_two_seals_of_one_release_differ_by_their_recipients_only(tmp_path: Path) -> None:
    profile = profile_in(tmp_path / "p")
    once = sealed(profile, "line1")
    Path("a.burn").write_bytes(pack(once))
    Path("b.burn").write_bytes(pack(sealed(profile, "line1")))
    Path("c.burn").write_bytes(pack(sealed(profile, "line1", "line2")))
    assert Path("a.burn").read_bytes() != Path("b.burn").read_bytes()
    assert "They make the same units." in run("release", "diff", "a.burn", "b.burn").stdout
    assert differing("a.burn", "c.burn") == [
        {"what": "sealed for", "before": "1 recipient", "after": "2 recipients"}
    ]
    page = run("release", "show", "c.burn").stdout
    assert re.search(r"^secret +sealed for 2 recipients; product key", page, re.MULTILINE)


def differing(before: str, after: str) -> list[dict[str, str]]:
    arguments = ["release", "diff", before, after, "--json"]
    done = CliRunner().invoke(root, arguments, standalone_mode=False)
    assert done.return_value == 1
    return list(json.loads(done.stdout))


def test_a_release_with_the_signature_of_another_one_does_not_open(
    release: str, contents: Contents
) -> None:
    run("release", "sign", release, "--signer", "alice.pem")
    signed = read_release_file(Path(release))
    other = json.loads(contents.profile)
    other["accept"] = {"E122": "other words"}
    changed = replace(signed, profile=json.dumps(other, sort_keys=True, separators=(",", ":")))
    Path("other.burn").write_bytes(pack(changed))
    with refused("E219"):
        run("release", "show", "other.burn")
    Path("cut.burn").write_bytes(pack(replace(signed, envelopes=(signed.envelopes[0][:-9],))))
    with refused("E216"):
        run("release", "show", "cut.burn")


def test_whoever_approves_before_anybody_signs_is_told() -> None:
    approve = ("release", "approve", "x.burn", *EVIDENCE, "--signer", "bob.pem")
    assert "Nobody has signed this release yet" in run(*approve).stderr


def test_an_end_of_validity_in_the_past_is_said_at_every_step(tmp_path: Path) -> None:
    product = str(write_product(tmp_path, limits="{valid_until: 2025-01-31}"))
    assert "E238: found 2025-01-31" in run("profile", "check", product).output
    assert "E238" in run("release", "build", product, "-o", "old.burn").stderr
    assert "E238" in run("release", "check", "old.burn").stderr
    assert "E238" in run("release", "sign", "old.burn", "--signer", "alice.pem").stderr
    approve = ("release", "approve", "old.burn", *EVIDENCE, "--signer", "bob.pem")
    ran = run(*approve)
    assert ("E238" in ran.stderr, "Nobody has signed" in ran.stderr) == (True, False)
