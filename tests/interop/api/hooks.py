"""Which key the judge asks with, and what it was answered."""

import atexit
import collections
import itertools
import json
import os
import socket
import threading

import schemathesis

KEYS = itertools.cycle(json.loads(os.environ["API_KEYS"]))
ANSWERS = collections.Counter()
LOCK = threading.Lock()

find = socket.getaddrinfo


def on_this_machine(host, *others, **named):
    """Not every resolver knows that *.localhost is loopback (RFC 6761 §6.3)."""
    here = "127.0.0.1" if isinstance(host, str) and host.endswith(".localhost") else host
    return find(here, *others, **named)


socket.getaddrinfo = on_this_machine


@schemathesis.auth(refresh_interval=None, retry_on=[])
class WithAKey:
    """Another key each time. The judge itself leaves it out or spoils it where it tries to get in without."""

    def get(self, case, context):
        with LOCK:
            return next(KEYS)

    def set(self, case, key, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = "Bearer " + key


@schemathesis.hook
def after_call(context, case, response):
    with LOCK:
        ANSWERS[f"{case.operation.label} {response.status_code}"] += 1


@atexit.register
def write():
    with open(os.environ["API_ANSWERS"], "w") as file:
        json.dump(ANSWERS, file)
