"""Parts of the commands that are printed for a person to type."""

DEFAULT_MANIFEST = "manifest.db"


def manifest_argument(manifest: str) -> str:
    """` --manifest URL`, with the blank before it; empty for the default manifest.

    The password of a server is not shown.
    """
    if manifest == DEFAULT_MANIFEST:
        return ""
    from burner.manifest.store.place import manifest_place

    return f" --manifest {quoted(str(manifest_place(manifest)))}"


def quoted(argument: str) -> str:
    """An argument that any shell takes as one."""
    return f'"{argument}"' if " " in argument else argument
