"""The header of a product gives no warnings to the firmware that uses a part of it."""

import shutil
from pathlib import Path

import pytest

from tests.firmware.host import Host, call, compiler, options
from tests.firmware.products import AT, ENCRYPTED_NVS, FILE, NVS, PRODUCTS, STRUCT, write_headers

ONLY_THE_NAME = """\
#include "product_identity.h"
int main(void)
{
    return product_name_rule.upper;
}
"""


@pytest.mark.parametrize("number", [NVS, ENCRYPTED_NVS, FILE, STRUCT, AT])
def test_a_file_that_uses_the_name_alone_has_no_warnings(
    own: Host, tmp_path: Path, number: int
) -> None:
    write_headers(tmp_path, PRODUCTS[number])
    source = tmp_path / "name.c"
    source.write_text(ONLY_THE_NAME, encoding="ascii")
    warnings = (*options(sanitize=False), "-Wunused-const-variable", f"-I{tmp_path}")
    call(compiler(), *warnings, "-fsyntax-only", source)


@pytest.mark.parametrize("number", [NVS, ENCRYPTED_NVS, FILE, AT])
def test_the_header_can_be_included_from_cpp(own: Host, tmp_path: Path, number: int) -> None:
    cpp = shutil.which("g++")
    if cpp is None:
        pytest.skip("no g++ on this machine")
    write_headers(tmp_path, PRODUCTS[number])
    source = tmp_path / "name.cpp"
    source.write_text(ONLY_THE_NAME, encoding="ascii")
    include = next(option for option in options() if option.endswith("identity/include"))
    warnings = ("-std=c++20", "-pedantic", "-Wall", "-Wextra", "-Werror", include)
    call(cpp, *warnings, f"-I{tmp_path}", "-fsyntax-only", source)
