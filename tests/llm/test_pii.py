"""Personal data and secrets: each kind, and what only looks like it. Secrets are put together at run time."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest

from aiops.signals.content.pii import NAMES, kinds_of, names, scan, sound_account
from aiops.signals.content.text import packed

LETTERS = string.ascii_letters + string.digits
RNG = random.Random(3)


def token(length: int, alphabet: str = LETTERS) -> str:
    return "".join(RNG.choices(alphabet, k=length))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


JWT = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': '7'})}.{token(43)}"
FOUND = [
    ("write to ann.lee+news@mail.example.org, please", "email"),
    ("call +1 415 555 0132 tomorrow", "phone"),
    ("my number is (212) 555-0187", "phone"),
    ("+49 (0)30 901820123", "phone"),
    ("ring 020 7946 0958", "phone"),
    ("Tél. 01 70 36 01 23", "phone"),
    ("phone: 5550132", "phone"),
    ("GB82 WEST 1234 5698 7654 32 is the account", "iban"),
    ("DE89370400440532013000", "iban"),
    ("pay with 4111 1111 1111 1111", "credit_card"),
    ("amex 3782-822463-10005", "credit_card"),
    ("5555555555554444", "credit_card"),
    ("my number is 5555555555554444, charge 20 units", "credit_card"),
    ("order paid with 4111111111111111", "credit_card"),
    ("order 4111 1111 1111 1111", "credit_card"),
    ("it came from 203.0.113.77:8080", "ip"),
    ("client 2001:db8:85a3::8a2e:370:7334 left", "ip"),
    (f"Bearer {JWT}", "jwt"),
    ("AKI" + "A" + token(16, string.ascii_uppercase + string.digits), "secret_key"),
    ("export GH=gh" + "p_" + token(36), "secret_key"),
    ("sk-" + "proj-" + token(40), "secret_key"),
    ("-----BEGIN RSA PRIV" + "ATE KEY-----", "secret_key"),
    ("postgresql://app:Zx9" + "kLm2q@db.example/shop", "secret_key"),
    ("password: hunter2" + "Xy9", "secret_key"),
    ("api_key = '" + token(24) + "7'", "secret_key"),
]
ALIKE = [
    "user at example dot com", "a@b", "@annlee", "icon@2x.png", "git@github.com:acme/shop.git",
    "order 415-555-0132", "row 1,234,567,890", "2026-11-21 03:27:14", "ISBN 978-3-16-148410-1", "3.14159265358979",
    "call me at 5 or 6", "invoice 0049 8841 22", "step 1700000000", "port 8080, pid 123456",
    "GB83 WEST 1234 5698 7654 32", "DE00370400440532013000", "4111 1111 1111 1112", "4539578763621487",
    "4444 4444 4444 4444", "version 3.11.4.2", "v1.2.3.4", "999.300.1.2", "127.0.0.1", "255.255.255.0", "1.2.3",
    "std::vector<int>", "12:30:45", "00:1a:2b:3c:4d:5e", "eyJ is how they start", "AKIA is a prefix",
    "AKI" + "A" * 17, "f3b1c2d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d", "9e107d9d372bb6826bd81d3542a419d6",
    "password: your_password_here", "the password is required", "token: <YOUR_TOKEN>", "https://user@host.example/path",
    "eyJhbGciOi.not.atoken", "secret ingredient: cinnamon",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), FOUND, ids=[f"{kind} {i}" for i, (_, kind) in enumerate(FOUND)])
def test_each_kind_is_found_by_its_own_name(text: str, kind: str) -> None:
    assert names(kinds_of(text)) == [kind]


@pytest.mark.parametrize("text", ALIKE)
def test_what_only_looks_alike_is_nothing(text: str) -> None:
    assert names(kinds_of(text)) == []


def test_the_pass_over_the_bytes_misses_none_of_them() -> None:
    texts = [text for text, _ in FOUND] + ALIKE + ["x" * 50 + " " + text for text, _ in FOUND]
    assert scan(packed(texts), texts).tolist() == [kinds_of(text) for text in texts]


def test_several_kinds_in_one_text_are_all_told_in_order() -> None:
    text = "Ann, ann@example.org, +44 20 7946 0958, from 81.2.69.142, card 4111111111111111"
    assert names(kinds_of(text)) == ["email", "phone", "credit_card", "ip"]


def test_one_wrong_digit_spoils_an_account() -> None:
    sound = "NL91ABNA0417164300"
    assert sound_account(sound)
    wrong = [sound[:i] + str((int(sound[i]) + 1) % 10) + sound[i + 1 :] for i in range(8, len(sound))]
    assert not any(sound_account(account) for account in wrong)


def test_every_kind_has_a_bit() -> None:
    assert names(2 ** len(NAMES) - 1) == list(NAMES)


@pytest.mark.parametrize(
    "part", ["+49" + "1" * 60 + "a ", "ann@example.org ", "a@", "1.", "ab:", "eyJ", "password=", "DE00"]
)
def test_a_long_hostile_text_is_read_in_one_go(part: str) -> None:
    # Patterns that try every way to cut a run of digits would sit here for hours, and run into the suite's time limit.
    kinds_of(part * (200_000 // len(part)))


def test_the_head_of_a_token_that_is_nested_without_end_is_no_token() -> None:
    nested = base64.urlsafe_b64encode(b'{"a":' + b"[" * 8_000).decode().rstrip("=")
    assert "jwt" not in names(kinds_of(f"see {nested}.abcdef.xyz"))
