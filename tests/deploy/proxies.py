"""Real nginx before the app: as on a server of Elastic Beanstalk, and as its load balancer, each with an own address.

Port 80 of a loopback address, as on Elastic Beanstalk: its nginx hands on the Host header without a port.
"""

from __future__ import annotations

import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.app_server import ROOT

NGINX = "/usr/sbin/nginx"
STICKY = "AWSALB"
"""The cookie by which a browser comes back to the same server."""
OWN = ROOT / ".platform" / "nginx" / "conf.d"
START_S = 20

HTTP = """
user root;
worker_processes 1;
error_log {folder}/error.log warn;
pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default "upgrade"; }}
{inside}
}}
"""

BEANSTALK = """
    include {own}/*.conf;
    upstream docker {{ server {app}; keepalive 256; }}
    server {{
        listen {address}:80 default_server;
        client_header_timeout 60;
        client_body_timeout 60;
        keepalive_timeout 60;
        gzip off;
        include {own}/elasticbeanstalk/*.conf;
        location / {{
            proxy_pass http://docker;
            proxy_http_version 1.1;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
"""
"""Files of its Docker platform on Amazon Linux 2023: nginx.conf, and 00_application.conf in elasticbeanstalk/."""

LOAD_BALANCER = """
    client_max_body_size 0;
    upstream any {{ server {first}; server {second}; }}
    upstream first {{ server {first}; server {second} backup; }}
    upstream second {{ server {second}; server {first} backup; }}
    map $cookie_AWSALB $target {{ default any; first first; second second; }}
    map $upstream_addr $stick {{ "~{first}$" first; "~{second}$" second; }}
    server {{
        listen {address}:80;
        location / {{
            proxy_pass http://$target;
            proxy_http_version 1.1;
            proxy_next_upstream error timeout http_502;
            proxy_request_buffering off;
            proxy_read_timeout 300s;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto http;
            add_header Set-Cookie "AWSALB=$stick; Path=/" always;
        }}
    }}
"""
"""Sends a browser where it was before, as its cookie says, and elsewhere while that one does not answer."""


@contextmanager
def beanstalk_nginx(app_url: str, folder: Path) -> Iterator[str]:
    """The address at which Elastic Beanstalk's nginx, with the project's own settings, passes on to the app."""
    address = _free_address()
    inside = BEANSTALK.format(own=OWN, app=urlsplit(app_url).netloc, address=address)
    with _nginx(inside, address, folder):
        yield f"http://{address}"


@contextmanager
def load_balancer(first_url: str, second_url: str, folder: Path) -> Iterator[str]:
    """The address at which two servers answer, each browser by the one that its cookie (first, second) names."""
    address = _free_address()
    first, second = (f"{urlsplit(url).netloc}:80" for url in (first_url, second_url))
    with _nginx(LOAD_BALANCER.format(first=first, second=second, address=address), address, folder):
        yield f"http://{address}"


@contextmanager
def _nginx(inside: str, address: str, folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    config = folder / "nginx.conf"
    config.write_text(HTTP.format(folder=folder, inside=inside))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-e", "stderr", "-c", str(config), "-g", "daemon off;"])
    try:
        give_up = time.monotonic() + START_S
        while not _listens(address):
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < give_up, "nginx does not listen"
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _free_address() -> str:
    """A loopback address whose port 80 nobody has."""
    while True:
        address = ".".join(["127", *(str(random.randint(1, 250)) for _ in range(3))])
        if not _listens(address):
            return address


def _listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, 80)) == 0
