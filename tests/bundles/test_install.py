"""All files or none, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.bundles import install as installing
from procwire.bundles.install import back, changes, install
from procwire.bundles.reason import BundleError
from procwire.disk import lasting
from procwire.sandbox.syscalls import SandboxError

FILES = [("config.toml", b"new\nsame\n"), ("rules/deep/b.yaml", b"b")]


def right(_: Path) -> list[str]:
    return []


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    (made / "rules").mkdir(parents=True)
    (made / "config.toml").write_bytes(b"old\nsame\n")
    (made / "rules" / "a.yaml").write_bytes(b"a")
    return made


def test_changes_are_told_line_by_line(root: Path) -> None:
    told = list(changes(root, [*FILES, ("rules/a.yaml", b"a"), ("geoip/x.mmdb", b"\0")]))
    assert [(path, what) for path, what, _ in told] == [
        ("config.toml", "changed"), ("rules/deep/b.yaml", "new"), ("rules/a.yaml", "same"),
        ("geoip/x.mmdb", "new"),
    ]  # fmt: skip
    assert told[0][2] == ["@@ -1,2 +1,2 @@", "-old", "+new", " same"]
    assert next(changes(root, [("config.toml", b"\0")]))[2] == ["9 bytes, then 1"]


def test_in_place_and_back(root: Path) -> None:
    before = tree(root)
    install(root, FILES, right)
    after = tree(root)
    assert after == before | dict(FILES)
    back(root)
    assert tree(root) == before
    back(root)
    assert tree(root) == after
    assert sorted(path.name for path in root.parent.iterdir()) == [".etc.previous", "etc"]


def test_a_root_that_is_not_there_yet(tmp_path: Path) -> None:
    install(tmp_path / "new", FILES, right)
    assert tree(tmp_path / "new") == dict(FILES)


def fails(*_: Any) -> None:
    raise SandboxError(5, "renameat2")


def test_nothing_is_changed_where_anything_is_wrong(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(root)
    with pytest.raises(BundleError, match=r"this would be wrong:\n.*etc/config\.toml:1: x"):
        install(root, FILES, lambda staged: [f"{staged}/config.toml:1: x"])
    (root / "linked").symlink_to(root / "rules")
    for files, reason in (
        ([("linked/x.yaml", b"")], "is a link"),
        ([("config.toml/x", b"")], "nothing was changed"),
    ):
        with pytest.raises(BundleError, match=reason):
            install(root, [*FILES, *files], right)
    monkeypatch.setattr(installing, "_exchange", fails)
    with pytest.raises(BundleError, match="nothing was changed"):
        install(root, FILES, right)
    (root / "linked").unlink()
    assert tree(root) == before
    assert [path.name for path in root.parent.iterdir()] == ["etc"]


def test_a_crash_before_the_exchange_leaves_what_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step it dies at, the directory is the old one or the new one, and the next import works."""
    before = tree(root)
    for where, name in ((installing, "_put"), (lasting, "settle"), (installing, "_exchange")):
        with monkeypatch.context() as patched:
            patched.setattr(installing, "_remove", lambda _: None)  # as after a kill, nothing is tidied
            patched.setattr(where, name, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises((KeyboardInterrupt, BundleError)):
                install(root, FILES, right)
        assert tree(root) == before
        install(root, [("rules/a.yaml", b"a")], right)


def test_links_and_nothing_to_go_back_to(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    with pytest.raises(BundleError, match="is a link"):
        install(tmp_path / "link", FILES, right)
    with pytest.raises(BundleError, match="nothing to go back to"):
        back(root)
