"""MariaDB's server and client: passwords, statements, errors, TLS."""

from __future__ import annotations

import subprocess

from tests.lab import run, wait_for
from tests.vectors.scene import SERVER, Scene


def server(scene: Scene) -> None:
    """A fresh server with one account and one table."""
    data = scene.folder / "data"
    data.mkdir()
    run("chown", "mysql", str(data))
    run("mariadb-install-db", f"--datadir={data}", "--user=mysql", "--auth-root-authentication-method=normal",
        "--skip-test-db")  # fmt: skip
    certificate, key = scene.certificate("db.example.com")
    run("chown", "mysql", certificate, key)
    local = scene.folder / "data" / "local.sock"
    scene.serve(3306, "mariadbd", "--no-defaults", f"--datadir={data}", "--user=mysql", f"--socket={local}",
                f"--bind-address={SERVER}", f"--ssl-cert={certificate}", f"--ssl-key={key}",
                f"--pid-file={data}/pid")  # fmt: skip
    base = ["mariadb", "--no-defaults", f"--socket={local}", "-u", "root", "-e"]
    wait_for(lambda: subprocess.run([*base, "select 1"], capture_output=True, check=False).returncode == 0)
    run(*base, "create database zoo; create table zoo.pets (name text, legs int);"
        "create user alice@'%' identified by 'wonderland'; grant all on *.* to alice@'%'")  # fmt: skip


def client(scene: Scene, password: str, *words: str) -> None:
    """One call of the client; what it answers does not matter here."""
    scene.client.run(
        "mariadb", "--no-defaults", "-h", SERVER, "-u", "alice", f"-p{password}", *words, check=False
    )


def session(scene: Scene) -> None:
    """Statements with rows, an error, a masked password; a refused login; TLS."""
    server(scene)
    client(scene, "wonderland", "--skip-ssl", "-f", "-e",
           "insert into pets values ('cat', 4), ('emu', 2); select * from pets; "
           "set password = password('secret!'); prepare p from 'select ? + 1'; set @a = 1;"
           "execute p using @a;"
           "select * from nowhere",
           "zoo")  # fmt: skip
    client(scene, "wrong", "--skip-ssl", "-e", "select 1")
    client(scene, "secret!", "--ssl", "-e", "select 2")


SCENARIOS = {"session": session}
