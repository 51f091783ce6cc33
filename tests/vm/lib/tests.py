# SPDX-License-Identifier: MIT
# Of CTest's list (--show-only=json-v1) on stdin, the tests that are the daemon's: the label
# 'integration', and whatever starts one by tests/lib/daemon.c, which can be told the device. Each
# as a line: NAME SECONDS [VARIABLE=VALUE...] COMMAND...; those of other chips of the model are not.
import json
import sys


def can_be_told(path):
    try:
        with open(path, "rb") as program:
            return b"GEMD_TEST_DEVICE" in program.read()
    except OSError:
        return False


for test in json.load(sys.stdin)["tests"]:
    command = test.get("command", [])
    properties = {p["name"]: p["value"] for p in test.get("properties", [])}
    labels = properties.get("LABELS", [])
    if not command or "chipsets" in labels:
        continue
    if "integration" in labels or can_be_told(command[0]):
        seconds = int(properties.get("TIMEOUT", 120))
        print(test["name"], seconds, *properties.get("ENVIRONMENT", []), *command)
