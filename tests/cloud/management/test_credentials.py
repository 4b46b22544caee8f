"""Credentials of a management API: from text, and never back to it."""

import pytest

from burner.cloud.management.credentials import ApiCredentials, api_credentials
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret

KEY_ID = "AKIDz8krbsJ5yKBZQpn74WFk"
KEY = "Gu5t9xGARNpq86cd98joQYCN"


def read(text: str) -> ApiCredentials:
    return api_credentials(Secret(text.encode()))


def test_id_and_key_stand_with_a_colon_between() -> None:
    assert read(f"{KEY_ID}:{KEY}") == ApiCredentials(Secret(KEY_ID.encode()), Secret(KEY.encode()))


def test_temporary_credentials_have_a_token_which_may_hold_colons() -> None:
    assert read(f"{KEY_ID}:{KEY}:token:0123456").token == Secret(b"token:0123456")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KEY, "no colon"),
        (f"{KEY_ID}:", "part 2, the KEY"),
        (f":{KEY}", "part 1, the ID"),
        (f"{KEY_ID}:{KEY}:", "part 3, the TOKEN"),
        (f"{KEY_ID}: {KEY}", "part 2, the KEY"),
        (f"{KEY_ID}:密钥密钥密钥密钥", "part 2, the KEY"),
        (f"{KEY_ID}:{KEY}\n{KEY_ID}", "part 2, the KEY"),
    ],
)
def test_what_is_malformed_is_told_by_its_part_and_never_repeated(text: str, says: str) -> None:
    with pytest.raises(BurnerError) as raised:
        read(text)
    assert raised.value.code == Code.API_CREDENTIALS_MALFORMED
    assert says in str(raised.value)
    assert KEY not in str(raised.value)
    assert KEY_ID not in str(raised.value)


def test_no_text_form_shows_them() -> None:
    credentials = read(f"{KEY_ID}:{KEY}:{KEY}")
    for text in (repr(credentials), str(credentials), f"{credentials}"):
        assert KEY not in text
        assert KEY_ID not in text


def test_their_search_finds_each_part() -> None:
    search = read(f"{KEY_ID}:{KEY}:0123456789abcdef").search()
    assert all(search.spans(part) for part in (KEY_ID, KEY, "0123456789abcdef"))
