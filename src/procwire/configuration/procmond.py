"""Settings of ProcMonD (an INI file) as a configuration of ours, and what has no equivalent.

Secrets are never carried over: a sink's key stands in a file or variable of its own here. Pure: text in, text
out.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from procwire.configuration.reason import ConfigurationError
from procwire.model.inherited import SettingRow

MAX_SETTINGS = 500
_NOTHING = {
    "rootpath": "processes are read where the kernel has them",
    "refreshrate": "events are heard as they happen; nothing is read again and again",
    "hashbuffersize": "programs are hashed at their own pace (watch --hash)",
    "applicationlogginglevel": "what is wrong is said on standard error; there are no levels",
    "logfile": "standard error goes where its caller sends it; findings go to the store and to sinks",
}
_SECRETS = ("password", "passwd", "secret", "token", "apikey", "api_key", "key")
_MAIL = {
    "host": ("smtpserver", "smtp_server", "server", "host", "smtphost", "hostname"),
    "port": ("port", "smtpport", "smtp_port"),
    "sender": ("from", "sender", "fromaddress", "from_address", "mailfrom"),
    "recipients": ("to", "recipients", "recipient", "toaddress", "to_address", "mailto"),
    "user": ("user", "username", "login", "smtpuser"),
}
_HOOK = {"url": ("url", "webhookurl", "webhook_url", "endpoint")}


def converted(text: str, *, source: str) -> tuple[str, list[SettingRow]]:
    """(a configuration in TOML, what became of each setting). Raises ConfigurationError."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, source)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigurationError(f"{source}:{line}: {str(error).splitlines()[0]}") from None
    sections = {name.upper(): dict(parser.items(name)) for name in parser.sections()}
    if sum(map(len, sections.values())) > MAX_SETTINGS:
        raise ConfigurationError(f"{source}:1: more than {MAX_SETTINGS} settings")
    rows: list[SettingRow] = []
    parts = [f"# From {source}, by procwire import.\n"]
    parts += _general(sections.pop("GENERAL", {}), rows)
    off = _providers(sections.pop("ALERT_PROVIDERS", {}), rows)
    for kind, section, meanings in (("smtp", "EMAIL_CONFIG", _MAIL), ("webhook", "WEBHOOK_CONFIG", _HOOK)):
        sink = _sink(kind, section, sections.pop(section, {}), meanings, rows)
        parts += [] if kind in off else sink
    for section, settings in sections.items():
        rows += [SettingRow(setting=f"{section}.{name}", reason="not known") for name in settings]
    return "\n".join(parts), rows


def _general(settings: Mapping[str, str], rows: list[SettingRow]) -> list[str]:
    parts = []
    for name, value in settings.items():
        setting = f"GENERAL.{name}"
        if name == "databasepath" and value.strip():
            folder = str(PurePosixPath(value.strip()).parent)
            parts.append(f"[store]\nenabled = true\ndirectory = {_quoted(folder)}\n")
            why = f"its history is taken over with: procwire import {value.strip()}"
            rows.append(SettingRow(setting=setting, became="store.directory", reason=why))
        else:
            rows.append(SettingRow(setting=setting, reason=_NOTHING.get(name, "not known")))
    return parts


def _providers(settings: Mapping[str, str], rows: list[SettingRow]) -> set[str]:
    """The kinds of sinks that were switched off."""
    off = set()
    for name, value in settings.items():
        kind = "smtp" if "mail" in name else "webhook" if "hook" in name else ""
        switched_off = value.strip().lower() in {"", "0", "false", "no", "off", "none"}
        if kind and switched_off:
            off.add(kind)
        why = (
            "it was off, so that it is left out" if switched_off else "a sink is on where it is written down"
        )
        became = "alerts.sinks" if kind else ""
        rows.append(
            SettingRow(setting=f"ALERT_PROVIDERS.{name}", became=became, reason=why if kind else "not known")
        )
    return off


def _sink(
    kind: str, section: str, settings: Mapping[str, str], meanings: Mapping[str, tuple[str, ...]],
    rows: list[SettingRow],
) -> list[str]:  # fmt: skip
    """A sink of what a section says, with what is still to be filled in by hand."""
    found: dict[str, str] = {}
    secret = False
    for name, value in settings.items():
        setting, key = (
            f"{section}.{name}",
            next((key for key, names in meanings.items() if name in names), ""),
        )
        if any(word in name for word in _SECRETS):
            secret = True
            why = "secrets are not carried over: put it into a file that others cannot read"
            rows.append(SettingRow(setting=setting, became="alerts.sinks secret_file", reason=why))
        elif key and (written := _written(key, value.strip())):
            found[key] = written
            rows.append(SettingRow(setting=setting, became=f"alerts.sinks {key}"))
        else:
            rows.append(
                SettingRow(setting=setting, reason="a sink has no such key" if not key else "not usable")
            )
    if "host" not in found and "url" not in found:
        return []
    lines = ["[[alerts.sinks]]", f'name = "procmond-{kind}"', f'kind = "{kind}"']
    lines += [f"{key} = {value}" for key, value in found.items()]
    if secret:
        lines.append(f'secret_file = "/etc/procwire/procmond-{kind}.key"  # to be written by hand')
    return ["\n".join(lines) + "\n"]


def _written(key: str, value: str) -> str:
    """A value as TOML; empty for one that cannot be."""
    if key == "port":
        return value if value.isdigit() and 0 < int(value) < 65_536 else ""
    if key == "recipients":
        names = [name.strip() for name in value.replace(";", ",").split(",") if name.strip()]
        return f"[{', '.join(map(_quoted, names))}]" if names else ""
    if key == "url":
        parts = urlsplit(value)
        plain = parts.scheme in {"http", "https"} and not parts.username and not parts.query
        return _quoted(value) if plain else ""  # a URL with a secret in it goes into a file
    return _quoted(value) if value else ""


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's are too."""
    return json.dumps(text, ensure_ascii=False)
