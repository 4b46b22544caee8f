"""The names that a command of `burner cloud` is about: from IDs, a file, or the manifest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from burner.cli.parameters.name_options import NameListOptions
from burner.cloud.name_lists import ListedEntry, names_of_file, names_of_ids, unique_names
from burner.profile.profile import Profile


def product_profile(source: Path) -> Profile:
    """The profile of a product; of a profile, its images are not looked at.

    Raises:
        BurnerError: E1xx the profile, E2xx the release file.
    """
    from burner.profile.reading import load_profile
    from burner.release.opening import is_release_file, open_keyless

    return open_keyless(source).profile if is_release_file(source) else load_profile(source)


def listed_names(
    profile: Profile, listed: NameListOptions, endpoints: Sequence[str] = ()
) -> tuple[str, ...]:
    """The names, in their order; empty: none of them waits.

    Args:
        profile: of the product.
        listed: where they come from.
        endpoints: whose answers count as confirmed, as of `confirmed_names`.

    Raises:
        BurnerError: E860 the list; E733 no such batch; E7 the manifest.
    """
    names = _all_names(profile, listed)
    if not listed.waiting:
        return names
    known = names_on_record_as_confirmed(listed.manifest, profile, endpoints)
    return tuple(name for name in names if name not in known)


def names_on_record_as_confirmed(
    manifest: str, profile: Profile, endpoints: Sequence[str] = ()
) -> set[str]:
    """The `confirmed_names` of a product; none where no manifest is there yet.

    Raises:
        BurnerError: E7.
    """
    from burner.manifest.reading.cloud_records import confirmed_names
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.store.place import manifest_place, place_exists

    if not place_exists(manifest_place(manifest)):
        return set()
    with ManifestReader.open(manifest) as reader:
        return confirmed_names(reader, profile.product.id, profile.product.cloud, endpoints)


def _all_names(profile: Profile, listed: NameListOptions) -> tuple[str, ...]:
    if listed.ids:
        return names_of_ids(listed.ids, profile)
    if listed.names:
        return names_of_file(listed.names, profile)
    what = f"batch {listed.batch}" if listed.batch else f"manifest {listed.manifest}"
    entries = tuple(_burned(profile, listed))
    return unique_names(what, entries) if entries or not listed.waiting else ()


def _burned(profile: Profile, listed: NameListOptions) -> Iterator[ListedEntry]:
    """The names of units that are good now, and of those that wait for theirs."""
    from burner.manifest.reading.cloud_records import awaited_names, burned_devices
    from burner.manifest.reading.reader import ManifestReader

    with ManifestReader.open(listed.manifest) as reader:
        for unit in burned_devices(reader, profile.product.id, listed.batch):
            yield f"unit {unit.unit_id}", unit.name
        product = profile.product
        waiting = awaited_names(reader, product.id, product.cloud, listed.batch)
        for name, unit_id in waiting.items():
            yield f"unit {unit_id}", name
