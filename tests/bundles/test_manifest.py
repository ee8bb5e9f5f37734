"""What a bundle may hold."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.bundles import manifest
from procwire.bundles.manifest import Entry
from procwire.bundles.reason import BundleError

FILES = {"rules/a.yaml": b"a", "config.toml": b"[watch]\n", "geoip/x.mmdb": b"x", "rules/deep/er/b.yml": b"b"}


def test_reads_back_in_one_form() -> None:
    made = manifest.manifest("site", "2026-11-26", FILES)
    data = manifest.packed(made)
    assert manifest.read(data) == made
    assert manifest.packed(manifest.read(data)) == data
    assert [entry.path for entry in made.files] == sorted(FILES)
    assert manifest.stated(manifest.statement(data))[1] == len(data)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x.yaml", "rules/../../x.yaml", "rules//a.yaml", "rules/.hidden.yaml", "rules/a.so",
     "keys/a.pub",
     "rules/a/b/c/d.yaml", "rules", "", "a.yaml", "config.toml/x", "rules/a.yaml\n", "rules/\u202ea.yaml",
     "rules\\a.yaml"],
)  # fmt: skip
def test_paths_that_lead_elsewhere(path: str) -> None:
    assert not manifest.allowed(path)
    with pytest.raises(BundleError):
        manifest.manifest("x", "now", {path: b""})


@given(st.text(max_size=40))
def test_no_path_leaves_its_folder(path: str) -> None:
    if manifest.allowed(path):
        assert ".." not in path.split("/")
        assert path.split("/", maxsplit=1)[0] in {*manifest.FOLDERS, *manifest.FILES}


def test_what_is_wrong_is_refused() -> None:
    good = manifest.manifest("site", "2026-11-26", FILES)
    first = good.files[0]
    replace = msgspec.structs.replace
    for wrong in (
        replace(good, format="x"), replace(good, name=""), replace(good, name="a\nb"),
        replace(good, files=()),
        replace(good, files=(first, first)), replace(good, files=tuple(reversed(good.files))),
        replace(good, files=(replace(first, size=-1),)), replace(good, files=(replace(first, sha256="x"),)),
        replace(good, files=(replace(first, size=manifest.MAX_FILE_BYTES + 1),)),
        replace(good, files=tuple(Entry(path=f"rules/{n}.yaml", size=manifest.MAX_FILE_BYTES, sha256="0" * 64)
                                  for n in range(3))),
    ):  # fmt: skip
        with pytest.raises(BundleError):
            manifest.checked(wrong)
    for data in (b"", b"{}", b"[1]", b'{"format":"procwire-bundle/1","x":1}'):
        with pytest.raises(BundleError):
            manifest.read(data)
    with pytest.raises(BundleError):
        manifest.stated("procwire-bundle/1\nx\n1\n")
