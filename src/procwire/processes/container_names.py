"""Containers by the id that a cgroup shows: one object each, whose name is filled in once it is known.

Nothing is asked before the first container is seen. Then the files of the runtimes are read at once, and each
API socket gets a thread that lists its containers and follows its events; a socket that does not answer is
tried again later. Sockets of users are heard only of what root's own do not know: a user may say anything
there.
"""

from __future__ import annotations

import glob
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from procwire.model.process import Container
from procwire.processes import container_files
from procwire.processes.container_facts import ContainerError
from procwire.processes.containers import CANNOT_TELL, ID_DIGITS, Place

if TYPE_CHECKING:
    from procwire.processes.container_api import ContainerApi

SOCKETS = (
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/user/*/docker.sock",
    "/run/user/*/podman/podman.sock",
)
USERS = "/run/user/"
MAX_SOCKETS = 16
MAX_KNOWN = 8192  # containers that are remembered; those not asked for longest go first
AGAIN_SECONDS = 5.0  # until a socket that ended or failed is tried again
_FIELDS = ("id", "name", "image", "labels", "pod_name", "pod_namespace", "compose_project", "compose_service")


class ContainerNames:
    """Answers at once with what is known; a context manager. Any thread may ask.

    ``problems`` says of a socket why it does not answer.
    """

    def __init__(
        self,
        *,
        sockets: Sequence[str] = SOCKETS,
        root: str = "/",
        open_api: Callable[[str], ContainerApi] | None = None,
    ) -> None:
        self._patterns = sockets
        self._root = root
        self._open_api = open_api or _open_api
        if open_api is None and self._paths():
            _client()  # while its files can be read: a sandbox may follow
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, Container] = OrderedDict()  # by the digits that a cgroup shows
        self._told: OrderedDict[str, tuple[bool, Container]] = OrderedDict()  # by the same; True: by root
        self._apis: dict[str, ContainerApi] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self.problems: dict[str, str] = {}

    def __enter__(self) -> ContainerNames:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the threads."""
        self._stopping.set()
        for api in list(self._apis.values()):
            api.close()
        for thread in self._threads:
            thread.join(0.5)

    def of(self, place: Place, *, follow: bool = True) -> Container | None:
        """The container of a place; None where there is none. With ``follow``, its name may come later."""
        if not place.container or place.container == CANNOT_TELL:
            return None
        with self._lock:
            known = self._asked.get(place.container)
            if known is not None:
                self._asked.move_to_end(place.container)
                return known
        found = Container(id=place.container, runtime=place.runtime, pod=place.pod)
        by_file = container_files.find(place.container, self._root)
        if by_file is not None:
            _fill(found, by_file)
        with self._lock:
            self._asked[place.container] = found
            told = self._told.get(place.container)
            if told is not None:
                _fill(found, told[1])
            if len(self._asked) > MAX_KNOWN:
                self._asked.popitem(last=False)
        if follow and not self._threads:
            self._start()
        return found

    def ask(self) -> None:
        """List the containers of every socket now, once."""
        for path in self._paths():
            self._list(path, self._open_api(path))

    def _start(self) -> None:
        for path in self._paths():
            thread = threading.Thread(
                target=self._follow, args=(path,), name="procwire-containers", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _paths(self) -> list[str]:
        found = [path for pattern in self._patterns for path in sorted(glob.glob(pattern))]  # noqa: PTH207
        return found[:MAX_SOCKETS]

    def _list(self, path: str, api: ContainerApi) -> bool:
        try:
            for each in api.containers():
                self._learn(path, each)
        except (OSError, ContainerError) as error:
            self.problems[path] = str(error)
            return False
        self.problems.pop(path, None)
        return True

    def _follow(self, path: str) -> None:
        while not self._stopping.is_set():
            api = self._apis[path] = self._open_api(path)
            if self._list(path, api):
                try:
                    for each in api.events():
                        self._learn(path, each)
                except (OSError, ContainerError) as error:
                    self.problems[path] = str(error)
            self._stopping.wait(AGAIN_SECONDS)

    def _learn(self, path: str, found: Container) -> None:
        """Remember it, and fill it in where somebody asked."""
        digits = found.id[:ID_DIGITS]
        by_root = not path.startswith(USERS)
        with self._lock:
            before = self._told.get(digits)
            if before is not None and before[0] and not by_root:
                return
            self._told[digits] = (by_root, found)
            self._told.move_to_end(digits)
            if len(self._told) > MAX_KNOWN:
                self._told.popitem(last=False)
            asked = self._asked.get(digits)
            if asked is not None:
                _fill(asked, found)


def _client() -> type[ContainerApi]:
    """The client, whose HTTP library takes 4 MiB: not loaded where no runtime is."""
    from procwire.processes.container_api import ContainerApi

    return ContainerApi


def _open_api(path: str) -> ContainerApi:
    return _client()(path)


def _fill(known: Container, news: Container) -> None:
    """Take over what is said; what is not said stays."""
    for name in _FIELDS:
        value = getattr(news, name)
        if value:
            setattr(known, name, value)
    known.pod = known.pod or news.pod
