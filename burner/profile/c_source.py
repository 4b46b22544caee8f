"""Values as C source."""


def c_string(text: str) -> str:
    """A C string of any text: what is not plain ASCII becomes octal escapes of its UTF-8 bytes."""
    plain = {*range(0x20, 0x7F)} - set(b'"\\?*/')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'


def c_bytes(data: bytes) -> str:
    """The initializer of an array of bytes."""
    return "{" + ", ".join(f"0x{byte:02x}" for byte in data) + "}"


def c_bool(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"
