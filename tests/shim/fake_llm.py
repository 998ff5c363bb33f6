"""A provider that answers as told, in OpenAI's format, and remembers what it was asked."""

import collections
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeLlm:
    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.keys: list[str | None] = []
        # Objects to answer with, or numbers: statuses to fail with.
        self.replies: collections.deque[dict | int] = collections.deque()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                fake.asked.append(json.loads(self.rfile.read(length)))
                fake.keys.append(self.headers["Authorization"])
                reply = fake.replies.popleft() if fake.replies else 418
                answer = {"error": {"message": "out of order"}}
                if isinstance(reply, dict):
                    content = {"message": {"content": json.dumps(reply)}, "finish_reason": "stop"}
                    answer, reply = {"choices": [content]}, 200
                body = json.dumps(answer).encode()
                self.send_response(reply)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
