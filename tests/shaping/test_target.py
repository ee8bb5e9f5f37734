from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model.process import Container
from procwire.shaping.failure import InvalidError
from procwire.shaping.target import Target, is_called, is_meant, is_whole, target, unit_of
from tests.shaping.strategies import targets


@given(targets)
def test_a_target_is_read_as_it_is_written(wanted: Target) -> None:
    read = target(str(wanted), wanted.interface if wanted.kind in ("process", "cgroup") else "")
    assert read == wanted


@pytest.mark.parametrize(
    ("text", "kind", "name", "interface"),
    [
        ("eth0", "interface", "eth0", "eth0"),
        ("namespace:blue/eth0", "namespace", "blue", "eth0"),
        ("namespace:/run/netns/blue", "namespace", "/run/netns/blue", ""),
        ("namespace:pid=77", "namespace", "pid=77", ""),
        ("container:web", "container", "web", ""),
        ("cgroup:/a/b", "cgroup", "/a/b", ""),
        ("eth0;rm -rf", "interface", "", ""),
    ],
)
def test_what_people_write(text: str, kind: str, name: str, interface: str) -> None:
    if not name:
        with pytest.raises(InvalidError, match=r"^interface"):
            target(text)
        return
    found = target(text)
    assert (found.kind, found.name, found.interface) == (kind, name, interface)


def test_hostile_names_are_refused_or_kept_as_they_are() -> None:
    assert target("$(reboot)").interface == "$(reboot)"
    assert target("-rf\x1b[2J").interface == "-rf\x1b[2J"
    for text in ("a b", "a/b", "..", "x" * 16, "", "process:0", "process:12x", "process:99999999", "cgroup:x",
                 "cgroup:/a/../b", "container:", "namespace:a/b/c d", "unit:\0", "process:²"):  # fmt: skip
        with pytest.raises(InvalidError):
            target(text)


@given(st.text(max_size=40))
def test_junk_raises_nothing_else(text: str) -> None:
    try:
        assert target(text).kind
    except InvalidError as wrong:
        told = wrong
        assert told.field in ("target", "interface")


def test_pids_are_known() -> None:
    assert target("namespace:pid=77").pid == 77
    assert target("process:77").pid == 77
    assert target("container:77").pid == 77
    assert target("namespace:77").pid == 0 or target("namespace:77").name == "77"


WEB = Container(
    id="0123456789abcdef" * 4, name="web", labels={"tier": "front"}, pod_name="shop-1", pod_namespace="prod",
    compose_project="shop", compose_service="front",
)  # fmt: skip


def test_a_container_has_many_names() -> None:
    for name in ("web", "0123456789ab", "tier=front", "shop-1", "prod/shop-1", "front", "shop/front"):
        assert is_called(WEB, name), name
    for name in ("", "we", "01234", "tier=back", "tier", "shop"):
        assert not is_called(WEB, name), name


def test_a_unit_is_a_service_where_nothing_else_is_said() -> None:
    assert [unit_of(name) for name in ("nginx", "a.socket")] == ["nginx.service", "a.socket"]


def test_a_slash_in_a_containers_name_is_no_interface() -> None:
    web = Container(
        id="0123456789abcdef" * 4, compose_project="shop", compose_service="web",
        labels={"app.kubernetes.io/name": "web"},
    )  # fmt: skip
    whole, inside = target("container:shop/web"), target("container:shop/web/eth0")
    assert is_whole(web, whole)
    assert is_meant(web, whole)
    assert is_meant(web, inside)
    assert not is_whole(web, inside)
    assert (inside.name, inside.interface) == ("shop/web", "eth0")
    label = target("container:app.kubernetes.io/name=web")
    assert label.interface == ""
    assert is_meant(web, label)
    assert str(label) == "container:app.kubernetes.io/name=web"
    assert target("container:default/a-pod-with-a-long-name").interface == ""
    assert not is_meant(web, target("container:shop/db"))
