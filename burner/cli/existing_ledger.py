"""Opens a manifest that exists, for corrections; it never makes a new one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burner.cli.questions.secret_questions import Use
    from burner.manifest.writing.ledger import Ledger


def existing_ledger(manifest: str, station: str, use: "Use") -> "Ledger":
    """Open the manifest for writing; the passphrase of the station's key may be asked for.

    Raises:
        BurnerError: E701 there is none, E710 there was one that this computer wrote; other E7.
    """
    from burner.cli.questions.secret_questions import passphrase_prompt
    from burner.manifest.store.place import manifest_place, require_existing
    from burner.manifest.writing.ledger import Ledger
    from burner.station.mes.desk import tell_registered

    require_existing(manifest_place(manifest))
    ledger = Ledger.open(manifest, station, prompt_passphrase=passphrase_prompt(use))
    try:
        tell_registered(ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger
