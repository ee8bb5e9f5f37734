"""git by git itself: a clone with versions 2 and 0, and a repository that is not there."""

from __future__ import annotations

from tests.lab import run
from tests.vectors.scene import SERVER, Scene


def clone(scene: Scene) -> None:
    """The daemon serves one repository with a branch and a tag."""
    base = scene.folder / "served"
    work = str(base / "project")
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    run("git", "init", "-q", "-b", "main", work)
    run("git", "-C", work, *author, "commit", "-q", "--allow-empty", "-m", "Begin")
    run("git", "-C", work, *author, "tag", "-a", "v1", "-m", "The first")
    scene.serve(
        9418, "git", "-c", "safe.directory=*", "daemon", "--export-all", f"--base-path={base}", "--reuseaddr"
    )
    for version in ("2", "0"):
        scene.client.run(
            "git",
            "-c",
            f"protocol.version={version}",
            "clone",
            "-q",
            f"git://{SERVER}/project",
            f"{scene.folder}/copy{version}",
        )
    scene.client.run("git", "ls-remote", f"git://{SERVER}/nothing", check=False)


SCENARIOS = {"clone": clone}
