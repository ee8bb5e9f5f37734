from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.processes import container_files
from tests.processes.runtime import ID
from tests.processes.test_container_facts import KUBERNETES

SHORT = ID[:12]


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("tasks", [container_files.TASKS, container_files.K3S_TASKS])
def test_containerd(tmp_path: Path, tasks: str) -> None:
    put(tmp_path / tasks / "k8s.io" / ID / "config.json", {"annotations": KUBERNETES})
    found = container_files.find(SHORT, str(tmp_path))
    assert found is not None
    assert (found.id, found.name, found.pod_name) == (ID, "app", "shop-7d4b9c")


def test_cri_o(tmp_path: Path) -> None:
    notes = {
        "io.kubernetes.container.name": "app",
        "io.kubernetes.pod.name": "p",
        "io.kubernetes.pod.namespace": "n",
    }
    put(tmp_path / container_files.BUNDLES / ID / "userdata" / "config.json", {"annotations": notes})
    found = container_files.find(SHORT, str(tmp_path))
    assert found is not None
    assert (found.name, found.pod_name, found.pod_namespace) == ("app", "p", "n")


def test_docker_and_podman_without_their_api(tmp_path: Path) -> None:
    put(tmp_path / container_files.STORED, [{"id": "f" * 64, "names": ["no"]}, {"id": ID, "names": ["pod"]}])
    found = container_files.find(SHORT, str(tmp_path))
    assert found is not None
    assert found.name == "pod"
    put(tmp_path / container_files.DOCKER / ID / "config.v2.json", {"ID": ID, "Name": "/db", "Config": {}})
    found = container_files.find(SHORT, str(tmp_path))
    assert found is not None
    assert found.name == "db"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "[[[", '{"annotations": 5}', '{"annotations": {"x": "y"}}']
)
def test_files_that_say_nothing(tmp_path: Path, content: str) -> None:
    put(tmp_path / container_files.TASKS / "default" / ID / "config.json", content)
    put(tmp_path / container_files.STORED, content)
    assert container_files.find(SHORT, str(tmp_path)) is None


def test_what_is_no_id_is_not_looked_for(tmp_path: Path) -> None:
    assert container_files.find("", str(tmp_path)) is None
    assert container_files.find("../../../../etc", str(tmp_path)) is None
