"""The management API of Alibaba Cloud IoT Platform (阿里云物联网平台), version 2018-01-20.

Whether dynamic registration of a product is on, no action tells and no action changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count, repeat
from typing import Final

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.alibaba_client import AlibabaClient
from burner.cloud.management.alibaba_errors import DEVICE_UNKNOWN, AlibabaRefusedError, refused
from burner.cloud.management.alibaba_record import AlibabaRecord
from burner.cloud.management.api import (
    CreationResult,
    CreationTask,
    DeviceOnPlatform,
    ProductOnPlatform,
)
from burner.cloud.management.cleaned_names import with_cleaned_names
from burner.cloud.management.errors import check_answer_is_about
from burner.cloud.management.pages import MOST_STALE, endless_list
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.alibaba import ALIBABA
from burner.platforms.product_settings import CredentialKind, RegisterType

NAMES_PER_CALL: Final = 500
"""The platform takes 10,000, with certificates 1,000."""
DEVICES_PER_PAGE: Final = 50
DETAILS_PER_CALL: Final = 100
_DETAILS_PER_SECOND: Final = 4
"""The platform takes 5; of the others 10 and more."""
_SLOW_ROW: Final = 100_000
_SLOW_PAGES_PER_SECOND: Final = 2
"""From that row of a list on."""
LAST_ROW: Final = 1_000_000
"""Further the platform lists no devices."""
CHECK_PATIENCE_S: Final = 120.0
"""So long the platform may check names before anything is created."""
_WAIT_S: Final = (0.2, 0.5, 1.0, 2.0)
"""Between two questions whether the check is done; the last one again and again."""
_KINDS: Final = {"secret": CredentialKind.KEY, "x509": CredentialKind.CERTIFICATE}
_UNACTIVE: Final = "UNACTIVE"
_ACTIVE: Final = {"ONLINE": True, "OFFLINE": True, _UNACTIVE: False}
"""Whether a device in this state was ever online; a disabled one may have been."""
_UNFIT_LISTS: Final = (
    ("InvalidDeviceNameList", "InvalidDeviceName"),
    ("RepeatedDeviceNameList", "RepeatDevieNameList"),  # as the platform spells it
    ("InvalidList", "Name"),
)
"""Where an answer has the names that it does not take. No public source says which of them has
those that exist.
"""


class AlibabaIot:
    """IoT Platform of one account, region and instance."""

    names_per_call = NAMES_PER_CALL

    def __init__(self, account: ApiAccount) -> None:
        self._account = account
        self._client = AlibabaClient(account)
        self._detail_calls, self._slow_calls = (
            replace(account.calls, limits=replace(account.calls.limits, per_second=rate))
            for rate in (_DETAILS_PER_SECOND, _SLOW_PAGES_PER_SECOND)
        )

    def product(self, product_id: str) -> ProductOnPlatform:
        """A product; none can be disabled. E802: there is none."""
        data = self._client.read("QueryProduct", {"ProductKey": product_id}).record("Data")
        check_answer_is_about(product_id, data.text("ProductKey"), "product")
        secret = data.secret("ProductSecret")
        if secret:
            self._account.search.add(secret)
        return ProductOnPlatform(
            product_id=data.text("ProductKey"),
            name=data.text("ProductName"),
            region=ALIBABA.region_or_first(self._account.region),
            credential_kind=_KINDS.get(data.text("AuthType")),
            register_type=None,
            register_limit=None,
            device_limit=None,
            devices=data.number("DeviceCount"),
            secret=secret,
            enabled=True,
        )

    def device_count(self, product_id: str) -> int:
        """How many devices a product has. E802: no product."""
        body = self._client.read("QueryDeviceStatistics", {"ProductKey": product_id})
        return body.record("Data").number("deviceCount")

    def devices(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        """All devices of a product, two of the platform's pages at a time."""
        return with_cleaned_names(self._detailed_pages(product_id), self._account.search)

    def _detailed_pages(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        waiting: list[AlibabaRecord] = []
        for page in self._pages(product_id):
            waiting += page
            if len(waiting) >= DETAILS_PER_CALL:
                yield self._with_activation(product_id, waiting)
                waiting = []
        if waiting:
            yield self._with_activation(product_id, waiting)

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        """A device; None: there is none of this name."""
        fields = {"ProductKey": product_id, "DeviceName": name}
        try:
            found = self._client.read("QueryDeviceDetail", fields).record("Data")
        except AlibabaRefusedError as error:
            if error.platform_code == DEVICE_UNKNOWN:
                return None
            raise
        check_answer_is_about(name, found.text("DeviceName"), "device")
        return _device(found)

    def create(self, product_id: str, names: Sequence[str]) -> CreationTask:
        """Let the platform check the names, then create those that it takes.

        Nothing is created before the last of these calls; that one is never sent twice.
        """
        wanted = tuple(dict.fromkeys(names))
        fit: Sequence[str] = wanted
        unfit: dict[str, str] = {}
        while fit:
            application, why = self._check(product_id, fit)
            if not why:
                fields = {"ProductKey": product_id, "ApplyId": int(application)}
                self._client.change("BatchRegisterDeviceWithApplyId", fields)
                return CreationTask(application, wanted, None)
            unfit |= why
            fit = [name for name in fit if name not in why]
        return CreationTask("", wanted, self._result(product_id, (), wanted, unfit))

    def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:
        """The result of a task; None: the platform is still at work."""
        if task.result is not None:
            return task.result
        answer = self._status(product_id, task.id)
        created: Iterable[str]
        match answer.text("Status"):
            case "CREATE_SUCCESS":
                created = self._application(task.id)
            case "CREATE_FAILED":
                created = answer.record("ValidList").texts("Name")
            case _:
                return None
        return self._result(product_id, created, task.names, self._unfit(answer, task.names))

    def set_registration(
        self,
        product_id: str,  # noqa: ARG002 - of the Protocol
        register_type: RegisterType,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> None:
        """No action switches dynamic registration. E845, always."""
        raise BurnerError(Code.CLOUD_SETTING_IN_CONSOLE, ALIBABA.title)

    # -- devices -----------------------------------------------------------------------------------

    def _pages(self, product_id: str) -> Iterator[Sequence[AlibabaRecord]]:
        """Each device once: devices that are created meanwhile move others to the next page."""
        token, seen, stale = "", set[str](), 0
        for page in count(1):
            size = {"PageSize": DEVICES_PER_PAGE, "CurrentPage": page}
            fields = {"ProductKey": product_id, **size, "NextToken": token}
            row = page * DEVICES_PER_PAGE
            if row >= LAST_ROW:
                raise refused("QueryDevice", f"lists up to {LAST_ROW} devices")
            calls = self._slow_calls if row >= _SLOW_ROW else None
            body = self._client.read("QueryDevice", fields, calls)
            entries = body.record("Data").records("DeviceInfo")
            new = [entry for entry in entries if entry.text("DeviceName") not in seen]
            seen.update(entry.text("DeviceName") for entry in new)
            yield new
            token = body.text("NextToken")
            last = page >= body.number("PageCount")
            if last and not token:
                return
            if not entries:
                detail = f"the list of devices ends at page {page}"
                raise BurnerError(Code.API_ANSWER_UNREADABLE, detail)
            stale = 0 if new else stale + 1
            if stale > MOST_STALE:
                raise endless_list()

    def _with_activation(
        self, product_id: str, entries: Sequence[AlibabaRecord]
    ) -> Sequence[DeviceOnPlatform]:
        """A page does not say when a device was online first: ask again for those that were."""
        names = [e.text("DeviceName") for e in entries if e.text("DeviceStatus") != _UNACTIVE]
        known = {device.name: device for device in self._details(product_id, names)}
        return [known.get(entry.text("DeviceName")) or _device(entry) for entry in entries]

    def _details(self, product_id: str, names: Sequence[str]) -> Iterator[DeviceOnPlatform]:
        """Those that exist, of these names."""
        for start in range(0, len(names), DETAILS_PER_CALL):
            yield from self._some_details(product_id, names[start : start + DETAILS_PER_CALL])

    def _some_details(self, product_id: str, names: Sequence[str]) -> Iterator[DeviceOnPlatform]:
        """The same of a call; one name that does not exist may refuse it for all of them."""
        fields = {"ProductKey": product_id, "DeviceName": list(names)}
        try:
            body = self._client.read("BatchQueryDeviceDetail", fields, self._detail_calls)
        except AlibabaRefusedError as error:
            if error.platform_code != DEVICE_UNKNOWN:
                raise
            half = len(names) // 2
            for some in (names[:half], names[half:]) if half else ():
                yield from self._some_details(product_id, some)
            return
        yield from map(_device, body.record("Data").records("Data"))

    # -- creation ----------------------------------------------------------------------------------

    def _check(self, product_id: str, names: Sequence[str]) -> tuple[str, Mapping[str, str]]:
        """The platform's application for these names; or those that it does not take, and why."""
        fields = {"ProductKey": product_id, "DeviceName": list(names)}
        try:
            body = self._client.read("BatchCheckDeviceNames", fields)
        except AlibabaRefusedError as error:
            unfit = self._unfit(error.data, names)
            if not unfit:
                raise
            return "", unfit
        application = str(body.record("Data").number("ApplyId"))
        return application, self._unfit_in(product_id, application, names)

    def _unfit_in(
        self, product_id: str, application: str, names: Sequence[str]
    ) -> Mapping[str, str]:
        """The names that do not pass the check of an application."""
        waited = 0.0
        for pause in chain(_WAIT_S, repeat(_WAIT_S[-1])):
            answer = self._status(product_id, application)
            match answer.text("Status"):
                case "CHECK_SUCCESS":
                    return {}
                case "CHECK_FAILED":
                    unfit = self._unfit(answer, names)
                    if not unfit:
                        raise refused("BatchCheckDeviceNames", "CHECK_FAILED", "no name is with it")
                    return unfit
            if waited >= CHECK_PATIENCE_S:
                break
            self._account.calls.clock.sleep(pause)
            waited += pause
        detail = f"after {waited:.0f} s the platform still checks the names"
        raise BurnerError(Code.API_DEADLINE_PASSED, detail)

    def _unfit(self, answer: AlibabaRecord, names: Sequence[str]) -> Mapping[str, str]:
        """Which of the names an answer does not take, each with why."""
        unfit: dict[str, str] = {}
        for list_name, entry in _UNFIT_LISTS:
            unfit |= dict.fromkeys(answer.record(list_name).texts(entry), "")
        for key in ("InvalidDetailList", "invalidDetailList"):
            for detail in answer.record("InvalidDetailList").records(key):
                unfit[detail.text("DeviceName")] = self._account.search.clean(
                    detail.text("ErrorMsg")
                )
        return {name: unfit[name] for name in names if name in unfit}

    def _status(self, product_id: str, application: str) -> AlibabaRecord:
        fields = {"ProductKey": product_id, "ApplyId": int(application)}
        return self._client.read("QueryBatchRegisterDeviceStatus", fields).record("Data")

    def _application(self, application: str) -> Iterator[str]:
        """The names of an application, each once."""
        seen = set[str]()
        for page in count(1):
            size = {"PageSize": DEVICES_PER_PAGE, "CurrentPage": page}
            body = self._client.read("QueryPageByApplyId", {"ApplyId": int(application), **size})
            entries = body.record("ApplyDeviceList").records("ApplyDeviceInfo")
            new = {entry.text("DeviceName") for entry in entries} - seen
            yield from new
            seen |= new
            if not entries or page >= body.number("PageCount"):
                return
            if not new or len(seen) > NAMES_PER_CALL:
                raise endless_list()

    def _result(
        self,
        product_id: str,
        created: Iterable[str],
        wanted: Sequence[str],
        unfit: Mapping[str, str],
    ) -> CreationResult:
        """What became of the wanted names. What was not created and exists, existed before."""
        known = set(created)
        left = [name for name in wanted if name not in known]
        existing = {device.name for device in self._details(product_id, left)}
        return CreationResult(
            created=tuple(name for name in wanted if name in known),
            existing=tuple(name for name in left if name in existing),
            refused={
                name: refused("BatchCheckDeviceNames", unfit.get(name) or "not created")
                for name in left
                if name not in existing
            },
        )


def _device(entry: AlibabaRecord) -> DeviceOnPlatform:
    if not entry.text("DeviceName"):
        raise BurnerError(Code.API_ANSWER_UNREADABLE, "a device without a name")
    status = entry.text("Status") or entry.text("DeviceStatus")
    activated = entry.moment("UtcActive")
    active = True if activated else _ACTIVE.get(status)
    return DeviceOnPlatform(
        name=entry.text("DeviceName"),
        created=entry.moment("UtcCreate"),
        registered=active or None,
        active=active,
        activated=activated,
        enabled=status != "DISABLE",
    )
