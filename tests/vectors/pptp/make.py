"""PPTP's control connection by pptpd and pptp-linux; there is no PPP here for the tunnel to carry."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def control(scene: Scene) -> None:
    """A connection and a call are set up; the client then ends for want of PPP."""
    (scene.folder / "options").write_text("noauth\n")
    path = scene.folder / "pptpd.conf"
    path.write_text(f"option {scene.folder}/options\nlocalip 10.9.0.1\nremoteip 10.9.0.2-9\n")
    scene.serve(1723, "pptpd", "--fg", "--conf", str(path), "--pidfile", f"{scene.folder}/pptpd.pid")
    scene.client.run("timeout", "4", "pptp", SERVER, "--nolaunchpppd", check=False)


SCENARIOS = {"control": control}
