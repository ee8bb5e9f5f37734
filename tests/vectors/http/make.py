"""HTTP/1.x by nginx and curl, and by hand where no client would do it."""

from __future__ import annotations

from tests.vectors import web_server
from tests.vectors.scene import SERVER, SERVER6, Scene

CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 80; listen [::]:80; listen 8123; server_name www.example.com;
    root {folder}/www; gzip on; gzip_min_length 1; gzip_types text/plain;
    location /upload {{ client_max_body_size 1m; proxy_pass http://127.0.0.1:80/empty; }}
    location /empty {{ return 204; }}
    location /moved {{ return 301 /index.html; }}
  }}
}}
"""


def nginx(scene: Scene) -> None:
    """An nginx with a small page, a large file and a redirect."""
    www = scene.folder / "www"
    www.mkdir()
    (www / "index.html").write_text("<h1>It works</h1>\n")
    (www / "large.bin").write_bytes(bytes(range(256)) * 400)
    (www / "text.txt").write_text("words and words\n" * 100)
    configuration = scene.folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=scene.folder))
    scene.serve(80, "nginx", "-p", str(scene.folder), "-c", str(configuration))


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call that knows www.example.com."""
    resolve = ("--resolve", f"www.example.com:80:{SERVER}")
    sinks = ("-o", "/dev/null") * sum("http://" in word for word in words)
    scene.client.run("curl", "-s", *sinks, "--max-time", "10", *resolve, *words, check=False)


def ordinary(scene: Scene) -> None:
    """GETs on one connection, HEAD, POST with 100-continue, redirect, 404, chunked gzip, IPv6, odd port."""
    nginx(scene)
    base = "http://www.example.com"
    curl(scene, f"{base}/", f"{base}/large.bin", f"{base}/missing")
    curl(scene, "-I", f"{base}/large.bin")
    curl(scene, "-L", f"{base}/moved")
    curl(scene, "--compressed", f"{base}/text.txt")
    curl(scene, "-u", "alice:wonderland", "-A", "vectors/1.0", "-e", "http://ref.example/", f"{base}/")
    curl(scene, "-H", "Expect: 100-continue", "-d", "x" * 2000, f"{base}/upload")
    curl(scene, "-H", "Transfer-Encoding: chunked", "-d", "field=value", f"{base}/upload")
    curl(scene, "-0", f"{base}/")
    curl(scene, "-g", f"http://[{SERVER6}]/")
    curl(scene, f"http://{SERVER}:8123/")


def pipelined(scene: Scene) -> None:
    """Five requests sent at once and in scraps, answered in order."""
    nginx(scene)
    connection = scene.client.socket()
    connection.settimeout(5)
    connection.connect((SERVER, 80))
    one = b"GET /%d HTTP/1.1\r\nHost: www.example.com\r\n%s\r\n"
    sent = b"".join(one % (n, b"Connection: close\r\n" if n == 4 else b"") for n in range(5))
    for start in range(0, len(sent), 37):
        connection.sendall(sent[start : start + 37])
    while connection.recv(65536):
        pass
    connection.close()


def connect(scene: Scene) -> None:
    """CONNECT through tinyproxy to TLS."""
    web_server.serve(scene, 443, "443 ssl")
    path = scene.folder / "tinyproxy.conf"
    path.write_text("Port 3128\nUser nobody\nGroup nogroup\nConnectPort 443\nLogLevel Critical\n")
    scene.serve(3128, "tinyproxy", "-d", "-c", str(path))
    proxy = ("-k", "--proxy", f"http://alice:wonderland@{SERVER}:3128")
    curl(scene, *proxy, "-o", "/dev/null", f"https://{SERVER}/")


SCENARIOS = {"ordinary": ordinary, "pipelined": pipelined, "connect": connect}
