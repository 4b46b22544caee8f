"""A run of `burner cloud enable`: before and after are shown, a person agrees, it is set."""

from dataclasses import dataclass
from pathlib import Path

import click

from burner.cli.cloud.known_secret import known_secret
from burner.cli.cloud.name_list import product_profile
from burner.cli.parameters.cloud_options import ManagementOptions, management_api
from burner.cli.questions.work_order import is_person
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.management.api import ProductOnPlatform
from burner.core.code import Code
from burner.core.errors import BurnerError, refuse
from burner.core.words.phrases import phrase
from burner.platforms.product_settings import RegisterType
from burner.profile.profile import Profile
from burner.release.lint.registration_of_platform import check_registration_of_platform


@dataclass(frozen=True)
class RegistrationWish:
    """What the command line asks for; None: what the profile needs, what is set."""

    register_type: str | None
    limit: int | None


@dataclass(frozen=True)
class RegistrationSwitch:
    """How the dynamic registration of a product is set. None: the platform does not tell."""

    register_type: RegisterType | None
    limit: int | None

    def fulfils(self, wanted: "RegistrationSwitch") -> bool:
        """Whether it is as wanted: the limit counts only where devices are created."""
        automatic = wanted.register_type is RegisterType.AUTOMATIC
        same_type = self.register_type is wanted.register_type
        return same_type and (self.limit == wanted.limit or not automatic)


def switch_registration(
    source: Path, wish: RegistrationWish, management: ManagementOptions, *, yes: bool
) -> int:
    """Set it; 0 where it is as it is to be in the end.

    Raises:
        BurnerError: E845 the platform takes no setting; E802, E830 to E844, E859.
    """
    profile = product_profile(source)
    refuse(list(check_registration_of_platform(profile)))
    if not profile.platform.registration_switch:
        raise BurnerError(Code.CLOUD_SETTING_IN_CONSOLE, profile.platform.title)
    register_type = _wanted_type(profile, wish)
    expected = profile.registration
    api = management_api(
        *(profile.product.cloud, expected.region, management, expected.instance),
        product_secret=known_secret(source, profile),
    )
    product = api.product(profile.product.id)
    limit = _limit(product, register_type, wish)
    before, after = switch_of(product), RegistrationSwitch(register_type, limit)
    title, platform = profile.title, profile.platform.title
    _say("gateway product", title, product.product_id, platform)
    _say("registration now", described(before), product.devices)
    if before.fulfils(after):
        _say("registration stays")
        return 0
    _say("registration then", described(after))
    _warn(product, register_type, limit)
    if not yes and not _agreed():
        _say("registration unchanged")
        return 1
    api.set_registration(product.product_id, register_type, limit)
    return _check_set(api.product(product.product_id), after)


def _check_set(product: ProductOnPlatform, after: RegistrationSwitch) -> int:
    _say("registration now", described(switch_of(product)), product.devices)
    if switch_of(product).fulfils(after):
        return 0
    _say("registration not taken")
    return 1


def switch_of(product: ProductOnPlatform) -> RegistrationSwitch:
    """How a product is set now."""
    return RegistrationSwitch(product.register_type, product.register_limit)


def _wanted_type(profile: Profile, wish: RegistrationWish) -> RegisterType:
    creation = profile.registration.name_creation
    if wish.register_type is None and creation is None:
        raise click.UsageError("--register-type: the profile has no `registration.names`")
    if wish.register_type is not None:
        wanted = RegisterType(int(wish.register_type))
    else:
        assert creation is not None  # noqa: S101 - it was looked at
        wanted = creation.register_type
    if wanted is RegisterType.AUTOMATIC and not profile.platform.creates_devices:
        raise click.UsageError(
            f"--register-type 2: {profile.platform.title} creates no devices by itself"
        )
    return wanted


def _limit(product: ProductOnPlatform, register_type: RegisterType, wish: RegistrationWish) -> int:
    """The limit that is to be set; it counts only where devices are created."""
    limit = (product.register_limit or 0) if wish.limit is None else wish.limit
    if register_type is RegisterType.AUTOMATIC and not limit:
        raise click.UsageError("--limit: how many devices the product may create by itself")
    return limit


def _warn(product: ProductOnPlatform, register_type: RegisterType, limit: int) -> None:
    """Say what follows that one may not want."""
    screen.warn(phrase(f"registration-follows {int(register_type)}", language()))
    if register_type is RegisterType.AUTOMATIC and limit < product.devices:
        screen.warn(phrase("registration limit low", language(), product.devices, limit))


def _agreed() -> bool:
    if not is_person():
        raise click.UsageError("nobody can be asked here: there is no terminal; --yes sets it")
    return click.confirm(phrase("ask registration", language()), default=False, err=True)


def described(switch: RegistrationSwitch) -> str:
    """Type and limit as people read them."""
    shown_in = language()
    if switch.register_type is None:
        return phrase("cloud preflight unknown", shown_in)
    text = phrase(f"registration-type {int(switch.register_type)}", shown_in)
    if switch.register_type is RegisterType.AUTOMATIC:
        limit = (
            phrase("cloud preflight unknown", shown_in) if switch.limit is None else switch.limit
        )
        return phrase("registration limit", shown_in, text, limit)
    return text


def _say(key: str, *values: object) -> None:
    screen.say(phrase(key, language(), *values))
