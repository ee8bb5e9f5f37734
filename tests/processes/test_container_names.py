from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from procwire.model.process import Container
from procwire.processes import container_files, container_names
from procwire.processes.container_names import ContainerNames
from procwire.processes.containers import CANNOT_TELL, Place
from tests.lab import wait_for
from tests.processes.runtime import DOCKER, ID, OTHER, PODMAN, STARTED, body, listing, runtime, stream
from tests.processes.test_container_files import put

WEB, CACHE = Place(container=ID[:12], runtime="docker"), Place(container=OTHER[:12], runtime="docker")


def test_a_name_by_the_list_and_a_later_one_by_its_event(tmp_path: Path) -> None:
    path, over = tmp_path / "docker.sock", threading.Event()
    answers = {"/containers/json": listing(DOCKER), "/events": stream(STARTED, until=over)}
    with runtime(path, answers) as asked, ContainerNames(sockets=[str(path)], root=str(tmp_path)) as names:
        assert asked == []
        web, cache = names.of(WEB), names.of(CACHE)
        assert web is not None
        assert cache is not None
        assert names.of(WEB) is web
        wait_for(lambda: web.name and cache.name, what="the names")
        assert (web.name, web.image, web.compose_service, web.runtime) == (
            "shop-web-1",
            "nginx:1.27",
            "web",
            "docker",
        )
        assert (cache.name, cache.image) == ("cache", "redis:7")
        over.set()


def test_asked_once_for_a_list(tmp_path: Path) -> None:
    path = tmp_path / "podman.sock"
    with (
        runtime(path, {"/containers/json": listing(PODMAN)}),
        ContainerNames(sockets=[str(path)], root=str(tmp_path)) as names,
    ):
        names.ask()
        found = names.of(CACHE, follow=False)
    assert found is not None
    assert (found.name, names.problems) == ("api", {})


def test_a_runtime_that_fails_is_named_and_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    put(tmp_path / container_files.DOCKER / ID / "config.v2.json", {"ID": ID, "Name": "/db"})
    with (
        runtime(path, {"/containers/json": body(b"{", status="500 Oops")}),
        ContainerNames(sockets=[str(path), str(tmp_path / "none")], root=str(tmp_path)) as names,
    ):
        names.ask()
        found = names.of(WEB, follow=False)
    assert found is not None
    assert found.name == "db"
    assert list(names.problems) == [str(path)]
    assert "500" in names.problems[str(path)]


def test_a_user_s_runtime_does_not_rename_root_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_names, "USERS", str(tmp_path / "user"))
    (tmp_path / "user").mkdir()
    mine, theirs = tmp_path / "docker.sock", tmp_path / "user" / "docker.sock"
    evil: list[dict[str, Any]] = [DOCKER[0] | {"Names": ["/evil"]}, PODMAN[0]]
    with (
        runtime(mine, {"/containers/json": listing(DOCKER)}),
        runtime(theirs, {"/containers/json": listing(evil)}),
        ContainerNames(sockets=[str(mine), str(theirs)], root=str(tmp_path)) as names,
    ):
        names.ask()
        web, api = names.of(WEB, follow=False), names.of(CACHE, follow=False)
    assert isinstance(web, Container)
    assert isinstance(api, Container)
    assert (web.name, api.name) == ("shop-web-1", "api")


def test_no_container_and_one_that_cannot_be_told() -> None:
    with ContainerNames(sockets=[]) as names:
        assert names.of(Place()) is None
        assert names.of(Place(container=CANNOT_TELL)) is None


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_names, "MAX_KNOWN", 2)
    with ContainerNames(sockets=[], root=str(tmp_path)) as names:
        first = names.of(Place(container="a" * 12), follow=False)
        for digit in "bc":
            names.of(Place(container=digit * 12), follow=False)
        assert names.of(Place(container="a" * 12), follow=False) is not first
