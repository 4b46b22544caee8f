"""Why a program cannot be executed on the bench."""


class NotExecutableError(Exception):
    """The program needs what is not modelled; the text says what, and where it was."""
