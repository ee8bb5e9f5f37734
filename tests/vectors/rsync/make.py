"""rsync to its daemon: the list of modules, a file, a module with a password, a wrong password."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

CONFIG = """port = 873
use chroot = no
uid = root
gid = root
pid file = {folder}/pid
[files]
path = {folder}/files
comment = files of the office
[vault]
path = {folder}/files
auth users = ada
secrets file = {folder}/secrets
"""


def daemon(scene: Scene) -> None:
    """Every kind of answer."""
    (scene.folder / "files").mkdir()
    (scene.folder / "files" / "a.txt").write_text("a\n")
    secrets = scene.folder / "secrets"
    secrets.write_text("ada:secret\n")
    secrets.chmod(0o600)
    (scene.folder / "conf").write_text(CONFIG.format(folder=scene.folder))
    scene.serve(873, "rsync", "--daemon", "--no-detach", f"--config={scene.folder}/conf")
    scene.client.run("rsync", f"rsync://{SERVER}/", check=False)
    scene.client.run("rsync", f"rsync://{SERVER}/files/a.txt", f"{scene.folder}/copy", check=False)
    for password in ("secret", "wrong"):
        scene.client.run(
            "env", f"RSYNC_PASSWORD={password}", "rsync", f"rsync://ada@{SERVER}/vault/", check=False
        )
    scene.client.run("rsync", f"rsync://{SERVER}/none/", check=False)


SCENARIOS = {"daemon": daemon}
