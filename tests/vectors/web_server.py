"""A small nginx for the captures of what stands before HTTP."""

from __future__ import annotations

from tests.vectors.scene import Scene

CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    {listen}
    server_name www.example.com; ssl_certificate {certificate}; ssl_certificate_key {secret};
    location / {{ return 200 "It works\\n"; }}
  }}
}}
"""


def serve(scene: Scene, port: int, *listen: str) -> None:
    """Start it; ``listen`` are the words behind that directive, one a socket."""
    certificate, secret = scene.certificate()
    path = scene.folder / "nginx.conf"
    sockets = " ".join(f"listen {words};" for words in listen)
    path.write_text(
        CONFIGURATION.format(folder=scene.folder, listen=sockets, certificate=certificate, secret=secret)
    )
    scene.serve(port, "nginx", "-p", str(scene.folder), "-c", str(path))
