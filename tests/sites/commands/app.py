"""An application beside a server: it leaves marks of what happens to it in a folder."""

import http.server
import os
import signal
import socketserver
import subprocess
import sys
import time

marks, name = sys.argv[1:]


def mark(what, text=""):
    with open(os.path.join(marks, f"{name}-{what}"), "a") as file:
        file.write(text + "\n")


def leave(*_):
    mark("asked-to-end")
    os._exit(0)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = [os.environ.get(it, "-") for it in ("HOST", "PORT", "SOCKET", "LISTEN_FDS")]
        self.answer(" ".join([name, *parts, os.getcwd(), str(os.getpid())]))
        if "die" in self.path:
            os._exit(3)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, text):
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, text, *values):
        print(f"asked for {self.path}", file=sys.stderr)


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass


signal.signal(signal.SIGTERM, leave)
child = subprocess.Popen(["sleep", "600"])
mark("started", f"{os.getpid()} {child.pid}")
print("hello on stdout")
if os.path.exists(os.path.join(marks, "delay")):
    time.sleep(1)
if "SOCKET" in os.environ:
    server = Unix(os.environ["SOCKET"], Handler)
else:
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    server = http.server.ThreadingHTTPServer(address, Handler)
server.serve_forever()
