"""Speaks the server's side of standard input and output, and serves nothing.

Its behaviour is its program name's suffix: the tests write a copy of it per behaviour.
"""

import json
import os
import signal
import sys


def say(**message) -> None:
    print(json.dumps(message), flush=True)


def ready(port: int) -> None:
    say(event="ready", url=f"http://127.0.0.1:{port}", version="0", pid=os.getpid(), key=f"key-{port}")


behaviour = sys.argv[0].rpartition("-")[2]
assert sys.argv[1:] == ["serve", "--listen", "127.0.0.1:0", "--exit-on-stdin-eof"], sys.argv

if behaviour == "refuses":
    say(event="failed", code="any", message="The state directory cannot be written: mend it.")
    sys.exit(1)
if behaviour == "crashes":
    print("first words", file=sys.stderr)
    print("thread main panicked: no reason", file=sys.stderr)
    sys.exit(101)
if behaviour == "stands_by":
    signal.signal(signal.SIGUSR1, lambda *_: ready(os.getpid()))
    print("this is not JSON", flush=True)
    ready(1)
else:
    ready(os.getpid())
sys.stdin.read()
