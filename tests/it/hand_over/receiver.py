# A local system that takes records by HTTP, written without a line of the node: what it is in the mood for stands in the
# file "mood", what came is told in "log", and what had an effect is in "effects.db", each document once.
import http.server, json, pathlib, re, sqlite3, ssl, sys, threading, time

folder, url_template, port = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
page = pathlib.Path(sys.argv[4]).read_text()
exec(re.search(r"```python\n(.*?)```", page, re.S)[1])  # the lines that the page shows
secret = (folder / "secret").read_text().strip().encode()
lock = threading.Lock()
effects = sqlite3.connect(folder / "effects.db", check_same_thread=False)
effects.execute("CREATE TABLE IF NOT EXISTS effect (document_id TEXT PRIMARY KEY, body TEXT NOT NULL)")
effects.commit()


class Taker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = (folder / "mood").read_text().strip()
        is_good = is_from_stazh(url_template % self.server.server_port, self.headers, body, secret)
        said = json.loads(body)
        is_key = self.headers["Idempotency-Key"] == '"%s"' % said["document_id"]
        with lock, open(folder / "log", "a") as log:
            told = {"mood": mood, "path": self.path, "verified": is_good and is_key, "said": said}
            log.write(json.dumps(told) + "\n")
        if not (is_good and is_key):
            return self.answer(401)
        if mood in ("ok", "cut", "silent", "fail-after"):
            with lock:
                before = effects.total_changes
                row = (said["document_id"], body.decode())
                effects.execute("INSERT OR IGNORE INTO effect VALUES (?, ?)", row)
                effects.commit()
                is_new = effects.total_changes > before
        if mood == "ok":
            answer = {"document_id": said["document_id"], "already": not is_new}
            self.answer(200, json.dumps(answer).encode(), Content_Type="application/json")
        elif mood == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
        elif mood == "silent":
            time.sleep(3600)
        elif mood == "fail-after":
            self.answer(500)
        elif mood == "garbage":
            self.answer(200, b"<html>Welcome to the network</html>")
        elif mood == "huge":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                self.close_connection = True
        elif mood == "redirect":
            self.answer(307, Location="http://127.0.0.1:%d/elsewhere" % self.server.server_port)
        elif mood == "later":
            self.answer(503, Retry_After="1")
        else:
            self.answer(int(mood))


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", port), Taker)
if (folder / "server.pem").exists():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem", folder / "server.key")
    if (folder / "clients.pem").exists():
        tls.load_verify_locations(folder / "clients.pem")
        tls.verify_mode = ssl.CERT_REQUIRED
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
