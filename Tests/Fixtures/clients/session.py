"""What the sessions of both clients share: steps that are told as JSON lines, and the gateway's control channel."""
import json
import os
import socket
import sys
import time
import traceback


class Failed(Exception):
    pass


class Steps:
    """Every step that was gone through; nothing is complete that was not."""

    def __init__(self, client):
        self.client, self.done = client, []

    def ok(self, name, **facts):
        self.done.append(name)
        print(json.dumps({"client": self.client, "step": name, **facts}), flush=True)

    def complete(self):
        print(json.dumps({"client": self.client, "session": "complete", "steps": self.done}), flush=True)


class Control:
    """Commands to the gateway, one line each."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("r")

    def __call__(self, **command):
        self.socket.sendall((json.dumps(command) + "\n").encode())
        answer = json.loads(self.file.readline())
        check(answer.get("ok"), f"{command}: {answer}")
        return answer


def check(fact, what):
    if not fact:
        raise Failed(what)


def wait(what, condition, seconds=None, pump=None):
    seconds = seconds or float(os.environ.get("SESSION_PATIENCE", "8"))
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"no {what} in {seconds} s")
        pump(0.02) if pump else time.sleep(0.02)


def run(client, session):
    """Runs a session and ends the process at once with 0 or 1, whatever threads the client left."""
    code = 1
    try:
        session()
        code = 0
    except BaseException as problem:
        print(json.dumps({"client": client, "failed": f"{type(problem).__name__}: {problem}"}), flush=True)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
