from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from procwire.model.process import Container
from procwire.processes import container_facts
from procwire.processes.container_facts import ContainerError
from tests.processes.runtime import DOCKER, ID, OTHER, PODMAN, STARTED

PLAIN = some.none() | some.booleans() | some.integers() | some.text(max_size=20)
ANY = some.recursive(
    PLAIN,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
)
KUBERNETES = {
    "io.kubernetes.cri.container-name": "app",
    "io.kubernetes.cri.image-name": "registry.k8s.io/pause:3.9",
    "io.kubernetes.cri.sandbox-name": "shop-7d4b9c",
    "io.kubernetes.cri.sandbox-namespace": "prod",
    "io.kubernetes.cri.sandbox-uid": "0b7e6f0e-5a33-4d6e-8d4b-111122223333",
}


def test_docker_and_podman_list_their_containers() -> None:
    (web,) = container_facts.listed(DOCKER)
    assert (web.id, web.name, web.image) == (ID, "shop-web-1", "nginx:1.27")
    assert (web.compose_project, web.compose_service) == ("shop", "web")
    assert web.label_list[-1] == "maintainer=NGINX Docker Maintainers"
    (api,) = container_facts.listed(PODMAN)
    assert (api.name, api.compose_project, api.compose_service) == ("api", "shop", "api")


def test_an_event_tells_name_image_and_labels() -> None:
    found = container_facts.told(STARTED)
    assert found is not None
    assert (found.id, found.name, found.image, found.compose_service) == (OTHER, "cache", "redis:7", "cache")
    assert container_facts.told(STARTED | {"Type": "network"}) is None


def test_files_of_docker_containerd_and_podman() -> None:
    docker = {"ID": ID, "Name": "/db", "Config": {"Image": "postgres:16", "Labels": {"a": "b"}}}
    found = container_facts.configured(docker)
    assert found is not None
    assert (found.name, found.image, found.labels) == ("db", "postgres:16", {"a": "b"})
    bundle = container_facts.annotated(ID, {"annotations": KUBERNETES})
    assert bundle is not None
    assert (bundle.name, bundle.image) == ("app", "registry.k8s.io/pause:3.9")
    assert (bundle.pod_name, bundle.pod_namespace, bundle.pod[:8]) == ("shop-7d4b9c", "prod", "0b7e6f0e")
    assert [each.name for each in container_facts.stored([{"id": ID, "names": ["web"]}, {"id": 5}])] == [
        "web"
    ]


def test_text_is_cut_and_made_printable_and_labels_are_bounded() -> None:
    labels = {f"a{number:03}": "x" * 1000 for number in range(500)} | {
        "com.docker.compose.service": "web\x1b[2J"
    }
    found = container_facts.made(ID, "/evil\n\x1b]0;x", "i" * 9999, labels)
    assert found is not None
    assert found.name.isprintable()
    assert found.compose_service == r"web\x1b[2J"
    assert len(found.image) == container_facts.MAX_TEXT
    assert len(found.labels) == container_facts.MAX_LABELS
    assert len(list(container_facts.listed([DOCKER[0]] * 9999))) == container_facts.MAX_CONTAINERS


def test_an_answer_of_another_shape() -> None:
    with pytest.raises(ContainerError):
        list(container_facts.listed({"message": "no"}))
    with pytest.raises(ContainerError):
        list(container_facts.stored("x"))
    assert list(container_facts.listed([7, {}, {"Id": "short"}, {"Id": ID, "Names": 5, "Labels": []}])) == [
        Container(id=ID)
    ]


@given(ANY)
def test_no_shape_raises_anything_else(answer: Any) -> None:
    for read in (
        container_facts.told,
        container_facts.configured,
        lambda x: container_facts.annotated(ID, x),
    ):
        assert read(answer) is None or isinstance(read(answer), Container)
    assert list(container_facts.listed([answer])) == [] or isinstance(answer, dict)
