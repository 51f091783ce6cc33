# SPDX-License-Identifier: MIT
"""The quick selection: every n-th of the names that match, as a committed file says."""
import re


class SelectionError(Exception):
    """The file is not what it should be, or nothing matches."""


class Selection:
    """Lines of 'N REGEX': of the names that match and that no line above took, every N-th."""

    def __init__(self, path):
        self.rules = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                step, _, pattern = line.partition(" ")
                if not step.isdigit() or not pattern.strip():
                    raise SelectionError(f"{path}:{number}: not 'N REGEX': {line}")
                self.rules.append((int(step), re.compile(pattern.strip(), re.IGNORECASE)))

    def pick(self, names):
        """The chosen names in the order given; 0 as step takes none."""
        seen = [0] * len(self.rules)
        chosen = []
        for name in names:
            for index, (step, pattern) in enumerate(self.rules):
                if pattern.search(name):
                    if step > 0 and seen[index] % step == 0:
                        chosen.append(name)
                    seen[index] += 1
                    break
        return chosen
