# What the tester of the interface is told: each call shows a token of its own, the next of those that the test has signed.
import os
import threading

import schemathesis

with open(os.environ["STAZH_TOKENS"], encoding="ascii") as file:
    TOKENS = iter(file.read().split())
LOCK = threading.Lock()


@schemathesis.auth(refresh_interval=None)
class Token:
    def get(self, case, context):
        with LOCK:
            return next(TOKENS)

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
