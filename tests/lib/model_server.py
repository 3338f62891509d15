#!/usr/bin/python3
"""A small HTTP server for tests that speaks as Ollama does (/api/embed, /api/chat, /api/show) and as OpenAI's (/v1/embeddings,
/v1/chat/completions). It runs no model. It checks every request strictly and answers status 400 to what neither would send; the
model's name says how it behaves (BEHAVIOURS, and below).

Prints `port N` when it listens on 127.0.0.1, and ends when its standard input does.
"""

import collections
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIMENSION = 8
KEY = "secret"
PIECES = ["Trees ", "keep ", "their ", "balance ", "by rotätions", "."]

# Calls of each path and model so far.
calls = collections.Counter()
lock = threading.Lock()


def vector_of(text):
    """Tells what text came: its bytes, the first, the last, and how many there are of some."""
    data = text.encode()
    return [float(n) for n in (len(data), data[0] if data else 0, data[-1] if data else 0, sum(data) % 1000,
                               data.count(b" "), data.count(b"e"), data.count(b":"), 1)]


class Refused(Exception):
    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


def need(condition, what):
    if not condition:
        raise Refused(400, f"bad request: {what}")


def check_members(request, required, optional):
    for name, kind in required.items():
        need(name in request, f"{name} is missing")
        need(isinstance(request[name], kind) and not (kind is int and isinstance(request[name], bool)), f"{name} is of a wrong type")
    for name in request:
        need(name in required or name in optional, f"{name} is not known")
        if name in optional:
            need(isinstance(request[name], optional[name]), f"{name} is of a wrong type")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.reply(200, b"Ollama is running", "text/plain")

    def do_POST(self):
        self.is_openai = self.path.startswith("/v1/")
        routes = {"/api/embed": self.embed, "/v1/embeddings": self.embed, "/api/chat": self.chat,
                  "/v1/chat/completions": self.chat, "/api/show": self.show}
        try:
            request = self.read_request()
            if self.path not in routes:
                raise Refused(404, "404 page not found")
            self.behave(request)
            routes[self.path](request)
        except Refused as refused:
            error = {"message": refused.message, "type": "test"} if self.is_openai else refused.message
            self.reply(refused.status, json.dumps({"error": error}).encode(), headers=refused.headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def read_request(self):
        length = self.headers.get("Content-Length")
        if length is not None:
            data = self.rfile.read(int(length))
        else:
            need(self.headers.get("Transfer-Encoding") == "chunked", "it has no length")
            data = b""
            while (size := int(self.rfile.readline(), 16)) > 0:
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        need(self.headers.get("Content-Type", "").startswith("application/json"), "it is not said to be JSON")
        try:
            request = json.loads(data.decode("utf-8", "strict"))
        except ValueError:
            raise Refused(400, "bad request: it is no JSON in UTF-8") from None
        need(isinstance(request, dict) and isinstance(request.get("model"), str), "model is missing")
        with lock:
            calls[self.path, request["model"]] += 1
            self.call = calls[self.path, request["model"]]
        return request

    def behave(self, request):
        """What goes wrong before any answer, by the model's name."""
        model = request["model"]
        if model == "missing":
            raise Refused(404, f'model "{model}" not found, try pulling it first')
        if model.startswith("busy-always") or model.startswith("busy-twice") and self.call <= 2:
            raise Refused(503, "server busy, please try again.  maximum pending requests exceeded")
        if model.startswith("limited-once") and self.call == 1:
            raise Refused(429, "rate limit", [("Retry-After", "7")])
        if model.startswith("fails"):
            raise Refused(500, "llama runner process has terminated: signal: killed")
        if model.startswith("locked") and self.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refused(401, "Incorrect API key provided")
        if model.startswith("silent-at-all"):
            self.wait_for_the_client_to_go()
        cut = re.match(r"cuts-from-(\d+)-to-(\d+)", model)
        is_cut = cut and int(cut[1]) <= self.call <= int(cut[2])
        if is_cut or model.startswith("cuts-always") or model.startswith("cuts-once") and self.call == 1:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'{"embeddings": [[1.0, ')
            self.wfile.flush()
            self.close_connection = True
            raise BrokenPipeError

        if (match := re.match(r"silent-from-(\d+)", model)) and self.call >= int(match[1]):
            self.wait_for_the_client_to_go()

    def wait_for_the_client_to_go(self):
        self.wfile.flush()
        self.connection.recv(1)
        self.close_connection = True
        raise BrokenPipeError

    def reply(self, status, body, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # Embeddings

    def embed(self, request):
        if self.is_openai:
            check_members(request, {"model": str, "input": (str, list)}, {"encoding_format": str, "dimensions": int, "user": str})
            need(request.get("encoding_format", "float") == "float", "only floats are to be had")
        else:
            check_members(request, {"model": str, "input": (str, list)},
                          {"truncate": bool, "options": dict, "keep_alive": (str, int), "dimensions": int})
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        need(texts and all(isinstance(text, str) and text for text in texts), "input has something else than texts")
        model = request["model"]
        if model.startswith("small-batches"):
            need(len(texts) <= 3 and sum(len(text.encode()) for text in texts) <= 100, "the batch is too large")
        if any(len(text.encode()) > 10000 for text in texts) and request.get("truncate") is not True:
            raise Refused(400, "the input length exceeds the context length")
        vectors = [vector_of(text) for text in texts]
        if model == "wrong-count" and self.call > 1:
            vectors.pop()
        if model == "wrong-size" and self.call > 1:
            vectors[-1].pop()
        if (match := re.match(r"larger-from-(\d+)", model)) and self.call >= int(match[1]):
            vectors = [vector + [0.0] for vector in vectors]
        if model == "not-numbers":
            vectors[0][3] = "x"
        if model == "no-vectors":
            vectors = [[] for _ in vectors]
        if self.is_openai:
            entries = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
            if model == "other-order":
                entries.reverse()
            if model == "bad-index":
                entries[0]["index"] = 99
            answer = {"object": "list", "data": entries, "model": model, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        else:
            answer = {"model": model, "embeddings": vectors, "total_duration": 1, "load_duration": 1, "prompt_eval_count": 1}
        body = json.dumps(answer)
        if model == "infinite":
            body = body.replace("1.0]", "1e308]", 1)
        if model == "no-json":
            body = "<html>It works!</html>"
        if model == "other-json":
            body = '{"hello": "world"}'
        if model == "error-in-200":
            body = '{"error": "this model does not support embeddings"}'
        self.reply(200, body.encode())

    # Chat

    def show(self, request):
        check_members(request, {"model": str}, {"verbose": bool})
        info = {"general.architecture": "test", "test.context_length": 4096, "test.embedding_length": DIMENSION}
        if request["model"] == "no-info":
            info = {}
        self.reply(200, json.dumps({"details": {}, "model_info": info, "capabilities": ["completion"]}).encode())

    def chat(self, request):
        if self.is_openai:
            check_members(request, {"model": str, "messages": list, "stream": bool},
                          {"temperature": (int, float), "max_tokens": int, "stream_options": dict})
        else:
            check_members(request, {"model": str, "messages": list}, {"stream": bool, "options": dict, "keep_alive": (str, int),
                                                                       "think": bool, "tools": list, "format": (str, dict)})
            for name, value in request.get("options", {}).items():
                need(name in ("num_ctx", "num_predict", "temperature", "seed"), f"options.{name} is not known")
                need(isinstance(value, (int, float)), f"options.{name} is no number")
        need(request["messages"], "there are no messages")
        for message in request["messages"]:
            check_members(message, {"role": str, "content": str}, {})
            need(message["role"] in ("system", "user", "assistant"), "a message has no such role")
        model = request["model"]
        pieces = [json.dumps(request, sort_keys=True)] if model == "tells" else list(PIECES)
        if not self.is_openai and request.get("stream") is False:
            answer = {"model": model, "message": {"role": "assistant", "content": "".join(pieces)}, "done": True, "done_reason": "stop"}
            self.reply(200, json.dumps(answer).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if self.is_openai else "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = self.stream_of(model, pieces)
        if model == "byte-by-byte":
            for byte in data:
                self.chunk(bytes([byte]))
        else:
            self.chunk(data)
        if model == "cuts-in-the-middle":
            self.close_connection = True
            return
        if model == "silent-in-the-middle":
            self.wait_for_the_client_to_go()
        self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def stream_of(self, model, pieces):
        """The bytes that answer, or those that come before it goes wrong."""
        broken = model in ("cuts-in-the-middle", "silent-in-the-middle", "ends-in-the-middle", "error-in-the-middle", "no-json")
        lines = [self.line_of(model, piece) for piece in (pieces[:2] if broken else pieces)]
        if model == "error-in-the-middle":
            error = {"message": "out of memory"} if self.is_openai else "out of memory"
            lines.append(json.dumps({"error": error}))
        if model == "no-json":
            lines.append("<html>")
        if not broken:
            lines += self.last_lines(model, len(pieces))
        if self.is_openai:
            return b": a comment\n\n" + b"".join(b"data: " + line.encode() + b"\n\n" for line in lines)
        return "".join(line + "\n" for line in lines).encode()

    def line_of(self, model, piece):
        if self.is_openai:
            choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
            return json.dumps({"object": "chat.completion.chunk", "model": model, "choices": [choice], "usage": None}, ensure_ascii=False)
        message = {"role": "assistant", "content": piece}
        return json.dumps({"model": model, "message": message, "done": False}, ensure_ascii=False)

    def last_lines(self, model, count):
        reason = "length" if model == "cut-short" else "stop"
        if self.is_openai:
            end = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
            return [json.dumps(end), json.dumps({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": count}}), "[DONE]"]
        return [json.dumps({"model": model, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason,
                            "prompt_eval_count": 11, "eval_count": count})]


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"port {server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
