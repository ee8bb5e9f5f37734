from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.processes.masking import MAX_TEXT, command_line, masked

SECRET = "s3cr3tValue"
SHAPES = [
    ["app", "--password", SECRET],
    ["app", "--password=" + SECRET],
    ["app", "-password", SECRET],
    ["app", "--db-password=" + SECRET],
    ["app", "--db.password", SECRET],
    ["app", "--passphrase", SECRET],
    ["app", "--token=" + SECRET],
    ["app", "--auth-token", SECRET],
    ["app", "--authToken", SECRET],
    ["app", "--api-key", SECRET],
    ["app", "--apikey=" + SECRET],
    ["app", "--secret", SECRET],
    ["app", "--client-secret=" + SECRET],
    ["app", "--secret-access-key", SECRET],
    ["app", "--psk", SECRET],
    ["app", "--dbpass", SECRET],
    ["app", "dbpass=" + SECRET],
    ["app", "DBPASS=" + SECRET],
    ["app", "--userPin", SECRET],
    ["mysql", "-uroot", "-p" + SECRET, "db"],
    ["/usr/bin/mysqldump", "-p" + SECRET],
    ["mariadb", "-p" + SECRET],
    ["7z", "x", "-p" + SECRET, "a.7z"],
    ["sshpass", "-p", SECRET, "ssh", "host"],
    ["sshpass", "-p" + SECRET, "ssh", "host"],
    ["redis-cli", "-a", SECRET, "ping"],
    ["ldapsearch", "-x", "-w", SECRET],
    ["docker", "login", "-u", "me", "-p", SECRET],
    ["mosquitto_pub", "-P", SECRET],
    ["curl", "-u", "me:" + SECRET, "http://h/"],
    ["curl", "-ume:" + SECRET, "http://h/"],
    ["curl", "--user", "me:" + SECRET, "http://h/"],
    ["curl", "--user=me:" + SECRET, "http://h/"],
    ["smbclient", "//h/s", "-U", "me%" + SECRET],
    ["curl", "http://me:" + SECRET + "@h/x"],
    ["app", "postgres://me:" + SECRET + "@db:5432/x?sslmode=require"],
    ["app", "redis://:" + SECRET + "@h:6379"],
    ["app", "amqp://me:p@" + SECRET + "@h"],
    ["curl", "https://h/x?a=1&access_token=" + SECRET + "&b=2"],
    ["curl", "https://h/x?api_key=" + SECRET],
    ["curl", "-H", "Authorization: Bearer " + SECRET, "http://h/"],
    ["curl", "-HAuthorization: Basic " + SECRET, "http://h/"],
    ["curl", "-H", "X-Api-Key: " + SECRET],
    ["curl", "-H", "PRIVATE-TOKEN: " + SECRET],
    ["curl", "-H", "Cookie: session=" + SECRET],
    ["env", "PGPASSWORD=" + SECRET, "psql"],
    ["env", "MYSQL_PWD=" + SECRET, "mysql"],
    ["env", "AWS_SECRET_ACCESS_KEY=" + SECRET, "aws"],
    ["env", "GITHUB_TOKEN=" + SECRET, "x"],
    ["java", "-Dspring.datasource.password=" + SECRET, "-jar", "x.jar"],
    ["java", "-Djavax.net.ssl.keyStorePassword=" + SECRET],
    ["sh", "-c", "mysql --password=" + SECRET + " db"],
    ["sh", "-c", "PGPASSWORD=" + SECRET + " psql -h db"],
    ["sh", "-c", "app --token " + SECRET + " run"],
    ["sh", "-c", "app --password '" + SECRET + " with blanks' run"],
    ["sh", "-c", "curl -H 'Authorization: Bearer " + SECRET + "' http://h/"],
    ["curl", "-d", '{"user": "me", "password": "' + SECRET + '"}'],
    ["curl", "-d", "user=me&password=" + SECRET + "&x=1"],
    ["openssl", "enc", "-k", SECRET],
    ["openssl", "rsa", "-passin", "pass:" + SECRET],
    ["mount", "-o", "user=me,password=" + SECRET + ",vers=3"],
    ["app", "Server=h;User Id=me;Password=" + SECRET + ";"],
    ["app: worker --password=" + SECRET],
    ["snmpwalk", "-v2c", "-c", SECRET, "h"],
]
SHOWN = [
    ["ssh", "-p", "2222", "host"],
    ["nmap", "-p80", "host"],
    ["docker", "run", "-p", "8080:80", "nginx"],
    ["app", "--password-file", "/run/secrets/x"],
    ["app", "--token-file=/run/token"],
    ["app", "--no-password", "db"],
    ["psql", "--no-password", "-h", "db"],
    ["app", "--ask-password", "db"],
    ["app", "--max-tokens", "100"],
    ["app", "--tokenizer=fast"],
    ["app", "--keyboard", "us"],
    ["env", "PWD=/home/me", "x"],
    ["curl", "https://example.com:8443/path?q=1"],
    ["mysql", "-p", "db"],
    ["mysql", "--port=3306", "-P", "3306"],
    ["git", "clone", "git@github.com:a/b.git"],
    ["app", "author=me"],
    ["app", "--compass", "north"],
    ["app", "compass=north", "spin=3", "bypass=yes", "gas=1"],
    ["app", "use-password=yes", "--with-token=no"],
    ["sh", "-c", "cd x; PWD=/tmp run; bypass=1 go"],
    ["redis-server", "*:6379"],
    ["app", "--password", "--verbose"],
    ["python", "-m", "http.server", "8000"],
    ["curl", "-u", "me", "http://h/"],
]
TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "xoxb-" + "123456789012-abc",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
]


@pytest.mark.parametrize("words", SHAPES, ids=" ".join)
def test_a_secret_is_hidden_in_its_place(words: list[str]) -> None:
    found = masked(words)
    assert SECRET not in " ".join(found)
    assert "***" in " ".join(found)
    assert len(found) == len(words)


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_what_is_no_secret_is_shown(words: list[str]) -> None:
    assert masked(words) == words


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_says_itself_what_it_is(token: str) -> None:
    assert token not in masked(["app", "run", token])[2]
    assert token not in masked(["sh", "-c", f"app run {token} now"])[2]


def test_names_and_surroundings_stay() -> None:
    assert masked(["curl", "http://me:x@h/p?q=1"]) == ["curl", "http://me:***@h/p?q=1"]
    assert masked(["x", "user=me&password=y&z=1"]) == ["x", "user=me&password=***&z=1"]
    assert masked(["mysql", "-pX", "db"]) == ["mysql", "-p***", "db"]
    assert masked(["curl", "-u", "me:pw"]) == ["curl", "-u", "me:***"]


def test_a_command_line_is_one_printable_line() -> None:
    assert command_line(b"sh\0-c\0echo it's\n\0") == "sh -c 'echo it'\\''s\\n'"
    assert command_line(b"caf\xe9\0\x1b[31m\0") == "caf\\xe9 \\x1b[31m"
    assert command_line(b"postgres: writer\0\0\0") == "postgres: writer"
    assert command_line(b"") == ""


def test_an_empty_argument_keeps_its_place() -> None:
    assert command_line(b"app\0\0x\0") == "app '' x"


def test_a_long_one_is_cut() -> None:
    assert len(command_line(b"x" * 100_000)) <= MAX_TEXT


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_any_bytes_are_a_command_line(raw: bytes) -> None:
    assert command_line(raw).isprintable()


@given(st.lists(st.text(max_size=30), max_size=6))
@settings(max_examples=200)
def test_the_number_of_arguments_stays(words: list[str]) -> None:
    assert len(masked(words)) == len(words)


@pytest.mark.parametrize(
    "unit",
    ["x", "a.", "a-", "-", "pass", "password=", "x-", "://:", "eyJ-", "-p ", "a.b-c_", "cookie:", "'", "@:"],
)
def test_a_hostile_one_takes_no_longer_than_it_is_long(unit: str) -> None:
    raw = (unit * 20_000).encode()
    assert len(command_line(b"app\0" + raw)) <= MAX_TEXT
    assert len(command_line(b"app\0--" + raw + b"\0x")) <= MAX_TEXT
