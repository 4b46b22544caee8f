"""`burner cloud reconcile`: by the management API with the official SDK, and by an export."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.core.attempt import Outcome
from burner.manifest.entries.cloud_kinds import Reconciled
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.cloud_records import confirmed_names
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from tests.chinese import english_in
from tests.cli.desk import at_desk
from tests.cloud.gateway.products import product
from tests.cloud.management.local_api import CREDENTIALS, local_api
from tests.in_process import Completed, run_burner
from tests.manifest.records import (
    START,
    Ticking,
    a_result,
    an_attempt,
    burned,
    flaws,
    open_batch,
    records_of,
    unit_mac,
)
from tests.runs import PROFILE

PRODUCT_ID = "7QKX2MPD0C"
LATER = START + timedelta(days=1)


def name_of(unit: int) -> str:
    return unit_mac(unit).octets.hex().upper()


def burn(ledger: Ledger, unit: int, outcome: Outcome = Outcome.PASS) -> None:
    burned(*(ledger, unit, outcome), batch="WO1", product_id=PRODUCT_ID, name=name_of(unit))


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Of simulated units: a gateway on this computer may answer for the platform."""
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("BURNER_CLOUD_CREDENTIALS", CREDENTIALS)
    with Ledger.open("manifest.db", "line1", Ticking(), simulated=True) as opened:
        open_batch(opened, product_id=PRODUCT_ID)
        yield opened


def online(unit: int = 0, name: str = "") -> Mapping[str, ListedName]:
    return {name or name_of(unit): ListedName(DeviceState.ACTIVATED, since=LATER)}


def reconcile(*arguments: str) -> Completed:
    return run_burner(Path.cwd(), "cloud", "reconcile", PROFILE, "--station", "desk", *arguments)


def recorded(ledger: Ledger) -> Reconciled:
    """The last one."""
    assert flaws(ledger.reader) == []
    return [*records_of(ledger.reader, Reconciled).values()][-1]


def plant(
    ledger: Ledger, count: int, each: int
) -> tuple[dict[str, ListedName], set[tuple[str, str]]]:
    """Burn so many units, and differ on the platform so many times of each kind: its devices, and
    the kind and name of each difference.
    """
    units = iter(range(0, 4 * count, 4))
    devices: dict[str, ListedName] = {}
    expected = set()
    for kind in (
        "missing",
        "not-registered",
        "not-activated",
        "before-burned",
        "not-good",
        "other-name",
    ):
        for _ in range(each):
            unit = next(units)
            name = name_of(unit)
            expected.add((kind, name))
            burn(ledger, unit)
            match kind:
                case "not-registered":
                    devices[name] = ListedName()
                case "not-activated":
                    devices[name] = ListedName(DeviceState.REGISTERED)
                case "before-burned":
                    before = START - timedelta(days=1)
                    devices[name] = ListedName(DeviceState.ACTIVATED, since=before)
                case "not-good":
                    devices |= online(unit)
                    correct(
                        *(ledger, CorrectionKind.SCRAP, str(unit_mac(unit))),
                        product_id=PRODUCT_ID,
                        operator="qa",
                        reason="dropped",
                    )
                case "other-name":
                    devices |= online(unit + 2) if unit % 8 else online(name=name.lower())
    for number in range(each):
        devices |= online(name=f"INVENTED{number}")
        expected.add(("never-burned", f"INVENTED{number}"))
    for unit in units:
        burn(ledger, unit)
        devices |= online(unit)
    return devices, expected


def check_all_found(ledger: Ledger, count: int, each: int) -> None:
    devices, expected = plant(ledger, count, each)
    spare = {f"SPARE{number}": ListedName() for number in range(3)}
    served = product(product_id=PRODUCT_ID, names={**devices, **spare})
    with local_api(served) as api:
        url = ("--api-endpoint", api.url)
        result = reconcile(*url, "--json", "--output", "all.csv", "--operator", "wang")
        answer = json.loads(result.stdout)
    found = [(one["kind"], one["device_name"]) for one in answer["differences"]]
    assert (set(found), len(found)) == (expected, 7 * each)
    found += [("unused", name) for name in spare]
    assert [(one["kind"], one["device_name"]) for one in answer["spare"]] == found[-3:]
    assert result.returncode == 1
    assert answer["compared"] == {
        "burned": count - each,
        "on_platform": len(devices) + 3,
        "agreeing": count - 6 * each,
        "waiting": 0,
        "unused": 3,
        "unknown": 0,
        "failed_since": 0,
    }
    with Path("all.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["device_name"]) for row in rows] == found
    entry = recorded(ledger)
    assert entry.differences == dict.fromkeys(dict(expected), each)
    assert (entry.source, entry.operator) == ("api", "wang")
    assert entry.table == answer["table_sha256"] == sha256(Path("all.csv").read_bytes()).hexdigest()
    lines = [_exported(name, device) for name, device in {**devices, **spare}.items()]
    again = lines[-3 - each : -3]
    answer = json.loads(reconcile(*export(*lines, *again), "--json").stdout)
    found = [(one["kind"], one["device_name"]) for one in answer["differences"]]
    twice = {("twice", line.partition(",")[0]) for line in again}
    assert (set(found), len(found)) == (expected | twice, 8 * each)


def _exported(name: str, device: ListedName) -> str:
    """A line of a console's export."""
    activated = device.state is DeviceState.ACTIVATED and device.since
    online = "offline" if activated else "inactive"
    moment = int(activated.timestamp()) if activated else ""
    return f"{name},{online},{moment},{int(device.state is not DeviceState.CREATED)}"


def test_differences_of_all_kinds_are_found_by_the_official_sdk_and_none_is_invented(
    ledger: Ledger,
) -> None:
    check_all_found(ledger, count=16, each=2)


@pytest.mark.full
def test_40_differences_among_5000_units_are_found_by_the_official_sdk_and_an_export(
    ledger: Ledger,
) -> None:
    check_all_found(ledger, count=5000, each=5)


def export(*lines: str) -> tuple[str, str]:
    wide = ",CertState" if lines and lines[0].count(",") == 3 else ""
    text = "\n".join((f"DeviceName,Status,FirstOnlineTime{wide}", *lines, ""))
    Path("devices.csv").write_text(text, encoding="utf-8")
    return "--export", "devices.csv"


def test_without_differences_it_ends_with_0_and_is_on_record(ledger: Ledger) -> None:
    burn(ledger, 4)
    result = reconcile(*export(f"{name_of(4)},offline,2025-02-01T08:00:00Z"))
    assert result.returncode == 0, result.stderr
    assert "No differences." in result.stdout
    entry = recorded(ledger)
    assert (entry.source, entry.differences, entry.first) == ("export", {}, ())
    assert entry.export == sha256(Path("devices.csv").read_bytes()).hexdigest()


def test_a_list_that_tells_nothing_of_the_units_is_never_without_differences(
    ledger: Ledger,
) -> None:
    for unit in (4, 8):
        burn(ledger, unit)
    lines = "".join(f"{name_of(unit)},a,2025-02-01 08:00\n" for unit in (4, 8))
    Path("devices.csv").write_text(f"设备名称,备注,添加时间\n{lines}", encoding="utf-8")
    result = reconcile("--export", "devices.csv", "--batch", "WO1")
    shown = "the list does not tell whether it registered: 2"
    assert (result.returncode, shown in result.stdout) == (1, True)
    entry = recorded(ledger)
    assert (entry.differences, entry.compared["agreeing"]) == ({"not-judged": 2}, 0)
    run_burner(Path.cwd(), "report", "--batch", "WO1", "--output", "report.html")
    status = run_burner(Path.cwd(), "batch", "status", "WO1").stdout
    for page in (" ".join(status.split()), Path("report.html").read_text(encoding="utf-8")):
        assert "the list does not tell whether it registered" in page
        assert "No differences" not in page
        assert "0 differences" not in page


def test_names_that_no_unit_has_are_in_the_table_and_no_difference(ledger: Ledger) -> None:
    burn(ledger, 4)
    lines = (f"{name_of(4)},online,2025-02-01T08:00:00Z,1", "SPARE1,inactive,,0")
    result = reconcile(*export(*lines), "--output", "all.csv")
    assert result.returncode == 0
    assert "nobody registered and no unit has: 1" in result.stdout
    assert "1 names without a unit" in " ".join(result.stdout.split())
    assert "\nunused,SPARE1," in Path("all.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        ("created-before", "console or the management API created these, such as"),
        ("automatic", "The product secret leaked, or another factory"),
        ("", "which of the two it is"),
    ],
)
def test_what_to_do_about_strangers_depends_on_who_creates_names(
    ledger: Ledger, names: str, remedy: str
) -> None:
    text = PROFILE.read_text(encoding="utf-8")
    section = f"\nregistration:\n  names: {names}\n" if names else ""
    Path("asked.yaml").write_text(text + section, encoding="utf-8")
    state = "inactive" if names == "automatic" else "online"  # nobody else creates names then
    arguments = ("cloud", "reconcile", "asked.yaml", *export(f"INVENTED,{state},"))
    assert remedy in " ".join(run_burner(Path.cwd(), *arguments).stdout.split())


def test_differences_are_shown_by_kind_with_what_they_mean(ledger: Ledger) -> None:
    for unit in (4, 8, 12):
        burn(ledger, unit)
    lines = (
        f"{name_of(4)},offline,2025-02-01T08:00:00Z",
        f"{name_of(4)},offline,2025-02-01T08:00:00Z",
        f"{name_of(9)},online,2025-02-01T08:00:00Z",
        "INVENTED,online,2025-02-01T08:00:00Z",
    )
    result = reconcile(*export(*lines))
    assert result.returncode == 1
    assert "never burned here: 1" in result.stdout
    assert "another factory makes units of this product" in " ".join(result.stdout.split())
    assert "More than once in the list: 1" in result.stdout
    assert "the address of another interface" in result.stdout
    assert "Burned, and not on the platform: 1" in result.stdout
    assert "Good units on record: 3; devices there: 3." in result.stdout
    assert recorded(ledger).first[0].name == "INVENTED"


def test_only_the_first_twenty_of_a_kind_are_shown(ledger: Ledger) -> None:
    burn(ledger, 4)
    lines = [f"X{number:02},online,2025-02-01T08:00:00Z" for number in range(30)]
    shown = reconcile(*export(*lines)).stdout
    assert "never burned here: 30" in shown
    assert "X19" in shown
    assert "X20" not in shown
    assert "--output FILE.csv writes all" in shown


def test_in_chinese_everything_is_chinese(ledger: Ledger) -> None:
    burn(ledger, 4)
    burn(ledger, 8)
    result = reconcile(*export(f"{name_of(9)},online,"), "--lang", "zh")
    words = ("Tencent Cloud IoT Hub", "WO1", "[a-z]+=[A-Za-z]*", *map(name_of, (4, 8, 9)))
    assert english_in(re.sub("|".join(words), "", result.stdout)) == []


def test_units_of_the_last_days_may_still_come(ledger: Ledger) -> None:
    burn(ledger, 4)
    days = "100000"
    assert reconcile(*export(), "--grace", days).returncode == 2
    shown = reconcile(*export(), "--grace", "3650", "--batch", "WO1").stdout
    assert "--grace" in shown
    assert "No differences yet." in shown
    status = run_burner(Path.cwd(), "batch", "status", "WO1").stdout
    assert "1 unit may still come" in " ".join(status.split())
    assert recorded(ledger).compared["waiting"] == 1


def test_of_a_batch_only_its_units_are_compared_and_recorded(ledger: Ledger) -> None:
    open_batch(ledger, "WO2", product_id=PRODUCT_ID)
    burn(ledger, 4)
    result = reconcile(*export("INVENTED,online,"), "--batch", "WO2")
    assert result.returncode == 0
    assert recorded(ledger).batch == "WO2"
    assert "E733" in reconcile(*export(), "--batch", "WO3").stderr


@pytest.mark.parametrize(
    ("text", "code"), [("DeviceName\nplug 1\n", "E868"), ("Nom\nplug-1\n", "E867"), ("", "E869")]
)
def test_a_bad_export_is_refused_and_nothing_is_recorded(
    ledger: Ledger, text: str, code: str
) -> None:
    Path("devices.csv").write_text(text, encoding="utf-8")
    size = ledger.reader.size()
    result = reconcile("--export", "devices.csv")
    assert (result.returncode, code in result.stderr) == (3, True)
    assert ledger.reader.size() == size


def test_columns_are_named_by_an_option(ledger: Ledger) -> None:
    burn(ledger, 4)
    Path("devices.csv").write_text(f"Nom;Vu\n{name_of(4)};2025-02-01 08:00\n", encoding="utf-8")
    result = reconcile(
        *("--export", "devices.csv", "--column", "name=Nom", "--column", "activated=Vu"),
        *("--zone", "Asia/Shanghai"),
    )
    assert result.returncode == 0, result.stderr
    assert "begins with none of" in reconcile("--column", "nom=Nom").stderr
    assert "belongs to --export" in reconcile("--column", "name=Nom").stderr


def test_what_was_read_of_an_export_and_what_was_not_checked_is_said(ledger: Ledger) -> None:
    burn(ledger, 4)
    text = f"DeviceName,Status,First Activated\n{name_of(4)},online,2001-01-01 08:00\n"
    Path("devices.csv").write_text(text, encoding="utf-8")
    result = reconcile("--export", "devices.csv")
    shown = " ".join(result.stdout.split())
    assert "Read of the export: name=DeviceName, status=Status." in shown
    assert "Not read: First Activated." in shown
    assert "Not checked, as no such column was read: rows of another product (product=);" in shown
    assert "; online before burned (activated=)" in shown
    assert "zone" not in result.stdout + result.stderr
    named = ("--column", "activated=First Activated")
    assert (
        "Online before the unit was burned: 1"
        in reconcile("--export", "devices.csv", *named).stdout
    )
    answer = json.loads(reconcile("--export", "devices.csv", *named, "--json").stdout)
    columns = {"name": "DeviceName", "status": "Status", "activated": "First Activated"}
    assert answer["export"]["columns"] == columns
    assert answer["export"]["unread"] == []
    assert answer["export"]["unchecked"] == ["other-product", "never-online"]


def test_the_zone_of_the_times_in_an_export_is_said(ledger: Ledger) -> None:
    burn(ledger, 4)
    without = export(f"{name_of(4)},online,2025-02-01 08:00")
    guessed = reconcile(*without)
    assert "They were taken for those of this computer's zone, UTC" in guessed.stderr
    named = reconcile(*without, "--zone", "+08:00")
    assert "are of UTC+08:00 (--zone)" in named.stdout
    assert named.stderr == ""
    answer = json.loads(reconcile(*without, "--zone", "Asia/Shanghai", "--json").stdout)
    assert answer["export"]["zone"] == "Asia/Shanghai (UTC+08:00)"
    assert answer["export"]["zone_from"] == "option"
    zoned = reconcile(*export(f"{name_of(4)},online,2025-02-01T08:00Z"), "--json")
    assert json.loads(zoned.stdout)["export"]["zone"] is None


def test_a_time_is_read_in_the_zone_of_an_offset(ledger: Ledger) -> None:
    burn(ledger, 4)  # START is the first moment that counts
    before = START - timedelta(minutes=10)
    for zone, hours in (("+08:00", 8), ("-0330", -3.5)):
        local = before + timedelta(hours=hours)
        shown = reconcile(*export(f"{name_of(4)},online,{local:%Y-%m-%d %H:%M}"), "--zone", zone)
        assert f"online since {before:%Y-%m-%d %H:%M}" in " ".join(shown.stdout.split()), zone
    assert "no time zone" in reconcile(*export(), "--zone", "+08:07").stderr


def test_report_and_batch_status_show_the_last_reconciliation(ledger: Ledger) -> None:
    for unit in (4, 8):
        burn(ledger, unit)
    reconcile(*export("INVENTED,online,"), "--operator", "wang")
    reconcile(*export(f"{name_of(4)},online,", "INVENTED,online,"), "--operator", "wang")
    for command in (("batch", "status", "WO1"), ("report",)):
        text = " ".join(run_burner(Path.cwd(), *command).stdout.split())
        shown = "console of tencent-hub of the whole product wang 2 differences:"
        assert shown in text, command
        assert "Registered, and never burned here: 1; Burned, and not on the platform: 1" in text
    run_burner(Path.cwd(), "report", "--output", "report.html")
    page = Path("report.html").read_text(encoding="utf-8")
    assert "Units on the cloud platform" in page
    assert "2 good units on record, 2 devices there" in page
    assert f">{name_of(8)}<" in page
    figures = json.loads(run_burner(Path.cwd(), "report", "--json").stdout)
    assert figures["scope"]["reconciled"]["first"][0] == {
        "kind": "never-burned",
        "name": "INVENTED",
        "unit_id": "",
    }
    stands = json.loads(run_burner(Path.cwd(), "batch", "status", "WO1", "--json").stdout)
    assert stands["reconciled"] is None
    assert stands["reconciled_product"]["differences"] == {"never-burned": 1, "missing": 1}


def test_batch_status_keeps_the_last_reconciliation_of_the_batch_itself(ledger: Ledger) -> None:
    burn(ledger, 4)
    reconcile(*export(f"{name_of(4)},online,"), "--batch", "WO1")
    reconcile(*export("INVENTED,online,"))
    lines = run_burner(Path.cwd(), "batch", "status", "WO1").stdout.splitlines()
    of_batch = next(number for number, line in enumerate(lines) if "0 differences" in line)
    assert "of the whole product" not in lines[of_batch]
    assert "of the whole product" in " ".join(lines[of_batch + 1 :])
    stands = json.loads(run_burner(Path.cwd(), "batch", "status", "WO1", "--json").stdout)
    assert stands["reconciled"]["differences"] == {}
    assert stands["reconciled_product"]["differences"] == {"never-burned": 1, "missing": 1}


def test_the_report_of_a_batch_names_no_units_of_others(ledger: Ledger) -> None:
    burn(ledger, 4)
    reconcile(*export("INVENTED,online,"))
    of_batch = ("report", "--batch", "WO1", "--json")
    assert "INVENTED" not in run_burner(Path.cwd(), *of_batch).stdout
    reconcile(*export("INVENTED,online,"), "--batch", "WO1")
    scope = json.loads(run_burner(Path.cwd(), *of_batch).stdout)["scope"]
    assert scope["reconciled"]["differences"] == {"missing": 1}
    assert [one["name"] for one in scope["reconciled"]["first"]] == [name_of(4)]


def test_a_batch_of_an_imported_log_is_compared_too(tmp_path: Path, ledger: Ledger) -> None:
    with Ledger.open("far.db", "line7", Ticking(), simulated=True) as far:
        open_batch(far, "FAR1", product_id=PRODUCT_ID)
        burned(far, 40, batch="FAR1", product_id=PRODUCT_ID, name=name_of(40))
        file = tmp_path / "far.log"
        file.write_text("".join(export_log(far.reader)), encoding="utf-8")
        key = VerifierKey.parse(far.writer.origin_key)
    import_log(ledger, file, far.origin, key, operator="li")
    burn(ledger, 4)
    result = reconcile(*export(f"{name_of(9)},online,"), "--batch", "FAR1", "--json")
    answer = json.loads(result.stdout)
    assert [one["device_name"] for one in answer["differences"]] == [name_of(40)]
    status = run_burner(Path.cwd(), "batch", "status", "FAR1", "--json").stdout
    assert json.loads(status)["reconciled"]["differences"] == {"missing": 1}
    assert flaws(ledger.reader) == []
    file.write_text("".join(export_log(ledger.reader)), encoding="utf-8")
    own_key = VerifierKey.parse(ledger.writer.origin_key)
    assert check_file(file, ledger.origin, own_key).code == ""


def test_a_reconciliation_of_another_batch_is_not_shown(ledger: Ledger) -> None:
    open_batch(ledger, "WO2", product_id=PRODUCT_ID)
    reconcile(*export("INVENTED,online,"), "--batch", "WO2")
    assert "export of the console" not in run_burner(Path.cwd(), "batch", "status", "WO1").stdout
    assert "export of the console" in run_burner(Path.cwd(), "batch", "status", "WO2").stdout


def test_what_a_gateway_on_this_computer_says_of_real_units_is_not_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("BURNER_CLOUD_CREDENTIALS", CREDENTIALS)
    with Ledger.open("manifest.db", "line1", Ticking()) as real:
        open_batch(real, product_id=PRODUCT_ID)
        burn(real, 4)
        size = real.reader.size()
        with local_api(product(product_id=PRODUCT_ID, names=online(4))) as api:
            done = reconcile("--api-endpoint", api.url)
        assert (done.returncode, real.reader.size()) == (0, size)
    assert "not put on the record of real units" in " ".join(done.stderr.split())


def test_a_good_unit_that_was_refused_later_is_compared_and_said(ledger: Ledger) -> None:
    burn(ledger, 1)
    attempt = an_attempt(1, batch="WO1", product_id=PRODUCT_ID, name=name_of(1))
    ledger.finish(attempt, a_result(Outcome.FAIL, code="E453"))
    with local_api(product(product_id=PRODUCT_ID, names=online(1))) as api:
        result = reconcile("--api-endpoint", api.url, "--batch", "WO1", "--operator", "wang")
    assert result.returncode == 0
    assert "Good units on record: 1" in result.stdout
    assert "the last attempt failed, so look at these: 1." in result.stdout
    with local_api(product(product_id=PRODUCT_ID)) as api:
        result = reconcile("--api-endpoint", api.url, "--batch", "WO1", "--operator", "wang")
    assert result.returncode == 1
    assert "passed; its last attempt failed" in re.sub(r"\s+", " ", result.stdout)


def test_names_that_no_platform_allows_hide_no_other_difference(ledger: Ledger) -> None:
    burn(ledger, 1)
    names = ("\ud800evil", "n" * 100_000, "a\x1b[31mb\nc")
    listed = {name: online(name=name)[name] for name in names}
    with local_api(product(product_id=PRODUCT_ID, names=listed)) as api:
        result = reconcile(
            *("--api-endpoint", api.url, "--output", "all.csv", "--operator", "wang")
        )
    assert result.returncode == 1
    entry = recorded(ledger)
    assert entry.differences == {"never-burned": 3, "missing": 1}
    assert {"\\ud800evil", "a\\u001b[31mb\\u000ac"} < {one.name for one in entry.first}
    assert len(Path("all.csv").read_text(encoding="ascii").splitlines()) == 5
    assert "\x1b[31m" not in result.stdout


@pytest.mark.parametrize(("end", "warned"), [("\n", False), ("", True)])
def test_an_export_whose_last_line_has_no_end_may_be_cut(
    ledger: Ledger, end: str, warned: bool
) -> None:
    burn(ledger, 4)
    text = f"DeviceName,Status\n{name_of(4)},online{end}"
    Path("devices.csv").write_text(text, encoding="utf-8")
    result = reconcile("--export", "devices.csv")
    assert result.returncode == 0, result.stderr
    assert ("it may be cut" in " ".join(result.stderr.split())) == warned
    answer = json.loads(reconcile("--export", "devices.csv", "--json").stdout)
    assert answer["export"]["may_be_cut"] == warned


def test_the_name_of_a_good_unit_that_was_refused_later_is_confirmed_and_not_refused(
    ledger: Ledger,
) -> None:
    burn(ledger, 1)
    attempt = an_attempt(1, batch="WO1", product_id=PRODUCT_ID, name=name_of(1))
    ledger.finish(attempt, a_result(Outcome.FAIL, code="E453"))
    with local_api(product(product_id=PRODUCT_ID, names=online(1))) as api:
        ran = run_burner(
            *(Path.cwd(), "cloud", "precreate", PROFILE, "--batch", "WO1", "--confirm-only"),
            *("--api-endpoint", api.url, "--operator", "wang", "--station", "desk"),
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert confirmed_names(ledger.reader, PRODUCT_ID, "tencent-hub") == {name_of(1)}
