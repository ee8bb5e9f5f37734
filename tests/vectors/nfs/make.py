"""NFS by Ganesha and libnfs: a directory is listed and a file read, with versions 3 and 4."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene

CONFIG = """
NFS_CORE_PARAM {{ Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; MNT_Port = 20048; }}
NFSv4 {{ Grace_Period = 0; Graceless = true; RecoveryBackend = fs; }}
EXPORT {{ Export_Id = 1; Path = {folder}/export; Pseudo = /export; Access_Type = RW; Squash = None;
 Protocols = 3, 4; SecType = sys; FSAL {{ Name = VFS; }} }}
"""


def files(scene: Scene) -> None:
    """Mount, look up, read; a file that is not there."""
    export = scene.folder / "export"
    export.mkdir()
    (export / "report.txt").write_text("figures of the year\n")
    config = scene.folder / "ganesha.conf"
    config.write_text(CONFIG.format(folder=scene.folder))
    scene.serve(111, "rpcbind", "-f", "-h", SERVER, udp=True)
    scene.server.start(
        "ganesha.nfsd", "-F", "-f", str(config), "-L", f"{scene.folder}/log", "-p", f"{scene.folder}/pid"
    )
    wait_for(
        lambda: scene.server.listening(2049) and scene.server.listening(20048), what="ganesha", seconds=20
    )
    for path in (f"{scene.folder}/export/missing.txt?version=3", "/export/report.txt?version=4"):
        scene.client.run("nfs-cat", f"nfs://{SERVER}{path}", check=False)


SCENARIOS = {"files": files}
