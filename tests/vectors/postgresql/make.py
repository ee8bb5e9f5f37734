"""PostgreSQL's own server and psql: passwords, statements, errors, prepared statements, TLS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.lab import run, wait_for
from tests.vectors.scene import SERVER, Scene

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/15/bin"))
ACCESS = """host all alice all scram-sha-256
host all bob all password
host all all all trust
local all all trust
"""


def server(scene: Scene) -> None:
    """A fresh cluster with two accounts and one table."""
    data = scene.folder / "cluster"
    data.mkdir()
    run("chown", "postgres", str(data))
    as_postgres = ("runuser", "-u", "postgres", "--")
    run(*as_postgres, str(PROGRAMS / "initdb"), "-D", str(data), "-E", "UTF8", "--no-sync", "-U", "postgres")
    (data / "pg_hba.conf").write_text(ACCESS)
    certificate, key = scene.certificate("db.example.com")
    for source, name in ((certificate, "server.crt"), (key, "server.key")):
        (data / name).write_bytes(Path(source).read_bytes())
        run("chown", "postgres", str(data / name))
        (data / name).chmod(0o600)
    scene.serve(5432, *as_postgres, str(PROGRAMS / "postgres"), "-D", str(data), "-h", SERVER, "-c", "ssl=on",
                "-c", "fsync=off", "-k", str(data))  # fmt: skip
    local = ("-h", str(data), "-U", "postgres", "-d", "postgres", "-qc")
    wait_for(
        lambda: subprocess.run(["psql", *local, "select"], capture_output=True, check=False).returncode == 0
    )
    for words in ("create role alice login password 'wonderland'", "create role bob login password 'builder'",
                  "create table pets (name text, legs int)"):  # fmt: skip
        run("psql", *local, words)
    run("psql", *local, "grant all on pets to public")


def psql(scene: Scene, user: str, password: str, *words: str, tls: str = "disable") -> None:
    """One psql call; what it answers does not matter here."""
    os.environ["PGPASSWORD"] = password
    target = f"host={SERVER} user={user} dbname=postgres sslmode={tls} application_name=vectors"
    commands = [part for word in words for part in ("-c", word)]
    scene.client.run("psql", "-X", "-q", target, *commands, check=False)


def session(scene: Scene) -> None:
    """SCRAM with statements and errors, a password in clear, a refused one, prepared statements, TLS."""
    server(scene)
    psql(scene, "alice", "wonderland", "insert into pets values ('cat', 4), ('emu', 2)",
         "select * from pets where legs > 3", "select * from nowhere", "alter role alice password 'secret!'",
         "prepare p (int) as select $1 + 1", "execute p (1)", "copy pets to stdout")  # fmt: skip
    psql(scene, "bob", "builder", "select 1; select 2")
    psql(scene, "bob", "wrong")
    psql(scene, "carol", "", "select version()", tls="require")
    psql(scene, "carol", "", "select 'x' \\bind \\g")


SCENARIOS = {"session": session}
